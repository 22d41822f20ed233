/** `goalrank train --final`, files of one's own for the splits, and rankings that others made, on a small log. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadRanker } from "../../src/ranker/load-ranker.ts";
import { goalrank } from "./command.ts";
import { smallRatings } from "./logs.ts";

const test = suite("own splits and final models");
const folder = mkdtempSync(join(tmpdir(), "goalrank-final-"));
test.after(() => rmSync(folder, { recursive: true }));

const HEADER = "user_id,item_id,rating,timestamp";
const rows = smallRatings();
/** Of 36 interactions of a user, the first 24, the next 6 and the last 6. */
const part = (from: number, to: number) => rows.filter((_, at) => at % 36 >= from && at % 36 < to);
const write = (name: string, own: readonly string[]) =>
  writeFileSync(join(folder, name), `${[HEADER, ...own].join("\n")}\n`);
write("train.csv", part(0, 24));
write("valid.csv", part(24, 30));
write("test.csv", part(30, 36));

const FILES = ["--data", "train.csv", "--validation-file", "valid.csv", "--test-file", "test.csv"];
const SMALL = [
  ...["--core", "1", "--positive", "4", "--data.candidateCount", "12", "--data.retriever", "popularity"],
  ...["--experiment.width", "8", "--methods", "prm", "--epochs", "2", "--lists", "5"],
  ...["--experiment.feedbackTraining.validateEvery", "2"],
  ...["--experiment.feedbackTraining.earlyStopping", '{"metric":"hit","better":"higher","patience":1}'],
];

const json = (name: string) => JSON.parse(readFileSync(join(folder, name), "utf8"));

test("a run on three files tests on the test file, and a final one learns from all of them", async () => {
  const trained = await goalrank(folder, "train", "all", ...FILES, ...SMALL, "--deploy", "prm", "--out", "first");
  assert.is(trained.code, 0, trained.errors);
  assert.is(json("first/data-report.json").split, "files");
  assert.is(json("first/run.json").data.files.length, 3);

  const final = await goalrank(folder, "train", "--final", "first", "--out", "final");
  assert.is(final.code, 0, final.errors);
  assert.match(
    final.output,
    /^prm, trained on all \d+ lists: \d+ that were for training, \d+ for validation, \d+ for the test; /,
  );
  assert.match(final.output, /its figures are those of first, since nothing is left to test it on: /);
  const { lists, steps, of, method } = json("final/final.json");
  assert.equal([of, method], ["../first", "prm"]);
  assert.equal(Object.keys(lists), ["training", "validation", "test"]);
  assert.ok(lists.test > 0 && lists.validation > 0);
  assert.ok(Object.values(steps).every((count) => Number(count) > 0));

  // The weights are others, and the ranker is served like any.
  const weights = (run: string) => readFileSync(join(folder, run, "prm.safetensors"));
  assert.not.equal(weights("final"), weights("first"));
  const ranker = await loadRanker(join(folder, "final"));
  const { items } = await ranker.rank({ user: "u1", length: 3 });
  assert.is(items.length, 3);
  ranker.dispose();
});

test("a final model also joins lists of which only those for training leave later likes out", async () => {
  const retrieved = [...SMALL, "--protocol", "retrieved", "--deploy", "dnn", "--out", "retrieved"];
  const trained = await goalrank(folder, "train", "all", ...FILES, ...retrieved);
  assert.is(trained.code, 0, trained.errors);
  const final = await goalrank(folder, "train", "--final", "retrieved", "--out", "final-retrieved");
  assert.is(final.code, 0, final.errors);
});

test("a run's rankings are written for others, and measured as they are elsewhere", async () => {
  const evaluated = await goalrank(folder, "evaluate", "first", "--trec", "trec", "--json");
  assert.is(evaluated.code, 0, evaluated.errors);
  const { rows } = JSON.parse(evaluated.output);
  const measured = await goalrank(folder, "metrics", "--qrels", "trec/qrels.txt", "trec/prm.run", "--k", "6", "--json");
  assert.is(measured.code, 0, measured.errors);
  const [theirs] = JSON.parse(measured.output).rows;
  const ours = rows.find(({ name }: { name: string }) => name === "prm");
  assert.is(theirs.requests, ours.users);
  for (const measure of ["ndcg", "map", "hit"]) {
    assert.ok(Math.abs(theirs.means[measure] - ours[measure]) < 1e-9, measure);
    assert.ok(Math.abs(theirs.halfWidths[measure] - ours.halfWidths[measure]) < 1e-9, measure);
  }
  const table = await goalrank(folder, "metrics", "--qrels", "trec/qrels.txt", "trec/prm.run", "trec/random.run");
  assert.match(table.output, /^ranking +NDCG@10 +MAP +H@10 +MRR +requests\nprm\.run +[\d.]+% ± /);
});

test("metrics needs what rankings are judged by", async () => {
  const { code, errors } = await goalrank(folder, "metrics", "trec/prm.run");
  assert.is(code, 2);
  assert.match(errors, /--qrels FILE for TREC runs, --queries FILE for scores/);
});

test("a training on all data is neither evaluated, reported, resumed nor made final again", async () => {
  for (const words of [
    ["evaluate", "final"],
    ["report", "final"],
    ["train", "all", "--resume", "final"],
    ["train", "--final", "final"],
  ]) {
    const { code, errors } = await goalrank(folder, ...words);
    assert.is(code, 2, words.join(" "));
    assert.match(
      errors,
      /^error: final: this was trained on all data, .*; its figures are those of first$/,
      words.join(" "),
    );
  }
});

test("a run that is not finished, and settings beside it, are refused before anything is trained", async () => {
  mkdirSync(join(folder, "half"));
  copyFileSync(join(folder, "first/config.json"), join(folder, "half/config.json"));
  const final = await goalrank(folder, "train", "--final", "half");
  assert.is(final.code, 2);
  assert.match(final.errors, /^error: half: the run is not finished, .*train all --resume half/);
  const set = await goalrank(folder, "train", "--final", "first", "--seed", "3", "--out", "other");
  assert.match(set.errors, /^error: --final trains with the settings in first\/config\.json; leave out those of seed$/);
  assert.not.ok(existsSync(join(folder, "other")));
});

test("prepare says why there is no test list, and writes nothing", async () => {
  const poor = part(30, 36).map((row) => row.replace(/,5,/, ",1,"));
  write("poor.csv", poor);
  const files = ["--data", "train.csv", "--test-file", "poor.csv", ...SMALL.slice(0, 8)];
  const { code, errors } = await goalrank(folder, "prepare", ...files, "--prepared", "poor.goalrank");
  assert.is(code, 2);
  assert.match(
    errors,
    /error: train\.csv: no test list is left .*; none of the 40 lists of the test file has a positive; /,
  );
  assert.not.ok(readdirSync(folder).includes("poor.goalrank"));
});

test.run();
