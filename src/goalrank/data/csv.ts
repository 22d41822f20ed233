/** Reads interactions from CSV with a header: columns are found by name, in any order, among any others. */
import { readRecords } from "./delimited.ts";
import { DataError } from "./errors.ts";
import {
  addRow,
  finishLog,
  INTERACTION_FIELDS,
  type InteractionField,
  type RowLayout,
} from "./interaction-rows.ts";
import { type InteractionLog, InteractionLogBuilder } from "./interactions.ts";

/** The header's name of the column of each field. */
export type ColumnNames = Readonly<Record<InteractionField, string>>;

/** What {@link readCsv} looks for unless told otherwise. */
export const DEFAULT_COLUMNS: ColumnNames = {
  user: "user_id",
  item: "item_id",
  feedback: "rating",
  timestamp: "timestamp",
};

export interface CsvOptions {
  /** Column names that differ from {@link DEFAULT_COLUMNS}. */
  readonly columns?: Partial<ColumnNames>;
  /** What stands between two fields: "," unless given; "\t" for tab-separated files. */
  readonly delimiter?: string;
}

/**
 * Reads interactions from a CSV file with a header, plain or gzipped; other columns are passed over.
 *
 * @throws DataError with file and line when the file cannot be read, the header is missing or lacks a column, or a
 * row does not fit the header.
 *
 * @example
 * const log = await readCsv("interactions.csv.gz", { columns: { feedback: "long_view" } });
 */
export async function readCsv(file: string, options: CsvOptions = {}): Promise<InteractionLog> {
  const delimiter = options.delimiter ?? ",";
  const names = { ...DEFAULT_COLUMNS, ...options.columns };
  const builder = new InteractionLogBuilder();
  let layout: RowLayout | undefined;
  await readRecords(file, { delimiter, quoted: true }, (fields, line) => {
    if (layout === undefined) layout = readHeader(file, line, fields, names, delimiter);
    else addRow(builder, layout, fields, line);
  });
  return finishLog(builder, file, Object.values(names).join(delimiter));
}

function readHeader(
  file: string,
  line: number,
  fields: readonly string[],
  names: ColumnNames,
  delimiter: string,
): RowLayout {
  const columns = fields.map((field) => field.trim());
  const expected = columns.join(delimiter);
  if (columns.every((column) => column === "" || Number.isFinite(Number(column)))) {
    const wanted = Object.values(names).join(delimiter);
    throw new DataError(
      file,
      line,
      `no header: the first line is ${expected}; expected names such as ${wanted}`,
    );
  }
  const find = (field: InteractionField): number => {
    const position = columns.indexOf(names[field]);
    if (position < 0) throw new DataError(file, line, unknownColumn(field, names, columns));
    if (columns.includes(names[field], position + 1)) {
      throw new DataError(file, line, `the header names the column "${names[field]}" twice: ${expected}`);
    }
    return position;
  };
  const position = Object.fromEntries(INTERACTION_FIELDS.map((field) => [field, find(field)]));
  return { file, columns, expected, position: position as Record<InteractionField, number> };
}

/** The message for a column that the header lacks: what there is, and what was probably meant. */
function unknownColumn(field: InteractionField, names: ColumnNames, columns: readonly string[]): string {
  const name = names[field];
  const problem = `there is no column "${name}" for the ${field}; the header has ${columns.join(", ")}`;
  if (columns.length === 1) return `${problem}: is the delimiter right?`;
  const taken = new Set(Object.values(names));
  const nearest = nearestName(
    name,
    columns.filter((column) => !taken.has(column)),
  );
  return nearest === undefined ? problem : `${problem}; did you mean "${nearest}"?`;
}

/** The candidate that needs the fewest edits to become `name`; the first of equals. */
function nearestName(name: string, candidates: readonly string[]): string | undefined {
  let nearest: string | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const edits = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (edits < fewest) [nearest, fewest] = [candidate, edits];
  }
  return nearest;
}

/** Levenshtein distance: the insertions, deletions and substitutions that turn `from` into `to`. */
function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= from.length; i++) {
    const current = [i];
    for (let j = 1; j <= to.length; j++) {
      const substituted = previous[j - 1] + (from[i - 1] === to[j - 1] ? 0 : 1);
      current.push(Math.min(substituted, previous[j] + 1, current[j - 1] + 1));
    }
    previous = current;
  }
  return previous[to.length];
}
