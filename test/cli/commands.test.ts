/** What a user does at a terminal with `goalrank`. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FEW_STEPS, goalrank, goalrankInChild, LOADER, MAIN } from "./command.ts";
import { smallRatings } from "./logs.ts";

const test = suite("goalrank");
const folder = mkdtempSync(join(tmpdir(), "goalrank-cli-"));
test.after(() => rmSync(folder, { recursive: true }));

const ratings = join(folder, "ratings.csv");
writeFileSync(ratings, `user_id,item_id,rating,timestamp\n${smallRatings().join("\n")}\n`);
const small = {
  data: { file: "ratings.csv", core: 5, maxLists: 40 },
  experiment: { ...FEW_STEPS, policyRequests: 40, methods: ["imitation", "goalrank"] },
};
writeFileSync(join(folder, "small.yaml"), JSON.stringify(small));

/** The lines on stderr that are no progress. */
const problemsOf = (errors: string) => errors.split("\n").filter((line) => line.startsWith("error:"));

test("a run in two parts ends as one at once, can be evaluated, and can be made again from itself", async () => {
  const settings = ["--config", "small.yaml", "--experiment.policyTraining.epochs", "2", "--deploy", "goalrank"];
  const whole = await goalrank(folder, "train", "all", ...settings, "--out", "runs/whole", "--json");
  assert.is(whole.code, 0, whole.errors);
  const result = readFileSync(join(folder, "runs/whole/result.json"), "utf8");
  assert.equal(JSON.parse(whole.output).rows, JSON.parse(result).rows);

  const reward = await goalrank(folder, "train", "reward", ...settings, "--out", "runs/parts");
  assert.is(reward.code, 0, reward.errors);
  assert.match(reward.output, /rewards predicted for held-out lists/);
  assert.match(reward.errors, /go on with: goalrank train all --resume runs\/parts/);
  assert.not.ok(existsSync(join(folder, "runs/parts/generator.safetensors")));
  const rest = await goalrank(folder, "train", "all", "--resume", "runs/parts");
  assert.is(rest.code, 0, rest.errors);
  for (const stage of ["retriever", "DNN", "imitation", "reward model"]) {
    assert.match(rest.errors, `${stage}: was trained before`);
  }
  const again = await goalrank(folder, "train", "--config", "runs/whole/config.json", "--out", "runs/again");
  assert.is(again.code, 0, again.errors);
  for (const run of ["parts", "again"]) {
    for (const name of ["result.json", "metrics.jsonl", "ranker.safetensors", "anatomy.json"]) {
      const files = ["whole", run].map((own) => readFileSync(join(folder, "runs", own, name)));
      assert.ok(files[0].equals(files[1]), `${run}: ${name}`);
    }
  }
  const record = JSON.parse(readFileSync(join(folder, "runs/parts/run.json"), "utf8"));
  assert.is(record.node, process.version);
  assert.is(record.resumed.length, 1);
  assert.match(record.command, "goalrank train reward --config small.yaml");
  assert.equal(
    record.data.files.map(({ name }: { name: string }) => name),
    ["ratings.csv"],
  );
  assert.ok(Date.parse(record.finished) >= Date.parse(record.started));

  const before = readdirSync(join(folder, "runs/whole")).sort();
  const evaluated = await goalrank(folder, "evaluate", "runs/whole", "--json");
  assert.is(evaluated.code, 0, evaluated.errors);
  assert.match(evaluated.errors, "retriever: was trained before");
  const { verdict, ...others } = JSON.parse(evaluated.output);
  const expected = JSON.parse(result);
  assert.equal({ ...others, verdict: { ...verdict, next: expected.verdict.next } }, expected);
  assert.is(verdict.next, "goalrank serve runs/whole");
  assert.equal(readdirSync(join(folder, "runs/whole")).sort(), before);
});

test("a run deploys what its verdict says; one that it gates has no ranker, and whoever asks for it learns why", async () => {
  const run = join(folder, "runs/gated");
  const settings = ["--config", "small.yaml", "--out", "runs/gated", "--methods", "prm", "--json"];
  const stage = await goalrank(folder, "train", "generator", ...settings);
  assert.is(stage.code, 0, stage.errors);
  assert.ok(existsSync(join(run, "rankers/prm.safetensors")));
  assert.not.ok(existsSync(join(run, "ranker.safetensors")), "nothing was compared");
  const early = await goalrank(folder, "rank", "runs/gated");
  assert.match(
    early.errors,
    /has not compared its methods yet; `goalrank train all --resume runs\/gated` ends with a verdict/,
  );

  // As an earlier version may have left it.
  writeFileSync(join(run, "ranker.safetensors"), "old");
  const { code, output, errors } = await goalrank(folder, "train", "all", "--resume", "runs/gated", "--json");
  assert.is(code, 0, errors);
  const { rows, verdict, protocols } = JSON.parse(output);
  assert.is(protocols.candidates.test, "injected");
  assert.equal(
    rows.map(({ name }: { name: string }) => name),
    ["random", "retriever", "dnn", "prm", "generator-evaluator-20"],
  );
  assert.is(verdict.deploy, null, "the log is noise");
  assert.ok(verdict.gates.some(({ blocks }: { blocks: boolean }) => blocks));
  assert.ok(verdict.gates.some(({ name }: { name: string }) => name === "few-test-lists"));
  assert.not.ok(existsSync(join(run, "ranker.safetensors")));
  const why =
    /runs\/gated: the run deploys no ranker\. Deploy nothing yet: .* name it with --method: dnn, generator-evaluator-20, prm, random, retriever$/;
  for (const command of [["rank"], ["serve", "--port", "0"], ["export", "--out", "exported"]]) {
    const refused = await goalrank(folder, ...command, "runs/gated");
    assert.is(refused.code, 2, refused.errors);
    assert.match(problemsOf(refused.errors)[0], why);
  }

  const flags = ["--config", "runs/gated/config.json", "--deploy", "prm", "--out", "runs/overruled"];
  const overruled = await goalrank(folder, "train", "all", ...flags);
  assert.is(overruled.code, 0, overruled.errors);
  assert.match(
    overruled.output,
    /\nverdict: Deploy nothing yet: [\s\S]*\bThe\s+setting\s+deploy\s+overrules\s+it:\s+prm\s+is\s+served\./,
  );
  assert.match(overruled.output, /\nnext: goalrank serve runs\/overruled\n/);
  const files = ["ranker", "rankers/prm"].map((name) =>
    readFileSync(join(folder, `runs/overruled/${name}.safetensors`)),
  );
  assert.ok(files[0].equals(files[1]));
});

