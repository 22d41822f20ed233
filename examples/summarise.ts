/**
 * One table from several runs of the same experiment with different seeds: means over the seeds and 95% intervals.
 *
 *   npx tsx examples/summarise.ts runs/seed-1 runs/seed-2 runs/seed-3
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { mean, meanConfidenceInterval } from "goalrank/evaluation";
import type { MethodResult, RunResult } from "goalrank/train";

type Column = Exclude<keyof MethodResult, "name" | "method" | "halfWidths">;

const COLUMNS: readonly { readonly key: Column; readonly title: string; readonly scale: number }[] = [
  { key: "trueReward", title: "true reward", scale: 1 },
  { key: "predictedReward", title: "predicted", scale: 1 },
  { key: "hit", title: "H@6 %", scale: 100 },
  { key: "ndcg", title: "NDCG@6 %", scale: 100 },
  { key: "map", title: "MAP@6 %", scale: 100 },
  { key: "f1", title: "F1@6 %", scale: 100 },
  { key: "auc", title: "AUC %", scale: 100 },
];

const program = new Command("summarise")
  .description("Means over seeds of the results in run folders, as a Markdown table.")
  .argument("<folders...>", "folders that goalrank train all --out wrote");
const [...folders] = program.parse().args;
const results = folders.map((folder): RunResult => JSON.parse(readFileSync(join(folder, "result.json"), "utf8")));

/** Mean over the runs, with half the width of its interval where there are several. */
function summarise(values: readonly number[], digits: number): string {
  if (values.length === 1) return values[0].toFixed(digits);
  const { mean: middle, halfWidth } = meanConfidenceInterval(values);
  return `${middle.toFixed(digits)} +- ${halfWidth.toFixed(digits)}`;
}

const methods = results[0].rows.map(({ method }) => method);
const valuesOf = (method: string, key: Column): number[] =>
  results.flatMap(({ rows }) => {
    const value = rows.find((row) => row.method === method)?.[key];
    return value === undefined ? [] : [value];
  });
const shown = COLUMNS.filter(({ key }) => methods.some((method) => valuesOf(method, key).length > 0));
console.log(`| method | ${shown.map(({ title }) => title).join(" | ")} |`);
console.log(`|---|${"---|".repeat(shown.length)}`);
for (const method of methods) {
  const cells = shown.map(({ key, scale }) => {
    const values = valuesOf(method, key).map((value) => value * scale);
    return values.length === 0 ? "" : summarise(values, scale === 1 ? 3 : 1);
  });
  console.log(`| ${method} | ${cells.join(" | ")} |`);
}

const correlations = results.flatMap(({ judge }) => (judge.pearson === undefined ? [] : [judge.pearson]));
console.log(`\nrewards predicted for held-out lists: correlation ${summarise(correlations, 3)} with the feedback`);
for (const { over, measure } of results[0].advantages) {
  const found = results.flatMap(({ advantages }) => advantages.filter((advantage) => advantage.over === over));
  const means = found.map((advantage) => advantage.mean.toFixed(3)).join(", ");
  const highest = Math.max(...found.map(({ pValue }) => pValue));
  console.log(
    `GoalRank over ${over}: ${mean(found.map((advantage) => advantage.mean)).toFixed(3)} ${measure} per list ` +
      `(by seed: ${means}; highest p ${highest.toFixed(4)})`,
  );
}
