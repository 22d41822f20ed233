/** Reads a log of interactions in any of its formats, from one file or several. */
import { stat } from "node:fs/promises";
import { type InteractionLog, MISSING_FIELDS, type MissingField } from "../interactions.ts";
import { listNames } from "./column-names.ts";
import { inputFiles } from "./input-files.ts";
import { InteractionLogBuilder } from "./interaction-log-builder.ts";
import { noInteractions } from "./interaction-rows.ts";
import { expectedJson, readJsonLines } from "./json-lines.ts";
import { readParquet } from "./parquet.ts";
import { type InteractionSource, type Reading, resolveReading } from "./reading.ts";
import { expectedText, readText, type TextReading } from "./text-logs.ts";

export type { InteractionSource };

/**
 * Reads a log as its format and settings say. Several files are read in the order of their names, those that are empty
 * passed over.
 * @param most rows to read at the most; all unless given
 * @throws DataError with file and line or row when a file cannot be read or understood; RangeError for another format,
 * and for columns that make no sense
 * @example
 * const columns = { user: 1, item: 2, feedback: 3, timestamp: 4 };
 * const log = await readInteractions({ format: "tsv", file: "ml-100k/u.data", columns });
 */
export async function readInteractions(
  source: InteractionSource,
  most = Number.POSITIVE_INFINITY,
): Promise<InteractionLog> {
  const reading = resolveReading(source);
  const files = await inputFiles(source.file);
  const builder = new InteractionLogBuilder();
  for (const file of files) {
    if (builder.size >= most || (files.length > 1 && (await stat(file)).size === 0)) continue;
    await readFile(file, reading, builder, most);
  }
  if (builder.size === 0) throw noInteractions(source.file, expectedOf(reading));
  const lacks = missingFields(reading);
  return { ...builder.build(), ...(lacks.length > 0 && { lacks }) };
}

function readFile(file: string, reading: Reading, builder: InteractionLogBuilder, most: number): Promise<void> {
  if (isText(reading)) return readText(file, reading, builder, most);
  const read = reading.format.kind === "json" ? readJsonLines : readParquet;
  return read(file, reading, builder, most);
}

const isText = (reading: Reading): reading is TextReading => reading.format.kind === "text";

function expectedOf(reading: Reading): string {
  if (isText(reading)) return expectedText(reading);
  if (reading.format.kind === "json") return expectedJson(reading);
  return `rows of ${listNames(reading.fields).join(", ")}`;
}

function missingFields({ fields }: Reading): MissingField[] {
  return MISSING_FIELDS.filter((field) =>
    field === "feedback" ? fields.feedback.length === 0 : fields[field] === undefined,
  );
}
