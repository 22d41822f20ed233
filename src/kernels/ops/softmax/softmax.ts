/**
 * The softmax family over the last axis, x [..., C], with an optional mask that broadcasts to x:
 *
 *   logSumExp(x)   = log sum_j exp(x_j)            [...]
 *   softmax(x)_i   = exp(x_i - logSumExp(x))       [..., C]
 *   logSoftmax(x)_i = x_i - logSumExp(x)           [..., C]
 *
 * Sums run over what the mask keeps. Hidden elements get probability 0; a row with nothing left gives zeros and
 * takes no gradient.
 */
import type { Draw } from "../../draw.ts";
import { checkMask, HIDDEN_LOG_PROBABILITY, maskRowOffsets } from "../../mask.ts";
import {
  checkTypes,
  type GradientContext,
  type GradientOperation,
  type HostTensor,
  type NumberArray,
  type Operation,
  type TensorSpec,
  type Value,
} from "../../operation.ts";
import { lastExtent } from "../../shape.ts";
import { type RowKernels, rowCalls } from "../../wasm/rows.ts";
import { f32 } from "../../webgpu/program.ts";
import { maskCode, rowProgram, SUM_EXPONENTIALS } from "../../webgpu/rows.ts";
import {
  logSoftmaxGradientKernels,
  logSoftmaxKernels,
  logSumExpGradientKernels,
  logSumExpKernels,
  softmaxGradientKernels,
  softmaxKernels,
} from "./simd.ts";

/** Calls `visit` for each row with where it starts, and where its mask row starts (-1 without a mask). */
export function forEachRow(
  x: HostTensor,
  mask: HostTensor | undefined,
  visit: (row: number, start: number, maskStart: number) => void,
): void {
  const columns = lastExtent("softmax", x.shape);
  const offsets = mask && maskRowOffsets(mask, x.shape);
  const rows = columns === 0 ? 0 : x.data.length / columns;
  for (let row = 0; row < rows; row++) visit(row, row * columns, offsets ? offsets[row] : -1);
}

/** log sum exp of x[start, start + columns) over what the mask keeps; undefined where it keeps nothing. */
export function rowLogSumExp(
  x: NumberArray,
  start: number,
  columns: number,
  mask: NumberArray | undefined,
  maskStart: number,
): number | undefined {
  let largest = Number.NEGATIVE_INFINITY;
  for (let j = 0; j < columns; j++) {
    if (mask !== undefined && mask[maskStart + j] === 0) continue;
    if (x[start + j] > largest) largest = x[start + j];
  }
  if (largest === Number.NEGATIVE_INFINITY) return undefined;
  let total = 0;
  for (let j = 0; j < columns; j++) {
    if (mask !== undefined && mask[maskStart + j] === 0) continue;
    total += Math.exp(x[start + j] - largest);
  }
  return largest + Math.log(total);
}

function checkInputs(name: string, inputs: readonly TensorSpec[]): void {
  const [x, mask] = inputs;
  checkTypes(name, [x], ["float"]);
  lastExtent(name, x.shape);
  if (mask !== undefined) checkMask(name, mask, x.shape);
}

function sample(draw: Draw) {
  const shape = draw.shape(1, 3);
  const inputs = [draw.floats(shape)];
  const masked = draw.integer(0, 2);
  if (masked === 1) inputs.push(draw.mask(shape));
  if (masked === 2) inputs.push(draw.mask(shape.slice(-1)));
  return { inputs, attributes: undefined };
}

/**
 * A family member that maps x to a tensor of x's shape, given what to write for each element, and the same in WGSL
 * from the element's `logit` and the row's `sum`.
 */
