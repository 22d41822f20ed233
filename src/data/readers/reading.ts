/** How a log is read: what its format says, and what the settings change in it. */
import { type Column, DEFAULT_READING, type LogFormat, type ReadingOptions } from "../settings.ts";
import { type Fields, givenColumns, resolveColumns } from "./column-names.ts";
import { FORMATS, type LogFormatDescription, NUMBERED } from "./log-formats.ts";
import type { DecimalMark } from "./numbers.ts";
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
  const settings = { ...DEFAULT_READING, ...source };
  const { columns, feedbackValues, otherFeedback, decimal, timestampFormat, blanks } = settings;
  const names = format.kind === "text" ? format.names : undefined;
  const isNumbered = format.kind === "text" && names === undefined && !hasHeader(settings);
  for (const column of givenColumns(columns)) {
    if (typeof column === "number") continue;
    if (isNumbered) {
      throw new RangeError(
        `columns: "${column}" is a name, and the log has no header; set the column's number, from 1`,
      );
    }
    if (names?.includes(column) === false) {
      throw new RangeError(`columns: "${column}" is none of the columns of ${source.format}, ${names.join(", ")}`);
    }
  }
  return {
    format,
    settings,
    fields: resolveColumns(columns, isNumbered ? NUMBERED : format.columns),
    hasHeader: format.kind === "text" && names === undefined && !isNumbered,
    rules: {
      words: feedbackValues && new Map(Object.entries(feedbackValues)),
      otherWords: otherFeedback,
      decimal,
      timeFormat: timestampFormat === undefined ? undefined : new TimeFormat(timestampFormat),
      blanks: new Set(blanks),
    },
  };
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
