/** Numbers that text spells. */

/** `0x10` and its like are names that look like numbers, and no numbers that anyone writes into a log. */
const OTHER_BASE = /^[+-]?0[xob]/i;

/** The number that text without blanks around it spells in decimal digits; NaN where it spells none. */
export function numberOfText(text: string): number {
  return text === "" || OTHER_BASE.test(text) ? Number.NaN : Number(text);
}
