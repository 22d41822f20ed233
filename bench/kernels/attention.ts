/** Attention: candidates among themselves, lists from the top, and lists over the candidates. */
import { attention } from "../../src/kernels/index.ts";
import { backward, type Call, causal, floats, forward, type Input, mask } from "./kernel-case.ts";
import { BATCHES, CANDIDATES, GROUP, HEADS, LENGTH, WIDTH } from "./sizes.ts";

function attend(note: string, batch: number, queries: number, keys: number, hidden?: Input): Call<{ heads: number }> {
  const inputs = [floats(batch, queries, WIDTH), floats(batch, keys, WIDTH), floats(batch, keys, WIDTH)];
  return {
    operation: attention,
    inputs: hidden === undefined ? inputs : [...inputs, hidden],
    attributes: { heads: HEADS },
    flops: 4 * batch * queries * keys * WIDTH,
    note,
  };
}

export const attentionCases = BATCHES.flatMap((batch) => [
  attend("", batch, CANDIDATES, CANDIDATES),
  attend("masked", batch, CANDIDATES, CANDIDATES, mask(batch, 1, CANDIDATES)),
  attend("causal", batch * GROUP, LENGTH, LENGTH, causal(LENGTH)),
  attend("of lists over candidates", batch, GROUP * LENGTH, CANDIDATES),
]).flatMap((call) => [forward(call), backward(call)]);
