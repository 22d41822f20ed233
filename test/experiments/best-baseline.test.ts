/** What is said of methods against each other. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { holm } from "../../src/evaluation/statistics.ts";
import { compareWithBest } from "../../src/experiments/best-baseline.ts";
import { ResultTable } from "../../src/experiments/result-table.ts";
import { Results, seedMean } from "../../src/experiments/results.ts";
import { Random } from "../../src/kernels/index.ts";

test("Holm's values are those of a worked example, in the order given", () => {
  const adjusted = holm([0.01, 0.04, 0.03, 0.005]);
  const expected = [0.03, 0.06, 0.06, 0.02];
  adjusted.forEach((value, i) => {
    assert.ok(Math.abs(value - expected[i]) < 1e-12, `${value} ${expected[i]}`);
  });
  assert.equal(holm([]), []);
  assert.equal(holm([0.7, 0.8]), [1, 1]);
  assert.throws(() => holm([0.1, 1.5]), /value 1 is 1.5, expected a p-value from 0 to 1/);
});

test("Holm rejects what its step-down procedure rejects, at any level", () => {
  const values = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(values, fc.double({ min: 0.001, max: 0.5, noNaN: true }), (thousandths, level) => {
      const pValues = thousandths.map((value) => value / 1000);
      const adjusted = holm(pValues);
      const rising = [...pValues].sort((a, b) => a - b);
      const stop = rising.findIndex((value, i) => Math.min(1, (rising.length - i) * value) > level);
      const rejected = stop < 0 ? rising.length : stop;
      assert.is(adjusted.filter((value) => value <= level).length, rejected);
    }),
  );
});

/** A table of methods whose requests are worth what `worth` says. */
function tableOf(
  methods: readonly string[],
  worth: (method: string, seed: number, request: number) => number | null,
) {
  const table = ResultTable.open(mkdtempSync(join(tmpdir(), "goalrank-comparison-")));
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
const base = Array.from({ length: 4 * 40 }, () => random.normal());

test("methods are held against the best baseline, over the requests of all seeds", () => {
  const lead: Readonly<Record<string, number>> = { weak: -1, strong: 0, better: 0.5, equal: 0 };
  const results = tableOf(Object.keys(lead), (method, seed, request) => {
    // Requests without a value are left out of every pair.
    if (request % 10 === 9) return null;
    const noise = method === "equal" ? 0.1 * (request % 2 === 0 ? 1 : -1) : 0;
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
  assert.equal(found?.values, [1, 2, 3]);
  assert.is(found?.mean, 2);
  // t(0.975, 2) = 4.3027 over sqrt(3).
  assert.ok(Math.abs((found?.halfWidth ?? 0) - 2.4841) < 1e-4);
  assert.is(seedMean(row, "map"), undefined);
});

test.run();
