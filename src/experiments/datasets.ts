/** The datasets that experiments run on, and what models are given on each: size, and a budget that is the same for all. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { prepare } from "../data/prepare.ts";
import { fingerprintSource } from "../data/prepared/fingerprint.ts";
import { readPreparedDataset, writePreparedDataset } from "../data/prepared/prepared-dataset.ts";
import { type CandidateProtocol, eachSplit, type SplitProtocol } from "../data/protocols.ts";
import type { InteractionSource } from "../data/readers/read-interactions.ts";
import type { LogOptions } from "../data/settings.ts";
import { logData, type RunData, worldData } from "../run/data.ts";
import { DEFAULT_RUN, LOG_RUN, logRun, PAPER_SETTINGS, type RunSettings } from "../run/settings.ts";
import type { Tuned } from "../run/tuning.ts";
import { noSuchName } from "../text/nearest-name.ts";
import type { TrainingContext } from "../training/trainer.ts";
import { findScenario, type ScenarioName } from "../world/scenarios.ts";
import { exposedFirst } from "./candidate-order.ts";
import { fittedWorldData, KUAIRAND_FILES, KUAIRAND_WORLD } from "./fitted-world.ts";

/** What models that are trained once for all methods depend on. */
export type SharedOptions = Pick<RunSettings, (typeof SHARED_OPTIONS)[number]> & {
  /** Those of {@link SHARED_METHODS} that are tuned. */
  readonly tuned?: Tuned;
};
const SHARED_TRAININGS = ["feedbackTraining", "rewardTraining", "imitationTraining"] as const;
const SHARED_SIZES = ["width", "heads", "layers", "dropoutRate", "residual", "loss"] as const;
const SHARED_OPTIONS = [...SHARED_SIZES, "methods", "reward", "imitation", ...SHARED_TRAININGS] as const;

/** The shared models as methods that are tuned. */
export const SHARED_METHODS: readonly string[] = ["dnn", "imitation", "judge"];

/** What GoalRank's own training adds. */
export type PolicyOptions = Pick<RunSettings, (typeof POLICY_OPTIONS)[number]>;
const POLICY_OPTIONS = ["generatorStart", "policyRequests", "groups", "policyTraining"] as const;

interface WorldDataset {
  readonly scenario: ScenarioName;
  readonly trainingLists: number;
  readonly testRequests: number;
}

/** A world that is fitted on a log. */
interface FittedDataset {
  readonly fittedOn: "kuairand-pure";
  readonly trainingLists: number;
  readonly testRequests: number;
}

interface LogDataset {
  readonly file: string;
  source(file: string): InteractionSource;
  readonly options: LogOptions;
}

interface Dataset {
  readonly summary: string;
  readonly data: WorldDataset | FittedDataset | LogDataset;
  readonly models: SharedOptions & PolicyOptions;
}

/** As usual, with the generator that imitates the log as a method to compare with. */
const WORLD_MODELS: Dataset["models"] = { ...DEFAULT_RUN, methods: ["imitation"] };
const LOG_MODELS: Dataset["models"] = { ...LOG_RUN, methods: ["imitation"] };

