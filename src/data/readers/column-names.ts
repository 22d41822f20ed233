/** Which columns of a file hold the fields of an interaction: named by the caller, found in the file's header. */
import { excerpt } from "../../text/excerpt.ts";
import { nearestName } from "../../text/nearest-name.ts";
import { DataError } from "../errors.ts";
import { type ColumnNames, DEFAULT_COLUMNS, type WeightedColumn } from "../settings.ts";
import { TimeFormat } from "./time-format.ts";

/** Of every reader of logs with named columns. */
export interface ColumnOptions {
  /** Column names that differ from {@link DEFAULT_COLUMNS}. */
  readonly columns?: Partial<ColumnNames>;
  /** How times are written, such as `%d/%m/%Y %H:%M:%S`; numbers, or dates as ISO 8601 has them, unless given. */
  readonly timestampFormat?: string;
}

/** Where the fields of an interaction stand: indices into a file's columns. */
export interface ColumnPositions {
  readonly user: number;
  readonly item: number;
  readonly timestamp: number;
  readonly feedback: readonly { readonly column: number; readonly weight: number }[];
  readonly list?: number;
  readonly position?: number;
}

/**
 * The names to look for.
 * @throws RangeError when there is no feedback column, a weight is not finite, or there are positions without lists.
 */
export function resolveColumns({ columns = {} }: ColumnOptions): ColumnNames {
  const names = { ...DEFAULT_COLUMNS, ...columns };
  const terms = feedbackTerms(names);
  if (terms.length === 0) throw new RangeError("columns: feedback names no column; name at least one");
  const wrong = terms.find(({ weight }) => !Number.isFinite(weight));
  if (wrong !== undefined) {
    throw new RangeError(`columns: the weight of "${wrong.column}" must be finite, got ${wrong.weight}`);
  }
  if (names.position !== undefined && names.list === undefined) {
    throw new RangeError(
      `columns: "${names.position}" gives places in lists, but no column names the lists; add columns.list`,
    );
  }
  return names;
}

/**
 * The format of times, where one is given.
 * @throws RangeError for a format that is none
 */
export function timeFormatOf({ timestampFormat }: ColumnOptions): TimeFormat | undefined {
  return timestampFormat === undefined ? undefined : new TimeFormat(timestampFormat);
}

function feedbackTerms({ feedback }: ColumnNames): readonly WeightedColumn[] {
  return typeof feedback === "string" ? [{ column: feedback, weight: 1 }] : feedback;
}

/** All names to look for, in the order of {@link DEFAULT_COLUMNS}. */
export function listNames(names: ColumnNames): string[] {
  const feedback = feedbackTerms(names).map(({ column }) => column);
  const lists = [names.list, names.position].filter((name) => name !== undefined);
  return [names.user, names.item, ...feedback, names.timestamp, ...lists];
}

/** A file's columns, and where they are named, for errors: the header's line, or the whole file. */
export interface Header {
  readonly file: string;
  readonly line: number | undefined;
  readonly columns: readonly string[];
}

/**
 * Where the named columns are.
 * @throws DataError when a column is not in the header, or is there twice.
 */
export function findColumns(header: Header, names: ColumnNames): ColumnPositions {
  const { file, line, columns } = header;
  const find = (name: string, field: string): number => {
    const position = columns.indexOf(name);
    if (position < 0) throw new DataError(file, unknownColumn(name, field, names, columns), { line });
    if (columns.includes(name, position + 1)) {
      throw new DataError(file, `the header names the column "${name}" twice: ${namesOf(columns)}`, { line });
    }
    return position;
  };
  return {
    user: find(names.user, "user"),
    item: find(names.item, "item"),
    feedback: feedbackTerms(names).map((term) => ({ ...term, column: find(term.column, "feedback") })),
    timestamp: find(names.timestamp, "timestamp"),
    ...(names.list !== undefined && { list: find(names.list, "list") }),
    ...(names.position !== undefined && { position: find(names.position, "position") }),
  };
}

/** The message for a column that the header lacks: what there is, and what was probably meant. */
function unknownColumn(name: string, field: string, names: ColumnNames, columns: readonly string[]): string {
  const problem = `there is no column "${name}" for the ${field}; the header has ${namesOf(columns)}`;
  if (columns.length === 1) return `${problem}: is the delimiter right?`;
  const taken = new Set(listNames(names));
  const free = columns.filter((column) => !taken.has(column));
  const nearest = nearestName(name, free);
  return nearest === undefined ? problem : `${problem}; did you mean "${excerpt(nearest)}"?`;
}

/** What a file's columns are called, as far as a message has room for it. */
export function namesOf(columns: readonly string[]): string {
  return excerpt(columns.join(", "), 500);
}
