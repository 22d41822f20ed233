/** The measures of a table of results: what they are called, and how their numbers are written. */
import { GOAL_RANK } from "../methods/goalrank.ts";
import { ORACLE, RANDOM } from "../methods/references.ts";
import type { MeasureName } from "../run/evaluate-lists.ts";
import type { StoredResult, StoredRow } from "../run/result-schema.ts";
import { decimal, percent } from "./numbers.ts";

export interface Measure {
  readonly key: MeasureName;
  readonly title: string;
  /** A sentence for those who do not know it. */
  readonly meaning: string;
  readonly better: "higher" | "lower" | undefined;
  /** A value as it is written, and as it is drawn. */
  readonly format: (value: number | undefined) => string;
  readonly scale: number;
}

const BINARY: readonly MeasureName[] = ["hit", "ndcg", "map", "f1"];

/** The measures that a result has, in the order of the table. */
export function measuresOf({ rows, listLength }: StoredResult): Measure[] {
  const at = listLength === undefined ? "" : `@${listLength}`;
  const reward = (key: MeasureName, title: string, better: Measure["better"], meaning: string): Measure => {
    return { key, title, better, meaning, scale: 1, format: (value) => decimal(value) };
  };
  const share = (key: MeasureName, title: string, meaning: string): Measure => {
    const shown = { title: `${title} %`, scale: 100, format: (value: number | undefined) => percent(value) };
    return { key, meaning, better: "higher", ...shown };
  };
  const all = [
    reward(
      "trueReward",
      "True reward",
      "higher",
      "expected positive reactions to a list, as the embedded world defines them",
    ),
    reward("regret", "Regret", "lower", "how much more the best known list would earn"),
    reward(
      "predictedReward",
      "Predicted reward",
      undefined,
      "what the reward model believes; high values where the truth is low mean over-optimisation",
    ),
    share(
      "ndcg10",
      "NDCG@10",
      "gains of the grades, 2^grade - 1, count more the higher they stand, in the first 10 places",
    ),
    share("ndcg5", "NDCG@5", "the same in the first 5 places"),
    share("ndcg3", "NDCG@3", "the same in the first 3 places"),
    share("ndcg1", "NDCG@1", "the gain of the first place, over the best that could stand there"),
    share("err", "ERR", "expected reciprocal rank: the mean of 1 / the place at which a reader is satisfied"),
    share("hit", `H${at}`, "share of the list's places that hold a liked item"),
    share("ndcg", `NDCG${at}`, "liked items count more the higher they stand"),
    share("map", `MAP${at}`, "mean precision at the places of liked items"),
    share("f1", `F1${at}`, "harmonic mean of precision and recall"),
    share("auc", "AUC", "share of pairs of a liked and another candidate in the right order"),
  ];
  const known = all.filter(({ key }) => rows.some((row) => row[key] !== undefined));
  // With grades, what tells only that a candidate has a gain says less of the same.
  return known.some(({ key }) => key === "ndcg10") ? known.filter(({ key }) => !BINARY.includes(key)) : known;
}

/** Rows that are no methods but the two ends of the scale. */
export function isLandmark(method: string): boolean {
  return method === RANDOM.title || method === ORACLE.title;
}

export function isGoalRank(method: string): boolean {
  return method === GOAL_RANK.title;
}

/** The best of the methods by a measure; undefined where nothing is better or worse. */
export function bestMethod(rows: readonly StoredRow[], { key, better }: Measure): StoredRow | undefined {
  const judged = rows.filter((row) => row[key] !== undefined && !isLandmark(row.method));
  if (better === undefined || judged.length === 0) return undefined;
  const sign = better === "higher" ? 1 : -1;
  const value = (row: StoredRow) => sign * (row[key] ?? 0);
  return judged.reduce((best, row) => (value(row) > value(best) ? row : best));
}
