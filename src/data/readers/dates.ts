/** Times that a log writes as text. */

/** A day, or a day and a time, with an offset from UTC or without: ISO 8601 and RFC 3339, with a blank for the T too. */
const DATE = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?)?$/;

/**
 * Seconds since 1970 of a date such as `2026-01-31` or `2026-01-31T08:30:00.250+01:00`; UTC where no offset is given.
 * NaN for what is no such date.
 */
export function secondsOfDate(text: string): number {
  const match = DATE.exec(text);
  if (match === null) return Number.NaN;
  const isWhole = text.length === "2026-01-31".length || match[1] !== undefined;
  return Date.parse(isWhole ? text.replace(" ", "T") : `${text.replace(" ", "T")}Z`) / 1000;
}

/** The time that text is: a date's seconds since 1970, or a number in the log's own unit; NaN for neither. */
export function timeOfText(text: string): number {
  const trimmed = text.trim();
  const seconds = secondsOfDate(trimmed);
  if (!Number.isNaN(seconds)) return seconds;
  return trimmed === "" ? Number.NaN : Number(trimmed);
}