const DATASETS: Readonly<Record<string, Dataset>> = {
  embedded: {
    summary: "the embedded world, whose true reward is known, and whose users return",
    data: { scenario: "returning", trainingLists: 100_000, testRequests: 500 },
    models: WORLD_MODELS,
  },
  tiny: {
    summary: "a very small embedded world, to try experiments out",
    data: { scenario: "tiny", trainingLists: 1500, testRequests: 60 },
    models: { ...WORLD_MODELS, width: 8, policyRequests: 320 },
  },
  "ml-1m": {
    summary: "MovieLens-1M: ml-1m/ratings.dat in the folder of --data",
    data: {
      file: join("ml-1m", "ratings.dat"),
      source: (file) => ({ format: "movielens", file }),
      options: { retrieverFraction: 0.5, maxLists: 10_000, maxTestLists: 3000 },
    },
    models: LOG_MODELS,
  },
  "kuairand-pure": {
    summary: "KuaiRand-Pure: kuairand-pure/interactions.csv.gz in the folder of --data",
    data: {
      file: join("kuairand-pure", "interactions.csv.gz"),
      source: (file) => ({ format: "csv", file, columns: { feedback: "long_view" } }),
      options: { retrieverFraction: 0.5, maxLists: 10_000, maxTestLists: 3000, positiveThreshold: 1 },
    },
    models: LOG_MODELS,
  },
  "kuairand-world": {
    summary: "a world fitted on KuaiRand-Pure, whose true reward is known; it needs the log's files",
    data: { fittedOn: "kuairand-pure", trainingLists: 20_000, testRequests: 1000 },
    models: WORLD_MODELS,
  },
};

/** For help: a line for each dataset. */
export function describeDatasets(): string {
  return Object.entries(DATASETS)
    .map(([name, { summary }]) => `  ${name.padEnd(14)} ${summary}`)
    .join("\n");
}

/** What a person may say of a dataset. */
export interface DatasetWishes {
  readonly name: string;
  /** Most training lists. */
  readonly maxLists?: number | undefined;
  readonly split?: SplitProtocol | undefined;
  readonly protocol?: CandidateProtocol | undefined;
  /** Settings of models in place of the dataset's own. */
  readonly preset?: RunSettings["preset"];
  /** The folder that logs lie in. */
  readonly folder?: string | undefined;
}

/** A dataset with everything that shapes it, but the seed. */
export interface DatasetChoice {
  readonly name: string;
  /** For tables: the name, and what is not as usual. */
  readonly label: string;
  readonly settings: WorldSettings | FittedSettings | LogSettings;
  readonly shared: SharedOptions;
  readonly policy: PolicyOptions;
  /** What a search chose for each method, by its name. */
  readonly tuned?: Tuned;
}

/** The dataset with methods and shared models tuned. */
export function withTuned(dataset: DatasetChoice, tuned: Tuned): DatasetChoice {
  const own = Object.entries(tuned).filter(([name]) => SHARED_METHODS.includes(name));
  if (own.length === 0) return { ...dataset, tuned };
  return { ...dataset, tuned, shared: { ...dataset.shared, tuned: Object.fromEntries(own) } };
}

interface WorldSettings extends WorldDataset {
  readonly source: "world";
}

interface FittedSettings extends FittedDataset {
  readonly source: "world";
  /** Of the bytes of the log, and of the table of its items. */
  readonly sha256: readonly string[];
  readonly chosen: typeof KUAIRAND_WORLD;
}

export interface LogSettings {
  readonly source: "log";
  readonly dataset: string;
  /** Of the bytes of its file. */
  readonly sha256: string;
  readonly options: LogOptions;
  /** How candidates stand in requests: shuffled unless given. */
  readonly order?: "exposed first";
}

/** Data to be loaded, as part of a work. */
export type DataSettings = (WorldSettings | FittedSettings | LogSettings) & { readonly seed: number };

/** @throws RangeError for an unknown dataset, for wishes that do not fit it, and for a log that is not there */
export async function chooseDataset(wishes: DatasetWishes): Promise<DatasetChoice> {
  const { name, maxLists } = wishes;
  const dataset = findDataset(name);
  const chosen = modelsOf(dataset, wishes);
  const models = { shared: pick(chosen, SHARED_OPTIONS), policy: pick(chosen, POLICY_OPTIONS) };
  const preset = wishes.preset === undefined ? "" : `, preset ${wishes.preset}`;
  if (!("file" in dataset.data)) {
    if ((wishes.split ?? wishes.protocol) !== undefined) {
      throw new RangeError(`experiment: split and protocol are choices for logs; ${name} is no log`);
    }
    const trainingLists = maxLists ?? dataset.data.trainingLists;
    const isUsual = trainingLists === dataset.data.trainingLists;
    return {
      name,
      label: `${name}${isUsual ? "" : `, ${trainingLists} lists`}${preset}`,
      settings: await worldSettings({ ...dataset.data, trainingLists }, wishes.folder),
      ...models,
    };
  }
  const { split = "last-list", protocol = "injected", folder } = wishes;
  const lists = maxLists ?? dataset.data.options.maxLists;
  const [file] = (await fingerprintSource([existingFile(dataset.data.file, folder, name)], null)).files;
  return {
    name,
    label: `${name}, ${split}, ${protocol}, ${lists} lists${preset}`,
    settings: {
      source: "log",
      dataset: name,
      sha256: file.sha256,
      options: { ...dataset.data.options, split, protocol, ...(lists !== undefined && { maxLists: lists }) },
    },
    ...models,
  };
}

