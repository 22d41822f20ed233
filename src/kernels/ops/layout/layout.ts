/** Moving elements without changing them: permuted axes, slices, concatenation. */

import type { Program } from "../../dispatch.ts";
import type { GradientOperation, HostTensor, Operation, TensorSpec } from "../../operation.ts";
import {
  broadcastStrides,
  forEachOffset,
  formatShape,
  loopNest,
  resolveAxis,
  type Shape,
  ShapeError,
  sizeOf,
} from "../../shape.ts";
import { stridedOffsets } from "../../webgpu/broadcast.ts";
import { indexProgram } from "../../webgpu/program.ts";
import { concatCalls, extractCalls, insertBetweenZerosCalls, permuteCalls } from "./simd.ts";

export interface PermuteAttributes {
  /** Axis i of the result is axis axes[i] of the input. */
  readonly axes: readonly number[];
}

/** y = x with its axes in another order; a transpose is the exchange of two of them. */
export const permute: Operation<PermuteAttributes> = {
  name: "permute",
  signature: "x -> out",
  outputs([x], { axes }) {
    const rank = x.shape.length;
    if (axes.length !== rank || new Set(axes).size !== rank) {
      throw new ShapeError(
        `permute: axes [${axes}] are not a permutation of the ${rank} axes of ${formatShape(x.shape)}`,
      );
    }
    return [{ shape: axes.map((axis) => x.shape[resolveAxis("permute", axis, rank)]), dtype: x.dtype }];
  },
  reference([x], [out], { axes }) {
    const rank = x.shape.length;
    const strides = broadcastStrides(x.shape, rank);
    const nest = loopNest(out.shape, [axes.map((axis) => strides[axis])]);
    const { extent, strides: inner } = nest[nest.length - 1];
    let at = 0;
    forEachOffset(nest.slice(0, -1), (offsets) => {
      let source = offsets[0] ?? 0;
      for (let i = 0; i < extent; i++, source += inner[0]) out.data[at++] = x.data[source];
    });
  },
  simd: permuteCalls,
  wgsl([x], [out], { axes }) {
    const strides = broadcastStrides(x.shape, x.shape.length);
    const offsets = stridedOffsets(out.shape, { x: axes.map((axis) => strides[axis]) });
    const body = `${offsets.code}\n  out[i] = x[at_x];`;
    return [
      indexProgram(`permute ${offsets.key}`, sizeOf(out.shape), body, { parameters: offsets.parameters }),
    ];
  },
  gradient({ attributes: { axes }, outputGradient, run }) {
    const inverse = axes.map((_, axis) => axes.indexOf(axis));
    return run(permute, [outputGradient], { axes: inverse });
  },
  sample(draw) {
    const shape = draw.shape(0, 4);
    const axes = shape.map((_, axis) => axis);
    for (let i = axes.length - 1; i > 0; i--) axes.push(...axes.splice(draw.integer(0, i), 1));
    return { inputs: [draw.floats(shape)], attributes: { axes } };
  },
};

export interface SliceAttributes {
  readonly axis: number;
  readonly start: number;
  /** One past the last. */
  readonly end: number;
}

/** A tensor seen as [outer, extent, inner] around one axis. */
function around(shape: Shape, axis: number): { outer: number; inner: number } {
  return { outer: sizeOf(shape.slice(0, axis)), inner: sizeOf(shape.slice(axis + 1)) };
}

/** Copies `source`, whole, into `target` from `start` along `axis`. */
function insert(source: HostTensor, target: HostTensor, axis: number, start: number): void {
  const { outer, inner } = around(target.shape, axis);
  const block = source.shape[axis] * inner;
  for (let i = 0; i < outer; i++) {
    const at = (i * target.shape[axis] + start) * inner;
    target.data.set(source.data.subarray(i * block, (i + 1) * block), at);
  }
}

/** Copies what `target` holds out of `source`, from `start` along `axis`. */
function extract(source: HostTensor, target: HostTensor, axis: number, start: number): void {
  const { outer, inner } = around(target.shape, axis);
  const block = target.shape[axis] * inner;
  for (let i = 0; i < outer; i++) {
    const at = (i * source.shape[axis] + start) * inner;
    target.data.set(source.data.subarray(at, at + block), i * block);
  }
}

/**
 * What the programs below know of a whole tensor and a part of it from `start` along `axis`: elements between two
 * steps of the outer axes, and where in them the part starts.
 */
function blockParameters(part: Shape, whole: Shape, axis: number, start: number) {
  const { inner } = around(whole, axis);
  return { part: part[axis] * inner, whole: whole[axis] * inner, start: start * inner };
}

/** `insert` of input number `input` into the output: one invocation for each element of the source. */
function insertProgram(
  source: TensorSpec,
  input: number,
  target: TensorSpec,
  axis: number,
  start: number,
): Program {
  return indexProgram(
    "insert",
    sizeOf(source.shape),
    "  out[i / parameters.part * parameters.whole + parameters.start + i % parameters.part] = x[i];",
    { tensors: { x: { input } }, parameters: blockParameters(source.shape, target.shape, axis, start) },
  );
}

