/** What is said of methods against each other. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { compareWithBest } from "../../src/experiments/best-baseline.ts";
import { Results, seedMean } from "../../src/experiments/results.ts";
import { StoredResults } from "../../src/experiments/stored-results.ts";
import { Random } from "../../src/kernels/index.ts";

/** A table of methods whose requests are worth what `worth` says. */
function tableOf(methods: readonly string[], worth: (method: string, seed: number, request: number) => number | null) {
  const table = StoredResults.open(mkdtempSync(join(tmpdir(), "goalrank-comparison-")));
  for (const method of methods) {
    for (const seed of [2, 1, 3]) {
      const values = Array.from({ length: 40 }, (_, request) => worth(method, seed, request));
      const known = values.filter((value) => value !== null);
      const ndcg = known.reduce((sum, value) => sum + value, 0) / known.length;
      const label = { experiment: "table1", dataset: "d", method, seed, variant: "" };
      table.append(label, `${method} ${seed}`, { metrics: { ndcg, seconds: 1 }, values: { ndcg: values } });
    }
  }
  return new Results(table, "d");
}

const random = new Random({ seed: 3, stream: "values", step: 0 });
const draws = new Random({ seed: 3, stream: "noise", step: 0 });
const base = Array.from({ length: 4 * 40 }, () => random.normal());

test("methods are held against the best baseline, over seeds and requests", () => {
  const lead: Readonly<Record<string, number>> = { weak: -1, strong: 0, better: 0.5, equal: 0 };
  const results = tableOf(Object.keys(lead), (method, seed, request) => {
    // Requests without a value are left out of every pair.
    if (request % 10 === 9) return null;
    const noise = method === "equal" ? 0.1 * draws.normal() : 0;
    return base[seed * 40 + request] + lead[method] + noise;
  });
  const comparison = compareWithBest(results, "ndcg", ({ method }) => ["weak", "strong"].includes(method));
  assert.is(comparison?.reference.method, "strong");
  const found = new Map(comparison?.contrasts.map((contrast) => [contrast.row.method, contrast]));
  assert.equal([...found.keys()].sort(), ["better", "equal", "weak"]);
  const [better, weak, equal] = ["better", "weak", "equal"].map((name) => found.get(name));
  assert.ok(Math.abs((better?.mean ?? 0) - 0.5) < 1e-6);
  assert.ok(Math.abs((weak?.mean ?? 0) + 1) < 1e-6);
  assert.ok((better?.adjustedPValue ?? 1) < 0.001 && (weak?.adjustedPValue ?? 1) < 0.001);
  assert.ok((equal?.adjustedPValue ?? 0) > 0.05);
});

test("methods that ran other seeds than the reference are not held against it", () => {
  const results = tableOf(["a"], () => 1);
  assert.equal(compareWithBest(results, "ndcg", () => true)?.contrasts, []);
  assert.is(
    compareWithBest(results, "ndcg", () => false),
    undefined,
  );
});

test("a mean over seeds has the interval of Student's t", () => {
  const results = tableOf(["a"], (_, seed) => seed);
  const row = results.row("a");
  assert.ok(row);
  const found = seedMean(row, "ndcg");
  assert.is(found?.mean, 2);
  // t(0.975, 2) = 4.3027 over sqrt(3).
  assert.ok(Math.abs((found?.halfWidth ?? 0) - 2.4841) < 1e-4);
  assert.is(seedMean(row, "map"), undefined);
});

test.run();
