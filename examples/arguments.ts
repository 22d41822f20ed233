/** What the user can set on the command line of examples/train.ts. */
import { Command, InvalidArgumentError, Option } from "commander";
import {
  type CandidateProtocol,
  DEFAULT_COLUMNS,
  DEVICE_NAMES,
  EXTRA_METHODS,
  type ExtraMethod,
  SCENARIOS,
  SPLIT_PROTOCOLS,
  type SplitProtocol,
} from "../src/index.ts";

/** What the user set; see `--help`. */
export interface Arguments {
  readonly device: string;
  readonly scenario: string;
  readonly data?: string;
  readonly format: "movielens" | "csv" | "tsv" | "parquet";
  readonly columns?: Readonly<Record<string, string>>;
  readonly delimiter?: string;
  readonly config?: string;
  readonly prepared?: string;
  readonly core?: number;
  readonly positive?: number;
  readonly split: SplitProtocol;
  readonly protocol: CandidateProtocol;
  readonly maxLists?: number;
  readonly maxTestLists?: number;
  readonly requests?: number;
  readonly epochs?: number;
  readonly methods?: readonly ExtraMethod[];
  readonly lists?: readonly number[];
  readonly seed: number;
  readonly out?: string;
  readonly resume?: string;
  readonly json?: boolean;
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError("expected an integer of at least 1");
  return value;
}

function seedNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isSafeInteger(value) || value < 0) {
    throw new InvalidArgumentError("expected an integer from 0 to 2^53 - 1");
  }
  return value;
}

function finiteNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("expected a number");
  return value;
}

/** `user=uid,feedback=stars` as a record. */
function columnNames(text: string): Record<string, string> {
  const fields = [...Object.keys(DEFAULT_COLUMNS), "list", "position"];
  const entries = text.split(",").map((part) => part.split("="));
  for (const entry of entries) {
    if (entry.length !== 2 || !fields.includes(entry[0]) || entry[1] === "") {
      throw new InvalidArgumentError(`expected FIELD=COLUMN,... with the fields ${fields.join(", ")}`);
    }
  }
  return Object.fromEntries(entries);
}

function methodNames(text: string): ExtraMethod[] {
  return text.split(",").map((name) => {
    const method = EXTRA_METHODS.find((known) => known === name);
    if (method === undefined) throw new InvalidArgumentError(`expected names of ${EXTRA_METHODS.join(", ")}`);
    return method;
  });
}

/**
 * The arguments of this process.
 * @throws CommanderError, after its message was written, for arguments that are wrong, and for --help
 */
export function parseArguments(): Arguments {
  const program = new Command("train")
    .description("Train GoalRank, a list-wise ranker, on the embedded world or on a log of interactions.")
    .addOption(
      new Option("--device <name>", "where to compute; auto is a GPU if there is one, else the CPU")
        .choices([...DEVICE_NAMES])
        .default("auto")
        .env("GOALRANK_DEVICE"),
    )
    .addOption(
      new Option("--scenario <name>", "embedded world").choices(Object.keys(SCENARIOS)).default("default"),
    )
    .option("--data <file>", "log of interactions, plain or gzipped, in place of the embedded world")
    .addOption(
      new Option("--format <name>", "format of the log")
        .choices(["movielens", "csv", "tsv", "parquet"])
        .default("movielens"),
    )
    .option("--columns <names>", "columns of a log, such as user=uid,feedback=stars", columnNames)
    .option("--delimiter <text>", "between the fields of a CSV log (default: comma)")
    .option("--config <file>", "JSON with more settings of data and models; see docs/training.md")
    .option(
      "--prepared <file>",
      "keep the prepared data there, or use what is there if it was made of this log",
    )
    .option(
      "--core <count>",
      "interactions that every user and item must have (default: 20)",
      positiveInteger,
    )
    .option(
      "--positive <number>",
      "feedback from which an interaction is positive (default: 3)",
      finiteNumber,
    )
    .addOption(
      new Option("--split <name>", "each user's last list is the test, or all lists after one time")
        .choices([...SPLIT_PROTOCOLS])
        .default("last-list"),
    )
    .addOption(
      new Option("--protocol <name>", "how the candidates of all lists of a log are chosen")
        .choices(["injected", "retrieved", "logged"])
        .default("injected"),
    )
    .option("--max-lists <count>", "train on at most this many lists", positiveInteger)
    .option("--max-test-lists <count>", "test on at most this many lists of a log", positiveInteger)
    .option(
      "--requests <count>",
      "requests that GoalRank learns from (default: 4800, or all of a log)",
      positiveInteger,
    )
    .option("--epochs <count>", "passes over the training lists, for every model", positiveInteger)
    .option("--methods <names>", "also compare prm, imitation (comma between them)", methodNames)
    .option("--lists <counts>", "lists that generator-evaluators propose, such as 20,100", (text) =>
      text.split(",").map(positiveInteger),
    )
    .option("--seed <number>", "of every random choice", seedNumber, 1)
    .option("--out <folder>", "write configuration, metrics, checkpoints, results and weights there")
    .option("--resume <folder>", "go on with an interrupted run, with the settings that it was started with")
    .option("--json", "print the table as one line of JSON, last")
    .allowExcessArguments(false)
    .configureOutput({ outputError: (text, write) => write(`${text.trim().replaceAll("\n", " ")}\n`) })
    .exitOverride();
  return program.parse().opts<Arguments>();
}
