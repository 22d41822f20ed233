/** Results without the values of requests: what they keep, and that the document comes out of them again. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { compareWithBest } from "../../src/experiments/best-baseline.ts";
import { writeDocument } from "../../src/experiments/document.ts";
import { Results } from "../../src/experiments/results.ts";
import { recordRun } from "../../src/experiments/run-log.ts";
import { SavedResults, saveResults } from "../../src/experiments/saved-results.ts";
import { StoredResults, USER } from "../../src/experiments/stored-results.ts";
import { headline, standingOf, wordOf } from "../../src/experiments/verdict.ts";
import { Random } from "../../src/kernels/index.ts";

const folder = () => mkdtempSync(join(tmpdir(), "goalrank-saved-"));

/** Runs of methods that are ahead of PRM by so much, on requests of the same users. */
function runsOf(root: string, lead: Readonly<Record<string, number>>, seeds = [1, 2, 3, 4, 5], noise = 0.02) {
  const table = StoredResults.open(join(root, "table1"));
  const random = new Random({ seed: 5, stream: "runs", step: 0 });
  for (const seed of seeds) {
    const users = Array.from({ length: 40 }, (_, n) => (n * 7 + seed) % 45);
    for (const [method, ahead] of Object.entries(lead)) {
      const training = noise * random.normal();
      const ndcg = users.map((user) => 0.5 + (user % 5) / 50 + ahead + training + noise * random.normal());
      const label = { experiment: "table1", dataset: "d", method, seed, variant: "" };
      const mean = ndcg.reduce((sum, value) => sum + value, 0) / ndcg.length;
      const metrics = {
        ndcg: mean,
        cpuSeconds: 2,
        ...(method === "GoalRank" && { referenceTemperature: 0.5 }),
        seconds: 1,
      };
      table.append(label, `${method} ${seed}`, { metrics, values: { ndcg, [USER]: users } });
    }
  }
  const report = { ran: 10, skipped: 0, failed: [], interrupted: false };
  const command = "goalrank experiment table1 --dataset d --seeds 5";
  recordRun(join(root, "table1"), { command, started: Date.now() - 1000, jobs: 2, dataset: "d" }, report);
  return new Results(table, "d");
}

const contends = ({ method }: { readonly method: string }) => method !== "random";

test("comparisons are the same from what was saved, and the document is the same without the runs", () => {
  const [root, documents] = [folder(), folder()];
  const results = runsOf(root, { random: -0.3, PRM: 0, MIR: 0.01, GoalRank: 0.3 });
  saveResults(root, join(documents, "results"));
  const saved = new Results(SavedResults.read(join(documents, "results"), "table1"), "d");
  const of = (own: Results) => compareWithBest(own, "ndcg", ({ method }) => ["PRM", "MIR"].includes(method));
  const [before, after] = [of(results), of(saved)];
  assert.is(before?.contrasts.length, 3);
  assert.is(after?.reference.method, before?.reference.method);
  before?.contrasts.forEach(({ row, mean, halfWidth, adjustedPValue }, n) => {
    const again = after?.contrasts[n];
    assert.is(again?.row.method, row.method);
    assert.ok(Math.abs((again?.mean ?? 9) - mean) < 1e-6 && Math.abs((again?.halfWidth ?? 9) - halfWidth) < 1e-5);
    assert.ok(Math.abs((again?.adjustedPValue ?? 9) - adjustedPValue) < 1e-5);
  });

  const [file] = writeDocument(root, documents);
  const text = readFileSync(file, "utf8");
  assert.match(text, "**GoalRank is first.** All methods on d, seeds 1, 2, 3, 4, 5");
  assert.match(text, "GoalRank's reference temperature (Eq. 4): 0.5.");
  rmSync(root, { recursive: true });
  assert.is(readFileSync(writeDocument(root, documents)[0], "utf8"), text);
});

test("new runs of a dataset take the place of what was saved of it, and leave others", () => {
  const [first, second, saved] = [folder(), folder(), folder()];
  runsOf(first, { PRM: 0, MIR: 0.1 });
  saveResults(first, saved);
  const table = StoredResults.open(join(second, "table1"));
  const label = { experiment: "table1", dataset: "other", method: "PRM", seed: 1, variant: "" };
  table.append(label, "k", { metrics: { ndcg: 0.123456789, seconds: 1 }, facts: { start: "scratch" } });
  saveResults(second, saved);
  saveResults(second, saved);
  const { trials } = SavedResults.read(saved, "table1");
  assert.is(trials.filter(({ dataset }) => dataset === "d").length, 10);
  const others = trials.filter(({ dataset }) => dataset === "other");
  assert.equal(
    others.map(({ metrics, facts }) => [metrics.ndcg, facts]),
    [[0.1234568, { start: "scratch" }]],
  );
});

test("the words are those of the test: first, level with, behind", () => {
  const wordsOf = (lead: Readonly<Record<string, number>>, seeds?: number[], noise?: number) => {
    const results = runsOf(folder(), lead, seeds, noise);
    const standing = standingOf(results, "ndcg", contends);
    assert.ok(standing);
    const words = results.rows.map((row) => [row.method, wordOf(standing, row)]);
    return { said: headline(standing), words: Object.fromEntries(words) };
  };
  assert.equal(wordsOf({ random: 0.5, PRM: 0, GoalRank: 0.3 }), {
    said: "GoalRank is first.",
    words: { random: "ahead of GoalRank", PRM: "behind GoalRank", GoalRank: "first" },
  });
  const level = wordsOf({ PRM: 0, MIR: 0.2999, GoalRank: 0.3001, DLCM: 0 }, undefined, 0.01);
  assert.match(
    level.said ?? "",
    /^GoalRank (has the highest mean; it is level with MIR, and ahead|is level with MIR, which)/,
  );
  assert.equal(wordsOf({ PRM: 0.4, GoalRank: 0 }), {
    said: "GoalRank is behind PRM, which has the highest mean.",
    words: { PRM: "first", GoalRank: "behind PRM" },
  });
  assert.match(wordsOf({ PRM: 0, GoalRank: 0.3 }, [1]).said ?? "", /There is one seed: how another training/);
  assert.is(wordsOf({ PRM: 0, MIR: 0.3 }).said, undefined);
});

test.run();
