/** Numbers as a verdict writes them. */
import type { Choice, Difference } from "../result-schema.ts";

/** 0.1234 as 12.3%. */
export function formatShare(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}

/** `NDCG@6`, or `true reward`. */
export function measureTitle({ measure }: Pick<Choice, "measure">, listLength: number): string {
  if (measure === "trueReward") return "true reward";
  return `NDCG@${measure === "ndcg10" ? 10 : listLength}`;
}

/** A mean of what counts. */
export function formatWorth(value: number, { measure }: Pick<Choice, "measure">): string {
  return measure === "trueReward" ? value.toFixed(3) : formatShare(value);
}

/** `+3.1 points of NDCG@6, 95% interval 2.1 to 4.1, p < 0.001`; a mean by itself where that is all there is. */
export function formatLead(
  { mean, halfWidth, pValue }: Pick<Difference, "mean"> & Partial<Difference>,
  { measure }: Pick<Choice, "measure">,
  listLength: number,
): string {
  const [scale, digits] = measure === "trueReward" ? [1, 3] : [100, 1];
  const write = (value: number) => (scale * value).toFixed(digits);
  const unit = measure === "trueReward" ? "of true reward" : `points of ${measureTitle({ measure }, listLength)}`;
  return [
    `${mean < 0 ? "" : "+"}${write(mean)} ${unit}`,
    ...(halfWidth === undefined ? [] : [`95% interval ${write(mean - halfWidth)} to ${write(mean + halfWidth)}`]),
    ...(pValue === undefined ? [] : [pText(pValue)]),
  ].join(", ");
}

export function pText(pValue: number): string {
  return pValue < 0.001 ? "p < 0.001" : `p = ${pValue.toFixed(3)}`;
}

/** a, b and c */
export function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
