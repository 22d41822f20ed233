/** The short flags of what is set most often, by the key that each sets. */
import { TRAINABLE, TRAININGS } from "../../run/settings.ts";
import { ConfigurationError } from "./configuration-error.ts";
import { numberOrText, type ShortFlag, shortFlags } from "./setting-flags.ts";

export const DEVICE_FLAGS: readonly ShortFlag[] = shortFlags({
  device: "--device <name>  where to compute: auto (a GPU if there is one, else the CPU), cpu or webgpu",
});

export const DATA_FLAGS: readonly ShortFlag[] = shortFlags(
  {
    seed: "--seed <number>  of every random choice (default: 1)",
    "data.file": "--data <file>  log of interactions, plain or gzipped",
    "data.validationFile": "--validation-file <file>  validate on these interactions, where there is a --test-file",
    "data.testFile": "--test-file <file>  test on these interactions; the log is for training and validation",
    "data.format":
      "--format <name>  format of the log: movielens, csv, tsv, parquet, letor or queries (default: by the file's name)",
    "data.queryFile": "--query-file <file>  of a letor log without qid: the number of documents of each query",
    "data.columns": "--columns <names>  columns of the log, such as user=uid,feedback=stars",
    "data.delimiter": "--delimiter <text>  between the fields of a CSV log (default: comma)",
    "data.scenario": "--scenario <name>  an embedded world in place of a log: default, weak-reward or tiny",
    "data.prepared": "--prepared <file>  keep the prepared data there, or use what is there if it was made of this log",
    "data.core": "--core <count>  interactions that every user and item must have (default: 20)",
    "data.positiveThreshold": "--positive <number>  feedback from which an interaction is positive (default: 3)",
    "data.split": "--split <name>  the test: last-list of each user (default), or lists after one time, global-time",
    "data.protocol": "--protocol <name>  candidates of a list: injected (default), retrieved or logged",
    "data.maxLists": "--max-lists <count>  train on at most this many lists",
    "data.maxTestLists": "--max-test-lists <count>  test on at most this many lists of a log",
  },
  { "data.columns": parseColumns },
);

export const RUN_FLAGS: readonly ShortFlag[] = [
  ...shortFlags({
    "experiment.policyRequests":
      "--requests <count>  requests that GoalRank learns from (default: 4800 of a world, all of a log)",
  }),
  {
    flags: "--epochs <count>",
    description: "passes over the training lists, for every model",
    settings: TRAININGS.map((training) => ["experiment", training, "epochs"]),
  },
  ...shortFlags(
    {
      "experiment.methods":
        "--methods <names>  train and compare these, such as mir,pier,goalrank, or all (default: goalrank)",
      "experiment.deploy":
        "--deploy <method>  serve this one (default: goalrank where it is trained, else the first of --methods)",
      "experiment.generatorEvaluatorLists": "--lists <counts>  lists that generator-evaluators propose, such as 20,100",
    },
    {
      "experiment.methods": (text) => (text === "all" ? [...TRAINABLE] : text.split(",")),
      "experiment.generatorEvaluatorLists": (text) => text.split(",").map(numberOrText),
    },
  ),
];

export const OUTPUT_FLAGS: readonly ShortFlag[] = shortFlags({
  output: "--out <folder>  write configuration, metrics, checkpoints, results and weights there",
});

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
