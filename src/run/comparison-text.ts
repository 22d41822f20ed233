/** The results of a run in text: a table of all methods, and what to read from it. */
import type { OffPolicyEstimate } from "../evaluation/off-policy.ts";
import type { OrderAccuracy } from "../evaluation/reward-report.ts";
import { formatColumns } from "../text/columns.ts";
import type { Advantage, RunResult } from "./compare.ts";
import type { MethodResult } from "./evaluate-lists.ts";
import type { OffPolicyReport } from "./off-policy-report.ts";
import { formatVerdict } from "./verdict/verdict.ts";

const decimals = (value: number | undefined) => (value === undefined ? "" : value.toFixed(3));
const percent = (value: number | undefined) => (value === undefined ? "" : (100 * value).toFixed(1));

/** Its title, and what it says of a method. */
type Column = readonly [string, (row: MethodResult) => string];

/** Table, summary and verdict, for people. */
export function formatComparison(result: RunResult): string {
  const table = formatColumns(comparisonTable(result));
  const verdict = `\n${formatVerdict(result.verdict)}`;
  return [...tableCaption(result), table, formatSummary(result), verdict].join("\n");
}

/** What the figures of a log's table are of: without the way its candidates were chosen they mean nothing. */
export function tableCaption({ protocols, testRequests }: Pick<RunResult, "protocols" | "testRequests">): string[] {
  if (protocols === undefined) return [];
  return [`${testRequests} test lists (${protocols.split}) of ${protocols.candidates.test} candidates:`];
}

/** What tells more than hits do, where there are grades. */
const BY_GRADE: readonly Column[] = [
  ["NDCG@1 %", (row) => percent(row.ndcg1)],
  ["NDCG@3 %", (row) => percent(row.ndcg3)],
  ["NDCG@5 %", (row) => percent(row.ndcg5)],
  ["NDCG@10 %", (row) => percent(row.ndcg10)],
  ["ERR %", (row) => percent(row.err)],
];

function binaryColumns(depth: number): Column[] {
  return [
    [`H@${depth} %`, (row) => percent(row.hit)],
    [`NDCG@${depth} %`, (row) => percent(row.ndcg)],
    [`MAP@${depth} %`, (row) => percent(row.map)],
    [`F1@${depth} %`, (row) => percent(row.f1)],
  ];
}

/** The results side by side, the titles of the columns first; columns of the truth only where it is known. */
export function comparisonTable({ rows, listLength: depth }: Pick<RunResult, "rows" | "listLength">): string[][] {
  const truth: Column[] = [
    ["true reward", (row) => decimals(row.trueReward)],
    ["regret", (row) => decimals(row.regret)],
  ];
  const columns: Column[] = [
    ["method", (row) => row.method],
    ...(rows.some((row) => row.trueReward !== undefined) ? truth : []),
    ["predicted", (row) => decimals(row.predictedReward)],
    ...(rows.some((row) => row.ndcg10 !== undefined) ? BY_GRADE : binaryColumns(depth)),
    ["AUC %", (row) => percent(row.auc)],
  ];
  return [columns.map(([title]) => title), ...rows.map((row) => columns.map(([, cell]) => cell(row)))];
}

/** What to read from the table, in a few lines. */
export function formatSummary({ advantages, offPolicy, ...result }: RunResult): string {
  return [
    formatJudge(result),
    ...advantages.map(formatAdvantage),
    ...(offPolicy === undefined ? [] : [formatOffPolicy(offPolicy)]),
  ].join("\n");
}

/** How well the reward model knows held-out lists, in two lines. */
export function formatJudge({ judge, trueCorrelation }: Pick<RunResult, "judge" | "trueCorrelation">): string {
  const against = [
    ...(trueCorrelation === undefined ? [] : [`${trueCorrelation.toFixed(3)} with the truth`]),
    ...(judge.pearson === undefined ? [] : [`${judge.pearson.toFixed(3)} with the feedback`]),
  ];
  const orders = judge.orderAccuracy.map(formatOrder);
  return [
    `rewards predicted for held-out lists: correlation ${against.join(", ") || "unknown, all lists earned the same"}`,
    ...(orders.length === 0
      ? []
      : [`pairs of lists in the right order, by how far their rewards differ: ${orders.join(", ")}`]),
  ].join("\n");
}

function formatOffPolicy({ predicted, trueReward, sequential, doublyRobust }: OffPolicyReport): string {
  const estimate = ({ value, standardError, effectiveSize }: OffPolicyEstimate) =>
    `${value.toFixed(3)} +- ${(1.96 * standardError).toFixed(3)} (worth ${effectiveSize.toFixed(1)} lists)`;
  const truth = trueReward === undefined ? "" : `, truly ${trueReward.toFixed(3)}`;
  return (
    `GoalRank's sampled lists: predicted ${predicted.toFixed(3)}${truth}; off-policy from the log: sequential inverse ` +
    `propensity ${estimate(sequential)}, doubly robust ${estimate(doublyRobust)}`
  );
}

function formatOrder({ gap, pairs, accuracy }: OrderAccuracy): string {
  return `${gap}+: ${(100 * accuracy).toFixed(1)}% of ${pairs}`;
}

function formatAdvantage({ over, measure, mean, halfWidth, pValue }: Advantage): string {
  const sign = mean < 0 ? "-" : "+";
  return (
    `GoalRank over ${over}: ${sign}${Math.abs(mean).toFixed(3)} ${measure} per list, ` +
    `95% interval +-${halfWidth.toFixed(3)}, p ${pValue < 0.001 ? "< 0.001" : `= ${pValue.toFixed(3)}`}`
  );
}
