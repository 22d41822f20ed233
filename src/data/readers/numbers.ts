/** Numbers that a file writes as text: one rule for every column and table. */

/** What stands before a number's fraction. */
export type DecimalMark = "." | ",";

/** `Number` reads these too, but nobody counts stars in hexadecimal: such text is an id, or a mistake. */
const OTHER_BASE = /^0[xob]/i;

/**
 * The number that text spells in decimals, blanks around it aside, such as `4`, `-0.5` or `1e-3`; ±Infinity for one that
 * is too large, or that spells it; NaN for what is no number, such as blank text, `0x10` or `1,5` (unless that is how
 * decimals are written).
 */
export function numberOfText(text: string, decimal: DecimalMark = "."): number {
  const trimmed = text.trim();
  if (trimmed === "" || OTHER_BASE.test(trimmed)) return Number.NaN;
  if (decimal === ".") return Number(trimmed);
  return trimmed.includes(".") ? Number.NaN : Number(trimmed.replace(",", "."));
}

/** Whether text spells a finite number. */
export function isNumber(text: string): boolean {
  return Number.isFinite(numberOfText(text));
}
