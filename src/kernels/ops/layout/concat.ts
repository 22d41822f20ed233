/** Concatenation: tensors one after the other along one axis. */
import type { Operation, TensorSpec } from "../../operation.ts";
import { formatShape, resolveAxis, ShapeError } from "../../shape.ts";
import { indexProgram } from "../../webgpu/program.ts";
import { insertCall, insertPart, type Part, partOf } from "./parts.ts";
import { slice } from "./slice.ts";

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
