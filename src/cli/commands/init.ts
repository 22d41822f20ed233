/** `goalrank init`: a configuration out of the first rows of a log. */
import { isUtf8 } from "node:buffer";
import { existsSync, readFileSync } from "node:fs";
import { dirname, isAbsolute, join, relative } from "node:path";
import { Command } from "commander";
import { writeWhole } from "../../files/write-whole.ts";
import { DEFAULT_CONFIGURATION_FILE } from "../configuration/command-settings.ts";
import { parseConfiguration } from "../configuration/configuration-file.ts";
import { resolveConfiguration } from "../configuration/resolve-configuration.ts";
import { guessLog, type LogGuess } from "../init/guess.ts";
import { FIELDS } from "../init/guess-columns.ts";
import { describeSample, type TitleTable, writeConfiguration } from "../init/write.ts";
import { UsageError } from "../usage-error.ts";
import { PACKAGE_FOLDER } from "../versions.ts";

interface InitOptions {
  readonly out: string;
  readonly force?: boolean;
}

const EXAMPLES = `
Examples:
  $ goalrank init ratings.csv
  $ goalrank init ml-1m/ratings.dat --out movielens.yaml
  $ goalrank init exposures.parquet --force

Format, delimiter, header, columns and what counts as positive are guessed from the first rows of CSV, TSV, MovieLens and
Parquet files, packed or not; core, lists and candidates from the log, or the first million rows of it. Where two columns
could be it, the question stands beside the setting and in the output: it is answered in the file.`;

export function initCommand(): Command {
  return new Command("init")
    .argument("<log>", "file of interactions: who met which item when, and how they liked it")
    .option("--out <file>", "the configuration", DEFAULT_CONFIGURATION_FILE)
    .option("--force", "replace a configuration that is there")
    .addHelpText("after", EXAMPLES)
    .action(init);
}

async function init(log: string, { out, force }: InitOptions): Promise<void> {
  if (force !== true && existsSync(out)) {
    throw new UsageError(`${out}: there is a configuration already; --force replaces it, --out names another`);
  }
  const guess = await guessLog(log);
  const folder = dirname(out);
  const text = writeConfiguration(guess, {
    log: isAbsolute(log) ? log : relative(folder, log),
    schema: relative(folder, join(PACKAGE_FOLDER, "schema", "goalrank.schema.json")),
    titles: findTitles(guess, dirname(log)),
  });
  // What is written can be read: a mistake here is one of this program.
  resolveConfiguration([parseConfiguration(text, out)]);
  writeWhole(out, text);
  console.log(describe(guess, log, out));
}

/** Whether MovieLens' table of films lies in the log's folder. */
function findTitles({ head: { format }, columns: { item } }: LogGuess, folder: string): TitleTable | undefined {
  const file = format === "movielens" ? "movies.dat" : "movies.csv";
  const path = join(folder, file);
  if ((format !== "movielens" && item !== "movieId") || !existsSync(path)) return undefined;
  return { file, encoding: isUtf8(readFileSync(path)) ? "utf-8" : "latin1" };
}

function describe(guess: LogGuess, log: string, out: string): string {
  const { head, known, columns, threshold, questions } = guess;
  const delimiter = head.delimiter === undefined ? "" : `, ${JSON.stringify(head.delimiter)} between fields`;
  const header = head.hasHeader ? "" : ", no header";
  const named = FIELDS.flatMap((field) => (columns[field] === undefined ? [] : [`${field} ${columns[field]}`]));
  const config = out === DEFAULT_CONFIGURATION_FILE ? "" : ` --config ${out}`;
  return [
    `${log}: ${head.format}${delimiter}${header}${known === undefined ? "" : `, ${known.title}`}; guessed from ${describeSample(guess)}`,
    ...(head.format === "movielens" ? [] : [`columns: ${named.join(", ")}`]),
    `positive: feedback of at least ${threshold.threshold} (${threshold.reason})`,
    ...describeSizes(guess),
    ...questions.map(({ text }) => `to be corrected: ${text}`),
    `wrote ${out}`,
    "next:",
    ...(questions.length > 0 ? [`  correct ${out}`] : [`  look at ${out}, and correct what was guessed wrong`]),
    `  goalrank prepare${config}`,
    `  goalrank train all${config} --out runs/first`,
  ].join("\n");
}

function describeSizes({ sizes }: LogGuess): string[] {
  if (sizes === undefined) return [];
  const { core, listLength, protocol, split, dedupe, repeats } = sizes;
  return [
    `core: ${core.value} (${core.reason})`,
    `lists: of ${listLength.value} (${listLength.reason}); candidates ${protocol.value} (${protocol.reason}); test ${split.value} (${split.reason})`,
    ...(dedupe === undefined ? [] : [`dedupe: ${dedupe.value} (${dedupe.reason})`]),
    ...(repeats === undefined ? [] : [`repeats: ${repeats.value} (${repeats.reason})`]),
  ];
}
