/**
 * Cross-entropy with soft targets: logits x [..., C], targets t [..., C], an optional mask that broadcasts to x,
 *
 *   loss = - sum_i t_i log softmax_masked(x)_i      [...]
 *
 * over what the mask keeps. A row with nothing left gives 0 and takes no gradient. The targets are held constant.
 * The softmax is the second output.
 */
import { forEachRow } from "../../mask.ts";
import { checkTypes, type GradientOperation, type Operation } from "../../operation.ts";
import { formatShape, ShapeError, sameShape } from "../../shape.ts";
import { log } from "../../wasm/mathematics.ts";
import { F32x4 } from "../../wasm/values.ts";
import { rowOperation } from "../row-operation.ts";
import { checkLogits, eachKept, rowLogSumExp, SUM_EXPONENTIALS, sampleRows, sumExponentials } from "./exponentials.ts";

/** Inputs p, t, g [...]: dx_i = g (p_i sum_j t_j - t_i) over the kept elements, which are those that t counts. */
const crossEntropyGradient: GradientOperation = {
  ...rowOperation("crossEntropy.gradient", {
    signature: "p, t, g, mask -> out",
    simd(write, row, { p, t, g, out }) {
      const [probabilities, targets, result] = [row.of(p), row.of(t), row.of(out)];
      const total = row.sum(({ load }) => load(targets));
      const factor = write.let(F32x4.loadSplat(row.numberOf(g)));
      row.sweep(({ load, store, kept }) => {
        store(result, kept(factor.mul(load(probabilities).mul(total).sub(load(targets))), 0));
      });
    },
    wgsl: `  var total = 0.0;
  for (var j = 0u; j < parameters.columns; j++) {
    if (is_kept(mask_start + j)) { total += t[start + j]; }
  }
${eachKept("g[row] * (p[at] * total - t[at])")}`,
  }),
  outputs: ([p]) => [p],
  reference([p, t, g, mask], [out]) {
    forEachRow(p, mask, (row, start, end, isKept) => {
      let total = 0;
      for (let i = start; i < end; i++) if (isKept(i)) total += t.data[i];
      for (let i = start; i < end; i++) {
        out.data[i] = isKept(i) ? g.data[row] * (p.data[i] * total - t.data[i]) : 0;
      }
    });
  },
};

/** - sum_i t_i log softmax(x)_i over the last axis: x and t [..., C], and a mask -> [...]. */
export const crossEntropy: Operation = {
  ...rowOperation("crossEntropy", {
    signature: "x, t, mask -> out, probabilities",
    simd(write, row, given) {
      const [logits, targets] = [row.of(given.x), row.of(given.t)];
      const probabilities = row.of(given.probabilities);
      const { largest, total, isEmpty, inverse } = sumExponentials(write, row, logits, probabilities);
      const logTotal = log(write, total);
      const sum = row.sum(({ load, store, kept }) => {
        store(probabilities, kept(load(probabilities).mul(inverse), 0));
        return load(targets).mul(load(logits).sub(largest).sub(logTotal));
      });
      write.storeElement(row.numberOf(given.out), isEmpty.select(0, F32x4.splat(0).sub(sum)), 0);
    },
    functions: SUM_EXPONENTIALS,
    wgsl: `  let sum = sum_exponentials(start, mask_start);
  var loss = 0.0;
  for (var j = 0u; j < parameters.columns; j++) {
    let at = start + j;
    var probability = 0.0;
    if (is_kept(mask_start + j)) {
      loss -= t[at] * (x[at] - sum.largest - log(sum.total));
      probability = exp(x[at] - sum.largest) / sum.total;
    }
    probabilities[at] = probability;
  }
  out[row] = loss;`,
  }),
  constants: [1],
  outputs([x, t, mask]) {
    checkTypes("crossEntropy", [x, t], ["float"]);
    if (!sameShape(x.shape, t.shape)) {
      throw new ShapeError(
        `crossEntropy: logits ${formatShape(x.shape)} and targets ${formatShape(t.shape)} must have one shape`,
      );
    }
    const probabilities = checkLogits("crossEntropy", mask === undefined ? [x] : [x, mask]);
    return [{ ...probabilities, shape: x.shape.slice(0, -1) }, probabilities];
  },
  reference([x, t, mask], [out, probabilities]) {
    out.data.fill(0);
    forEachRow(x, mask, (row, start, end, isKept) => {
      const total = rowLogSumExp(x.data, start, end, isKept);
      let loss = 0;
      for (let i = start; i < end; i++) {
        const logProbability = total !== undefined && isKept(i) ? x.data[i] - total : undefined;
        if (logProbability !== undefined) loss -= t.data[i] * logProbability;
        probabilities.data[i] = logProbability === undefined ? 0 : Math.exp(logProbability);
      }
      out.data[row] = loss;
    });
  },
  gradient: ({ inputs: [, t, ...mask], outputs: [, probabilities], outputGradient, run }) =>
    run(crossEntropyGradient, [probabilities, t, outputGradient, ...mask], undefined),
  sample: (draw) => sampleRows(draw, { minimum: 0, maximum: 1 }),
};
