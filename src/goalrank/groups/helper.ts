/** Lists of the helper set M that lightweight neural helpers give (appendix C): methods that were trained before. */
import type { RequestBatch } from "../../data/batch.ts";
import { gumbelTopK, noGrad, type RandomKey, scope, tensor } from "../../tensor/index.ts";
import { checkTemperature, type SourceLists } from "./lists.ts";

/** A method that was trained before. */
export interface Helper {
  /** @param step keys what is drawn at random */
  rank(batch: RequestBatch, length: number, step: number): Promise<HelperAnswer>;
}

/** What a trained method says of the candidates of B requests. */
export interface HelperAnswer {
  /** The list that it would show: candidate positions [B, L]. */
  readonly lists: ArrayLike<number>;
  /** Its scores of all candidates: [B, N]. */
  readonly scores: Float32Array;
}

/**
 * The method's own list for each request, then lists that are drawn from its scores without replacement.
 * @throws RangeError for a temperature that is not positive
 */
export async function helperLists(
  { lists: answers, scores }: HelperAnswer,
  requests: number,
  count: number,
  { length, temperature, key }: { readonly length: number; readonly temperature: number; readonly key: RandomKey },
): Promise<SourceLists> {
  checkTemperature("helper", temperature);
  const lists = new Int32Array(requests * count * length);
  const drawn = count > 1 ? await drawLists(scores, requests, count - 1, { length, temperature, key }) : undefined;
  for (let request = 0; request < requests; request++) {
    const start = request * count * length;
    for (let t = 0; t < length; t++) lists[start + t] = answers[request * length + t];
    const share = (count - 1) * length;
    if (drawn !== undefined) lists.set(drawn.subarray(request * share, (request + 1) * share), start + length);
  }
  return { source: "helper", count, lists };
}

function drawLists(
  scores: Float32Array,
  requests: number,
  lists: number,
  { length, temperature, key }: { readonly length: number; readonly temperature: number; readonly key: RandomKey },
): Promise<Int32Array> {
  using _ = scope();
  const logits = tensor(scores, [requests, scores.length / requests]).mul(1 / temperature);
  return noGrad(() => gumbelTopK(logits, { lists, length, key })).data() as Promise<Int32Array>;
}
