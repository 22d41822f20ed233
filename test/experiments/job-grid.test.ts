/** How a grid of trials is worked through. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  type GridOptions,
  NotRunError,
  runTrials,
  TrialInterrupted,
  type TrialProcess,
} from "../../src/experiments/job-grid.ts";
import { type Trial, type TrialOutcome, workKey } from "../../src/experiments/trial.ts";
import { fakeProcess, outcome, QUIET, trial } from "./trials.ts";

/** Runs trials with a fake process, and remembers what was kept. */
async function grid(
  trials: readonly Trial[],
  start: () => TrialProcess,
  options: Partial<GridOptions> = {},
  kept = new Map<string, TrialOutcome>(),
) {
  const report = await runTrials(trials, {
    jobs: 2,
    start,
    isFinished: (own) => kept.has(own.method),
    keep: (own, _, found) => kept.set(own.method, found),
    listener: QUIET,
    signal: new AbortController().signal,
    ...options,
  });
  return { ...report, kept };
}

const turn = () => new Promise<void>((resolve) => setTimeout(resolve, 1));

test("what trials need is run once and before them, and results that are there are skipped", async () => {
  const shared = trial("shared");
  const trials = [trial("a", shared), trial("b", shared), trial("c"), trial("d", shared)];
  const done: string[] = [];
  const { start } = fakeProcess(async ({ method }) => {
    if (["a", "b", "d"].includes(method)) assert.ok(done.includes("shared"), method);
    await turn();
    done.push(method);
    return outcome(1);
  });
  const kept = new Map([["b", outcome(7)]]);
  const report = await grid(trials, start, {}, kept);
  assert.equal([...done].sort(), ["a", "c", "d", "shared"]);
  assert.equal({ ran: report.ran, skipped: report.skipped, failed: report.failed }, { ran: 4, skipped: 1, failed: [] });
  assert.is(kept.get("b")?.metrics.value, 7);
  assert.is((await grid(trials, start, {}, kept)).ran, 0, "nothing is run twice");
});

test("what only finished trials need is not run again", async () => {
  const { start, log } = fakeProcess(async () => outcome(1));
  await grid([trial("a", trial("shared"))], start, {}, new Map([["a", outcome(1)]]));
  assert.equal(log, []);
});

test("trials of the same work run once and are kept under each of their labels", async () => {
  const first = trial("first", undefined, { name: "same" });
  const second = trial("second", undefined, { name: "same" });
  assert.is(workKey(first.work), workKey(second.work));
  const { start, log } = fakeProcess(async () => outcome(3));
  const { kept } = await grid([first, second], start);
  assert.equal(log, ["1: first", "1: closed"]);
  assert.equal([...kept.keys()], ["first", "second"]);
});

test("a process loads what trials share once, and goes on with those that share it", async () => {
  const [one, two] = [trial("one"), trial("two")];
  const trials = [one, two].flatMap((shared) =>
    ["a", "b", "c", "d"].map((name) => trial(`${name} of ${shared.method}`, shared)),
  );
  const log: string[] = [];
  const { start, started } = fakeProcess(async () => {
    await turn();
    return outcome(1);
  }, log);
  await grid(trials, start);
  assert.is(started(), 2);
  for (const number of ["1", "2"]) {
    const own = log.filter((line) => line.startsWith(`${number}: `) && line !== `${number}: closed`);
    const loaded = own.map((line) => line.split(" ").at(-1));
    const changes = loaded.filter((shared, i) => i > 0 && shared !== loaded[i - 1]);
    assert.ok(changes.length <= 2, own.join());
  }
});

test("a failed trial stops only those that need it, in a process that is replaced", async () => {
  const [good, bad] = [trial("good"), trial("bad")];
  const trials = [trial("a", bad), trial("b", good), trial("c", trial("worse", bad))];
  const { start, started } = fakeProcess(async ({ method }) => {
    if (method === "bad") throw new Error("it broke");
    return outcome(1);
  });
  const { failed, kept, ran } = await grid(trials, start, { jobs: 1 });
  assert.equal([...kept.keys()].sort(), ["b", "good"]);
  assert.is(ran, 2);
  assert.is(started(), 2);
  const messages = failed.map(({ trial: own, error }) => `${own.method}: ${error.message}`);
  assert.ok(messages.includes("bad: it broke"));
  assert.ok(messages.includes("a: not run, since grid: nothing bad, seed 1 failed"));
  assert.is(failed.filter(({ error }) => error instanceof NotRunError).length, failed.length - 1);
});

test("an interrupted grid keeps what is finished, counts nothing as failed, and goes on later", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const { start } = fakeProcess(async ({ method }) => {
    if (method === "a") return outcome(1);
    setTimeout(() => controller.abort());
    return new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(new TrialInterrupted("stopped")));
    });
  });
  const trials = ["a", "b", "c"].map((name) => trial(name));
  const report = await grid(trials, start, { signal, jobs: 1 });
  assert.ok(report.interrupted);
  assert.equal([...report.kept.keys()], ["a"]);
  assert.equal(report.failed, []);
  const { start: again, log } = fakeProcess(async () => outcome(1));
  const { kept } = await grid(trials, again, { jobs: 1 }, report.kept);
  assert.equal(log, ["1: b", "1: c", "1: closed"]);
  assert.is(kept.size, 3);
});

test("as many trials run at once as there are jobs", async () => {
  let running = 0;
  let most = 0;
  const { start } = fakeProcess(async () => {
    most = Math.max(most, ++running);
    await turn();
    running--;
    return outcome(1);
  });
  await grid(
    Array.from({ length: 9 }, (_, i) => trial(`t${i}`)),
    start,
    { jobs: 3 },
  );
  assert.is(most, 3);
});

test("a work's key depends on everything that it says, and not on the order in which it says it", () => {
  const key = (work: object) => workKey({ kind: "test", ...work });
  assert.is(key({ a: 1, b: { c: 2, d: 3 } }), key({ b: { d: 3, c: 2 }, a: 1 }));
  const works = [{ a: 1 }, { a: 2 }, { b: 1 }, { a: [1, 2] }, { a: [2, 1] }, { a: { b: 1 } }, { a: "1" }];
  assert.is(new Set(works.map(key)).size, works.length);
});

test.run();
