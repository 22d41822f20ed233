/** Sums and maxima over any axes. */
import type { Places } from "../../dispatch.ts";
import type { Draw } from "../../draw.ts";
import type { GradientContext, GradientOperation, Operation, TensorSpec, Value } from "../../operation.ts";
import {
  broadcastStrides,
  checkBroadcastsTo,
  forEachRun,
  type Run,
  resolveAxis,
  type Shape,
  ShapeError,
  sameShape,
  sizeOf,
} from "../../shape.ts";
import { broadcastOffsets, stridedOffsets } from "../../webgpu/broadcast.ts";
import { indexProgram } from "../../webgpu/program.ts";
import { broadcastCalls, maxCalls, maxGradientCalls, sumCalls } from "./simd.ts";

/** Of {@link sum} and {@link max}. */
export interface ReduceAttributes {
  /** Axes to reduce, counted from the front. Reduced axes stay, with extent 1. */
  readonly axes: readonly number[];
}

/** `shape` with extent 1 along the reduced axes. */
function reducedShape(name: string, shape: Shape, axes: readonly number[]): Shape {
  const reduced = new Set(axes.map((axis) => resolveAxis(name, axis, shape.length)));
  return shape.map((extent, axis) => (reduced.has(axis) ? 1 : extent));
}

const sampleAxes = (draw: Draw, shape: Shape) => shape.map((_, axis) => axis).filter(() => draw.boolean());

/** Covers the input in memory order with runs that pair its elements with those of the (smaller) `out`, which come first. */
function forEachPair(input: TensorSpec, out: TensorSpec, run: Run): void {
  const strides = [out, input].map(({ shape }) => broadcastStrides(shape, input.shape.length));
  forEachRun(input.shape, strides, run);
}

/** How a reduction walks its input in WGSL: from an output's index to its first element, and along the reduced axes. */
function reductionWalk(x: TensorSpec, out: TensorSpec) {
  const strides = broadcastStrides(x.shape, x.shape.length);
  const isReduced = (axis: number) => out.shape[axis] !== x.shape[axis];
  const axesWhere = (wanted: boolean) => x.shape.flatMap((_, axis) => (isReduced(axis) === wanted ? [axis] : []));
  const pick = (values: readonly number[], axes: readonly number[]) => axes.map((axis) => values[axis]);
  const [kept, reduced] = [axesWhere(false), axesWhere(true)];
  const first = stridedOffsets(pick(x.shape, kept), { x: pick(strides, kept) }, "o");
  const along = stridedOffsets(pick(x.shape, reduced), { x: pick(strides, reduced) }, "r");
  return {
    key: `${first.key}, ${along.key}`,
    parameters: { reduced: sizeOf(pick(x.shape, reduced)), ...first.parameters, ...along.parameters },
    /** Defines `o_at_x` from `o`. */
    first: first.code,
    /** Defines `r_at_x` from `r`. */
    along: along.code,
    outputs: sizeOf(out.shape),
  };
}

/** Terms that one invocation adds up before they join others, its own or those of several that share a sum. */
const TERMS_PER_INVOCATION = 512;
/** Invocations from which a device has enough to do. */
const ENOUGH_INVOCATIONS = 4096;

/** Adds up each output's terms in `parts`, which lie side by side in the output. */
function sumProgram({ dtype }: TensorSpec, walk: ReturnType<typeof reductionWalk>, parts: number, tensors: Places) {
  const { key, first, along, outputs } = walk;
  const body = `  let o = i / parameters.parts;
${first}
  let start = (i % parameters.parts) * parameters.terms;
  let end = min(start + parameters.terms, parameters.reduced);
  var total = ${dtype}(0);
  for (var block = start; block < end; block += ${TERMS_PER_INVOCATION}u) {
    var part = ${dtype}(0);
    for (var r = block; r < min(block + ${TERMS_PER_INVOCATION}u, end); r++) {
${along}
      part += x[o_at_x + r_at_x];
    }
    total += part;
  }
  out[i] = total;`;
  const parameters = { parts, terms: Math.ceil(walk.parameters.reduced / parts), ...walk.parameters };
  return indexProgram(`sum ${dtype} ${key}`, outputs * parts, body, { tensors, parameters });
}

