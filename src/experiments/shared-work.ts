/**
 * What all methods of one dataset and seed share, made once: the data, and the models that everything else needs (the
 * pointwise ranker, the imitation of the log, and the reward model that is everyone's judge).
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeWhole } from "../files/write-whole.ts";
import type { SharedModelName } from "../methods/method.ts";
import { namedSharedModels, type SharedSet } from "../methods/shared-models.ts";
import { examineJudge } from "../run/compare.ts";
import type { RunData } from "../run/data.ts";
import { DEFAULT_RUN } from "../run/settings.ts";
import { trainSharedModels } from "../run/shared-models.ts";
import { CheckpointFolder } from "../training/checkpoint-folder.ts";
import { combineListeners, SILENT } from "../training/listener.ts";
import type { TrainingContext } from "../training/trainer.ts";
import { COSTED, type CostedModel, StageCosts } from "./budget.ts";
import { type DataSettings, type DatasetChoice, loadData, type SharedOptions } from "./datasets.ts";
import type { Surroundings } from "./experiment.ts";
import { type Trial, type TrialOutcome, type Work, workKey } from "./trial.ts";

export interface SharedWork extends Work {
  readonly kind: "shared";
  readonly data: DataSettings;
  readonly options: SharedOptions;
  /** Only these models, which a search tries: all unless given. */
  readonly only?: readonly SharedModelName[];
}

/** What the methods start from. */
export interface Shared {
  readonly data: RunData;
  readonly models: SharedSet;
  readonly options: SharedOptions;
}

/** The name under which results of shared work are kept. */
export const SHARED = "shared";

/** The trial that others of this dataset and seed need. @param only some of the models, where others need no more */
export function sharedTrial(
  { label, settings, shared }: DatasetChoice,
  seed: number,
  only?: readonly SharedModelName[],
): Trial<SharedWork> {
  const work: SharedWork = { kind: "shared", data: { ...settings, seed }, options: shared, ...(only && { only }) };
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

/** Where prepared data are: works whose models differ share them. */
function preparedFolder(root: string, data: DataSettings): string {
  const work = { kind: "data", data: { ...data, order: undefined } };
  return sharedFolder(root, workKey(work));
}

/** Trains the models, or what is left to train of them, and says how good the judge is, and what each took. */
export async function runSharedWork(work: SharedWork, surroundings: Surroundings): Promise<TrialOutcome> {
  const folder = sharedFolder(surroundings.root, workKey(work));
  const isContinued = existsSync(folder);
  const costs = new StageCosts();
  const { listener = SILENT } = surroundings.context;
  const context = { ...surroundings.context, listener: combineListeners([costs, listener]) };
  const { data, models } = await loadShared(work, { ...surroundings, context });
  const metrics = {
    trainingLists: data.training.size,
    testRequests: data.test.size,
    ...(await judgeMetrics(data, models, work.data.seed)),
    // What was trained before the process was stopped is not known.
    ...(!isContinued && costMetrics(costs)),
  };
  writeWhole(join(folder, FINISHED), `${JSON.stringify(metrics, null, 2)}\n`);
  return { metrics };
}

async function judgeMetrics(data: RunData, { context }: SharedSet, seed: number): Promise<TrialOutcome["metrics"]> {
  const own = context.shared.judge;
  if (own === undefined) return {};
  const { judge, trueCorrelation } = await examineJudge(own, data, seed);
  return {
    ...(judge.pearson !== undefined && { judgeCorrelation: judge.pearson }),
    ...(trueCorrelation !== undefined && { judgeTrueCorrelation: trueCorrelation }),
  };
}

/** What is trained for the judge are all stages but these. */
const STAGES = { pointwise: "DNN", imitation: "imitation" } as const;

function costMetrics(costs: StageCosts): TrialOutcome["metrics"] {
  const { pointwise, imitation } = STAGES;
  const of: Readonly<Record<CostedModel, (stage: string) => boolean>> = {
    pointwise: (stage) => stage === pointwise,
    imitation: (stage) => stage === imitation,
    judge: (stage) => stage !== pointwise && stage !== imitation,
  };
  const entries = COSTED.flatMap((model) => {
    const { steps, cpuSeconds } = costs.total(of[model]);
    return steps === 0 ? [] : [[`${model}Steps`, steps] as const, [`${model}CpuSeconds`, cpuSeconds] as const];
  });
  return Object.fromEntries(entries);
}

/** What the shared models of a work took, by the metrics of its result; nothing where that is not known. */
export function sharedCosts(root: string, work: SharedWork): TrialOutcome["metrics"] {
  const file = join(sharedFolder(root, workKey(work)), FINISHED);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
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
  const data = await loadData(work.data, preparedFolder(root, work.data), dataFolder, own);
  const settings = { ...DEFAULT_RUN, ...work.options, seed: work.data.seed };
  const models = await trainSharedModels(data, settings, own, work.only);
  const shared = { data, models, options: work.options };
  last = { key, shared };
  return shared;
}