const sliceGradient: GradientOperation<SliceAttributes & { readonly shape: Shape }> = {
  name: "slice.gradient",
  signature: "x -> out",
  outputs: ([g], { shape }) => [{ shape, dtype: g.dtype }],
  reference([g], [out], { axis, start }) {
    out.data.fill(0);
    insert(g, out, axis, start);
  },
  simd: insertBetweenZerosCalls,
  /** One invocation for each element of the whole, since those outside the part are zeros. */
  wgsl: ([g], [out], { axis, start }) => [
    indexProgram(
      "slice.gradient",
      sizeOf(out.shape),
      `  let at = i % parameters.whole;
  var value = 0.0;
  if (at >= parameters.start && at < parameters.start + parameters.part) {
    value = x[i / parameters.whole * parameters.part + at - parameters.start];
  }
  out[i] = value;`,
      { parameters: blockParameters(g.shape, out.shape, axis, start) },
    ),
  ],
};

/** y = x[..., start:end, ...] along one axis. */
export const slice: Operation<SliceAttributes> = {
  name: "slice",
  signature: "x -> out",
  outputs([x], { axis, start, end }) {
    const extent = x.shape[resolveAxis("slice", axis, x.shape.length)];
    if (!(Number.isInteger(start) && Number.isInteger(end) && 0 <= start && start <= end && end <= extent)) {
      throw new ShapeError(
        `slice: ${start} to ${end} does not lie within 0 to ${extent}, axis ${axis} of ${formatShape(x.shape)}`,
      );
    }
    return [{ shape: x.shape.map((own, at) => (at === axis ? end - start : own)), dtype: x.dtype }];
  },
  reference: ([x], [out], { axis, start }) => extract(x, out, axis, start),
  simd: extractCalls,
  wgsl: ([x], [out], { axis, start }) => [
    indexProgram(
      "slice",
      sizeOf(out.shape),
      "  out[i] = x[i / parameters.part * parameters.whole + parameters.start + i % parameters.part];",
      { parameters: blockParameters(out.shape, x.shape, axis, start) },
    ),
  ],
  gradient: ({ inputs: [x], attributes, outputGradient, run }) =>
    run(sliceGradient, [outputGradient], { ...attributes, shape: x.shape }),
  sample(draw) {
    const shape = draw.shape(1, 3);
    const axis = draw.integer(0, shape.length - 1);
    const start = draw.integer(0, shape[axis]);
    return {
      inputs: [draw.floats(shape)],
      attributes: { axis, start, end: draw.integer(start, shape[axis]) },
    };
  },
};

export interface ConcatAttributes {
  readonly axis: number;
}

/** y = the inputs one after the other along one axis; their other axes agree. */
export const concat: Operation<ConcatAttributes> = {
  name: "concat",
  signature: "x -> out",
  outputs(inputs: readonly TensorSpec[], { axis }) {
    if (inputs.length === 0) throw new ShapeError("concat: expected at least one tensor");
    const [first] = inputs;
    resolveAxis("concat", axis, first.shape.length);
    for (const { shape, dtype } of inputs) {
      const fits =
        shape.length === first.shape.length &&
        shape.every((extent, at) => at === axis || extent === first.shape[at]);
      if (!fits || dtype !== first.dtype) {
        throw new ShapeError(
          `concat: ${inputs.map((input) => `${input.dtype} ${formatShape(input.shape)}`).join(" and ")} ` +
            `must agree in element type and in all axes but axis ${axis}`,
        );
      }
    }
    const total = inputs.reduce((sum, { shape }) => sum + shape[axis], 0);
    return [{ shape: first.shape.map((extent, at) => (at === axis ? total : extent)), dtype: first.dtype }];
  },
  reference(inputs, [out], { axis }) {
    let start = 0;
    for (const input of inputs) {
      insert(input, out, axis, start);
      start += input.shape[axis];
    }
  },
  simd: concatCalls,
  wgsl(inputs, [out], { axis }) {
    let start = 0;
    return inputs.map((input, index) => {
      const program = insertProgram(input, index, out, axis, start);
      start += input.shape[axis];
      return program;
    });
  },
  gradient({ inputs, attributes: { axis }, outputGradient, needs, run }) {
    let start = 0;
    return inputs.map(({ shape }, index) => {
      const end = start + shape[axis];
      const part = needs[index] ? run(slice, [outputGradient], { axis, start, end })[0] : undefined;
      start = end;
      return part;
    });
  },
  sample(draw) {
    const shape = draw.shape(1, 3);
    const axis = draw.integer(0, shape.length - 1);
    const inputs = Array.from({ length: draw.integer(1, 3) }, () =>
      draw.floats(shape.map((extent, at) => (at === axis ? draw.extent(0, 3) : extent))),
    );
    return { inputs, attributes: { axis } };
  },
};
