/** The list of all operations: parity tests, gradient checks and micro-benchmarks iterate over it. */
import type { Operation } from "./operation.ts";
import { attention } from "./ops/attention/attention.ts";
import { cast, elementwise } from "./ops/elementwise/elementwise.ts";
import { embedding, takeAlongLast, takeRows } from "./ops/gather/gather.ts";
import { groupCrossEntropy } from "./ops/group-cross-entropy.ts";
import { layerNorm } from "./ops/layer-norm/layer-norm.ts";
import { concat, slice } from "./ops/layout/parts.ts";
import { permute } from "./ops/layout/permute.ts";
import { matmul } from "./ops/matmul/matmul.ts";
import { dropout } from "./ops/random/dropout.ts";
import { random } from "./ops/random/random.ts";
import { broadcastTo, max, sum } from "./ops/reduce/reduce.ts";
import { chooseNext } from "./ops/sampling/choose-next.ts";
import { gumbelTopK } from "./ops/sampling/gumbel-top-k.ts";
import { crossEntropy } from "./ops/softmax/cross-entropy.ts";
import { logSoftmax, logSumExp } from "./ops/softmax/log-softmax.ts";
import { softmax } from "./ops/softmax/softmax.ts";

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
