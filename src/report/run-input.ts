/** What a report is made of: the files of a run, as far as the page shows them. */
import { z } from "zod";
import type { DataReport } from "../data/report/data-report-schema.ts";
import type { Series } from "./curves.ts";

/** JSON has no NaN: what could not be computed is null or missing. */
const measured = z
  .number()
  .nullish()
  .transform((value) => value ?? undefined);
const share = z.number();
const size = z.number();

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
};

const methodRow = z.object({
  method: z.string(),
  ...measures,
  users: size.optional(),
  usersWithoutPositive: size.optional(),
  halfWidths: z.object(measures).optional(),
});

const judge = z.object({
  lists: size,
  meanSquaredError: measured,
  rSquared: measured,
  pearson: measured,
  spearman: measured,
  calibration: z.array(z.object({ predicted: z.number(), observed: z.number(), lists: size })),
  orderAccuracy: z.array(z.object({ gap: z.number(), pairs: size, accuracy: share })),
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
  listLength: size.optional(),
  testRequests: size.optional(),
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

const feedback = z.array(z.object({ item: z.number(), liked: z.boolean() }));
const judged = { items: z.array(z.number()), reward: z.number(), trueReward: measured };

/** `anatomy.json`: a few requests looked at closely. */
export const anatomySchema = z.object({
  listLength: size,
  referenceTemperature: z.number(),
  items: z.record(z.string(), z.object({ id: z.string(), title: z.string().optional() })),
  requests: z.array(
    z.object({
      user: z.string(),
      history: feedback,
      shown: feedback,
      shownOutside: size,
      candidates: z.array(z.object({ item: z.number(), probability: share })),
      lists: z.object({
        shown: z.object(judged).optional(),
        dnn: z.object(judged),
        goalRank: z.object({ ...judged, probabilities: z.array(share) }),
      }),
      group: z.object({
        meanReward: z.number(),
        rewardDeviation: z.number(),
        repetitions: size,
        lists: z.array(
          z.object({
            ...judged,
            source: z.string(),
            z: z.number(),
            reference: share,
            policy: share,
            logProbability: z.number(),
          }),
        ),
      }),
    }),
  ),
});

/** `config.json`: what the run was started with. */
export const configurationSchema = z.record(z.string(), z.unknown());

/** `run.json`: where, when and by what it was run. Fields that are not known here are shown as they are. */
export const runSchema = z.looseObject({
  command: z.union([z.string(), z.array(z.string())]).optional(),
  started: z.string().optional(),
  finished: z.string().nullish(),
  seed: z.number().optional(),
});

/** A line of `metrics.jsonl`: what was logged at one step, of training or of validation. */
export const metricsLineSchema = z.looseObject({
  stage: z.string(),
  step: z.number(),
  validation: z.looseObject({}).optional(),
});

export type ReportResult = z.infer<typeof resultSchema>;
export type ReportRow = z.infer<typeof methodRow>;
export type MeasureKey = keyof typeof measures;
export type ReportJudge = z.infer<typeof judge>;
export type ReportAdvantage = z.infer<typeof advantage>;
export type ReportAnatomy = z.infer<typeof anatomySchema>;
export type ReportRequest = ReportAnatomy["requests"][number];
export type ReportRun = z.infer<typeof runSchema>;

/** What was logged while one model trained. */
export interface StageCurves {
  readonly stage: string;
  readonly training: readonly Series[];
  readonly validation: readonly Series[];
}

/** A run, whole or in parts: what is missing was not written, or not yet. */
export interface ReportInput {
  /** Of the run's folder. */
  readonly name: string;
  readonly configuration?: z.infer<typeof configurationSchema> | undefined;
  readonly run?: ReportRun | undefined;
  readonly dataReport?: DataReport | undefined;
  readonly stages: readonly StageCurves[];
  readonly result?: ReportResult | undefined;
  readonly anatomy?: ReportAnatomy | undefined;
}
