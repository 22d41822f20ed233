/** Trains the models of a run one stage after another, and keeps what comes out. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { DataReport } from "../data/report/data-report-schema.ts";
import { RANKER_FILE } from "../ranker/load-ranker.ts";
import { encodeRanker } from "../ranker/ranker-file.ts";
import { createAnatomy } from "../run/anatomy.ts";
import { compareMethods, type ExperimentResult, examineJudge } from "../run/compare.ts";
import type { ExperimentData, LogData } from "../run/data.ts";
import type { RunFolder } from "../run/folder/run-folder.ts";
import {
  finishRecord,
  RECORD,
  type RunData,
  type RunDevice,
  type RunRecord,
  readRunRecord,
  resumeRecord,
  startRecord,
} from "../run/folder/run-record.ts";
import { type ExperimentModels, modelWeights, trainGenerator, trainJudge } from "../run/models.ts";
import { combineListeners } from "../training/listener.ts";
import type { TrainingContext } from "../training/trainer.ts";
import { runSettings } from "./configuration/library-options.ts";
import type { Interruption } from "./interruption.ts";
import { findData } from "./load-data.ts";
import type { OpenRun } from "./open-run.ts";
import type { ProgressDisplay } from "./terminal/progress-display.ts";
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
  readonly judge?: Pick<ExperimentResult, "judge" | "trueCorrelation">;
  /** Of `all`. */
  readonly result?: Omit<ExperimentResult, "models">;
}

/** Trains up to `stage`, or what is left to train of it. */
export async function trainRun(
  stage: TrainStage,
  { configuration, run }: OpenRun,
  surroundings: {
    readonly interruption: Interruption;
    readonly display: ProgressDisplay;
    readonly command: string;
  },
): Promise<TrainedRun> {
  const { interruption, display, command } = surroundings;
  const device = await useDevice(configuration.device);
  const source = await findData(configuration, interruption);
  const { identity } = source;
  if (run !== undefined) recordProcess(run, { command, seed: configuration.seed, data: identity }, device);
  const context: TrainingContext = {
    listener: combineListeners([
      display,
      interruption.listener,
      ...(run === undefined ? [] : [run.listener]),
    ]),
    checkpoints: run?.checkpoints(identity.fingerprint, (message) => say(`warning: ${message}`)),
    signal: interruption.signal,
  };
  const { data, report } = await source.load(context);
  if (report !== undefined) run?.writeJson("data-report.json", report);
  if (stage === "retriever") return { report };

  const options = runSettings(configuration);
  const learned = await trainJudge(data, options, context);
  run?.writeWeights(await modelWeights(learned));
  if (stage === "reward") return { report, judge: await examineJudge(learned.judge, data, options.seed) };

  const models = { ...learned, generator: await trainGenerator(learned, data, options, context) };
  if (run !== undefined) await keepModels(run, models, data, identity, options.seed);
  if (stage === "generator") return { report };

  display.close();
  const { models: _, ...result } = await compareMethods(models, data, options);
  if (run !== undefined) {
    run.writeJson("anatomy.json", await createAnatomy(models, data, options));
    run.writeJson(RECORD, finishRecord(readRunRecord(run.path)));
    run.finish(result);
  }
  return { report, result };
}

/** Notes in `run.json` that this process works on the run. */
function recordProcess(
  run: RunFolder,
  process: Pick<RunRecord, "command" | "seed" | "data">,
  device: RunDevice,
): void {
  const isResumed = existsSync(join(run.path, RECORD));
  const record = isResumed
    ? resumeRecord(readRunRecord(run.path), process.command, device)
    : startRecord(process, device, { goalrank: programVersion(), webgpu: packageVersions().webgpu });
  run.writeJson(RECORD, record);
}

/** The weights of all models, and the ranker: the file that `loadRanker` reads. */
async function keepModels(
  run: RunFolder,
  models: ExperimentModels,
  data: ExperimentData,
  { fingerprint }: RunData,
  seed: number,
): Promise<void> {
  run.writeWeights(await modelWeights(models));
  const { candidateCount, historyLength } = data.training;
  const ranker = await encodeRanker({
    generator: models.generator,
    catalogue: data.catalogue,
    retriever: data.retriever,
    candidateCount,
    historyLength,
    training: {
      goalrank: programVersion(),
      seed,
      data: fingerprint,
      ...(isPrepared(data) && { candidates: data.protocols.candidates.training }),
    },
  });
  run.write(RANKER_FILE, ranker);
}

/** Whether the data came from a log. */
function isPrepared(data: ExperimentData): data is LogData {
  return data.world === undefined && "protocols" in data;
}
