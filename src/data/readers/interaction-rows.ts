/** Turns records into interactions, one after another: the part that all formats share. */
import { excerpt } from "../../text/excerpt.ts";
import { DataError } from "../errors.ts";
import type { ColumnPositions } from "./column-names.ts";
import { roundingOfInteger, roundingOfTime, TIME_FORMS, timeOfText } from "./dates.ts";
import { isText } from "./delimited.ts";
import type { InteractionLogBuilder } from "./interaction-log-builder.ts";
import { numberOfText } from "./numbers.ts";
import type { ValueRules } from "./reading.ts";

/** What a file's records hold, and where. */
export interface RowLayout {
  readonly file: string;
  /** Names of all columns in order. */
  readonly columns: readonly string[];
  /** Which column holds which field: indices into `columns`. */
  readonly position: ColumnPositions;
  readonly rules: ValueRules;
  /** A record as it should look, for error messages, such as `user::item::rating::timestamp`. */
  readonly expected: string;
  /** What errors count: lines unless given. */
  readonly unit?: "line" | "row";
}

/**
 * What a row is: an item that was shown; a candidate that was not; or something that its user had liked before the log
 * begins, which is in no list and before everything else.
 */
export type RowKind = "shown" | "candidate" | "history";

/** Collects the records of a file. */
export class InteractionRows {
  /** The record at hand, and its line or row. */
  private values: readonly unknown[] = [];
  private place = 0;

  constructor(
    private readonly layout: RowLayout,
    private readonly builder: InteractionLogBuilder,
  ) {}

  /**
   * Adds the interaction in `values`, text or what a typed file holds, at line or row `place`.
   * @throws DataError that names the place and the column that is wrong
   */
  add(values: readonly unknown[], place: number, kind: RowKind = "shown"): void {
    this.values = values;
    this.place = place;
    const { columns, position } = this.layout;
    if (values.length !== columns.length) {
      const found = `${values.length} ${values.length === 1 ? "column" : "columns"}`;
      throw this.unexpected(`${found} instead of ${columns.length}`);
    }
    const { size } = this.builder;
    const isPast = kind === "history";
    const list = isPast ? "" : this.list();
    const user = this.user(list);
    const item = this.name(position.item);
    const feedback = kind === "candidate" ? 0 : isPast ? 1 : this.feedback();
    const timestamp = position.timestamp === undefined ? size : isPast ? 0 : this.time(position.timestamp);
    const rounding = position.timestamp === undefined || isPast ? 0 : this.rounding(position.timestamp, timestamp);
    const rank = kind === "candidate" ? -1 : list === "" ? 0 : this.rank();
    const isShown = kind === "shown" && rank >= 0;
    const propensity =
      position.propensity === undefined || !isShown ? Number.NaN : this.propensity(position.propensity);
    try {
      this.builder.add(user, item, feedback, timestamp, list, rank, rounding, propensity);
    } catch (error) {
      // The log is full: of names, or of rows.
      throw error instanceof RangeError ? this.unexpected(error.message) : error;
    }
  }

  /** Whether the user of a record is not in the log yet. */
  isOfNewUser(values: readonly unknown[], place: number): boolean {
    this.values = values;
    this.place = place;
    return !this.builder.hasUser(this.user(this.list()));
  }

  private list(): string {
    const { list } = this.layout.position;
    return list === undefined || this.isBlank(list) ? "" : this.name(list);
  }

  private user(list: string): string {
    const { user } = this.layout.position;
    return user === undefined ? list || `#${this.builder.size + 1}` : this.name(user);
  }

  /** The name that text or an integer is. */
  private name(column: number): string {
    const value = this.values[column];
    if (this.isBlank(column)) throw this.unexpected(this.isEmpty(column));
    if (typeof value === "string") {
      if (isText(value)) return value.trim();
      throw this.unexpected(`${this.described(column)} holds bytes that are no text in UTF-8`);
    }
    if (typeof value === "bigint" || Number.isSafeInteger(value)) return String(value);
    const isTooLarge = Number.isInteger(value);
    throw this.unexpected(
      `${this.described(column)} is ${isTooLarge ? "an integer over 2^53 - 1; write it as text" : "neither text nor an integer"}`,
    );
  }

  /** The weighted sum of the columns that are feedback; 1 where there is none. */
  private feedback(): number {
    const { feedback } = this.layout.position;
    if (feedback.length === 0) return 1;
    let sum = 0;
    for (const { column, weight } of feedback) sum += weight * this.reaction(column);
    if (Number.isFinite(Math.fround(sum))) return sum;
    throw this.unexpected(`the feedback ${sum} is larger than a number of 32 bits can be`);
  }

