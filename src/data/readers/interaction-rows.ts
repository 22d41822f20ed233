/** Turns records into interactions, one after another: the part that all formats share. */
import { excerpt } from "../../text/excerpt.ts";
import { DataError } from "../errors.ts";
import type { InteractionLog } from "../interactions.ts";
import type { ColumnPositions } from "./column-names.ts";
import { roundingOfInteger, roundingOfTime, TIME_FORMS, timeOfText } from "./dates.ts";
import { isText } from "./delimited.ts";
import { InteractionLogBuilder } from "./interaction-log-builder.ts";
import { numberOfText } from "./numbers.ts";
import type { TimeFormat } from "./time-format.ts";

/** What a file's records hold, and where. */
export interface RowLayout {
  readonly file: string;
  /** Names of all columns in order. */
  readonly columns: readonly string[];
  /** Which column holds which field: indices into `columns`. */
  readonly position: ColumnPositions;
  /** A record as it should look, for error messages, such as `user::item::rating::timestamp`. */
  readonly expected: string;
  /** What errors count: lines unless given. */
  readonly unit?: "line" | "row";
  /** How times are written, unless as numbers or dates of ISO 8601. */
  readonly timeFormat?: TimeFormat | undefined;
}

/** Collects the records of a file. */
export class InteractionRows {
  private readonly builder = new InteractionLogBuilder();
  /** The record at hand, and its line or row. */
  private values: readonly unknown[] = [];
  private place = 0;

  constructor(private readonly layout: RowLayout) {}

  /**
   * Adds the interaction in `values`, text or what a typed file holds, at line or row `place`.
   * @throws DataError that names the place and the column that is wrong
   */
  add(values: readonly unknown[], place: number): void {
    this.values = values;
    this.place = place;
    const { columns, position } = this.layout;
    if (values.length !== columns.length) {
      const found = `${values.length} ${values.length === 1 ? "column" : "columns"}`;
      throw this.unexpected(`${found} instead of ${columns.length}`);
    }
    const user = this.name(position.user);
    const item = this.name(position.item);
    let feedback = 0;
    for (const { column, weight } of position.feedback) feedback += weight * this.number(column);
    if (!Number.isFinite(Math.fround(feedback))) {
      throw this.unexpected(`the feedback ${feedback} is larger than a number of 32 bits can be`);
    }
    const timestamp = this.time(position.timestamp);
    const hasList = position.list !== undefined && !isBlank(values[position.list]);
    const list = hasList ? this.name(position.list) : "";
    const rank = hasList ? this.rank() : 0;
    try {
      this.builder.add(user, item, feedback, timestamp, list, rank, this.rounding(position.timestamp, timestamp));
    } catch (error) {
      // The log is full: of names, or of rows.
      throw error instanceof RangeError ? this.unexpected(error.message) : error;
    }
  }

  /**
   * The log of all records.
   * @param wanted what was expected where there were none
   * @throws DataError when there were none
   */
  finish(wanted: string): InteractionLog {
    if (this.builder.size === 0) throw noInteractions(this.layout.file, wanted);
    return this.builder.build();
  }

  /** The name that text or an integer is. */
  private name(column: number): string {
    const value = this.values[column];
    if (isBlank(value)) throw this.unexpected(this.isEmpty(column));
    if (typeof value === "string") {
      if (isText(value)) return value.trim();
      throw this.unexpected(`${this.described(column)} holds bytes that are no text in UTF-8`);
    }
    if (typeof value === "bigint" || Number.isSafeInteger(value)) return String(value);
    throw this.unexpected(`${this.described(column)} is neither text nor an integer`);
  }

  /** The finite number that text spells or that a number, integer or truth value is. */
  private number(column: number): number {
    const value = this.values[column];
    const number = numberFrom(value);
    if (Number.isFinite(number)) return number;
    if (typeof value !== "string" && isBlank(value)) throw this.unexpected(this.isEmpty(column));
    const kind = Number.isNaN(number) ? "a number" : "finite";
    throw this.unexpected(`${this.described(column)} is not ${kind}`);
  }

  /** A number in the log's own unit, or the seconds since 1970 of a date. */
  private time(column: number): number {
    const value = this.values[column];
    if (typeof value !== "string") return this.number(column);
    const time = timeOfText(value, this.layout.timeFormat);
    if (Number.isFinite(time)) return time;
    if (isBlank(value)) throw this.unexpected(this.isEmpty(column));
    const forms = this.layout.timeFormat?.description ?? TIME_FORMS;
    throw this.unexpected(`${this.described(column)} is no time; times are ${forms}`);
  }

  /** What a time lacks of the one in the column. */
  private rounding(column: number, time: number): number {
    const value = this.values[column];
    if (typeof value === "string") return roundingOfTime(value, time, this.layout.timeFormat);
    return typeof value === "bigint" ? roundingOfInteger(value, time) : 0;
  }

  /** The place in a list, negative for what was not shown. */
  private rank(): number {
    const column = this.layout.position.position;
    if (column === undefined) return 0;
    if (isBlank(this.values[column])) return -1;
    const rank = this.number(column);
    if (rank === (rank | 0)) return rank;
    throw this.unexpected(`${this.described(column, rank)} is not a 32-bit integer`);
  }

  /** A column's name and value, as much of them as a message has room for. */
  private described(column: number, value = this.values[column]): string {
    return `${excerpt(this.layout.columns[column])} "${excerpt(String(value))}"`;
  }

  private isEmpty(column: number): string {
    const nothing = typeof this.values[column] === "string" ? "empty" : "null";
    return `${excerpt(this.layout.columns[column])} is ${nothing}`;
  }

  private unexpected(problem: string): DataError {
    const { file, unit, expected } = this.layout;
    return new DataError(file, `${problem}; expected ${excerpt(expected, 300)}`, { [unit ?? "line"]: this.place });
  }
}

/** What is said of a file in which there is no interaction, and what was expected there. */
export function noInteractions(file: string, wanted: string): DataError {
  return new DataError(file, `no interactions; expected ${wanted}`);
}

/** Text with nothing to see in it, and what stands for nothing in a typed file. */
function isBlank(value: unknown): boolean {
  return typeof value === "string" ? value.trim() === "" : value === null || value === undefined;
}

/** NaN for what is no number, and for blank text and null, although Number(null) is 0. */
function numberFrom(value: unknown): number {
  if (typeof value === "string") return numberOfText(value);
  return isBlank(value) || typeof value === "object" ? Number.NaN : Number(value);
}