/** y = sum of x over `axes`: x [..., n, ...] -> y [..., 1, ...]. */
export const sum: Operation<ReduceAttributes> = {
  name: "sum",
  signature: "x -> out",
  outputs: ([input], { axes }) => [{ shape: reducedShape("sum", input.shape, axes), dtype: input.dtype }],
  reference([input], [out]) {
    const sums = new Float64Array(out.data.length);
    const { data } = input;
    forEachPair(input, out, (count, [outAt, inAt], [outStride, inStride]) => {
      if (outStride === 0) {
        let total = 0;
        for (let i = 0; i < count; i++) total += data[inAt + i * inStride];
        sums[outAt] += total;
      } else {
        for (let i = 0; i < count; i++) sums[outAt + i * outStride] += data[inAt + i * inStride];
      }
    });
    out.data.set(sums);
  },
  simd: sumCalls,
  /** Each output's terms in parts of fixed size, and then the parts: the order of additions is always the same. */
  wgsl([x], [out]) {
    const walk = reductionWalk(x, out);
    const { reduced } = walk.parameters;
    const isLong = reduced > TERMS_PER_INVOCATION && walk.outputs < ENOUGH_INVOCATIONS;
    if (!isLong) return [sumProgram(x, walk, 1, {})];
    const parts = Math.ceil(reduced / TERMS_PER_INVOCATION);
    const partial = { scratch: 0, length: walk.outputs * parts, dtype: x.dtype };
    const rest = reductionWalk({ ...x, shape: [walk.outputs, parts] }, { ...x, shape: [walk.outputs, 1] });
    return [sumProgram(x, walk, parts, { out: partial }), sumProgram(x, rest, 1, { x: partial })];
  },
  gradient: ({ inputs, outputGradient, run }) => run(broadcastTo, [outputGradient], { shape: inputs[0].shape }),
  sample(draw) {
    const shape = draw.shape(1, 4);
    return { inputs: [draw.floats(shape)], attributes: { axes: sampleAxes(draw, shape) } };
  },
};

const equalShares: GradientOperation<undefined> = {
  name: "max.gradient",
  signature: "x, y, g -> out",
  outputs: ([input]) => [{ shape: input.shape, dtype: input.dtype }],
  /** Inputs x, y, g: the gradient of each maximum is shared equally by the elements that attain it. */
  reference([x, y, g], [out]) {
    const ties = new Float64Array(y.data.length);
    forEachPair(x, y, (count, [yAt, xAt], [yStride, xStride]) => {
      for (let i = 0; i < count; i++) {
        if (x.data[xAt + i * xStride] === y.data[yAt + i * yStride]) ties[yAt + i * yStride]++;
      }
    });
    forEachPair(x, y, (count, [yAt, xAt], [yStride, xStride]) => {
      for (let i = 0; i < count; i++) {
        const at = yAt + i * yStride;
        const attained = x.data[xAt + i * xStride] === y.data[at];
        out.data[xAt + i * xStride] = attained ? g.data[at] / ties[at] : 0;
      }
    });
  },
  simd: maxGradientCalls,
  /** Every input element belongs to one maximum, whose invocation writes it. */
  wgsl([x, y], [out]) {
    if (sizeOf(out.shape) === 0) return [];
    const { key, parameters, first, along, outputs } = reductionWalk(x, y);
    const body = `  let o = i;
${first}
  var ties = 0.0;
  for (var r = 0u; r < parameters.reduced; r++) {
${along}
    ties += select(0.0, 1.0, x[o_at_x + r_at_x] == y[i]);
  }
  for (var r = 0u; r < parameters.reduced; r++) {
${along}
    out[o_at_x + r_at_x] = select(0.0, g[i] / ties, x[o_at_x + r_at_x] == y[i]);
  }`;
    return [indexProgram(`max.gradient ${key}`, outputs, body, { parameters })];
  },
};