/** As the paper prints them, or as the dataset has them; a log's depend on how candidates are chosen, as in a run. */
function modelsOf({ data, models }: Dataset, { preset, protocol }: DatasetWishes): Dataset["models"] {
  const { methods } = models;
  if (preset !== undefined) return { ...PAPER_SETTINGS, methods };
  return "file" in data && protocol !== undefined ? { ...logRun(protocol), methods } : models;
}

async function worldSettings(
  data: WorldDataset | FittedDataset,
  folder: string | undefined,
): Promise<WorldSettings | FittedSettings> {
  if ("scenario" in data) return { source: "world", ...data };
  const files = Object.values(KUAIRAND_FILES).map((file) => existingFile(file, folder, data.fittedOn));
  const { files: read } = await fingerprintSource(files, null);
  return { source: "world", ...data, sha256: read.map(({ sha256 }) => sha256), chosen: KUAIRAND_WORLD };
}

function findDataset(name: string): Dataset {
  if (Object.hasOwn(DATASETS, name)) return DATASETS[name];
  throw new RangeError(`experiment: ${noSuchName("dataset", name, Object.keys(DATASETS))}`);
}

function existingFile(file: string, folder: string | undefined, name: string): string {
  if (folder === undefined) {
    throw new RangeError(
      `experiment: ${name} is a log; name the folder that holds ${file} with --data or GOALRANK_DATA`,
    );
  }
  const path = join(folder, file);
  if (!existsSync(path)) {
    throw new RangeError(`experiment: there is no ${path}; --data names the folder that holds ${file}`);
  }
  return path;
}

function pick<From, Name extends keyof From>(from: From, names: readonly Name[]): Pick<From, Name> {
  return Object.fromEntries(names.map((name) => [name, from[name]])) as Pick<From, Name>;
}

/** Draws a world's data, which is quick; reads a log once, and keeps it prepared in `folder`. */
export async function loadData(
  settings: DataSettings,
  folder: string,
  dataFolder: string | undefined,
  context: TrainingContext,
): Promise<RunData> {
  if ("fittedOn" in settings) return fittedWorldData(settings, folder, dataFolder);
  if (settings.source === "world") {
    findScenario(settings.scenario);
    return worldData(settings);
  }
  const data = await readLog(settings, folder, dataFolder, context);
  if (settings.order === undefined) return data;
  return { ...data, ...eachSplit((split) => exposedFirst(data[split])) };
}

async function readLog(
  settings: LogSettings & { readonly seed: number },
  folder: string,
  dataFolder: string | undefined,
  context: TrainingContext,
): Promise<RunData> {
  const prepared = join(folder, "prepared.goalrank");
  if (existsSync(prepared)) return logData(await readPreparedDataset(prepared));
  const { data } = findDataset(settings.dataset);
  if (!("file" in data)) throw new Error(`experiment: ${settings.dataset} is no log`);
  const source = data.source(existingFile(data.file, dataFolder, settings.dataset));
  const { seed, options } = settings;
  const log = logData(await prepare(source, { ...options, seed }, context));
  await writePreparedDataset(prepared, log);
  return log;
}
