/** Trains what a finished run deploys once more, on all of its data: for service, after the choice. */
import { join, relative } from "node:path";
import { joinRows, type ListDataset, selectRows } from "../data/dataset.ts";
import { candidateLabels } from "../data/labels.ts";
import { SPLITS } from "../data/protocols.ts";
import { findMethod } from "../methods/index.ts";
import { RANKER_FILE, rankerFileOf } from "../ranker/load-ranker.ts";
import { encodeRanker } from "../ranker/ranker-file.ts";
import { ChosenSteps } from "../run/chosen-steps.ts";
import { FINAL_RECORD, type FinalRecord, refuseFinal } from "../run/folder/final-record.ts";
import { replaySteps } from "../run/folder/metrics-file.ts";
import { RunFolder, readResult } from "../run/folder/run-folder.ts";
import { RunFolderError } from "../run/folder/run-folder-error.ts";
import { finishRecord, readRunRecord, recordProcess } from "../run/folder/run-record.ts";
import { runWeights, trainMethod } from "../run/methods.ts";
import { trainSharedModels } from "../run/shared-models.ts";
import { combineListeners, SILENT } from "../training/listener.ts";
import type { CommandSettings } from "./configuration/command-settings.ts";
import { runSettings } from "./configuration/library-options.ts";
import type { Work } from "./interruptible-work.ts";
import { findData, type LoadedData } from "./load-data.ts";
import { readRunConfiguration, runConfiguration } from "./open-run.ts";
import { UsageError } from "./usage-error.ts";
import { useDevice } from "./use-device.ts";
import { packageVersions, programVersion } from "./versions.ts";

/** What was made of a run. */
export interface FinalTraining {
  readonly folder: string;
  readonly record: FinalRecord;
  /** The verdict on the run, whose figures are the ones that there are. */
  readonly verdict: string;
}

/** What is to be trained, once it is known that it can be. */
export interface FinalPlan {
  readonly from: string;
  readonly output: string;
  readonly method: string;
  readonly configuration: ReturnType<typeof readRunConfiguration>;
  readonly verdict: string;
}

/**
 * Looks at the run in the folder `from`, before anything is trained.
 * @throws UsageError for settings beside device, output and deploy; RunFolderError for a run that is not finished, or that
 * deploys nothing that learns
 */
export function planFinal(from: string, settings: CommandSettings): FinalPlan {
  const { device: _, output: __, experiment = {}, ...others } = settings.flags.layer().values;
  const { deploy, ...rest } = experiment as { readonly deploy?: string };
  const unwanted = [...Object.keys(others), ...Object.keys(rest)];
  if (unwanted.length > 0) {
    throw new UsageError(
      `--final trains with the settings in ${join(from, "config.json")}; leave out those of ${unwanted.join(", ")}`,
    );
  }
  refuseFinal(from, "choose");
  const configuration = readRunConfiguration(from, settings.flags.layer());
  const { verdict } = readResult(from);
  const method = deploy ?? verdict?.served;
  if (method === undefined || method === null) {
    throw new RunFolderError(`${from}: the run deploys nothing; read its report, or name a method with --deploy`);
  }
  if (method === "retriever" || method === "random") {
    throw new RunFolderError(`${from}: ${method} learns nothing from lists; serve it as it is: goalrank serve ${from}`);
  }
  const { output = `${from.replace(/\/+$/, "")}-final` } = configuration;
  return { from, output, method, configuration, verdict: verdict?.text ?? "" };
}

/** @param command for the record of the run */
export async function trainFinal(plan: FinalPlan, run: RunFolder, work: Work, command: string): Promise<FinalTraining> {
  const { from, configuration, method: name } = plan;
  const device = await useDevice(configuration.device);
  const { identity, load } = await findData(configuration, work);
  if (identity.fingerprint !== readRunRecord(from).data.fingerprint) {
    throw new RunFolderError(
      `${from}: the data is not what the run was trained on; --final needs the same log, unchanged`,
    );
  }
  const data = await load({ ...work.context, checkpoints: undefined });
  if (data.world !== undefined) {
    throw new UsageError("--final: an embedded world has no data to use up; draw more with --max-lists");
  }
  const versions = { goalrank: programVersion(), webgpu: packageVersions().webgpu };
  recordProcess(run, device, { ...versions, command, seed: configuration.seed, data: identity });

  const chosen = new ChosenSteps();
  replaySteps(join(from, "metrics.jsonl"), chosen);
  const made = new ChosenSteps();
  const stages = new Set<string>();
  const follow = { ...SILENT, begin: (stage: string) => void stages.add(stage) };
  const context = {
    ...work.context,
    listener: combineListeners([work.context.listener ?? SILENT, run.listener, made, follow]),
    stepsOf: chosen.of.bind(chosen),
  };
  const settings = runSettings(configuration);
  const all = allData(data);
  const models = await trainSharedModels(all, settings, context);
  const trained = await trainMethod(findMethod(name), models, all, settings, context);

  run.writeWeights(await runWeights(models, [trained]));
  const training = {
    goalrank: programVersion(),
    seed: settings.seed,
    data: identity.fingerprint,
    ...(data.protocols && { candidates: data.protocols.candidates.training }),
  };
  const file = await encodeRanker({ ...trained, models, retriever: data.retriever, pasts: data.pasts, training });
  run.write(rankerFileOf(name), file);
  run.write(RANKER_FILE, file);
  const [first, second, third] = SPLITS.map((split) => data[split].size);
  const record: FinalRecord = {
    of: relative(run.path, from),
    method: name,
    lists: { training: first, validation: second, test: third },
    steps: Object.fromEntries([...stages].map((stage) => [stage, made.of(stage) ?? 0])),
  };
  run.writeJson(FINAL_RECORD, record);
  finishRecord(run);
  return { folder: run.path, record, verdict: plan.verdict };
}

/** The folder of a plan, with the configuration from which its run can be made again. */
export function createFinalFolder({ output, configuration, method }: FinalPlan): RunFolder {
  const { experiment } = configuration;
  const deployed = { ...configuration, experiment: { ...experiment, deploy: method } };
  return RunFolder.create(output, runConfiguration(deployed, output));
}

/** All lists for training, and none for anything else. */
function allData(data: LoadedData): LoadedData {
  const none = selectRows(data.test, []);
  // Where training lists say of candidates that nothing is known, the others say what theirs count.
  const hasLabels = data.training.labels !== undefined;
  const labelled = (lists: ListDataset) =>
    hasLabels ? { ...lists, labels: lists.labels ?? candidateLabels(lists) } : lists;
  const training = joinRows([data.training, labelled(data.validation), labelled(data.test)]);
  return { ...data, training, validation: none, test: none };
}

/** What was made, for people. */
export function formatFinal({ folder, record, verdict }: FinalTraining): string {
  const { training, validation, test } = record.lists;
  const steps = Object.entries(record.steps).map(([stage, count]) => `${stage} ${count}`);
  return [
    `${record.method}, trained on all ${training + validation + test} lists: ${training} that were for training, ` +
      `${validation} for validation, ${test} for the test; steps as chosen before: ${steps.join(", ")}`,
    `its figures are those of ${join(folder, record.of)}, since nothing is left to test it on: ${verdict}`,
    `next: goalrank serve ${folder}`,
  ].join("\n");
}
