/** The short flags of what is set most often. */
import { TRAINABLE, TRAININGS } from "../../run/settings.ts";
import { ConfigurationError } from "./configuration-error.ts";
import { numberOrText, type ShortFlag } from "./setting-flags.ts";

export const DEVICE_FLAGS: readonly ShortFlag[] = [
  {
    flags: "--device <name>",
    description: "where to compute: auto (a GPU if there is one, else the CPU), cpu or webgpu",
    settings: [["device"]],
  },
];

export const DATA_FLAGS: readonly ShortFlag[] = [
  { flags: "--seed <number>", description: "of every random choice (default: 1)", settings: [["seed"]] },
  {
    flags: "--data <file>",
    description: "log of interactions, plain or gzipped",
    settings: [["data", "file"]],
  },
  {
    flags: "--format <name>",
    description: "format of the log: movielens, csv, tsv or parquet (default: by the file's name)",
    settings: [["data", "format"]],
  },
  {
    flags: "--columns <names>",
    description: "columns of the log, such as user=uid,feedback=stars",
    settings: [["data", "columns"]],
    parse: parseColumns,
  },
  {
    flags: "--delimiter <text>",
    description: "between the fields of a CSV log (default: comma)",
    settings: [["data", "delimiter"]],
  },
  {
    flags: "--scenario <name>",
    description: "an embedded world in place of a log: default, weak-reward or tiny",
    settings: [["data", "scenario"]],
  },
  {
    flags: "--prepared <file>",
    description: "keep the prepared data there, or use what is there if it was made of this log",
    settings: [["data", "prepared"]],
  },
  {
    flags: "--core <count>",
    description: "interactions that every user and item must have (default: 20)",
    settings: [["data", "core"]],
  },
  {
    flags: "--positive <number>",
    description: "feedback from which an interaction is positive (default: 3)",
    settings: [["data", "positiveThreshold"]],
  },
  {
    flags: "--split <name>",
    description: "the test: last-list of each user (default), or lists after one time, global-time",
    settings: [["data", "split"]],
  },
  {
    flags: "--protocol <name>",
    description: "candidates of a list: injected (default), retrieved or logged",
    settings: [["data", "protocol"]],
  },
  {
    flags: "--max-lists <count>",
    description: "train on at most this many lists",
    settings: [["data", "maxLists"]],
  },
  {
    flags: "--max-test-lists <count>",
    description: "test on at most this many lists of a log",
    settings: [["data", "maxTestLists"]],
  },
];

export const RUN_FLAGS: readonly ShortFlag[] = [
  {
    flags: "--requests <count>",
    description: "requests that GoalRank learns from (default: 4800 of a world, all of a log)",
    settings: [["experiment", "policyRequests"]],
  },
  {
    flags: "--epochs <count>",
    description: "passes over the training lists, for every model",
    settings: TRAININGS.map((training) => ["experiment", training, "epochs"]),
  },
  {
    flags: "--methods <names>",
    description: "train and compare these, such as mir,pier,goalrank, or all (default: goalrank)",
    settings: [["experiment", "methods"]],
    parse: (text) => (text === "all" ? [...TRAINABLE] : text.split(",")),
  },
  {
    flags: "--deploy <method>",
    description: "serve this one (default: goalrank where it is trained, else the first of --methods)",
    settings: [["experiment", "deploy"]],
  },
  {
    flags: "--lists <counts>",
    description: "lists that generator-evaluators propose, such as 20,100",
    settings: [["experiment", "generatorEvaluatorLists"]],
    parse: (text) => text.split(",").map(numberOrText),
  },
];

export const OUTPUT_FLAGS: readonly ShortFlag[] = [
  {
    flags: "--out <folder>",
    description: "write configuration, metrics, checkpoints, results and weights there",
    settings: [["output"]],
  },
];

/** `user=uid,feedback=stars` as an object. */
function parseColumns(text: string): Record<string, string> {
  const entries = text.split(",").map((part) => part.split("="));
  if (entries.some((entry) => entry.length !== 2 || entry.includes(""))) {
    throw new ConfigurationError([
      `--columns: expected FIELD=COLUMN,... such as user=uid,feedback=stars, got "${text}"`,
    ]);
  }
  return Object.fromEntries(entries);
}
