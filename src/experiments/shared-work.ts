/**
 * What all methods of one dataset and seed share, made once: the data, and the models that everything else needs (the
 * pointwise ranker, the imitation of the log, and the reward model that is everyone's judge).
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { writeWhole } from "../files/write-whole.ts";
import { sharedModel } from "../methods/method.ts";
import { namedSharedModels, type SharedSet } from "../methods/shared-models.ts";
import { examineJudge } from "../run/compare.ts";
import type { RunData } from "../run/data.ts";
import { DEFAULT_RUN } from "../run/settings.ts";
import { trainSharedModels } from "../run/shared-models.ts";
import { CheckpointFolder } from "../training/checkpoint-folder.ts";
import type { TrainingContext } from "../training/trainer.ts";
import { type DataSettings, type DatasetChoice, loadData, type SharedOptions } from "./datasets.ts";
import type { Surroundings } from "./experiment.ts";
import { type Trial, type TrialOutcome, type Work, workKey } from "./trial.ts";

export interface SharedWork extends Work {
  readonly kind: "shared";
  readonly data: DataSettings;
  readonly options: SharedOptions;
}

/** What the methods start from. */
export interface Shared {
  readonly data: RunData;
  readonly models: SharedSet;
  readonly options: SharedOptions;
}

/** The name under which results of shared work are kept. */
export const SHARED = "shared";

/** The trial that others of this dataset and seed need. */
export function sharedTrial({ label, settings, shared }: DatasetChoice, seed: number): Trial<SharedWork> {
  const work: SharedWork = { kind: "shared", data: { ...settings, seed }, options: shared };
  return { experiment: SHARED, dataset: label, method: "shared models", seed, variant: "", work };
}

/** Whether the models are there: their results alone are of no use to other trials. */
export function isSharedFinished(root: string, key: string): boolean {
  return existsSync(join(sharedFolder(root, key), FINISHED));
}

const FINISHED = "finished.json";

/** Where the models of a shared work are, or what is finished of them. */
export function sharedFolder(root: string, key: string): string {
  return join(root, SHARED, key);
}

/** Trains the models, or what is left to train of them, and says how good the judge is. */
export async function runSharedWork(work: SharedWork, surroundings: Surroundings): Promise<TrialOutcome> {
  const { data, models } = await loadShared(work, surroundings);
  const own = sharedModel(models.context, "judge");
  const { judge, trueCorrelation } = await examineJudge(own, data, work.data.seed);
  const metrics = {
    trainingLists: data.training.size,
    testRequests: data.test.size,
    ...(judge.pearson !== undefined && { judgeCorrelation: judge.pearson }),
    ...(trueCorrelation !== undefined && { judgeTrueCorrelation: trueCorrelation }),
  };
  const folder = sharedFolder(surroundings.root, workKey(work));
  writeWhole(join(folder, FINISHED), `${JSON.stringify(metrics, null, 2)}\n`);
  return { metrics };
}

let last: { readonly key: string; readonly shared: Shared } | undefined;

/**
 * The data and models of a shared work. Models that are trained come from its checkpoints; a process keeps the last ones,
 * since the trials that it runs one after another mostly share them.
 */
export async function loadShared(
  work: SharedWork,
  { root, dataFolder, context }: Pick<Surroundings, "root" | "dataFolder" | "context">,
): Promise<Shared> {
  const key = workKey(work);
  if (last?.key === key) return last.shared;
  // No trial of this process will ask for those before again, or their checkpoints give them back.
  if (last !== undefined) for (const [, model] of namedSharedModels(last.shared.models)) model.dispose();
  last = undefined;
  const folder = sharedFolder(root, key);
  const own: TrainingContext = { ...context, checkpoints: new CheckpointFolder(folder, key) };
  const data = await loadData(work.data, folder, dataFolder, own);
  const settings = { ...DEFAULT_RUN, ...work.options, seed: work.data.seed };
  const models = await trainSharedModels(data, settings, own);
  const shared = { data, models, options: work.options };
  last = { key, shared };
  return shared;
}
