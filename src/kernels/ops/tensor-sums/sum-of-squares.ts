/** The sum of the squares of many tensors' elements, for the norm of all gradients together. */
import type { KernelCall, TensorPlace } from "../../dispatch.ts";
import type { GradientOperation } from "../../operation.ts";
import { sizeOf } from "../../shape.ts";
import { addition, chooseRows, defineRows, ELEMENTS_PER_PART } from "../../wasm/row-reduction.ts";
import { sumPrograms } from "./parts.ts";

/** Squares are rounded to f32, and added to one of sixteen sums of at most 256 of them. */
const sumSquares = defineRows("sum of squares", addition, (x) => x.mul(x));

const sumParts = defineRows("sum of parts", addition);

/** Inputs x1, x2, ... of any shapes; output the scalar sum of all their squares. */
export const sumOfSquares: GradientOperation = {
  name: "sumOfSquares",
  signature: "-> out",
  outputs: ([first]) => [{ shape: [], dtype: first.dtype }],
  reference(inputs, [out]) {
    let total = 0;
    for (const { data } of inputs) {
      for (let i = 0; i < data.length; i++) total += data[i] * data[i];
    }
    out.data[0] = total;
  },
  simd(inputs) {
    const sizes = inputs.map(({ shape }) => sizeOf(shape));
    const counts = sizes.map((size) => Math.ceil(size / ELEMENTS_PER_PART));
    const parts = counts.reduce((total, count) => total + count, 0);
    const partial: TensorPlace = { scratch: 0, length: parts, dtype: "f32" };
    let outStart = 0;
    const calls = inputs.map((_, input): KernelCall => {
      const [size, items] = [sizes[input], counts[input]];
      const given = { x: { input }, out: partial, outStart, length: ELEMENTS_PER_PART, size };
      outStart += items;
      return { kernel: chooseRows(sumSquares, Math.min(size, ELEMENTS_PER_PART)), arguments: given, items, work: size };
    });
    const given = { x: partial, outStart: 0, length: parts, size: parts };
    return [...calls, { kernel: chooseRows(sumParts, parts), arguments: given, items: 1, work: parts }];
  },
  wgsl(inputs, _outputs, _attributes, limits) {
    const term = "fn term(x: f32) -> f32 { return x * x; }";
    return sumPrograms("sumOfSquares", { term, type: "f32" }, inputs, limits, { together: true });
  },
};
