/** `goalrank init`: a configuration out of the first rows of a log. */
import { isUtf8 } from "node:buffer";
import { existsSync, readFileSync } from "node:fs";
import { dirname, isAbsolute, join, relative } from "node:path";
import { Command } from "commander";
import { isQueryFormat } from "../../data/settings.ts";
import { writeWhole } from "../../files/write-whole.ts";
import { DEFAULT_CONFIGURATION_FILE } from "../configuration/command-settings.ts";
import { parseConfiguration } from "../configuration/configuration-file.ts";
import { resolveConfiguration } from "../configuration/resolve-configuration.ts";
import { describeGuess } from "../init/describe.ts";
import { guessLog, type LogGuess } from "../init/guess.ts";
import { type TitleTable, writeConfiguration } from "../init/write.ts";
import { filesBeside, type SplitNames, writeQueries } from "../init/write-queries.ts";
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

Any log is read that docs/data.md names. Format, delimiter, header, columns and what counts as positive are guessed from its
first rows; core, lists and candidates from the log, or the first 1.5 million rows of it. Where two columns could be it, the
question stands beside the setting and in the output: it is answered in the file.`;

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
  const placed = (path: string) => (isAbsolute(path) ? path : relative(folder, path));
  const schema = relative(folder, join(PACKAGE_FOLDER, "schema", "goalrank.schema.json"));
  const { format } = guess.head;
  const text = isQueryFormat(format)
    ? writeQueries(format, placed(log), schema, mapValues(filesBeside(log), placed))
    : writeConfiguration(guess, { log: placed(log), schema, titles: findTitles(guess, dirname(log)) });
  // What is written can be read: a mistake here is one of this program.
  resolveConfiguration([parseConfiguration(text, out)]);
  writeWhole(out, text);
  console.log(describeGuess(guess, log, out, out === DEFAULT_CONFIGURATION_FILE ? "" : ` --config ${out}`));
}

function mapValues(names: SplitNames, map: (path: string) => string): SplitNames {
  return Object.fromEntries(Object.entries(names).map(([key, path]: [string, string]) => [key, map(path)]));
}

/** Whether MovieLens' table of films lies in the log's folder. */
function findTitles({ head: { format }, columns: { item } }: LogGuess, folder: string): TitleTable | undefined {
  const file = format === "movielens" ? "movies.dat" : "movies.csv";
  const path = join(folder, file);
  if ((format !== "movielens" && item !== "movieId") || !existsSync(path)) return undefined;
  return { file, encoding: isUtf8(readFileSync(path)) ? "utf-8" : "latin1" };
}
