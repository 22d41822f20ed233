/** What `result.json` holds of a {@link RunResult}, as one who reads the file finds it. */
import * as z from "zod";
import { measured } from "../files/measured.ts";
import type { MeasureName } from "./evaluate-lists.ts";

const count = z.number();

/** What methods are compared by. */
const measures = {
  trueReward: measured,
  regret: measured,
  predictedReward: measured,
  hit: measured,
  ndcg: measured,
  map: measured,
  f1: measured,
  auc: measured,
  /** Of data with grades. */
  ndcg1: measured,
  ndcg3: measured,
  ndcg5: measured,
  ndcg10: measured,
  err: measured,
} satisfies Record<MeasureName, z.ZodType>;

const methodRow = z.object({
  method: z.string(),
  ...measures,
  users: count.optional(),
  usersWithoutPositive: count.optional(),
  halfWidths: z.object(measures).optional(),
});

const judge = z.object({
  lists: count,
  meanSquaredError: measured,
  rSquared: measured,
  pearson: measured,
  spearman: measured,
  calibration: z.array(z.object({ predicted: z.number(), observed: z.number(), lists: count })),
  orderAccuracy: z.array(z.object({ gap: z.number(), pairs: count, accuracy: z.number() })),
});

const advantage = z.object({
  over: z.string(),
  measure: z.string(),
  mean: z.number(),
  halfWidth: z.number(),
  pValue: z.number(),
});

const estimate = z.object({ value: measured, standardError: measured, effectiveSize: measured });

/** `result.json`: what the run came to. */
export const resultSchema = z.object({
  listLength: count.optional(),
  testRequests: count.optional(),
  rows: z.array(methodRow),
  judge: judge.optional(),
  trueCorrelation: measured,
  advantages: z.array(advantage).default([]),
  offPolicy: z
    .object({
      predicted: measured,
      trueReward: measured,
      inversePropensity: estimate,
      sequential: estimate,
      doublyRobust: estimate,
    })
    .optional(),
});

export type StoredResult = z.infer<typeof resultSchema>;
export type StoredRow = z.infer<typeof methodRow>;
export type StoredJudge = z.infer<typeof judge>;
export type StoredAdvantage = z.infer<typeof advantage>;