/** y = maximum of x over `axes`: x [..., n, ...] -> y [..., 1, ...]. */
export const max: Operation<ReduceAttributes> = {
  name: "max",
  signature: "x -> out",
  outputs([input], { axes }) {
    const shape = reducedShape("max", input.shape, axes);
    if (sizeOf(input.shape) === 0 && sizeOf(shape) > 0) {
      throw new ShapeError(`max: an axis to reduce has extent 0 in [${input.shape}]; there is no largest element`);
    }
    return [{ shape, dtype: input.dtype }];
  },
  reference([input], [out]) {
    const maxima = new Float64Array(out.data.length).fill(Number.NEGATIVE_INFINITY);
    forEachPair(input, out, (count, [outAt, inAt], [outStride, inStride]) => {
      for (let i = 0; i < count; i++) {
        const at = outAt + i * outStride;
        maxima[at] = Math.max(maxima[at], input.data[inAt + i * inStride]);
      }
    });
    out.data.set(maxima);
  },
  simd: maxCalls,
  wgsl([x], [out]) {
    const { key, parameters, first, along, outputs } = reductionWalk(x, out);
    const body = `  let o = i;
${first}
  var largest = x[o_at_x];
  for (var r = 1u; r < parameters.reduced; r++) {
${along}
    largest = max(largest, x[o_at_x + r_at_x]);
  }
  out[i] = largest;`;
    return [indexProgram(`max ${x.dtype} ${key}`, outputs, body, { parameters })];
  },
  gradient: ({ inputs, outputs, outputGradient, run }) =>
    run(equalShares, [inputs[0], outputs[0], outputGradient], undefined),
  sample(draw) {
    const shape = draw.shape(1, 3).map((extent) => Math.max(extent, 1));
    return { inputs: [draw.distinctFloats(shape)], attributes: { axes: sampleAxes(draw, shape) } };
  },
};

/** y = x repeated along the axes where it has extent 1, to `shape`. */
export const broadcastTo: Operation<{ readonly shape: Shape }> = {
  name: "broadcastTo",
  signature: "x -> out",
  outputs([input], { shape }) {
    checkBroadcastsTo("broadcastTo", "x", input.shape, shape);
    return [{ shape, dtype: input.dtype }];
  },
  reference([input], [out]) {
    forEachPair(out, input, (count, [inAt, outAt], [inStride, outStride]) => {
      for (let i = 0; i < count; i++) out.data[outAt + i * outStride] = input.data[inAt + i * inStride];
    });
  },
  simd: broadcastCalls,
  wgsl([input], [out]) {
    const { key, parameters, code } = broadcastOffsets(out.shape, { x: input.shape });
    const body = `${code}\n  out[i] = x[at_x];`;
    return [indexProgram(`broadcastTo ${out.dtype} ${key}`, sizeOf(out.shape), body, { parameters })];
  },
  gradient: ({ inputs, outputGradient, run }) => [sumTo(run, outputGradient, inputs[0].shape)],
  sample(draw) {
    const shape = draw.shape();
    return { inputs: [draw.floats(draw.broadcastable(shape))], attributes: { shape } };
  },
};

/** Sums `value` back to `shape`, from which it was broadcast: the adjoint of broadcasting. */
export function sumTo(run: GradientContext<unknown>["run"], value: Value, shape: Shape): Value {
  if (sameShape(value.shape, shape)) return value;
  const added = value.shape.length - shape.length;
  const axes = value.shape.flatMap((extent, axis) =>
    axis < added || (shape[axis - added] === 1 && extent !== 1) ? [axis] : [],
  );
  return run(sum, [value], { axes })[0].reshape(shape);
}
