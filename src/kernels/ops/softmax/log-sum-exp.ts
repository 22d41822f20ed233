/**
 * The logarithm of the sum of exponentials over the last axis, x [..., C], with an optional mask that broadcasts to x:
 *
 *   logSumExp(x) = log sum_j exp(x_j)              [...]
 *
 * The sum runs over what the mask keeps; a row with nothing left gives 0 and takes no gradient.
 */
import type { GradientOperation, Operation } from "../../operation.ts";
import { log } from "../../wasm/mathematics.ts";
import { F32x4 } from "../../wasm/values.ts";
import { rowOperation } from "../row-operation.ts";
import {
  checkLogits,
  forEachRow,
  rowLogSumExp,
  SUM_EXPONENTIALS,
  sampleRows,
  sumExponentials,
} from "./exponentials.ts";

/** Inputs x, g [...], mask: dx_i = g softmax(x)_i. */
const logSumExpGradient: GradientOperation = {
  ...rowOperation("logSumExp.gradient", {
    signature: "x, g, mask -> out",
    simd(write, row, { x, g, out }) {
      const result = row.of(out);
      const { inverse } = sumExponentials(write, row, row.of(x), (exponential, { store }) =>
        store(result, exponential),
      );
      const factor = write.let(F32x4.loadSplat(row.numberOf(g)).mul(inverse));
      row.sweep(({ load, store }) => store(result, load(result).mul(factor)));
    },
    functions: SUM_EXPONENTIALS,
    wgsl: `  let sum = sum_exponentials(start, mask_start);
  for (var j = 0u; j < parameters.columns; j++) {
    let at = start + j;
    if (is_kept(mask_start + j)) {
      out[at] = g[row] * exp(x[at] - sum.largest) / sum.total;
    } else {
      out[at] = 0.0;
    }
  }`,
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
  if (sum.total == 0.0) { out[row] = 0.0; } else { out[row] = sum.largest + log(sum.total); }`,
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
