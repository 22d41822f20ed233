/**
 * The logarithm of a softmax over the last axis, x [..., C], with an optional mask that broadcasts to x:
 *
 *   logSoftmax(x)_i = x_i - log sum_j exp(x_j)     [..., C]
 *
 * The sum runs over what the mask keeps. Hidden elements get a very low number; a row with nothing left gives zeros and
 * takes no gradient.
 */
import { HIDDEN_LOG_PROBABILITY } from "../../mask.ts";
import type { GradientOperation, Operation } from "../../operation.ts";
import { exp, log } from "../../wasm/mathematics.ts";
import { rowOperation } from "../row-operation.ts";
import {
  checkLogits,
  forEachRow,
  rowLogSumExp,
  SUM_EXPONENTIALS,
  sampleRows,
  sumExponentials,
} from "./exponentials.ts";

/** Inputs y, g, mask: dx_i = g_i - exp(y_i) sum_j g_j over the kept elements; hidden ones get 0. */
const logSoftmaxGradient: GradientOperation = {
  ...rowOperation("logSoftmax.gradient", {
    signature: "y, g, mask -> out",
    simd(write, row, { y, g, out }) {
      const [logProbabilities, gradients, result] = [row.of(y), row.of(g), row.of(out)];
      const total = row.sum(({ load }) => load(gradients));
      row.sweep(({ load, store, kept }) => {
        const probability = exp(write, load(logProbabilities));
        store(result, kept(load(gradients).sub(probability.mul(total)), 0));
      });
    },
    wgsl: `  var total = 0.0;
  for (var j = 0u; j < parameters.columns; j++) {
    if (is_kept(mask_start + j)) { total += g[start + j]; }
  }
  for (var j = 0u; j < parameters.columns; j++) {
    let at = start + j;
    if (is_kept(mask_start + j)) { out[at] = g[at] - exp(y[at]) * total; } else { out[at] = 0.0; }
  }`,
  }),
  outputs: ([y]) => [y],
  reference([y, g, mask], [out]) {
    forEachRow(y, mask, (_, start, end, isKept) => {
      let total = 0;
      for (let i = start; i < end; i++) if (isKept(i)) total += g.data[i];
      for (let i = start; i < end; i++) {
        out.data[i] = isKept(i) ? g.data[i] - Math.exp(y.data[i]) * total : 0;
      }
    });
  },
};

/** log softmax(x) over the last axis: x [..., C], and a mask -> [..., C]. */
export const logSoftmax: Operation = {
  ...rowOperation("logSoftmax", {
    signature: "x, mask -> out",
    simd(write, row, { x, out }) {
      const [logits, logProbabilities] = [row.of(x), row.of(out)];
      const { largest, total, isEmpty } = sumExponentials(write, row, logits);
      const logTotal = log(write, total);
      row.sweep(({ load, store, kept }) => {
        const logProbability = kept(load(logits).sub(largest).sub(logTotal), HIDDEN_LOG_PROBABILITY);
        store(logProbabilities, isEmpty.select(0, logProbability));
      });
    },
    functions: SUM_EXPONENTIALS,
    wgsl: `  let sum = sum_exponentials(start, mask_start);
  let hidden = select(f32(${HIDDEN_LOG_PROBABILITY}), 0.0, sum.total == 0.0);
  for (var j = 0u; j < parameters.columns; j++) {
    let at = start + j;
    if (is_kept(mask_start + j)) { out[at] = x[at] - sum.largest - log(sum.total); } else { out[at] = hidden; }
  }`,
  }),
  outputs: (inputs) => [checkLogits("logSoftmax", inputs)],
  reference([x, mask], [out]) {
    forEachRow(x, mask, (_, start, end, isKept) => {
      const total = rowLogSumExp(x.data, start, end, isKept);
      for (let i = start; i < end; i++) {
        out.data[i] = total === undefined ? 0 : isKept(i) ? x.data[i] - total : HIDDEN_LOG_PROBABILITY;
      }
    });
  },
  gradient: ({ inputs: [, ...mask], outputs: [y], outputGradient, run }) =>
    run(logSoftmaxGradient, [y, outputGradient, ...mask], undefined),
  sample: (draw) => sampleRows(draw),
};
