/** `goalrank update-items`: new items, and new features of items, in a ranker's file, without training. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Command, Option } from "commander";
import { DataError } from "../../data/errors.ts";
import { readTable } from "../../data/features/feature-table.ts";
import { type Column, type FeatureSource, TABLE_FORMATS } from "../../data/settings.ts";
import { writeWhole } from "../../files/write-whole.ts";
import { findRankerFile, readRankerFile } from "../../ranker/load-ranker.ts";
import { Ranker } from "../../ranker/ranker.ts";
import { RankerFileError } from "../../ranker/ranker-file.ts";
import { type ItemUpdate, updateItems } from "../../ranker/update-items.ts";
import { excerpt } from "../../text/excerpt.ts";
import { readRunConfiguration } from "../open-run.ts";
import { UsageError } from "../usage-error.ts";

interface UpdateOptions {
  readonly items: string;
  readonly key?: string;
  readonly title?: string;
  readonly format?: FeatureSource["format"];
  readonly method?: string;
  readonly out?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ goalrank update-items runs/first --items items.csv
  $ goalrank update-items ranker.safetensors --items items.csv --key item_id --title name

The table is read as the run's own table of items was (data.itemFeatures): the same columns, of the items that are new
or have changed; a file with all items will do. Items that the ranker does not know are added: they are ranked by their
features, and the retriever scores them as it scores items of like features. Of others the features give way to the new
ones. A server that runs loads the new file by itself.`;

export function updateItemsCommand(): Command {
  return new Command("update-items")
    .argument("<run>", "a run's folder, or a ranker's file")
    .requiredOption("--items <file>", "table of items, with the columns that the ranker learned from")
    .option("--key <column>", "column of the items' names (default: as the run was prepared)")
    .option("--title <column>", "column of what people call the items (default: as the run was prepared)")
    .addOption(
      new Option("--format <format>", "of the table (default: as the run was prepared)").choices(TABLE_FORMATS),
    )
    .option("--method <name>", "of a run's folder, a method other than the deployed one")
    .option("--out <file>", "write the new ranker here (default: in the old one's place)")
    .option("--json", "print what was done as JSON")
    .addHelpText("after", EXAMPLES)
    .action(update);
}

async function update(run: string, options: UpdateOptions): Promise<void> {
  const { items, method, json } = options;
  const named = (error: Error) => {
    throw error instanceof RankerFileError ? new UsageError(`${run}: ${error.message}`) : error;
  };
  const bytes = await readRankerFile(run, method).catch(named);
  const file = options.out ?? (await findRankerFile(run, method));
  const ranker = await Ranker.create(bytes, { threads: 1 }).catch(named);
  const { columns, fingerprint: before } = ranker.description;
  ranker.dispose();
  const source = tableOf(run, options);
  const updates = await readItems(source, columns.item);
  const done = updateItems(bytes, updates);
  const after = await checked(done.bytes, updates[0].item);
  writeWhole(file, done.bytes);
  const [added, updated] = [done.added.length, done.updated.length];
  console.log(
    json === true
      ? JSON.stringify({ file, added, updated, bytes: done.bytes.length, before, fingerprint: after })
      : `${file}  ${added} added, ${updated} updated from ${items}; fingerprint ${after}, was ${before}`,
  );
}

/** The fingerprint of a new file, once it is known to load and to rank. */
async function checked(bytes: Uint8Array, item: string): Promise<string> {
  const ranker = await Ranker.create(bytes, { threads: 1 });
  try {
    await ranker.rank({ candidates: [{ item, score: 0 }], length: 1, unknown: "error" });
    return ranker.description.fingerprint;
  } finally {
    ranker.dispose();
  }
}

const NO_FLAGS = { values: {}, place: String };

/** How the table is read: as the run's own was, and as the flags say. */
function tableOf(run: string, { items, key, title, format }: UpdateOptions): FeatureSource {
  const own = existsSync(join(run, "config.json")) ? readRunConfiguration(run, NO_FLAGS).data.itemFeatures : undefined;
  const column = key ?? own?.key;
  if (column === undefined) throw new UsageError("--key: name the column of the items' names, such as --key item_id");
  const given = { ...(title !== undefined && { title }), ...(format !== undefined && { format }) };
  return { ...own, ...given, key: column, file: items };
}

/** @throws DataError with the line of a row that cannot be used */
async function readItems(source: FeatureSource, columns: readonly string[]): Promise<ItemUpdate[]> {
  const { key, title, file, numeric = [], categorical = [], multiple = [] } = source;
  // A column that goes by its number in the configuration has that number for its name.
  const declared: readonly Column[] = [...numeric, ...categorical, ...multiple.map(({ column }) => column)];
  const own = columns.map((name) => declared.find((column) => String(column) === name) ?? name);
  const wanted = [...new Set([key, ...(title === undefined ? [] : [title]), ...own])];
  const updates = new Map<string, ItemUpdate>();
  await readTable(source, wanted, (values, place) => {
    const textOf = (column: Column) => values[wanted.indexOf(column)];
    const item = textOf(key);
    if (item === "") throw new DataError(file, "a row has no name of an item", place);
    if (updates.has(item)) throw new DataError(file, `"${excerpt(item)}" occurs twice in the column "${key}"`, place);
    const features = Object.fromEntries(columns.map((column, n) => [column, textOf(own[n])]));
    updates.set(item, { item, features, ...(title !== undefined && { title: textOf(title) }) });
  });
  if (updates.size === 0) throw new DataError(file, "there are no rows");
  return [...updates.values()];
}
