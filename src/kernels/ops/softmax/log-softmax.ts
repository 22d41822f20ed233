/**
 * The logarithms of a softmax and of the sum that it divides by, over the last axis of x [..., C], with an optional mask
 * that broadcasts to x:
 *
 *   logSumExp(x)    = log sum_j exp(x_j)           [...]
 *   logSoftmax(x)_i = x_i - logSumExp(x)           [..., C]
 *
 * The sum runs over what the mask keeps. Hidden elements of a log-softmax get a very low number; a row with nothing left
 * gives zeros and takes no gradient. Infinities among what is kept are as in SciPy: the sum of minus infinities alone has
 * the logarithm minus infinity, that with plus infinity has infinity.
 */
import { forEachRow, HIDDEN_LOG_PROBABILITY } from "../../mask.ts";
import type { GradientOperation, Operation } from "../../operation.ts";
import { exp, log } from "../../wasm/mathematics.ts";
import { F32x4 } from "../../wasm/values.ts";
import { rowOperation } from "../row-operation.ts";
import { checkLogits, eachKept, rowLogSumExp, SUM_EXPONENTIALS, sampleRows, sumExponentials } from "./exponentials.ts";

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
${eachKept("g[at] - exp(y[at]) * total")}`,
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
  let hidden = select(f32(${HIDDEN_LOG_PROBABILITY}), 0.0, sum.is_empty);
${eachKept("x[at] - sum.largest - log(sum.total)", "hidden")}`,
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

/** Inputs x, g [...], mask: dx_i = g softmax(x)_i. */
const logSumExpGradient: GradientOperation = {
  ...rowOperation("logSumExp.gradient", {
    signature: "x, g, mask -> out",
    simd(write, row, { x, g, out }) {
      const result = row.of(out);
      const { inverse } = sumExponentials(write, row, row.of(x), result);
      const factor = write.let(F32x4.loadSplat(row.numberOf(g)).mul(inverse));
      row.sweep(({ load, store, kept }) => store(result, kept(load(result).mul(factor), 0)));
    },
    functions: SUM_EXPONENTIALS,
    wgsl: `  let sum = sum_exponentials(start, mask_start);
${eachKept("g[row] * exp(x[at] - sum.largest) / sum.total")}`,
  }),
  outputs: ([x]) => [x],
  reference([x, g, mask], [out]) {
    forEachRow(x, mask, (row, start, end, isKept) => {
      const total = rowLogSumExp(x.data, start, end, isKept);
      for (let i = start; i < end; i++) {
        out.data[i] = total !== undefined && isKept(i) ? g.data[row] * Math.exp(x.data[i] - total) : 0;
      }
    });
  },
};

/** log sum exp over the last axis: x [..., C], and a mask -> [...]. */
export const logSumExp: Operation = {
  ...rowOperation("logSumExp", {
    signature: "x, mask -> out",
    simd(write, row, { x, out }) {
      const { largest, total, isEmpty } = sumExponentials(write, row, row.of(x));
      write.storeElement(row.numberOf(out), isEmpty.select(0, largest.add(log(write, total))), 0);
    },
    functions: SUM_EXPONENTIALS,
    wgsl: `  let sum = sum_exponentials(start, mask_start);
  if (sum.is_empty) { out[row] = 0.0; } else { out[row] = sum.largest + log(sum.total); }`,
  }),
  outputs(inputs) {
    const { shape, dtype } = checkLogits("logSumExp", inputs);
    return [{ shape: shape.slice(0, -1), dtype }];
  },
  reference([x, mask], [out]) {
    out.data.fill(0);
    forEachRow(x, mask, (row, start, end, isKept) => {
      out.data[row] = rowLogSumExp(x.data, start, end, isKept) ?? 0;
    });
  },
  gradient: ({ inputs: [x, ...mask], outputGradient, run }) =>
    run(logSumExpGradient, [x, outputGradient, ...mask], undefined),
  sample: (draw) => sampleRows(draw),
};
