/** Trains the models of a run one stage after another, and keeps what comes out. */
import type { DataReport } from "../data/report/data-report-schema.ts";
import { findMethod } from "../methods/index.ts";
import { sharedModel } from "../methods/method.ts";
import type { SharedSet } from "../methods/shared-models.ts";
import { RANKER_FILE, rankerFileOf } from "../ranker/load-ranker.ts";
import { encodeRanker } from "../ranker/ranker-file.ts";
import { createAnatomy } from "../run/anatomy.ts";
import { compareMethods, examineJudge, type RunResult } from "../run/compare.ts";
import type { RunFolder } from "../run/folder/run-folder.ts";
import { type DataIdentity, finishRecord, recordProcess } from "../run/folder/run-record.ts";
import { generatorOf, runWeights, type TrainedMethod, trainMethod, trainMethods } from "../run/methods.ts";
import { deployedMethod, type RunSettings } from "../run/settings.ts";
import { trainSharedModels } from "../run/shared-models.ts";
import { combineListeners } from "../training/listener.ts";
import type { TrainingContext } from "../training/trainer.ts";
import { runSettings } from "./configuration/library-options.ts";
import type { Work } from "./interruptible-work.ts";
import { findData, type LoadedData } from "./load-data.ts";
import type { OpenRun } from "./open-run.ts";
import { say } from "./terminal/say.ts";
import { useDevice } from "./use-device.ts";
import { packageVersions, programVersion } from "./versions.ts";

/** Stages in their order: each includes those before it. `all` also compares all methods. */
export const TRAIN_STAGES = ["retriever", "reward", "generator", "all"] as const;
export type TrainStage = (typeof TRAIN_STAGES)[number];

/** What was trained, as far as the stage goes. */
export interface TrainedRun {
  readonly report: DataReport | undefined;
  /** From `reward` on. */
  readonly judge?: Pick<RunResult, "judge" | "trueCorrelation">;
  /** Of `all`. */
  readonly result?: RunResult;
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
  const context: TrainingContext = {
    ...work.context,
    ...(run && { listener: combineListeners([work.display, work.interruption.listener, run.listener]) }),
    checkpoints: run?.checkpoints(identity.fingerprint, (message) => say(`warning: ${message}`)),
  };
  const data = await load(context);
  const { report } = data;
  if (report !== undefined) run?.writeJson("data-report.json", report);
  if (stage === "retriever") return { report };

  const settings = runSettings(configuration);
  const models = await trainSharedModels(data, settings, context);
  run?.writeWeights(await runWeights(models, []));
  const judge = sharedModel(models.context, "judge");
  if (stage === "reward") return { report, judge: await examineJudge(judge, data, settings.seed) };

  const methods =
    stage === "generator"
      ? [await trainMethod(findMethod(deployedMethod(settings)), models, data, settings, context)]
      : await trainMethods(models, data, settings, context);
  if (run !== undefined) await keepMethods(run, models, methods, data, identity, settings);
  if (stage === "generator") return { report };

  work.display.close();
  const result = await compareMethods(models, methods, data, settings);
  if (run !== undefined) {
    const generator = generatorOf(methods);
    if (generator !== undefined) {
      const pointwise = sharedModel(models.context, "pointwise");
      run.writeJson("anatomy.json", await createAnatomy({ generator, pointwise, judge }, data, settings));
    }
    finishRecord(run);
    run.finish(result);
  }
  return { report, result };
}

/** The weights of all models, a ranker's file for each method that can be served, and that of the one to be deployed. */
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
    if (method.name === deployedMethod(settings)) run.write(RANKER_FILE, ranker);
  }
}
