/** `goalrank evaluate`: the metrics of a trained run on its test lists, anew. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { Command } from "commander";
import { formatQrels, formatRun, nameOfItem } from "../../experiments/trec.ts";
import { writeWhole } from "../../files/write-whole.ts";
import { decodeSafetensors, SafetensorsError, type StateDict } from "../../nn/index.ts";
import { RANKER_FILE } from "../../ranker/load-ranker.ts";
import { compareMethods } from "../../run/compare.ts";
import { refuseFinal } from "../../run/folder/final-record.ts";
import { replaySteps } from "../../run/folder/metrics-file.ts";
import { checkpointFolder, readConfiguration } from "../../run/folder/run-folder.ts";
import { RunFolderError } from "../../run/folder/run-folder-error.ts";
import { readRunRecord } from "../../run/folder/run-record.ts";
import { LearningRecords } from "../../run/learning-records.ts";
import { restoreRun, type TrainedMethod } from "../../run/methods.ts";
import { nextOf } from "../../run/verdict/verdict.ts";
import type { CheckpointStore } from "../../training/checkpoint.ts";
import type { Configuration } from "../configuration/configuration-schema.ts";
import { runSettings } from "../configuration/library-options.ts";
import { SettingFlags } from "../configuration/setting-flags.ts";
import { DEVICE_FLAGS } from "../configuration/short-flags.ts";
import { type Work, workInterruptibly } from "../interruptible-work.ts";
import { findData, type LoadedData } from "../load-data.ts";
import { readRunConfiguration } from "../open-run.ts";
import { quoteCommand } from "../quote-command.ts";
import { printResult } from "../terminal/print-result.ts";
import { say } from "../terminal/say.ts";
import { UsageError } from "../usage-error.ts";
import { useDevice } from "../use-device.ts";

const EXAMPLES = `
Examples:
  $ goalrank evaluate runs/first
  $ goalrank evaluate runs/first --trec runs/first/trec       # for trec_eval, or to measure others' rankings beside ours
  $ goalrank evaluate runs/first --json | jq '.rows[] | {method, ndcg}'

The log must lie where config.json says, unchanged since the run was trained.`;

interface EvaluateOptions {
  readonly trec?: string;
  readonly json?: boolean;
}

export function evaluateCommand(): Command {
  const command = new Command("evaluate").argument("<run>", "folder of a trained run");
  const flags = new SettingFlags(command, [], DEVICE_FLAGS);
  return command
    .option("--trec <folder>", "write the rankings of the test requests there, and what was liked, in TREC's format")
    .option("--json", "print the results as one line of JSON")
    .addHelpText("after", EXAMPLES)
    .action((run: string, options: EvaluateOptions) => evaluate(run, flags, options));
}

async function evaluate(run: string, flags: SettingFlags, { trec, json }: EvaluateOptions): Promise<void> {
  refuseFinal(run, "evaluate");
  const configuration = withoutMissingFile(readRunConfiguration(run, flags.layer()));
  const trained = readRunRecord(run);
  const weights = readWeights(run);
  const work = async (own: Work) => {
    await useDevice(configuration.device);
    const { identity, load } = await findData(configuration, own);
    if (identity.fingerprint !== trained.data.fingerprint) {
      throw new RunFolderError(
        `${run}: the data is not what the run was trained on; evaluate needs the same log, unchanged`,
      );
    }
    const data = await load({ ...own.context, checkpoints: savedCheckpoints(run, identity.fingerprint) });
    own.display.close();
    const settings = runSettings(configuration);
    const { models, methods } = await restoreRun(data, settings, weights).catch((error: Error) => {
      throw new RunFolderError(
        `${run}: ${error.message}; \`goalrank train all --resume ${run}\` trains what is missing`,
        { cause: error },
      );
    });
    if (trec !== undefined) await writeTrec(trec, data, methods);
    const learning = new LearningRecords();
    replaySteps(join(run, "metrics.jsonl"), learning);
    const result = await compareMethods(models, methods, data, settings, learning.all);
    const verdict = { ...result.verdict, next: nextOf(result.verdict, quoteCommand([run])) };
    if (json === true) console.log(JSON.stringify({ ...result, verdict }));
    else printResult(result, run);
  };
  await workInterruptibly(work, (how = "interrupted") => say(how));
}

/** A file for each method, and one of what was liked; items by their names in the log. */
async function writeTrec(
  folder: string,
  { test, catalogue: { itemIds } }: LoadedData,
  methods: readonly TrainedMethod[],
): Promise<void> {
  if (test.labels !== undefined || itemIds === undefined) {
    throw new UsageError(
      "evaluate: --trec is for logs with items; of queries with features, see `goalrank metrics --queries`",
    );
  }
  const nameOf = nameOfItem(itemIds);
  mkdirSync(folder, { recursive: true });
  writeWhole(join(folder, "qrels.txt"), formatQrels(test, nameOf));
  for (const { method, instance } of methods) {
    const { lists } = await instance.rank(test);
    writeWhole(join(folder, `${method.name}.run`), formatRun(test, lists, method.name, nameOf));
  }
}

/** Nothing is prepared anew for a file that is gone. */
function withoutMissingFile(configuration: Configuration): Configuration {
  const { prepared, ...data } = configuration.data;
  return prepared === undefined || existsSync(prepared) ? configuration : { ...configuration, data };
}

/** What the retriever has learned, for reading alone. */
function savedCheckpoints(run: string, dataFingerprint: string): CheckpointStore | undefined {
  if (!existsSync(join(run, "checkpoints"))) return undefined;
  const folder = checkpointFolder(run, readConfiguration(run), dataFingerprint);
  return { load: (stage) => folder.load(stage), save: async () => {} };
}

/** The weights of all models, by the names of their files. */
function readWeights(run: string): Map<string, StateDict> {
  const files = readdirSync(run).filter((name) => name.endsWith(".safetensors") && name !== RANKER_FILE);
  return new Map(files.map((name) => [basename(name, ".safetensors"), readStateDict(join(run, name))] as const));
}

function readStateDict(file: string): StateDict {
  try {
    return decodeSafetensors(readFileSync(file)).tensors;
  } catch (error) {
    if (!(error instanceof SafetensorsError)) throw error;
    throw new RunFolderError(`${file}: ${error.message}`, { cause: error });
  }
}
