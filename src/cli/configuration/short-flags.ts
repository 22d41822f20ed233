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
    "data.file": "--data <file>  log of interactions: a file, a folder of files, or a pattern such as 'log/*.csv.gz'",
    "data.validationFile": "--validation-file <file>  validate on these interactions, where there is a --test-file",
    "data.testFile": "--test-file <file>  test on these interactions; the log is for training and validation",
    "data.format": "--format <name>  format of the log, such as csv or parquet (default: by the file's name)",
    "data.queryFile": "--query-file <file>  of a letor log without qid: the number of documents of each query",
    "data.columns": "--columns <names>  columns of the log, such as user=uid,feedback=stars or user=1,item=2",
    "data.delimiter": "--delimiter <text>  between the fields of a CSV log, or whitespace (default: comma)",
    "data.feedbackValues": "--feedback-values <words>  what words of the feedback count, such as view=1,purchase=5",
    "data.scenario": "--scenario <name>  an embedded world in place of a log: default, returning, weak-reward or tiny",
    "data.prepared": "--prepared <file>  keep the prepared data there, or use what is there if it was made of this log",
    "data.core": "--core <count>  interactions that every user and item must have (default: 20)",
    "data.positiveThreshold": "--positive <number>  feedback from which an interaction is positive (default: 3)",
    "data.split": "--split <name>  the test: last-list of each user (default), or lists after one time, global-time",
    "data.protocol": "--protocol <name>  candidates of a list: injected (default), retrieved or logged",
    "data.maxLists": "--max-lists <count>  train on at most this many lists",
    "data.maxTestLists": "--max-test-lists <count>  test on at most this many lists of a log",
  },
  {
    "data.columns": (text) => parsePairs("--columns", "FIELD=COLUMN,... such as user=uid,feedback=stars", text),
    "data.feedbackValues": (text) => parsePairs("--feedback-values", "WORD=NUMBER,... such as view=1,purchase=5", text),
  },
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
        "--deploy <method>  serve this one, whatever the verdict (default: the one that the verdict names)",
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

/** `user=uid,feedback=4` as an object, with numbers as numbers. */
function parsePairs(flag: string, expected: string, text: string): Record<string, string | number> {
  const entries = text.split(",").map((part) => part.split("="));
  if (entries.some((entry) => entry.length !== 2 || entry.includes(""))) {
    throw new ConfigurationError([`${flag}: expected ${expected}, got "${text}"`]);
  }
  return Object.fromEntries(entries.map(([key, value]) => [key, numberOrText(value)]));
}