test("prepare reports, keeps the data, and replaces it only when it is told to", async () => {
  const options = ["--data", ratings, "--core", "5", "--prepared", "own.goalrank"];
  const first = await goalrank(folder, "prepare", ...options);
  assert.is(first.code, 0, first.errors);
  assert.match(first.output, /5-core: 40 users, 100 items/);
  assert.match(first.errors, /wrote own.goalrank/);
  const again = await goalrank(folder, "prepare", ...options, "--json");
  assert.match(again.errors, /prepared before/);
  assert.is(JSON.parse(again.output).users, 40);
  const other = await goalrank(folder, "prepare", ...options, "--positive", "4");
  assert.is(other.code, 2);
  assert.match(other.errors, /own.goalrank: prepared from another log or with other options/);
  assert.is((await goalrank(folder, "prepare", ...options, "--positive", "4", "--force")).code, 0);
});

test("Ctrl-C while a log is prepared leaves nothing behind", async () => {
  const before = readdirSync(folder).sort();
  const options = ["prepare", "--data", ratings, "--core", "5", "--prepared", "never.goalrank"];
  let isSent = false;
  const { code, errors } = await goalrankInChild(folder, options, (text, child) => {
    if (!isSent && text.includes("device:")) isSent = child.kill("SIGINT");
  });
  assert.is(code, 130, errors);
  assert.match(errors, /nothing was written/);
  assert.equal(readdirSync(folder).sort(), before);
});

test("mistakes are one line each on stderr, with exit code 2, and leave nothing behind", async () => {
  const cases: [string[], string][] = [
    [["trian"], "error: unknown command 'trian'; did you mean train?"],
    [["train", "rewrd"], 'error: train: there is no stage "rewrd"; did you mean "reward"? The stages are retriever,'],
    [["train", "--data.cores", "5"], "error: unknown option '--data.cores'; did you mean --data.core?"],
    [["train", "--config", "small.yaml", "--epoch", "5"], "error: unknown option '--epoch'; did you mean --epochs?"],
    [["train"], "error: there is no data: name a log with --data FILE"],
    [["train", "--config", "none.yaml"], "error: none.yaml: there is no such file"],
    [["train", "--data", "none.csv", "--out", "runs/none"], "error: none.csv: there is no such file"],
    [["train", "--resume", "runs"], "error: runs: this is no folder of a run, it has no config.json"],
    [["evaluate", "runs"], "error: runs: this is no folder of a run"],
    [["prepare"], "error: prepare: there is no log"],
    [
      ["train", "--scenario", "tiny", "--deploy", "retriever"],
      'error: deploy: "retriever" is not among the methods of an embedded world: random, logging-policy, dnn,',
    ],
  ];
  for (const [options, expected] of cases) {
    const { code, output, errors } = await goalrank(folder, ...options);
    assert.is(code, 2, errors);
    assert.is(output, "");
    const problems = problemsOf(errors);
    assert.is(problems.length, 1, errors);
    assert.ok(problems[0].startsWith(expected), `${problems[0]}; expected ${expected}`);
  }
  assert.not.ok(existsSync(join(folder, "runs/none")));
});

test("doctor tests the CPU, and says what it found as JSON", async () => {
  const { code, output, errors } = await goalrank(folder, "doctor", "--device", "cpu", "--json");
  assert.is(code, 0, errors);
  const { host, devices } = JSON.parse(output);
  assert.is(host.runtime, `Node.js ${process.versions.node}`);
  assert.match(host.packages.commander, /^\d+\.\d+\.\d+/);
  assert.is(devices.length, 1);
  assert.is(devices[0].name, "cpu");
  assert.is(devices[0].test.problem, undefined);
  assert.ok(devices[0].test.gflops > 0);
});

test("a reader that closes the pipe ends the program quietly", async () => {
  const command = `"${process.execPath}" --import "${LOADER}" "${MAIN}" schema | head -1`;
  const { stdout, stderr, status } = spawnSync("bash", ["-c", `set -o pipefail; ${command}`], { encoding: "utf8" });
  assert.is(stdout, "{\n");
  assert.is(stderr, "");
  assert.is(status, 0);
});

test.run();
