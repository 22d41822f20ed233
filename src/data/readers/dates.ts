/** Times that a log writes as text: ISO 8601 in all its forms, numbers in the log's own unit, or a format of one's own. */
import { type Moment, momentOf, secondsOf } from "./moments.ts";
import { type DecimalMark, numberOfText } from "./numbers.ts";
import type { TimeFormat } from "./time-format.ts";

/** What is said of text that is no time. */
export const TIME_FORMS =
  "numbers such as 1700000000, or dates that exist such as 2026-01-31 or 2026-01-31 08:30:00.250, followed by Z, UTC, +01, " +
  "+0100, +01:00 or nothing for UTC; set timestampFormat for any other form";

/** ISO 8601 and RFC 3339, and as Postgres, Python and BigQuery write it: a blank for the T, and blanks before the offset. */
const DATE =
  /^(\d{4})-(\d{2})-(\d{2})(?:(?:T|t| +)(\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?: *([Zz]|UTC|GMT|[+-]\d{2}(?::?\d{2})?))?)?$/;

function momentOfDate(text: string): Moment | undefined {
  const match = DATE.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction, offset] = match;
  return momentOf({
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour ?? 0),
    minute: Number(minute ?? 0),
    second: Number(second ?? 0),
    ...(fraction !== undefined && { fraction }),
    ...(offset !== undefined && { offset }),
  });
}

/**
 * Seconds since 1970 of a date such as `2026-01-31` or `2026-01-31T08:30:00.250+01:00`; UTC where no offset is given.
 * NaN for what is no such date.
 */
export function secondsOfDate(text: string): number {
  const moment = momentOfDate(text);
  return moment === undefined ? Number.NaN : secondsOf(moment);
}

/**
 * The time that text is, blanks around it aside: in a format, its seconds since 1970; without one a date's seconds since
 * 1970, or a number in the log's own unit. NaN for neither.
 */
export function timeOfText(text: string, format?: TimeFormat, decimal?: DecimalMark): number {
  const trimmed = text.trim();
  if (format !== undefined) {
    const moment = format.read(trimmed);
    return moment === undefined ? Number.NaN : secondsOf(moment);
  }
  const seconds = secondsOfDate(trimmed);
  return Number.isNaN(seconds) ? numberOfText(trimmed, decimal) : seconds;
}

/** Shorter text says no time that f64 has no room for. */
const MOST_ROUNDED = 15;
const INTEGER = /^[+-]?\d{16,}$/;

/**
 * What `time` lacks of the text that it is the time of, in the same unit: at most half of the distance to the next
 * number. It tells the order of nanoseconds, of which a number of 64 bits since 1970 holds about every 240th.
 */
export function roundingOfTime(text: string, time: number, format?: TimeFormat): number {
  if (text.length <= MOST_ROUNDED) return 0;
  const trimmed = text.trim();
  if (format === undefined && INTEGER.test(trimmed)) return roundingOfInteger(BigInt(trimmed), time);
  const moment = format === undefined ? momentOfDate(trimmed) : format.read(trimmed);
  if (moment === undefined || moment.nanoseconds % 1000 === 0) return 0;
  return moment.nanoseconds / 1e9 - (time - moment.seconds);
}

/** What `time` lacks of the integer that it was made from. */
export function roundingOfInteger(integer: bigint, time: number): number {
  return Number(integer - BigInt(time));
}
