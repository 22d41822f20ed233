/** Trains the models of a run one stage after another, keeps what comes out, and deploys what the verdict says. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DataReport } from "../data/report/data-report-schema.ts";
import { findMethod } from "../methods/index.ts";
import { type Method, sharedModel } from "../methods/method.ts";
import type { SharedSet } from "../methods/shared-models.ts";
import { RANKER_FILE, rankerFileOf } from "../ranker/load-ranker.ts";
import { encodeRanker } from "../ranker/ranker-file.ts";
import { createAnatomy } from "../run/anatomy.ts";
import { compareMethods, examineJudge, type RunResult } from "../run/compare.ts";
import { replaySteps } from "../run/folder/metrics-file.ts";
import type { RunFolder } from "../run/folder/run-folder.ts";
import { type DataIdentity, finishRecord, recordProcess } from "../run/folder/run-record.ts";
import { LearningRecords } from "../run/learning-records.ts";
import {
  comparedMethods,
  generatorOf,
  runWeights,
  type TrainedMethod,
  trainHelpers,
  trainMethod,
} from "../run/methods.ts";
import { mainMethod, type RunSettings } from "../run/settings.ts";
import { trainSharedModels } from "../run/shared-models.ts";
import { combineListeners } from "../training/listener.ts";
import type { TrainingContext } from "../training/trainer.ts";
import { runSettings } from "./configuration/library-options.ts";
import type { Work } from "./interruptible-work.ts";
import { findData, type LoadedData } from "./load-data.ts";
import type { OpenRun } from "./open-run.ts";
import { say } from "./terminal/say.ts";
import { UsageError } from "./usage-error.ts";
import { useDevice } from "./use-device.ts";
import { packageVersions, programVersion } from "./versions.ts";

/** Stages in their order: each includes those before it. `all` also compares all methods, and ends with a verdict. */
export const TRAIN_STAGES = ["retriever", "reward", "generator", "all"] as const;
export type TrainStage = (typeof TRAIN_STAGES)[number];

/** What was trained, as far as the stage goes. */
export interface TrainedRun {
  readonly report: DataReport | undefined;
  /** From `reward` on. */
  readonly judge?: Pick<RunResult, "judge" | "trueCorrelation">;
  /** Of `all`. */
  readonly result?: RunResult;
  /** Of `generator` and `all`: the method that `ranker.safetensors` holds; null where the run has no such file. */
  readonly served?: string | null;
}

/** Trains up to `stage`, or what is left to train of it. @param command for the record of the run */
export async function trainRun(
  stage: TrainStage,
  { configuration, run }: OpenRun,
  work: Work,
  command: string,
): Promise<TrainedRun> {
  const device = await useDevice(configuration.device);
  const { identity, load } = await findData(configuration, work);
  if (run !== undefined) {
    const versions = { goalrank: programVersion(), webgpu: packageVersions().webgpu };
    recordProcess(run, device, { ...versions, command, seed: configuration.seed, data: identity });
  }
  const learning = new LearningRecords();
  if (run !== undefined) replaySteps(join(run.path, "metrics.jsonl"), learning);
  const listeners = [work.display, work.interruption.listener, learning, ...(run ? [run.listener] : [])];
  const context: TrainingContext = {
    ...work.context,
    listener: combineListeners(listeners),
    checkpoints: run?.checkpoints(identity.fingerprint, (message) => say(`warning: ${message}`)),
  };
  const data = await load(context);
  const { report } = data;
  if (report !== undefined) run?.writeJson("data-report.json", report);
  if (stage === "retriever") return { report };

  const settings = runSettings(configuration);
  const planned = stage === "generator" ? [findMethod(mainMethod(settings))] : comparedMethods(settings, data);
  checkDeployable(planned, settings, data);
  const models = await trainSharedModels(data, settings, context);
  run?.writeWeights(await runWeights(models, []));
  const judge = sharedModel(models.context, "judge");
  if (stage === "reward") return { report, judge: await examineJudge(judge, data, settings.seed) };

  const methods: TrainedMethod[] = [];
  for (const method of planned) methods.push(await trainMethod(method, models, data, settings, context, methods));
  if (run !== undefined) await keepMethods(run, models, methods, data, identity, settings);
  if (stage === "generator") {
    // Nothing was compared, so nothing is deployed unless somebody says so.
    const served = settings.deploy ?? null;
    if (run !== undefined) deploy(run, served);
    return { report, served };
  }

  work.display.close();
  const result = await compareMethods(models, methods, data, settings, learning.all);
  const { served } = result.verdict;
  if (run !== undefined) {
    const generator = generatorOf(methods);
    if (generator !== undefined) {
      const pointwise = sharedModel(models.context, "pointwise");
      const helpers = await trainHelpers(models, data, settings, {}, methods);
      run.writeJson("anatomy.json", await createAnatomy({ generator, pointwise, judge, helpers }, data, settings));
    }
    deploy(run, served);
    finishRecord(run);
    run.finish(result);
  }
  return { report, result, served };
}

/** @throws UsageError before anything is trained where the setting `deploy` names what this data does not have */
function checkDeployable(planned: readonly Method[], { deploy }: RunSettings, { world }: LoadedData): void {
  if (deploy === undefined || planned.some(({ name }) => name === deploy)) return;
  const names = planned.map(({ name }) => name).join(", ");
  const source = world === undefined ? "a log" : "an embedded world";
  throw new UsageError(`deploy: "${deploy}" is not among the methods of ${source}: ${names}`);
}

/** Makes this method's ranker the run's own; where there is none to serve, one of an earlier try goes. */
function deploy(run: RunFolder, served: string | null): void {
  if (served === null) run.remove(RANKER_FILE);
  else run.write(RANKER_FILE, readFileSync(join(run.path, rankerFileOf(served))));
}

/** The weights of all models, and a ranker's file for each method that can be served. */
async function keepMethods(
  run: RunFolder,
  models: SharedSet,
  methods: readonly TrainedMethod[],
  data: LoadedData,
  { fingerprint }: DataIdentity,
  settings: RunSettings,
): Promise<void> {
  run.writeWeights(await runWeights(models, methods));
  const training = {
    goalrank: programVersion(),
    seed: settings.seed,
    data: fingerprint,
    ...(data.protocols && { candidates: data.protocols.candidates.training }),
  };
  for (const { method, instance } of methods) {
    if (instance.answering === undefined) continue;
    const ranker = await encodeRanker({
      method,
      instance,
      models,
      retriever: data.retriever,
      pasts: data.pasts,
      training,
    });
    run.write(rankerFileOf(method.name), ranker);
  }
}
