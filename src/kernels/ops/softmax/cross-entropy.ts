/**
 * Cross-entropy with soft targets: logits x [..., C], targets t [..., C], an optional mask that broadcasts to x,
 *
 *   loss = - sum_i t_i log softmax_masked(x)_i      [...]
 *
 * over what the mask keeps. A row with nothing left gives 0 and takes no gradient. The targets are held constant.
 * The softmax is the second output.
 */
import type { Draw } from "../../draw.ts";
import { checkMask } from "../../mask.ts";
import { checkTypes, type GradientOperation, type Operation } from "../../operation.ts";
import { formatShape, lastExtent, ShapeError, sameShape } from "../../shape.ts";
import { rowCalls } from "../../wasm/rows.ts";
import { maskCode, rowProgram, SUM_EXPONENTIALS } from "../../webgpu/rows.ts";
import { crossEntropyGradientKernels, crossEntropyKernels } from "./simd.ts";
import { forEachRow, rowLogSumExp } from "./softmax.ts";

/** Inputs p, t, g [...]: dx_i = g (p_i sum_j t_j - t_i) over the kept elements, which are those that t counts. */
const crossEntropyGradient: GradientOperation = {
  name: "crossEntropy.gradient",
  outputs: ([p]) => [p],
  reference([p, t, g, mask], [out]) {
    const columns = lastExtent("crossEntropy", p.shape);
    forEachRow(p, mask, (row, start, maskStart) => {
      let total = 0;
      for (let j = 0; j < columns; j++) {
        if (mask === undefined || mask.data[maskStart + j] !== 0) total += t.data[start + j];
      }
      for (let j = 0; j < columns; j++) {
        const kept = mask === undefined || mask.data[maskStart + j] !== 0;
        out.data[start + j] = kept ? g.data[row] * (p.data[start + j] * total - t.data[start + j]) : 0;
      }
    });
  },
  simd: ([p, , , mask]) =>
    rowCalls(
      crossEntropyGradientKernels,
      p.shape,
      { p: { input: 0 }, t: { input: 1 }, g: { input: 2 }, out: { output: 0 } },
      { mask, input: 3 },
    ),
  wgsl: ([p, , , mask]) => [
    rowProgram(
      "crossEntropy.gradient",
      p.shape,
      { p: { input: 0 }, t: { input: 1 }, g: { input: 2 }, out: { output: 0 } },
      `  var total = 0.0;
  for (var j = 0u; j < parameters.columns; j++) {
    if (is_kept(mask_start + j)) { total += t[start + j]; }
  }
  for (var j = 0u; j < parameters.columns; j++) {
    let at = start + j;
    if (is_kept(mask_start + j)) { out[at] = g[row] * (p[at] * total - t[at]); } else { out[at] = 0.0; }
  }`,
      { mask: maskCode(p.shape, mask, 3) },
    ),
  ],
};

/** - sum_i t_i log softmax(x)_i over the last axis: x and t [..., C], and a mask -> [...]. */
export const crossEntropy: Operation = {
  name: "crossEntropy",
  constants: [1],
  outputs([x, t, mask]) {
    checkTypes("crossEntropy", [x, t], ["float"]);
    lastExtent("crossEntropy", x.shape);
    if (!sameShape(x.shape, t.shape)) {
      throw new ShapeError(
        `crossEntropy: logits ${formatShape(x.shape)} and targets ${formatShape(t.shape)} must have one shape`,
      );
    }
    if (mask !== undefined) checkMask("crossEntropy", mask, x.shape);
    return [
      { shape: x.shape.slice(0, -1), dtype: x.dtype },
      { shape: x.shape, dtype: x.dtype },
    ];
  },
  reference([x, t, mask], [out, probabilities]) {
    const columns = lastExtent("crossEntropy", x.shape);
    out.data.fill(0);
    forEachRow(x, mask, (row, start, maskStart) => {
      const total = rowLogSumExp(x.data, start, columns, mask?.data, maskStart);
      let loss = 0;
      for (let j = 0; j < columns; j++) {
        const kept = total !== undefined && (mask === undefined || mask.data[maskStart + j] !== 0);
        const logProbability = kept ? x.data[start + j] - total : 0;
        if (kept) loss -= t.data[start + j] * logProbability;
        probabilities.data[start + j] = kept ? Math.exp(logProbability) : 0;
      }
      out.data[row] = loss;
    });
  },
  simd: ([x, , mask]) =>
    rowCalls(
      crossEntropyKernels,
      x.shape,
      { x: { input: 0 }, t: { input: 1 }, out: { output: 0 }, probabilities: { output: 1 } },
      { mask, input: 2 },
    ),
  wgsl: ([x, , mask]) => [
    rowProgram(
      "crossEntropy",
      x.shape,
      { x: { input: 0 }, t: { input: 1 }, out: { output: 0 }, probabilities: { output: 1 } },
      `  let sum = sum_exponentials(start, mask_start);
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
      { mask: maskCode(x.shape, mask, 2), functions: SUM_EXPONENTIALS },
    ),
  ],
  gradient: ({ inputs: [, t, ...mask], outputs, outputGradient, run }) =>
    run(crossEntropyGradient, [outputs[1], t, outputGradient, ...mask], undefined),
  sample(draw: Draw) {
    const shape = draw.shape(1, 3);
    const inputs = [draw.floats(shape), draw.floats(shape, { minimum: 0, maximum: 1 })];
    const masked = draw.integer(0, 2);
    if (masked === 1) inputs.push(draw.mask(shape));
    if (masked === 2) inputs.push(draw.mask(shape.slice(-1)));
    return { inputs, attributes: undefined };
  },
};
