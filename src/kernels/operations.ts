/** The list of all operations: parity tests, gradient checks and micro-benchmarks iterate over it. */
import { attention } from "./attention.ts";
import { chooseNext } from "./choose-next.ts";
import { crossEntropy } from "./cross-entropy.ts";
import { cast, elementwise } from "./elementwise.ts";
import { embedding, takeAlongLast, takeRows } from "./gather.ts";
import { groupCrossEntropy } from "./group-cross-entropy.ts";
import { gumbelTopK } from "./gumbel-top-k.ts";
import { layerNorm } from "./layer-norm.ts";
import { concat, permute, slice } from "./layout.ts";
import { matmul } from "./matmul.ts";
import type { Operation } from "./operation.ts";
import { dropout, random } from "./random.ts";
import { broadcastTo, max, sum } from "./reduce.ts";
import { logSoftmax, logSumExp, softmax } from "./softmax.ts";

/** Every operation. */
export const operations: readonly Operation<unknown>[] = [
  ...Object.values(elementwise),
  cast,
  sum,
  max,
  broadcastTo,
  matmul,
  softmax,
  logSoftmax,
  logSumExp,
  attention,
  layerNorm,
  embedding,
  takeAlongLast,
  takeRows,
  permute,
  slice,
  concat,
  dropout,
  crossEntropy,
  groupCrossEntropy,
  random,
  gumbelTopK,
  chooseNext,
] as readonly Operation<unknown>[];
