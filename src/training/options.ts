/** How a model is trained: everything that a run may set, declared once. */
import * as z from "zod";
import { SCHEDULES } from "../nn/index.ts";
import { checkSettings } from "../settings/check-settings.ts";
import { count, nonNegative, positive, type Settings } from "../settings/setting-kinds.ts";

/** What the training of one kind of model has for defaults, and `metrics`, those that its validation gives. */
export interface TrainingKind<Metric extends z.ZodType<string>> {
  readonly batchSize: number;
  readonly learningRate: number;
  readonly metric: Metric;
}

/** The schema of how one kind of model is trained; see {@link TrainingOptions}. */
export function trainingSchema<Metric extends z.ZodType<string>>(kind: TrainingKind<Metric>) {
  const { batchSize, learningRate, metric } = kind;
  const earlyStopping = z.strictObject({
    metric: metric.describe("Of the validation; the weights of its best value are kept"),
    better: z.enum(["higher", "lower"]).describe("Which values of the metric are better"),
    patience: count.describe("Validations without improvement after which training ends"),
  });
  return z.strictObject({
    epochs: count.default(1).describe("Passes over the training lists"),
    batchSize: count.default(batchSize).describe("Requests in a batch"),
    leastSteps: count
      .optional()
      .describe("Updates that a small log is trained for at least: by smaller batches, down to 8, then by more epochs"),
    accumulation: count.default(1).describe("Batches whose gradients are averaged for one update"),
    learningRate: positive.default(learningRate).describe("Of AdamW, at the end of warm-up"),
    schedule: z.enum(SCHEDULES).default("cosine").describe("How the learning rate falls after warm-up"),
    warmup: nonNegative.max(1).default(0.05).describe("Share of the updates over which the learning rate grows"),
    weightDecay: nonNegative.default(1e-4).describe("Of AdamW"),
    clipNorm: positive.default(5).describe("Largest norm of all gradients together"),
    validateEvery: count
      .optional()
      .describe("Updates between two validations; without early stopping none unless given"),
    earlyStopping: earlyStopping.optional().describe("When to stop early, and which weights to keep"),
    checkpointEvery: count.default(200).describe("Updates between two checkpoints"),
  });
}

const anyTraining = trainingSchema({ batchSize: 128, learningRate: 2e-3, metric: z.string() });

/** How a model is trained, for as long as a run says; the run has the seed. */
export type StageOptions = Settings<typeof anyTraining>;

/**
 * How a model is trained. `validateEvery` and `earlyStopping` need a task that can validate, which without either
 * happens only after the last update; checkpoints are for runs that keep any.
 */
export type TrainingOptions = StageOptions & { readonly seed: number };

/** When training ends before its last epoch. */
export type EarlyStoppingOptions = NonNullable<StageOptions["earlyStopping"]>;

/** What {@link TrainingOptions} are unless given. */
export const DEFAULT_TRAINING: TrainingOptions = { ...anyTraining.parse({}), seed: 1 };

/** @throws SettingsError for a number out of range, before anything is trained */
export function checkTraining(options: TrainingOptions): void {
  // What has settings besides, such as a retriever, trains with all of them.
  checkSettings("training", anyTraining.strip(), options);
}
