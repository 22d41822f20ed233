/** Method 1 of appendix C, autoregressive sampling: lists drawn from the generator itself. */
import { noGrad, scope } from "../../tensor/index.ts";
import type { SamplingOptions } from "../decoding/decode.ts";
import type { Generator, GeneratorMemory } from "../generator.ts";
import type { SourceLists } from "./lists.ts";

/**
 * `count` lists for each request, drawn from pi at the given temperature and nucleus, of as many items as the generator
 * was made for unless given.
 */
export function policyLists(
  generator: Generator,
  memory: GeneratorMemory,
  count: number,
  { length = generator.listLength, ...sampling }: SamplingOptions & { readonly length?: number },
): Promise<SourceLists> {
  // The scope ends before anything is awaited: other sources may be drawn meanwhile.
  using _ = scope();
  const drawn = noGrad(() => generator.decode(memory, { lists: count, length, sampling })).data();
  return drawn.then((lists) => ({ source: "policy", count, lists: lists as Int32Array }));
}
