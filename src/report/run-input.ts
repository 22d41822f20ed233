/** What a report is made of: the files of a run, as far as the page shows them. */
import * as z from "zod";
import type { DataReport } from "../data/report/data-report-schema.ts";
import type { Anatomy } from "../run/anatomy-schema.ts";
import type { StoredResult } from "../run/result-schema.ts";
import type { Series } from "./curves.ts";

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

export type StoredRun = z.infer<typeof runSchema>;

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
  readonly run?: StoredRun | undefined;
  readonly dataReport?: DataReport | undefined;
  readonly stages: readonly StageCurves[];
  readonly result?: StoredResult | undefined;
  readonly anatomy?: Anatomy | undefined;
}
