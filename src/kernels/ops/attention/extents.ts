/** Extents of one call of attention, and what follows from them on every device. */
import type { TensorSpec } from "../../operation.ts";
import { sizeOf } from "../../shape.ts";

export type AttentionExtents = Readonly<ReturnType<typeof extentsOf>>;

/** Of one call: [batch, queries, width] meets [batch, keys, width] in heads of `headWidth`. */
export function extentsOf(q: TensorSpec, k: TensorSpec, heads: number) {
  const [queries, width] = q.shape.slice(-2);
  const keys = k.shape[k.shape.length - 2];
  return {
    batch: sizeOf(q.shape.slice(0, -2)),
    queries,
    keys,
    width,
    heads,
    headWidth: width / heads,
    /** [..., Q, K], which a mask broadcasts to. */
    maskedShape: [...q.shape.slice(0, -1), keys],
  };
}

/** Keys up to which the probabilities are kept for the gradient. */
const LONGEST_KEPT = 256;

/** Whether the lists are so short that keeping p costs less than making it again. */
export function keepsProbabilities(keys: number): boolean {
  return keys <= LONGEST_KEPT;
}
