/** Numbers as they stand on the page. */

/** What stands where there is no number. */
export const NONE = "–";

/** 1,234,567 */
export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** A number with so many decimals, and a real minus sign. */
export function decimal(value: number | undefined, digits = 3): string {
  return value === undefined ? NONE : value.toFixed(digits).replace("-", "−");
}

/** A share in percent, without its sign: 0.1234 is 12.3. */
export function percent(share: number | undefined, digits = 1): string {
  return share === undefined ? NONE : decimal(100 * share, digits);
}

/** 0.1234 is 12%. */
export function wholePercent(share: number): string {
  return `${percent(share, 0)}%`;
}

/** A difference, with its sign. */
export function signed(value: number, digits = 3): string {
  return value < 0 ? decimal(value, digits) : `+${decimal(value, digits)}`;
}

/** `p < 0.001` or `p = 0.123`, on one line. */
export function pValue(value: number): string {
  const words = value < 0.001 ? "p < 0.001" : `p = ${value.toFixed(3)}`;
  return words.replaceAll(" ", "\u00a0");
}

/** Short enough for an axis or a table, whatever its size. */
export function compact(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(1).replace("-", "−");
  return Number(value.toPrecision(3)).toLocaleString("en-US", { maximumFractionDigits: 6 }).replace("-", "−");
}
