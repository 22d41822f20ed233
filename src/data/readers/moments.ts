/** Moments in time, and the dates of the calendar that they are. */

/** A moment since 1970 as exactly as text can say it. */
export interface Moment {
  readonly seconds: number;
  /** From 0 to under 1e9. */
  readonly nanoseconds: number;
}

/** What a date and a time of day are made of; UTC, the start of the day, unless said. */
export interface DateParts {
  readonly year: number;
  /** From 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour?: number;
  readonly minute?: number;
  readonly second?: number;
  /** Digits after the second's decimal mark, at most nine. */
  readonly fraction?: string;
  /** From UTC, such as `Z`, `UTC`, `+01`, `+0100` or `-01:00`. */
  readonly offset?: string;
}

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/** Years repeat after so many; `Date` takes those under 100 for others. */
const CYCLE = { years: 400, seconds: 146_097 * 86_400 };

/** The moment of a date's parts; undefined for a day or a time of day that does not exist, such as 30 February. */
export function momentOf(parts: DateParts): Moment | undefined {
  const { year, month, day, hour = 0, minute = 0, second = 0, fraction = "", offset = "Z" } = parts;
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = month === 2 && isLeap ? 29 : (MONTH_DAYS[month - 1] ?? 0);
  const ahead = secondsAhead(offset);
  if (day < 1 || day > days || hour > 23 || minute > 59 || second > 59 || ahead === undefined) return undefined;
  const start = Date.UTC(year + CYCLE.years, month - 1, day, hour, minute, second) / 1000 - CYCLE.seconds;
  return { seconds: start - ahead, nanoseconds: Number(fraction.padEnd(9, "0")) };
}

/** How far clocks with an offset are ahead of UTC; undefined for an offset that no place has. */
function secondsAhead(offset: string): number | undefined {
  const digits = offset.replace(":", "");
  if (!/^[+-]/.test(digits)) return 0;
  const [hours, minutes] = [Number(digits.slice(1, 3)), Number(digits.slice(3, 5))];
  if (hours > 23 || minutes > 59) return undefined;
  return (digits[0] === "-" ? -60 : 60) * (60 * hours + minutes);
}

/** Microseconds keep their order in f64 until the year 2255. */
export function secondsOf({ seconds, nanoseconds }: Moment): number {
  return (seconds * 1e6 + nanoseconds / 1e3) / 1e6;
}
