/** Evidence in which no gate holds, and a report on data in which nothing is wrong. */
import type { DataReport } from "../../../src/data/report/data-report-schema.ts";
import type { Choice } from "../../../src/run/result-schema.ts";
import type { VerdictInput } from "../../../src/run/verdict/verdict.ts";

const better = { mean: 0.05, halfWidth: 0.01, pValue: 0.001 };

export const choice: Choice = {
  measure: "ndcg",
  lists: 400,
  best: "prm",
  chosen: "prm",
  overRandom: { over: "random", ...better },
  overRetriever: { over: "retriever", ...better },
  methods: [
    { name: "retriever", method: "retriever", mean: 0.3, halfWidth: 0.02, toBest: better, isWithinNoise: false },
    { name: "prm", method: "PRM", mean: 0.35, halfWidth: 0.02, isWithinNoise: true },
  ],
};

const counts = { users: 100, items: 100, interactions: 1000, positives: 500 };
const split = { lists: 400, candidates: "injected", positiveRate: [0.5], scoreToExposure: 0.5 } as const;

export const report = {
  split: "last-list",
  preparation: { core: 20, listLength: 6, read: counts, kept: counts, trainingListsDrawn: 400 },
  splits: { training: split, validation: split, test: split },
  passedOver: { liked: 0, others: 0 },
} as unknown as DataReport;

/** With these changes to the log's report. */
export function reportWith(changes: {
  readonly kept?: Partial<typeof counts>;
  readonly test?: { readonly scoreToExposure?: number; readonly candidates?: string };
  readonly passedOver?: { readonly liked: number; readonly others: number };
}): DataReport {
  const { preparation, splits, passedOver } = report;
  const kept = { ...counts, ...changes.kept };
  return {
    ...report,
    preparation: { ...preparation, kept },
    splits: { ...splits, test: { ...splits.test, ...changes.test } },
    passedOver: changes.passedOver ?? passedOver,
  } as DataReport;
}

/** A loss that falls by this share from the last but one fifth of its steps to the last. */
export function losses(steps: number, fall = 0): number[] {
  const last = steps - Math.floor(steps / 5);
  return Array.from({ length: steps }, (_, step) => (step < last ? 1 : 1 - fall));
}

export const evidence: VerdictInput = {
  choice,
  listLength: 6,
  trainingLists: 400,
  testLists: 400,
  judge: { rSquared: 0.1, pearson: 0.3 },
  judged: ["GoalRank"],
  learning: [{ stage: "prm", losses: losses(200) }],
  report,
  tested: [{ over: "retriever", ...better }],
  candidates: "injected",
  overruled: undefined,
};
