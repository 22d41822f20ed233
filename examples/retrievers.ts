/**
 * Compares retrievers on a log: what share of the positives of the test lists each has among its best, under both
 * protocols.
 *
 *   npx tsx examples/retrievers.ts --data ratings.dat
 *   npx tsx examples/retrievers.ts --data exposures.csv.gz --format csv --feedback long_view --positive 1
 *   npx tsx examples/retrievers.ts --help
 */
import Table from "cli-table3";
import { Command, InvalidArgumentError, Option } from "commander";
import {
  cutLog,
  DataError,
  type InteractionLog,
  type InteractionSource,
  ItemNeighbourRetriever,
  itemScorer,
  learnRetriever,
  PopularityRetriever,
  type Retriever,
  readInteractions,
  recallAt,
  SPLIT_PROTOCOLS,
  trainingInteractions,
} from "goalrank/data";
import { chooseDevice, DEVICE_NAMES } from "goalrank/kernels";
import { setDefaultDevice } from "goalrank/tensor";

interface Arguments {
  readonly device: string;
  readonly data: string;
  readonly format: "movielens" | "csv";
  readonly feedback?: string;
  readonly core: number;
  readonly positive: number;
  readonly halfLife: number;
  readonly depth: number;
  readonly seed: number;
}

function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError("expected a number over 0");
  return value;
}

function parseArguments(): Arguments {
  return new Command("retrievers")
    .description("Compare popularity, item neighbours and matrix factorisation as retrievers.")
    .addOption(new Option("--device <name>", "where to train").choices([...DEVICE_NAMES]).default("auto"))
    .requiredOption("--data <file>", "log of interactions, plain or gzipped")
    .addOption(new Option("--format <name>", "format of the log").choices(["movielens", "csv"]).default("movielens"))
    .option("--feedback <column>", "column of a CSV log that holds the feedback")
    .option("--core <count>", "interactions that every user and item must have", positiveNumber, 20)
    .option("--positive <number>", "feedback from which an interaction is positive", positiveNumber, 3)
    .option(
      "--half-life <time>",
      "of recent popularity, in the log's unit of time (default: 30 days)",
      positiveNumber,
      30 * 86400,
    )
    .option("--depth <count>", "items retrieved for a user", positiveNumber, 50)
    .option("--seed <number>", "of matrix factorisation", Number, 1)
    .parse()
    .opts<Arguments>();
}

/** Each retriever, by name: learns from a log, and scores. */
function retrievers({ positive: positiveThreshold, halfLife, seed }: Arguments) {
  return new Map<string, (log: InteractionLog) => Promise<Retriever>>([
    ["popularity", async (log) => PopularityRetriever.learn(log, { positiveThreshold })],
    ["recent popularity", async (log) => PopularityRetriever.learn(log, { positiveThreshold, halfLife })],
    ["item neighbours", async (log) => ItemNeighbourRetriever.learn(log, { positiveThreshold })],
    ["matrix factorisation", (log) => learnRetriever(log, { seed })],
  ]);
}

async function main(): Promise<void> {
  const options = parseArguments();
  const { device, description } = await chooseDevice(options.device);
  setDefaultDevice(device);
  console.error(`device: ${description}`);
  const source: InteractionSource =
    options.format === "movielens"
      ? { format: "movielens", file: options.data }
      : { format: "csv", file: options.data, columns: { feedback: options.feedback ?? "rating" } };
  const table = new Table({
    head: ["protocol", "retriever", `recall@${options.depth} %`, "test lists", "of unknown users", "seconds"],
    style: { head: [], border: [] },
  });
  for (const split of SPLIT_PROTOCOLS) {
    const settings = { core: options.core, positiveThreshold: options.positive, split };
    const { log, test } = cutLog(await readInteractions(source), settings, source.file);
    const learned = trainingInteractions(log, settings);
    const unknown = test.users.filter((user) => learned.userOffsets[user + 1] === learned.userOffsets[user]);
    for (const [name, train] of retrievers(options)) {
      const started = performance.now();
      const scoreItems = itemScorer(await train(learned));
      const recall = 100 * recallAt(scoreItems, log, test, options.depth);
      const seconds = (performance.now() - started) / 1000;
      table.push([split, name, recall.toFixed(1), test.size, unknown.length, seconds.toFixed(1)]);
    }
  }
  console.log(table.toString());
}

/** Mistakes of the caller end with one line and exit code 2; anything else is a defect and shows its stack. */
await main().catch((error: unknown) => {
  const isMistake = error instanceof DataError || error instanceof RangeError;
  console.error(isMistake ? error.message : error);
  process.exitCode = isMistake ? 2 : 1;
});