  /** What a column of the feedback counts: a number, or what its word is worth. */
  private reaction(column: number): number {
    const { words, otherWords } = this.layout.rules;
    if (words === undefined) return this.number(column);
    if (this.isBlank(column)) throw this.unexpected(this.isEmpty(column));
    const worth = words.get(String(this.values[column]).trim()) ?? otherWords;
    if (worth !== undefined) return worth;
    const known = excerpt([...words.keys()].join(", "), 200);
    const remedy = "add it to feedbackValues, or say with otherFeedback what all others count";
    throw this.unexpected(`${this.described(column)} is none of ${known}; ${remedy}`);
  }

  /** The finite number that text spells or that a number, integer or truth value is. */
  private number(column: number): number {
    const value = this.values[column];
    const isBlank = this.isBlank(column);
    const number = isBlank ? Number.NaN : this.numberFrom(value);
    if (Number.isFinite(number)) return number;
    if (typeof value !== "string" && isBlank) throw this.unexpected(this.isEmpty(column));
    const kind = Number.isNaN(number) ? "a number" : "finite";
    throw this.unexpected(`${this.described(column)} is not ${kind}`);
  }

  /** NaN for what is no number. */
  private numberFrom(value: unknown): number {
    if (typeof value === "object") return Number.NaN;
    if (typeof value !== "string") return Number(value);
    const number = numberOfText(value, this.layout.rules.decimal);
    return Number.isNaN(number) ? (TRUTH.get(value.trim().toLowerCase()) ?? number) : number;
  }

  /** A number in the log's own unit, or the seconds since 1970 of a date. */
  private time(column: number): number {
    const value = this.values[column];
    if (typeof value !== "string") return this.number(column);
    if (this.isBlank(column)) throw this.unexpected(this.isEmpty(column));
    const { timeFormat, decimal } = this.layout.rules;
    const time = timeOfText(value, timeFormat, decimal);
    if (Number.isFinite(time)) return time;
    throw this.unexpected(`${this.described(column)} is no time; times are ${timeFormat?.description ?? TIME_FORMS}`);
  }

  /** What a time lacks of the one in the column. */
  private rounding(column: number, time: number): number {
    const value = this.values[column];
    if (typeof value === "string") return roundingOfTime(value, time, this.layout.rules.timeFormat);
    return typeof value === "bigint" ? roundingOfInteger(value, time) : 0;
  }

  /** The place in a list, negative for what was not shown. */
  private rank(): number {
    const column = this.layout.position.position;
    if (column === undefined) return 0;
    if (this.isBlank(column)) return -1;
    const rank = this.number(column);
    if (rank === (rank | 0)) return rank;
    throw this.unexpected(`${this.described(column, rank)} is not a 32-bit integer`);
  }

  /** The chance at which the item was shown. */
  private propensity(column: number): number {
    const propensity = this.number(column);
    if (propensity > 0 && propensity <= 1) return propensity;
    throw this.unexpected(`${this.described(column)} is no chance over 0 and at most 1`);
  }

  /** Text with nothing to see in it or that stands for nothing, and what does in a typed file. */
  private isBlank(column: number): boolean {
    const value = this.values[column];
    if (typeof value !== "string") return value === null || value === undefined;
    const text = value.trim();
    return text === "" || this.layout.rules.blanks.has(text);
  }

  /** A column's name and value, as much of them as a message has room for. */
  private described(column: number, value = this.values[column]): string {
    return `${excerpt(this.layout.columns[column])} "${excerpt(String(value))}"`;
  }

  private isEmpty(column: number): string {
    const value = this.values[column];
    const name = excerpt(this.layout.columns[column]);
    if (typeof value !== "string") return `${name} is null`;
    return value.trim() === "" ? `${name} is empty` : `${name} "${excerpt(value)}" stands for nothing (blanks)`;
  }

  private unexpected(problem: string): DataError {
    const { file, unit, expected } = this.layout;
    return new DataError(file, `${problem}; expected ${excerpt(expected, 300)}`, { [unit ?? "line"]: this.place });
  }
}

const TRUTH: ReadonlyMap<string, number> = new Map([
  ["true", 1],
  ["false", 0],
]);

/** What is said of a file in which there is no interaction, and what was expected there. */
export function noInteractions(file: string, wanted: string): DataError {
  return new DataError(file, `no interactions; expected ${wanted}`);
}
