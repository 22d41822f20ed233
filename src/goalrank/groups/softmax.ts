/**
 * Method 3 of appendix C, softmax sampling without replacement from any scorer's logits, by Gumbel top-k: the items of
 * a list are successive draws from softmax(logits / temperature), each without those drawn before (Plackett-Luce).
 */
import { gumbelTopK, noGrad, type RandomKey, scope, type Tensor } from "../../tensor/index.ts";
import { checkTemperature, type SourceLists } from "./lists.ts";

/**
 * @param logits of every candidate: [B, N]
 * @throws RangeError for a temperature that is not positive
 */
export function softmaxLists(
  logits: Tensor,
  count: number,
  { length, temperature, key }: { length: number; temperature: number; key: RandomKey },
): Promise<SourceLists> {
  checkTemperature("pointwise", temperature);
  // The scope ends before anything is awaited: other sources may be drawn meanwhile.
  using _ = scope();
  const drawn = noGrad(() => gumbelTopK(logits.mul(1 / temperature), { lists: count, length, key })).data();
  return drawn.then((lists) => ({ source: "pointwise", count, lists: lists as Int32Array }));
}
