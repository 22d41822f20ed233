/** A settings file (`--config`): JSON that says more of the data and the models than the command line does. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import {
  type ColumnOptions,
  DataError,
  DEFAULT_EXPERIMENT,
  EXTRA_METHODS,
  type ExperimentOptions,
  type FeatureSource,
  GENERATOR_STARTS,
  GROUP_SOURCES,
  IMITATIONS,
  type LogDataOptions,
  RETRIEVERS,
  REWARD_HEADS,
  REWARD_STARTS,
  SCHEDULES,
} from "../src/index.ts";

const count = z.int().min(1);
const name = z.string().min(1);

const featureTable = z.strictObject({
  /** Beside the log: relative to its folder. */
  file: name,
  format: z.enum(["csv", "tsv", "movielens"]).optional(),
  columns: z.array(name).optional(),
  key: name,
  numeric: z.array(name).optional(),
  categorical: z.array(name).optional(),
  multiple: z.array(z.strictObject({ column: name, separator: name })).optional(),
  minimumCount: count.optional(),
});

const weightedColumns = z.array(z.strictObject({ column: name, weight: z.number() })).min(1);

const dataSettings = z.strictObject({
  columns: z
    .strictObject({
      user: name.optional(),
      item: name.optional(),
      timestamp: name.optional(),
      feedback: z.union([name, weightedColumns]).optional(),
      list: name.optional(),
      position: name.optional(),
    })
    .optional(),
  core: count.optional(),
  listLength: count.optional(),
  positiveThreshold: z.number().optional(),
  trainingFraction: z.number().optional(),
  retriever: z.enum(RETRIEVERS).optional(),
  retrieverFraction: z.number().optional(),
  candidateCount: count.optional(),
  historyLength: count.optional(),
  maxLists: count.optional(),
  maxValidationLists: count.optional(),
  maxTestLists: count.optional(),
  userFeatures: featureTable.optional(),
  itemFeatures: featureTable.optional(),
});

const training = z.strictObject({
  epochs: count,
  batchSize: count,
  accumulation: count,
  learningRate: z.number().positive(),
  schedule: z.enum(SCHEDULES),
  warmup: z.number().min(0).max(1),
  weightDecay: z.number().min(0),
  clipNorm: z.number().positive(),
  validateEvery: count,
  earlyStopping: z.strictObject({ metric: name, better: z.enum(["higher", "lower"]), patience: count }),
  checkpointEvery: count,
});

const experimentSettings = z.strictObject({
  width: count,
  heads: count,
  layers: count,
  dropoutRate: z.number().min(0).max(1),
  methods: z.array(z.enum(EXTRA_METHODS)),
  reward: z
    .strictObject({
      kind: z.enum(["list", "item-bce-discounted"]),
      contextLayers: z.int().min(0),
      head: z.enum(REWARD_HEADS),
      members: count,
      pessimism: z.number().min(0),
      start: z.enum(REWARD_STARTS),
      mixedLists: z.int().min(0),
      policyLists: z.int().min(0),
    })
    .partial(),
  generatorStart: z.enum(GENERATOR_STARTS),
  imitation: z.enum(IMITATIONS),
  policyRequests: count,
  generatorEvaluatorLists: z.array(count),
  groups: z
    .strictObject({
      set: z.array(
        z.strictObject({
          source: z.enum(GROUP_SOURCES),
          count: z.int().min(0),
          temperature: z.number().positive().optional(),
          topP: z.number().optional(),
          steps: count.optional(),
          branches: count.optional(),
          penalty: z.number().optional(),
        }),
      ),
      spaced: count,
      referenceTemperature: z.number().positive(),
      imitationWeight: z.number().min(0),
      imitation: z.enum(IMITATIONS),
      refreshEvery: count,
    })
    .partial(),
  feedbackTraining: training.partial(),
  rewardTraining: training.partial(),
  imitationTraining: training.partial(),
  policyTraining: training.partial(),
});

const settingsFile = z.strictObject({
  data: dataSettings.optional(),
  experiment: experimentSettings.partial().optional(),
});

/** Settings of a log: how it is read, cut, and described. */
export type DataSettings = Omit<LogDataOptions, "seed" | "protocol" | "split"> & ColumnOptions;

export interface Settings {
  readonly data: DataSettings;
  readonly experiment: ExperimentOptions;
}

/**
 * The settings in `file`, over the defaults; the defaults without a file. Paths of tables are made relative to the
 * folder of the log, `dataFile`.
 * @throws DataError that names every key that is unknown or has a wrong value
 */
export function readSettings(file: string | undefined, dataFile: string | undefined): Settings {
  if (file === undefined) return { data: {}, experiment: DEFAULT_EXPERIMENT };
  const parsed = settingsFile.safeParse(readJson(file));
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      ({ path, message }) => `${path.join(".") || "settings"}: ${message}`,
    );
    throw new DataError(file, undefined, problems.join("; "));
  }
  // JSON leaves out what is not set: no property is there and undefined, as zod's types allow.
  const data = (parsed.data.data ?? {}) as DataSettings;
  const { experiment = {} } = parsed.data;
  const { userFeatures, itemFeatures } = data;
  const beside = (table: FeatureSource): FeatureSource => {
    return { ...table, file: join(dirname(dataFile ?? ""), table.file) };
  };
  return {
    data: {
      ...data,
      ...(userFeatures && { userFeatures: beside(userFeatures) }),
      ...(itemFeatures && { itemFeatures: beside(itemFeatures) }),
    },
    experiment: merge(DEFAULT_EXPERIMENT, experiment) as ExperimentOptions,
  };
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new DataError(file, undefined, `the settings cannot be read (${(error as Error).message})`, {
      cause: error,
    });
  }
}

/** `changes` over `base`, object by object; arrays and numbers replace. */
function merge(base: unknown, changes: unknown): unknown {
  if (!isRecord(base) || !isRecord(changes)) return changes;
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(changes)) merged[key] = merge(base[key], value);
  return merged;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
