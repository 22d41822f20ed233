/** Parts of tensors along one axis, which are blocks of elements at equal distances in the whole: slices, and concatenation. */
import type { KernelCall, TensorPlace } from "../../dispatch.ts";
import type { GradientOperation, HostTensor, Operation, TensorSpec } from "../../operation.ts";
import { formatShape, resolveAxis, type Shape, ShapeError, sizeOf } from "../../shape.ts";
import { type Blocks, clearCall, copyCall } from "../../wasm/block-kernels.ts";
import { indexProgram } from "../../webgpu/program.ts";

/** Where they lie in the whole, how many they are, and the elements of each. */
interface Part extends Blocks {
  readonly count: number;
  readonly length: number;
}

/** The part of `whole` that begins at `start` along `axis`. */
function partOf(part: Shape, whole: Shape, axis: number, start: number): Part {
  const inner = sizeOf(whole.slice(axis + 1));
  return {
    count: sizeOf(whole.slice(0, axis)),
    length: part[axis] * inner,
    start: start * inner,
    step: whole[axis] * inner,
  };
}

/** Copies a part to where it lies in the whole. */
function insertPart(part: HostTensor, whole: HostTensor, { count, length, start, step }: Part): void {
  for (let i = 0; i < count; i++) {
    whole.data.set(part.data.subarray(i * length, (i + 1) * length), start + i * step);
  }
}

/** As `insertPart`, of the tensor `x` to the output. */
const insertCall = (x: TensorPlace, { count, length, start, step }: Part): KernelCall =>
  copyCall(x, { start: 0, step: length }, { start, step }, count, length);

export interface SliceAttributes {
  readonly axis: number;
  readonly start: number;
  /** One past the last. */
  readonly end: number;
}

/** The output is x from `start` along `axis`, between zeros. */
const sliceGradient: GradientOperation<SliceAttributes & { readonly shape: Shape }> = {
  name: "slice.gradient",
  signature: "x -> out",
  outputs: ([g], { shape }) => [{ shape, dtype: g.dtype }],
  reference([x], [out], { axis, start }) {
    out.data.fill(0);
    insertPart(x, out, partOf(x.shape, out.shape, axis, start));
  },
  simd([x], [out], { axis, start }) {
    const part = partOf(x.shape, out.shape, axis, start);
    const { count, length, start: before, step } = part;
    const after = before + length;
    return [
      clearCall({ start: 0, step }, count, before),
      insertCall({ input: 0 }, part),
      clearCall({ start: after, step }, count, step - after),
    ].filter(({ items }) => items > 0);
  },
  /** One invocation for each element of the whole, since those outside the part are zeros. */
  wgsl([x], [out], { axis, start }) {
    const { count, ...parameters } = partOf(x.shape, out.shape, axis, start);
    const body = `  let at = i % parameters.step;
  var value = 0.0;
  if (at >= parameters.start && at < parameters.start + parameters.length) {
    value = x[i / parameters.step * parameters.length + at - parameters.start];
  }
  out[i] = value;`;
    return [indexProgram("slice.gradient", count * parameters.step, body, { parameters })];
  },
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
  reference([x], [out], { axis, start: first }) {
    const { count, length, start, step } = partOf(out.shape, x.shape, axis, first);
    for (let i = 0; i < count; i++) {
      const at = start + i * step;
      out.data.set(x.data.subarray(at, at + length), i * length);
    }
  },
  simd([x], [out], { axis, start: first }) {
    const { count, length, start, step } = partOf(out.shape, x.shape, axis, first);
    return [copyCall({ input: 0 }, { start, step }, { start: 0, step: length }, count, length)];
  },
  wgsl([x], [out], { axis, start }) {
    const { count, ...parameters } = partOf(out.shape, x.shape, axis, start);
    const body = "  out[i] = x[i / parameters.length * parameters.step + parameters.start + i % parameters.length];";
    return [indexProgram("slice", count * parameters.length, body, { parameters })];
  },
  gradient: ({ inputs: [x], attributes, outputGradient, run }) =>
    run(sliceGradient, [outputGradient], { ...attributes, shape: x.shape }),
  sample(draw) {
    const shape = draw.shape(1, 3);
    const axis = draw.integer(0, shape.length - 1);
    const start = draw.integer(0, shape[axis]);
    return { inputs: [draw.floats(shape)], attributes: { axis, start, end: draw.integer(start, shape[axis]) } };
  },
};

export interface ConcatAttributes {
  readonly axis: number;
}

const INSERT = "  out[i / parameters.length * parameters.step + parameters.start + i % parameters.length] = x[i];";

function partsOf(inputs: readonly TensorSpec[], out: TensorSpec, axis: number): Part[] {
  let start = 0;
  return inputs.map(({ shape }) => {
    const part = partOf(shape, out.shape, axis, start);
    start += shape[axis];
    return part;
  });
}

/** y = the inputs one after the other along one axis; their other axes agree. */
export const concat: Operation<ConcatAttributes> = {
  name: "concat",
  signature: "-> out",
  outputs(inputs: readonly TensorSpec[], { axis }) {
    if (inputs.length === 0) throw new ShapeError("concat: expected at least one tensor");
    const [first] = inputs;
    resolveAxis("concat", axis, first.shape.length);
    for (const { shape, dtype } of inputs) {
      const fits =
        shape.length === first.shape.length && shape.every((extent, at) => at === axis || extent === first.shape[at]);
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
    partsOf(inputs, out, axis).forEach((part, input) => {
      insertPart(inputs[input], out, part);
    });
  },
  simd: (inputs, [out], { axis }) =>
    partsOf(inputs, out, axis)
      .map((part, input) => insertCall({ input }, part))
      .filter(({ items }) => items > 0),
  /** One invocation for each element of an input. */
  wgsl: (inputs, [out], { axis }) =>
    partsOf(inputs, out, axis).map(({ count, ...parameters }, input) =>
      indexProgram("insert", count * parameters.length, INSERT, { tensors: { x: { input } }, parameters }),
    ),
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
