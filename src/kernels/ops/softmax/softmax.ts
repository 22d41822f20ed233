/**
 * Softmax over the last axis, x [..., C], with an optional mask that broadcasts to x:
 *
 *   softmax(x)_i = exp(x_i) / sum_j exp(x_j)       [..., C]
 *
 * The sum runs over what the mask keeps. Hidden elements get probability 0; a row with nothing left gives zeros and
 * takes no gradient.
 */
import { forEachRow } from "../../mask.ts";
import type { GradientOperation, Operation } from "../../operation.ts";
import { rowOperation } from "../row-operation.ts";
import { checkLogits, eachKept, rowLogSumExp, SUM_EXPONENTIALS, sampleRows, sumExponentials } from "./exponentials.ts";

/** Inputs y, g: dx_i = y_i (g_i - sum_j g_j y_j). What is hidden has a y of 0. */
const softmaxGradient: GradientOperation = {
  ...rowOperation("softmax.gradient", {
    signature: "y, g -> out",
    simd(_, row, { y, g, out }) {
      const [probabilities, gradients, result] = [row.of(y), row.of(g), row.of(out)];
      const dot = row.sum(({ load }) => load(gradients).mul(load(probabilities)));
      row.sweep(({ load, store }) => store(result, load(probabilities).mul(load(gradients).sub(dot))));
    },
    wgsl: `  var dot = 0.0;
  for (var j = start; j < start + parameters.columns; j++) { dot += g[j] * y[j]; }
  for (var j = start; j < start + parameters.columns; j++) { out[j] = y[j] * (g[j] - dot); }`,
  }),
  outputs: ([y]) => [y],
  reference([y, g], [out]) {
    forEachRow(y, undefined, (_, start, end) => {
      let dot = 0;
      for (let i = start; i < end; i++) dot += g.data[i] * y.data[i];
      for (let i = start; i < end; i++) out.data[i] = y.data[i] * (g.data[i] - dot);
    });
  },
};

/** softmax(x) over the last axis: x [..., C], and a mask -> [..., C]. */
export const softmax: Operation = {
  ...rowOperation("softmax", {
    signature: "x, mask -> out",
    simd(write, row, { x, out }) {
      const [logits, probabilities] = [row.of(x), row.of(out)];
      const { inverse } = sumExponentials(write, row, logits, probabilities);
      row.sweep(({ load, store, kept }) => store(probabilities, kept(load(probabilities).mul(inverse), 0)));
    },
    functions: SUM_EXPONENTIALS,
    wgsl: `  let sum = sum_exponentials(start, mask_start);
${eachKept("exp(x[at] - sum.largest) / sum.total")}`,
  }),
  outputs: (inputs) => [checkLogits("softmax", inputs)],
  reference([x, mask], [out]) {
    forEachRow(x, mask, (_, start, end, isKept) => {
      const total = rowLogSumExp(x.data, start, end, isKept);
      for (let i = start; i < end; i++) {
        out.data[i] = total !== undefined && isKept(i) ? Math.exp(x.data[i] - total) : 0;
      }
    });
  },
  gradient: ({ outputs: [y], outputGradient, run }) => run(softmaxGradient, [y, outputGradient], undefined),
  sample: (draw) => sampleRows(draw),
};