function define(
  name: string,
  write: (logit: number, logSumExp: number) => number,
  code: string,
  hidden: number,
  kernels: RowKernels,
  gradientRule: GradientOperation,
): Operation {
  return {
    name,
    outputs(inputs) {
      checkInputs(name, inputs);
      return [{ shape: inputs[0].shape, dtype: inputs[0].dtype }];
    },
    reference([x, mask], [out]) {
      const columns = lastExtent(name, x.shape);
      forEachRow(x, mask, (_, start, maskStart) => {
        const total = rowLogSumExp(x.data, start, columns, mask?.data, maskStart);
        for (let j = 0; j < columns; j++) {
          const kept = mask === undefined || mask.data[maskStart + j] !== 0;
          out.data[start + j] = total === undefined ? 0 : kept ? write(x.data[start + j], total) : hidden;
        }
      });
    },
    simd: ([x, mask]) =>
      rowCalls(kernels, x.shape, { x: { input: 0 }, out: { output: 0 } }, { mask, input: 1 }),
    wgsl: ([x, mask]) => [
      rowProgram(
        name,
        x.shape,
        { x: { input: 0 }, out: { output: 0 } },
        `  let sum = sum_exponentials(start, mask_start);
  let hidden = select(parameters.hidden, 0.0, sum.total == 0.0);
  for (var j = 0u; j < parameters.columns; j++) {
    let logit = x[start + j];
    if (is_kept(mask_start + j)) { out[start + j] = ${code}; } else { out[start + j] = hidden; }
  }`,
        {
          mask: maskCode(x.shape, mask, 1),
          parameters: { hidden: f32(hidden) },
          functions: SUM_EXPONENTIALS,
        },
      ),
    ],
    gradient({ inputs, outputs, outputGradient, run }: GradientContext<undefined>): (Value | undefined)[] {
      return run(gradientRule, [outputs[0], outputGradient, ...inputs.slice(1)], undefined);
    },
    sample,
  };
}

/** Inputs y, g, mask: dx_i = y_i (g_i - sum_j g_j y_j). */
const softmaxGradient: GradientOperation = {
  name: "softmax.gradient",
  outputs: ([y]) => [y],
  reference([y, g], [out]) {
    const columns = lastExtent("softmax", y.shape);
    forEachRow(y, undefined, (_, start) => {
      let dot = 0;
      for (let j = start; j < start + columns; j++) dot += g.data[j] * y.data[j];
      for (let j = start; j < start + columns; j++) out.data[j] = y.data[j] * (g.data[j] - dot);
    });
  },
  simd: ([y]) =>
    rowCalls(softmaxGradientKernels, y.shape, { y: { input: 0 }, g: { input: 1 }, out: { output: 0 } }),
  wgsl: ([y]) => [
    rowProgram(
      "softmax.gradient",
      y.shape,
      { y: { input: 0 }, g: { input: 1 }, out: { output: 0 } },
      `  var dot = 0.0;
  for (var j = start; j < start + parameters.columns; j++) { dot += g[j] * y[j]; }
  for (var j = start; j < start + parameters.columns; j++) { out[j] = y[j] * (g[j] - dot); }`,
    ),
  ],
};

/** Inputs y, g, mask: dx_i = g_i - exp(y_i) sum_j g_j over the kept elements; hidden ones get 0. */
const logSoftmaxGradient: GradientOperation = {
  name: "logSoftmax.gradient",
  outputs: ([y]) => [y],
  reference([y, g, mask], [out]) {
    const columns = lastExtent("logSoftmax", y.shape);
    forEachRow(y, mask, (_, start, maskStart) => {
      let total = 0;
      for (let j = 0; j < columns; j++) {
        if (mask === undefined || mask.data[maskStart + j] !== 0) total += g.data[start + j];
      }
      for (let j = 0; j < columns; j++) {
        const kept = mask === undefined || mask.data[maskStart + j] !== 0;
        out.data[start + j] = kept ? g.data[start + j] - Math.exp(y.data[start + j]) * total : 0;
      }
    });
  },
  simd: ([y, , mask]) =>
    rowCalls(
      logSoftmaxGradientKernels,
      y.shape,
      { y: { input: 0 }, g: { input: 1 }, out: { output: 0 } },
      { mask, input: 2 },
    ),
  wgsl: ([y, , mask]) => [
    rowProgram(
      "logSoftmax.gradient",
      y.shape,
      { y: { input: 0 }, g: { input: 1 }, out: { output: 0 } },
      `  var total = 0.0;
  for (var j = 0u; j < parameters.columns; j++) {
    if (is_kept(mask_start + j)) { total += g[start + j]; }
  }
  for (var j = 0u; j < parameters.columns; j++) {
    let at = start + j;
    if (is_kept(mask_start + j)) { out[at] = g[at] - exp(y[at]) * total; } else { out[at] = 0.0; }
  }`,
      { mask: maskCode(y.shape, mask, 2) },
    ),
  ],
};

