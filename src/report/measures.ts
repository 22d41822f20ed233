/** The measures of a table of results: what they are called, and how their numbers are written. */
import { GOAL_RANK } from "../methods/goalrank.ts";
import { ORACLE, RANDOM } from "../methods/references.ts";
import { decimal, percent } from "./numbers.ts";
import type { ReportResult, ReportRow } from "./run-input.ts";

export type MeasureKey = keyof NonNullable<ReportRow["halfWidths"]>;

export interface Measure {
  readonly key: MeasureKey;
  readonly title: string;
  /** A sentence for those who do not know it. */
  readonly meaning: string;
  readonly better: "higher" | "lower" | undefined;
  /** A value as it is written, and as it is drawn. */
  readonly format: (value: number | undefined) => string;
  readonly scale: number;
}

/** The measures that a result has, in the order of the table. */
export function measuresOf({ rows, listLength }: ReportResult): Measure[] {
  const at = listLength === undefined ? "" : `@${listLength}`;
  const shares = {
    scale: 100,
    better: "higher",
    format: (value: number | undefined) => percent(value),
  } as const;
  const rewards = { scale: 1, format: (value: number | undefined) => decimal(value) } as const;
  const all: Measure[] = [
    {
      key: "trueReward",
      title: "True reward",
      meaning: "expected positive reactions to a list, as the embedded world defines them",
      better: "higher",
      ...rewards,
    },
    {
      key: "regret",
      title: "Regret",
      meaning: "how much more the best known list would earn",
      better: "lower",
      ...rewards,
    },
    {
      key: "predictedReward",
      title: "Predicted reward",
      meaning: "what the reward model believes; high values where the truth is low mean over-optimisation",
      better: undefined,
      ...rewards,
    },
    {
      key: "hit",
      title: `H${at} %`,
      meaning: "share of the list's places that hold a liked item",
      ...shares,
    },
    {
      key: "ndcg",
      title: `NDCG${at} %`,
      meaning: "liked items count more the higher they stand",
      ...shares,
    },
    { key: "map", title: `MAP${at} %`, meaning: "mean precision at the places of liked items", ...shares },
    { key: "f1", title: `F1${at} %`, meaning: "harmonic mean of precision and recall", ...shares },
    {
      key: "auc",
      title: "AUC %",
      meaning: "share of pairs of a liked and another candidate in the right order",
      ...shares,
    },
  ];
  return all.filter(({ key }) => rows.some((row) => row[key] !== undefined));
}

/** Rows that are no methods but the two ends of the scale. */
export function isLandmark(method: string): boolean {
  return method === RANDOM.title || method === ORACLE.title;
}

export function isGoalRank(method: string): boolean {
  return method === GOAL_RANK.title;
}

/** The best of the methods by a measure; undefined where nothing is better or worse. */
export function bestMethod(rows: readonly ReportRow[], { key, better }: Measure): ReportRow | undefined {
  const judged = rows.filter((row) => row[key] !== undefined && !isLandmark(row.method));
  if (better === undefined || judged.length === 0) return undefined;
  const sign = better === "higher" ? 1 : -1;
  const value = (row: ReportRow) => sign * (row[key] ?? 0);
  return judged.reduce((best, row) => (value(row) > value(best) ? row : best));
}
