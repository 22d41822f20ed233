/** Numbers as a verdict writes them. */
import type { Choice, Difference } from "../result-schema.ts";

/** 0.1234 as 12.3%. */
export function formatShare(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}

/** `NDCG@6`, by grade `NDCG@10`, or `true reward`. */
export function measureTitle({ measure }: Pick<Choice, "measure">, listLength: number): string {
  return measure === "trueReward" ? "true reward" : measure === "ndcg10" ? "NDCG@10" : `NDCG@${listLength}`;
}

/** A mean of what counts. */
export function formatWorth(value: number, { measure }: Pick<Choice, "measure">): string {
  return measure === "trueReward" ? value.toFixed(3) : formatShare(value);
}

/** `3.1 points of NDCG@6 above the retriever (95% interval 2.1 to 4.1, p < 0.001)`; the size alone where that is known. */
export function formatLead(
  { mean, halfWidth, pValue }: Pick<Difference, "mean"> & Partial<Difference>,
  over: string,
  { measure }: Pick<Choice, "measure">,
  listLength: number,
): string {
  const [scale, digits] = measure === "trueReward" ? [1, 3] : [100, 1];
  const write = (value: number) => (scale * value).toFixed(digits);
  const unit = measure === "trueReward" ? "of true reward" : `points of ${measureTitle({ measure }, listLength)}`;
  const details = [
    ...(halfWidth === undefined ? [] : [`95% interval ${write(mean - halfWidth)} to ${write(mean + halfWidth)}`]),
    ...(pValue === undefined ? [] : [pText(pValue)]),
  ];
  const size = `${write(Math.abs(mean))} ${unit} ${mean < 0 ? "below" : "above"} ${over}`;
  return details.length === 0 ? size : `${size} (${details.join(", ")})`;
}

export function pText(pValue: number): string {
  return pValue < 0.001 ? "p < 0.001" : `p = ${pValue.toFixed(3)}`;
}

/** a, b and c */
export function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