/** softmax(x) over the last axis: x [..., C], and a mask -> [..., C]. */
export const softmax: Operation = define(
  "softmax",
  (logit, total) => Math.exp(logit - total),
  "exp(logit - sum.largest) / sum.total",
  0,
  softmaxKernels,
  softmaxGradient,
);

/** log softmax(x) over the last axis: x [..., C], and a mask -> [..., C]. */
export const logSoftmax: Operation = define(
  "logSoftmax",
  (logit, total) => logit - total,
  "logit - sum.largest - log(sum.total)",
  HIDDEN_LOG_PROBABILITY,
  logSoftmaxKernels,
  logSoftmaxGradient,
);

/** Inputs x, g [...], mask: dx_i = g softmax(x)_i. */
const logSumExpGradient: GradientOperation = {
  name: "logSumExp.gradient",
  outputs: ([x]) => [x],
  reference([x, g, mask], [out]) {
    const columns = lastExtent("logSumExp", x.shape);
    forEachRow(x, mask, (row, start, maskStart) => {
      const total = rowLogSumExp(x.data, start, columns, mask?.data, maskStart);
      for (let j = 0; j < columns; j++) {
        const kept = total !== undefined && (mask === undefined || mask.data[maskStart + j] !== 0);
        out.data[start + j] = kept ? g.data[row] * Math.exp(x.data[start + j] - total) : 0;
      }
    });
  },
  simd: ([x, , mask]) =>
    rowCalls(
      logSumExpGradientKernels,
      x.shape,
      { x: { input: 0 }, g: { input: 1 }, out: { output: 0 } },
      { mask, input: 2 },
    ),
  wgsl: ([x, , mask]) => [
    rowProgram(
      "logSumExp.gradient",
      x.shape,
      { x: { input: 0 }, g: { input: 1 }, out: { output: 0 } },
      `  let sum = sum_exponentials(start, mask_start);
  for (var j = 0u; j < parameters.columns; j++) {
    let at = start + j;
    if (is_kept(mask_start + j)) {
      out[at] = g[row] * exp(x[at] - sum.largest) / sum.total;
    } else {
      out[at] = 0.0;
    }
  }`,
      { mask: maskCode(x.shape, mask, 2), functions: SUM_EXPONENTIALS },
    ),
  ],
};

/** log sum exp over the last axis: x [..., C], and a mask -> [...]. */
export const logSumExp: Operation = {
  name: "logSumExp",
  outputs(inputs) {
    checkInputs("logSumExp", inputs);
    return [{ shape: inputs[0].shape.slice(0, -1), dtype: inputs[0].dtype }];
  },
  reference([x, mask], [out]) {
    const columns = lastExtent("logSumExp", x.shape);
    out.data.fill(0);
    forEachRow(x, mask, (row, start, maskStart) => {
      out.data[row] = rowLogSumExp(x.data, start, columns, mask?.data, maskStart) ?? 0;
    });
  },
  simd: ([x, mask]) =>
    rowCalls(logSumExpKernels, x.shape, { x: { input: 0 }, out: { output: 0 } }, { mask, input: 1 }),
  wgsl: ([x, mask]) => [
    rowProgram(
      "logSumExp",
      x.shape,
      { x: { input: 0 }, out: { output: 0 } },
      `  let sum = sum_exponentials(start, mask_start);
  if (sum.total == 0.0) { out[row] = 0.0; } else { out[row] = sum.largest + log(sum.total); }`,
      { mask: maskCode(x.shape, mask, 1), functions: SUM_EXPONENTIALS },
    ),
  ],
  gradient: ({ inputs: [x, ...mask], outputGradient, run }) =>
    run(logSumExpGradient, [x, outputGradient, ...mask], undefined),
  sample,
};
