/** Experiments from their trials to their files, with processes that train. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { StoredResults } from "../../src/experiments/stored-results.ts";
import { type CONTENDERS, runSmall } from "./small-grid.ts";
import { QUIET } from "./trials.ts";

const folder = () => mkdtempSync(join(tmpdir(), "goalrank-experiment-"));

/** What trials found, without what they took. */
function metricsIn(root: string): Record<string, Record<string, number>> {
  return Object.fromEntries(
    StoredResults.open(join(root, "small")).trials.map(({ method, metrics }) => {
      const { seconds: _, cpuSeconds: __, totalCpuSeconds: ___, judgedLearning: ____, ...found } = metrics;
      return [method, found];
    }),
  );
}

function secondsIn(root: string): Map<string, number> {
  const trials = StoredResults.open(join(root, "small")).trials;
  return new Map(trials.map(({ method, metrics }) => [method, metrics.seconds]));
}

const whole = folder();

test("an experiment measures its methods and writes tables and rankings", async () => {
  const run = await runSmall(whole);
  assert.equal(run.failed, []);
  assert.is(run.ran, 4, "the models that are shared, and three methods");
  assert.equal(
    run.presentation.tables[0].rows,
    ["random", "PRM", "GoalRank"].map((method) => [method, 1]),
  );
  assert.equal(
    run.files.map((file) => file.slice(whole.length + 1)),
    ["md", "csv", "tex"].map((format) => join("small", `tiny-400-lists-small.${format}`)),
  );
  const { GoalRank, PRM, random } = metricsIn(whole);
  for (const metrics of [GoalRank, PRM, random]) {
    assert.ok(metrics.trueReward > 0 && metrics.ndcg > 0 && metrics.ndcg < 1);
    assert.is(metrics.requests, 60);
  }
  assert.ok(GoalRank.parameters > 0 && random.parameters === undefined);
  assert.ok(GoalRank.steps > 0 && PRM.learningRate > 0 && random.steps === undefined);
  assert.ok(PRM["validation ndcg"] > 0 && PRM.judgedServing === undefined);
  assert.equal(readdirSync(join(whole, "small", "trec")).sort(), [
    "tiny-400-lists-goalrank-seed-1.run",
    "tiny-400-lists-prm-seed-1.run",
    "tiny-400-lists-random-seed-1.run",
    "tiny-400-lists-seed-1.qrels",
  ]);
  assert.equal(readdirSync(join(whole, "unfinished")), []);
});

test("run again it repeats nothing; a method's results that are discarded are made anew", async () => {
  const before = secondsIn(whole);
  const lines = readFileSync(join(whole, "small", "results.jsonl"), "utf8");
  assert.is((await runSmall(whole)).ran, 0);
  assert.is(readFileSync(join(whole, "small", "results.jsonl"), "utf8"), lines);
  const metrics = metricsIn(whole);
  assert.is((await runSmall(whole, { again: ["PRM"] })).ran, 1);
  assert.equal(metricsIn(whole), metrics, "the same settings give the same numbers");
  const after = secondsIn(whole);
  assert.is(after.get("GoalRank"), before.get("GoalRank"));
  assert.is.not(after.get("PRM"), before.get("PRM"));
});

test("a grid that is killed goes on, keeps what was finished, and ends with the same numbers", async () => {
  const root = folder();
  const entry = fileURLToPath(new URL("./grid-in-child.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", entry, root], { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise<void>((resolve, reject) => {
    child.on("exit", () => reject(new Error("the grid ended before it was killed")));
    child.stdout.on("data", (chunk: Buffer) => {
      if (!String(chunk).includes("training GoalRank")) return;
      child.removeAllListeners("exit");
      child.on("exit", () => resolve());
      child.kill("SIGKILL");
    });
  });
  const finished = secondsIn(root);
  assert.equal([...finished.keys()], ["random", "PRM"]);
  const run = await runSmall(root);
  assert.is(run.ran, 1);
  assert.equal(metricsIn(root), metricsIn(whole));
  assert.equal([...secondsIn(root)].slice(0, 2), [...finished]);
});

test("an interrupted grid stops its processes after a step, and goes on from there", async () => {
  const root = folder();
  const controller = new AbortController();
  const progress = ({ method }: { readonly method: string }) => {
    if (method === "GoalRank") controller.abort();
  };
  const { signal } = controller;
  const stopped = await runSmall(root, { signal, listener: { ...QUIET, progress } });
  assert.ok(stopped.interrupted);
  assert.equal(stopped.failed, []);
  assert.equal(Object.keys(metricsIn(root)), ["random", "PRM"]);
  assert.is(readdirSync(join(root, "unfinished")).length, 1, "the checkpoint of the trial that was stopped");
  assert.is((await runSmall(root)).ran, 1);
  assert.equal(metricsIn(root), metricsIn(whole));
});

test("a process that ends by itself is a failed trial that says how it ended", async () => {
  process.env.NODE_OPTIONS = "--no-such-option";
  try {
    const { failed } = await runSmall(folder(), { contenders: () => [{ method: "random" }] });
    assert.equal(
      failed.map(({ trial, error }) => `${trial.method}: ${error.message}`),
      [
        "shared models: the trial's process ended: exit code 9",
        "random: not run, since shared: tiny, 400 lists shared models, seed 1 failed",
      ],
    );
  } finally {
    delete process.env.NODE_OPTIONS;
  }
});

test("a trial that goes on from a checkpoint does not say what it cost", async () => {
  const trialsOf = (root: string) => StoredResults.open(join(root, "small")).trials;
  const key = trialsOf(whole).find(({ method }) => method === "PRM")?.key ?? "";
  const root = folder();
  mkdirSync(join(root, "unfinished", key), { recursive: true });
  await runSmall(root);
  const costs = trialsOf(root).map(({ method, metrics }) => [method, "cpuSeconds" in metrics]);
  assert.equal(Object.fromEntries(costs), { random: true, PRM: false, GoalRank: true });
  assert.equal(metricsIn(root), metricsIn(whole));
});

test("a trial that fails is told with the error of its process, and the others are there", async () => {
  const root = folder();
  const contenders: typeof CONTENDERS = (dataset) => [
    { method: "random" },
    { method: "goalrank", policy: { ...dataset.policy, groups: { ...dataset.policy.groups, spaced: 99 } } },
  ];
  const { failed, ran } = await runSmall(root, { contenders });
  assert.is(ran, 2);
  assert.equal(
    failed.map(({ trial, error }) => `${trial.method}: ${error.message}`),
    ["GoalRank: groups.spaced: at most the 16 lists drawn can be kept, got 99"],
  );
  assert.equal(Object.keys(metricsIn(root)), ["random"]);
});

test.run();
