/** What a user does at a terminal with `goalrank train all`. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeSafetensors } from "../../src/nn/index.ts";
import { FEW_STEPS, goalrank, goalrankInChild } from "./command.ts";
import { smallRatings } from "./logs.ts";

const test = suite("goalrank train all");
const folder = mkdtempSync(join(tmpdir(), "goalrank-train-"));
test.after(() => rmSync(folder, { recursive: true }));

const train = (...options: string[]) => goalrank(folder, "train", "all", ...options);

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** A log in a file. */
const log = (name: string, separator: string, header = "") =>
  file(name, `${header}${smallRatings(separator).join("\n")}\n`);

const fewSteps = ["--config", file("few-steps.json", JSON.stringify({ experiment: FEW_STEPS }))];

test("--help explains the options", async () => {
  const { code, output } = await train("--help");
  assert.is(code, 0);
  for (const option of ["--data", "--seed", "--epochs", "--out", "--json", "--scenario"]) assert.match(output, option);
});

test("a small world: table, JSON line, run folder; the same seed gives the same numbers", async () => {
  const out = join(folder, "run");
  const options = ["--scenario", "tiny", "--requests", "160", "--seed", "4", "--json"];
  const first = await train(...options, "--out", out);
  assert.is(first.code, 0, first.errors);
  const table = JSON.parse(first.output);
  const methods = table.rows.map((row: { method: string }) => row.method);
  assert.equal(methods, ["random", "logging policy", "DNN", "generator-evaluator, 20 lists", "GoalRank", "oracle"]);
  assert.equal(
    table.advantages.map(({ over }: { over: string }) => over),
    ["logging policy", "DNN", "generator-evaluator, 20 lists"],
  );
  assert.is(table.judge.lists, 500);
  for (const row of table.rows) {
    for (const name of ["trueReward", "regret", "hit", "ndcg"]) assert.type(row[name], "number");
  }
  const again = await train(...options.slice(0, -1));
  assert.match(again.output, /^method +true reward +regret/);
  assert.ok(again.output.includes(table.rows.at(-1).trueReward.toFixed(3)));

  assert.equal(readdirSync(out).sort(), [
    "anatomy.json",
    "checkpoints",
    "config.json",
    "goalrank.safetensors",
    "metrics.jsonl",
    "pointwise.safetensors",
    "ranker.safetensors",
    "rankers",
    "result.json",
    "reward-model.safetensors",
    "run.json",
    "tensorboard",
  ]);
  assert.is(JSON.parse(readFileSync(join(out, "config.json"), "utf8")).seed, 4);
  const steps = readFileSync(join(out, "metrics.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.is(steps.filter(({ stage }) => stage === "GoalRank").length, 10);
  assert.ok(decodeSafetensors(readFileSync(join(out, "goalrank.safetensors"))).tensors.size > 10);

  const taken = await train(...options, "--out", out);
  assert.is(taken.code, 2);
  assert.match(taken.errors, /the folder is not empty/);
  const resumed = await train("--resume", out);
  assert.is(resumed.code, 2);
  assert.match(resumed.errors, /finished/);
});

test("Ctrl-C saves and says how to go on; the resumed run ends as if nothing had happened", async () => {
  const options = ["--scenario", "tiny", "--requests", "320", "--epochs", "1", "--seed", "4", "--device", "cpu"];
  const whole = join(folder, "whole");
  const stopped = join(folder, "stopped");
  assert.is((await train(...options, "--out", whole)).code, 0);
  let isSent = false;
  const words = ["train", "all", ...options, "--out", stopped];
  const { code, errors } = await goalrankInChild(folder, words, (text, child) => {
    if (!isSent && text.includes("reward model:")) isSent = child.kill("SIGINT");
  });
  assert.is(code, 130);
  assert.match(errors, /interrupted after step \d+ of \d+, which is saved\n/);
  assert.ok(errors.includes(`go on with: goalrank train all --resume ${stopped}`));
  const resumed = await train("--resume", stopped);
  assert.is(resumed.code, 0, resumed.errors);
  for (const name of ["metrics.jsonl", "result.json", "goalrank.safetensors"]) {
    assert.ok(readFileSync(join(whole, name)).equals(readFileSync(join(stopped, name))), name);
  }
});

test("a MovieLens log and a CSV log run to the table without the truth", async () => {
  const outputs: unknown[] = [];
  for (const options of [
    ["--data", log("ratings.dat", "::"), "--format", "movielens"],
    ["--data", log("ratings.csv", ",", "user_id,item_id,rating,timestamp\n"), "--format", "csv"],
  ]) {
    const words = [...options, ...fewSteps, "--core", "5", "--max-lists", "60", "--epochs", "1", "--json"];
    const { code, output, errors } = await train(...words);
    assert.is(code, 0, errors);
    assert.match(errors, /60 of them drawn/);
    assert.not.match(output, /true reward/);
    outputs.push(JSON.parse(output).rows);
  }
  assert.equal(outputs[0], outputs[1]);
});

test("prepared data is used again, with the same warning, and never for another log", async () => {
  const ratings = log("prepared.dat", "::");
  const options = ["--data", ratings, ...fewSteps, "--core", "5", "--max-lists", "40", "--epochs", "1", "--json"];
  const prepared = ["--prepared", join(folder, "ratings.prepared")];
  const first = await train(...options, ...prepared);
  const again = await train(...options, ...prepared);
  assert.is(first.code, 0, first.errors);
  assert.match(again.errors, /ratings.prepared: prepared before/);
  for (const { errors } of [first, again]) assert.match(errors, /injected candidates: the figures below/);
  const rowsOf = (output: string) => JSON.parse(output).rows;
  assert.equal(rowsOf(again.output), rowsOf(first.output));
  const other = await train(...options, ...prepared, "--seed", "2");
  assert.is(other.code, 2);
  assert.match(other.errors, /other options: seed was 1 and is 2; name another file with --prepared, or remove it/);
});

test("auto says which device it took", async () => {
  const { code, errors } = await train("--device", "auto", "--data", join(folder, "missing.dat"));
  assert.is(code, 2);
  assert.match(errors.split("\n")[0], /^device: (cpu, \d+ threads?|webgpu) \(.+\)$/);
});

test("mistakes end with one line and exit code 2 before anything is trained", async () => {
  const bad = file("bad.dat", "1::2::3::4\n1::2::three::5\n");
  const ratings = log("few-users.dat", "::");
  const tables = '{"data":{"itemFeatures":{"file":"genres.csv","key":"item","categorical":["genre"]}}}';
  const cases: [string[], RegExp][] = [
    [["--sed", "1"], /unknown option '--sed'; did you mean --seed\?/],
    [["--seed", "one"], /--seed: expected an integer of at least 0, got "one"/],
    [["--epochs", "0"], /--epochs: expected an integer of at least 1, got 0/],
    [["--scenario", "large"], /--scenario: expected one of default, .*, got "large"/],
    [["--scenario", "tiny", "surplus"], /too many arguments/],
    [["--methods", "prm,mirr"], /expected one of imitation, .*, got "mirr"; did you mean "mir"\?/],
    [
      ["--config", file("settings.json", '{"experiment":{"widht":8}}')],
      /settings.json:1: experiment.widht: unknown key; did you mean width\?/,
    ],
    [["--data", join(folder, "missing.dat")], /missing.dat/],
    [["--data", ratings, "--core", "5", "--config", file("tables.json", tables)], /genres.csv: there is no such file/],
    [["--data", bad], /bad.dat:2: /],
    [["--data", file("few.dat", "1::2::3::4\n")], /few.dat: no training list/],
    [["--data", file("head.csv", "user,item\n1,2\n"), "--format", "csv"], /head.csv:1: /],
  ];
  for (const [options, message] of cases) {
    const { code, output, errors } = await train(...options);
    assert.is(code, 2, `${options}: ${errors}`);
    assert.is(output, "");
    const lines = errors.split("\n").filter((line) => !line.startsWith("device:"));
    assert.is(lines.length, 1, errors);
    assert.match(lines[0], message);
  }
});

test.run();
