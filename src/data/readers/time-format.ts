/** Formats of times as C's strptime has them, such as `%d/%m/%Y %H:%M:%S`. */
import { type DateParts, type Moment, momentOf } from "./moments.ts";

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/** What each directive matches, and which part of a date it gives. */
const DIRECTIVES: Readonly<Record<string, { readonly part?: string; readonly pattern: string }>> = {
  Y: { part: "year", pattern: "\\d{4}" },
  y: { part: "shortYear", pattern: "\\d{2}" },
  m: { part: "month", pattern: "\\d{1,2}" },
  b: { part: "monthName", pattern: `(?:${MONTHS.join("|")})[a-z]*` },
  d: { part: "day", pattern: " ?\\d{1,2}" },
  H: { part: "hour", pattern: "\\d{1,2}" },
  I: { part: "halfDayHour", pattern: "\\d{1,2}" },
  M: { part: "minute", pattern: "\\d{1,2}" },
  S: { part: "second", pattern: "\\d{1,2}" },
  f: { part: "fraction", pattern: "\\d{1,9}" },
  p: { part: "halfDay", pattern: "[ap]\\.?m\\.?" },
  z: { part: "offset", pattern: "(?:z|utc|gmt|[+-]\\d{2}(?::?\\d{2})?)" },
  a: { pattern: "(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*" },
  "%": { pattern: "%" },
};

/** Directives that are others by another name, or several. */
const ALIASES: Readonly<Record<string, string>> = {
  B: "%b",
  h: "%b",
  A: "%a",
  e: "%d",
  Z: "%z",
  F: "%Y-%m-%d",
  T: "%H:%M:%S",
  R: "%H:%M",
  D: "%m/%d/%y",
};

/** The directives of a format, for messages. */
const KNOWN = [...Object.keys(DIRECTIVES), ...Object.keys(ALIASES)].map((letter) => `%${letter}`).join(" ");

/** A format of times that is read again and again. */
export class TimeFormat {
  private readonly pattern: RegExp;

  /**
   * @param text with `%Y` or `%y`, `%m` or `%b`, and `%d`, and any of the other directives; a blank stands for any blanks
   * @throws RangeError for a directive that is unknown or there twice, or a format without a whole date
   */
  constructor(private readonly text: string) {
    const full = text.replace(/%([A-Za-z])/g, (directive, letter: string) => ALIASES[letter] ?? directive);
    const seen = new Set<string>();
    const parts = full.match(/%.?|\s+|[^%\s]+/gsu) ?? [];
    const source = parts.map((part) => {
      if (!part.startsWith("%")) return part.trim() === "" ? "\\s+" : part.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
      const directive = DIRECTIVES[part.slice(1)];
      if (directive === undefined) throw this.wrong(`there is no "${part}"; there are ${KNOWN}`);
      if (directive.part === undefined) return directive.pattern;
      if (seen.has(directive.part)) throw this.wrong(`"${part}" is there twice`);
      seen.add(directive.part);
      return `(?<${directive.part}>${directive.pattern})`;
    });
    const hasDate = [["year", "shortYear"], ["month", "monthName"], ["day"]].every((names) =>
      names.some((name) => seen.has(name)),
    );
    if (!hasDate) throw this.wrong("a date needs a year (%Y, %y), a month (%m, %b) and a day (%d)");
    this.pattern = new RegExp(`^${source.join("")}$`, "i");
  }

  /** The moment that text in this format is; undefined for other text, and for a day that does not exist. */
  read(text: string): Moment | undefined {
    const groups = this.pattern.exec(text)?.groups;
    return groups && momentOf(partsOf(groups));
  }

  /** What is said of other text. */
  get description(): string {
    return `dates that exist in the format "${this.text}"`;
  }

  private wrong(problem: string): RangeError {
    return new RangeError(`the time format "${this.text}": ${problem}`);
  }
}

function partsOf(groups: Readonly<Record<string, string | undefined>>): DateParts {
  const { shortYear, monthName, halfDayHour, halfDay, fraction, offset } = groups;
  const short = Number(shortYear);
  const numberOf = (part: string) => Number(groups[part] ?? 0);
  // As POSIX has it: 69 to 99 are of the last century.
  const year = shortYear === undefined ? numberOf("year") : short + (short >= 69 ? 1900 : 2000);
  const month = monthName === undefined ? numberOf("month") : MONTHS.indexOf(monthName.slice(0, 3).toLowerCase()) + 1;
  const afternoon = /^p/i.test(halfDay ?? "") ? 12 : 0;
  // Twelve is the hour before one; thirteen is none.
  const half = Number(halfDayHour);
  const hourOfHalf = half >= 1 && half <= 12 ? (half % 12) + afternoon : 24;
  return {
    year,
    month,
    day: numberOf("day"),
    hour: halfDayHour === undefined ? numberOf("hour") : hourOfHalf,
    minute: numberOf("minute"),
    second: numberOf("second"),
    ...(fraction !== undefined && { fraction }),
    ...(offset !== undefined && { offset }),
  };
}
