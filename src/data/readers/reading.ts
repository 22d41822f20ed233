/** How a log is read: what its format says, and what the settings change in it. */
import { type Column, type ColumnNames, DEFAULT_READING, type LogFormat, type ReadingOptions } from "../settings.ts";
import { type Fields, givenColumns, resolveColumns } from "./column-names.ts";
import { FORMATS, type LogFormatDescription, NUMBERED } from "./log-formats.ts";
import type { DecimalMark } from "./numbers.ts";
import { parsePath } from "./paths.ts";
import { TimeFormat } from "./time-format.ts";

/** A file of interactions, a folder of them or a pattern of their names, and how it is read. Text may be packed. */
export type InteractionSource = ReadingOptions & { readonly file: string; readonly format: LogFormat };

/** How the values of fields are understood. */
export interface ValueRules {
  /** What each word of the feedback counts; undefined where feedback is numbers. */
  readonly words: ReadonlyMap<string, number> | undefined;
  /** What every other word counts; undefined where it is an error. */
  readonly otherWords: number | undefined;
  readonly decimal: DecimalMark;
  /** How times are written, unless as numbers or dates of ISO 8601. */
  readonly timeFormat: TimeFormat | undefined;
  /** Texts that stand for nothing. */
  readonly blanks: ReadonlySet<string>;
}

/** A format with all settings of its reading. */
export interface Reading {
  readonly format: LogFormatDescription;
  readonly settings: typeof DEFAULT_READING;
  readonly fields: Fields<Column>;
  /** Paths to lists of items in records that hold lists. */
  readonly candidates: string | undefined;
  readonly history: string | undefined;
  /** Whether the first record names the columns. */
  readonly hasHeader: boolean;
  readonly rules: ValueRules;
}

/** @throws RangeError for another format, and for columns that make no sense */
export function resolveReading(source: InteractionSource): Reading {
  if (!Object.hasOwn(FORMATS, source.format)) {
    const names = Object.keys(FORMATS).join(", ");
    throw new RangeError(`data: there is no format "${source.format}"; expected one of ${names}`);
  }
  const format = FORMATS[source.format];
  const settings = { ...DEFAULT_READING, ...format.settings, ...source };
  const { feedbackValues, otherFeedback, decimal, timestampFormat, blanks } = settings;
  const names = format.kind === "text" ? format.names : undefined;
  const isNumbered =
    format.kind === "text" && names === undefined && format.recordOf === undefined && !hasHeader(settings);
  const columns = { ...(isNumbered ? NUMBERED : format.columns), ...settings.columns };
  checkColumns(source.format, settings.columns, { isNumbered, names, hasLists: mayHaveLists(format) });
  return {
    format,
    settings,
    fields: resolveColumns(columns),
    candidates: columns.candidates,
    history: columns.history,
    hasHeader: format.kind === "text" && names === undefined && format.recordOf === undefined && !isNumbered,
    rules: {
      words: feedbackValues && new Map(Object.entries(feedbackValues)),
      otherWords: otherFeedback,
      decimal,
      timeFormat: timestampFormat === undefined ? undefined : new TimeFormat(timestampFormat),
      blanks: new Set(blanks),
    },
  };
}

/** Whether records of a format may hold lists. */
function mayHaveLists(format: LogFormatDescription): boolean {
  return (
    format.kind === "json" || (format.kind === "text" && (format.recordOf !== undefined || format.hasTypes === true))
  );
}

interface FormatColumns {
  readonly isNumbered: boolean;
  readonly names: readonly string[] | undefined;
  readonly hasLists: boolean;
}

/** @throws RangeError for a column that no file of the format can have */
function checkColumns(format: LogFormat, columns: ColumnNames, { isNumbered, names, hasLists }: FormatColumns): void {
  const { candidates, history } = columns;
  const list = candidates ?? history;
  if (list !== undefined && !hasLists) {
    throw new RangeError(`columns: "${list}" is a list, and lines of ${format} hold none; the format jsonl does`);
  }
  for (const column of givenColumns(columns)) {
    if (typeof column === "number") {
      if (!isNumbered && hasLists) {
        throw new RangeError(`columns: the fields of ${format} have names, and no numbers; got ${column}`);
      }
      continue;
    }
    if (isNumbered) {
      throw new RangeError(
        `columns: "${column}" is a name, and the log has no header; set the column's number, from 1`,
      );
    }
    if (names?.includes(hasLists ? parsePath(column).start[0] : column) === false) {
      throw new RangeError(`columns: "${column}" is none of the columns of ${format}, ${names.join(", ")}`);
    }
  }
}

/** A log whose columns are numbers alone has no header, unless it is said to have one. */
function hasHeader({ header, columns = {} }: ReadingOptions): boolean {
  const given = givenColumns(columns);
  return header ?? (given.length === 0 || given.some((column) => typeof column === "string"));
}

/** Whether every interaction counts 1, whatever is in the log. */
export function isImplicit(source: InteractionSource): boolean {
  return resolveReading(source).fields.feedback.length === 0;
}
