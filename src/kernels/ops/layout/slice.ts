/** Slices: a part of a tensor along one axis. */
import type { GradientOperation, Operation } from "../../operation.ts";
import { formatShape, resolveAxis, type Shape, ShapeError } from "../../shape.ts";
import { clearCall, copyCall } from "../../wasm/block-kernels.ts";
import { indexProgram } from "../../webgpu/program.ts";
import { insertCall, insertPart, partOf } from "./parts.ts";

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
    return {
      inputs: [draw.floats(shape)],
      attributes: { axis, start, end: draw.integer(start, shape[axis]) },
    };
  },
};
