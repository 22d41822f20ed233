/**
 * Trains a list-wise ranker and shows what it learned: reward model, DNN and GoalRank on the embedded world, or with
 * `--data` on your own log.
 *
 *   npx tsx examples/train.ts
 *   npx tsx examples/train.ts --data ratings.dat --format movielens --max-lists 20000
 *   npx tsx examples/train.ts --help
 */
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import {
  chooseDevice,
  DataError,
  DEFAULT_EXPERIMENT,
  DEVICE_NAMES,
  type ExperimentData,
  type ExperimentOptions,
  formatPreparation,
  type InteractionSource,
  logData,
  NonFiniteError,
  runExperiment,
  SCENARIOS,
  setDefaultDevice,
  type TrainingListener,
  worldData,
} from "../src/index.ts";
import { RunDirectory, RunDirectoryError } from "./run-directory.ts";
import { combineListeners, formatSummary, formatTable, ProgressDisplay } from "./terminal.ts";

/** What the user can set; see `--help`. */
interface Arguments {
  readonly device: string;
  readonly scenario: string;
  readonly data?: string;
  readonly format: "movielens" | "csv";
  readonly columns?: Readonly<Record<string, string>>;
  readonly delimiter?: string;
  readonly core?: number;
  readonly positive?: number;
  readonly protocol: "injected" | "retrieved";
  readonly maxLists?: number;
  readonly requests?: number;
  readonly epochs?: number;
  readonly seed: number;
  readonly out?: string;
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
  const fields = ["user", "item", "feedback", "timestamp"];
  const entries = text.split(",").map((part) => part.split("="));
  for (const entry of entries) {
    if (entry.length !== 2 || !fields.includes(entry[0]) || entry[1] === "") {
      throw new InvalidArgumentError(`expected FIELD=COLUMN,... with the fields ${fields.join(", ")}`);
    }
  }
  return Object.fromEntries(entries);
}

function parseArguments(): Arguments {
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
      new Option("--format <name>", "format of the log").choices(["movielens", "csv"]).default("movielens"),
    )
    .option("--columns <names>", "columns of a CSV log, such as user=uid,feedback=stars", columnNames)
    .option("--delimiter <text>", "between the fields of a CSV log (default: comma)")
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
      new Option("--protocol <name>", "candidates of the test lists")
        .choices(["injected", "retrieved"])
        .default("injected"),
    )
    .option("--max-lists <count>", "train on at most this many lists", positiveInteger)
    .option(
      "--requests <count>",
      "requests that GoalRank learns from (default: 4800, or all of a log)",
      positiveInteger,
    )
    .option("--epochs <count>", "passes over the training lists (default: 1, or 2 of a log)", positiveInteger)
    .option("--seed <number>", "of every random choice", seedNumber, 1)
    .option("--out <folder>", "write configuration, metrics, results and weights there")
    .option("--json", "print the table as one line of JSON, last")
    .allowExcessArguments(false)
    .configureOutput({ outputError: (text, write) => write(`${text.trim().replaceAll("\n", " ")}\n`) })
    .exitOverride();
  return program.parse().opts<Arguments>();
}

/** Reads or draws the data, and says what it is. */
async function loadData(options: Arguments, listener: TrainingListener): Promise<ExperimentData> {
  const { data: file, seed, core, maxLists, protocol, positive } = options;
  if (file === undefined) {
    const data = worldData({
      scenario: options.scenario,
      seed,
      ...(maxLists !== undefined && { trainingLists: maxLists }),
    });
    const { training, test } = data;
    console.error(
      `embedded world "${options.scenario}": ${training.size} logged lists of ${training.listLength} out of ` +
        `${training.candidateCount} candidates to learn from, ${test.size} requests to be judged by`,
    );
    return data;
  }
  const source: InteractionSource =
    options.format === "movielens"
      ? { format: "movielens", file }
      : {
          format: "csv",
          file,
          ...(options.columns && { columns: options.columns }),
          ...(options.delimiter && { delimiter: options.delimiter.replace("\\t", "\t") }),
        };
  const data = await logData(
    source,
    {
      seed,
      protocol,
      ...(maxLists !== undefined && { maxLists }),
      ...(core !== undefined && { core }),
      ...(positive !== undefined && { positiveThreshold: positive }),
      onPrepared: (counts) => console.error(formatPreparation(counts)),
    },
    listener,
  );
  if (protocol === "injected") {
    console.error(
      "injected candidates: the figures below mostly tell how well a method separates the exposed items from the " +
        "retrieved ones; --protocol retrieved injects nothing",
    );
  }
  console.error(
    `protocol ${protocol}; the retriever has ${(100 * data.retrieverRecall).toFixed(1)}% of the positives in its top 50`,
  );
  return data;
}

function experimentOptions(options: Arguments): ExperimentOptions {
  const isLog = options.data !== undefined;
  return {
    ...DEFAULT_EXPERIMENT,
    seed: options.seed,
    epochs: options.epochs ?? (isLog ? 2 : 1),
    policyRequests: options.requests ?? (isLog ? Number.MAX_SAFE_INTEGER : DEFAULT_EXPERIMENT.policyRequests),
  };
}

async function main(): Promise<void> {
  const started = performance.now();
  const options = parseArguments();
  const experiment = experimentOptions(options);
  const display = new ProgressDisplay();
  const run =
    options.out === undefined ? undefined : new RunDirectory(options.out, { ...options, experiment });
  const listener = combineListeners(run === undefined ? [display] : [display, run.listener]);
  const { device, description } = await chooseDevice(options.device);
  setDefaultDevice(device);
  console.error(`device: ${description}`);
  const data = await loadData(options, listener);
  const result = await runExperiment(data, experiment, listener);
  display.close();
  await run?.finish(result);

  const seconds = (performance.now() - started) / 1000;
  console.log(formatTable(result.rows, data.test.listLength));
  console.log(formatSummary(result));
  console.log(
    `${seconds.toFixed(1)} s${options.out === undefined ? "" : `; everything is in ${options.out}`}`,
  );
  if (options.json) {
    const rows = result.rows.map(({ method, trueReward, regret, hit, ndcg }) => ({
      method,
      trueReward,
      regret,
      hit,
      ndcg,
    }));
    console.log(JSON.stringify({ rows, seconds }));
  }
}

const CALLER_MISTAKES = [DataError, NonFiniteError, RangeError, RunDirectoryError];

/** Mistakes of the caller end with one line and exit code 2; anything else is a defect and shows its stack. */
function report(error: unknown): void {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else if (CALLER_MISTAKES.some((kind) => error instanceof kind)) {
    // Each of these carries one line that says what to change.
    console.error((error as Error).message);
    process.exitCode = 2;
  } else {
    console.error(error);
    process.exitCode = 1;
  }
}

await main().catch(report);
