/**
 * Sampling without replacement by Gumbel top-k (Kool et al. 2019; the same distribution as Efraimidis and Spirakis
 * 2006): add independent Gumbel noise to the logits x [..., C] and take the K largest, in order. The K indices are
 * distributed as K successive draws from softmax(x), each without those drawn before (Plackett-Luce).
 */
import { checkMask, maskRowOffsets } from "../../mask.ts";
import { checkTypes, type Operation, type TensorSpec } from "../../operation.ts";
import { Random, type RandomKey } from "../../philox.ts";
import { broadcastStrides, formatShape, lastExtent, ShapeError, sizeOf } from "../../shape.ts";
import { stridedOffsets } from "../../webgpu/broadcast.ts";
import { RANDOM_FUNCTIONS, randomParameters } from "../../webgpu/philox.ts";
import { indexProgram, u32, type WgslProgram } from "../../webgpu/program.ts";
import { gumbelTopKCalls } from "./simd.ts";

/** Of {@link gumbelTopK}. */
export interface GumbelTopKAttributes {
  /** Lists to draw for each row: G. */
  readonly lists: number;
  /** Length of each list: K. */
  readonly length: number;
  readonly key: RandomKey;
}

/** Keeps the largest keys seen so far in descending order in keys and indices from `start`. */
function insertDescending(
  keys: Float64Array,
  indices: Int32Array,
  filled: number,
  key: number,
  index: number,
): void {
  let at = filled;
  while (at > 0 && keys[at - 1] < key) {
    if (at < keys.length) {
      keys[at] = keys[at - 1];
      indices[at] = indices[at - 1];
    }
    at--;
  }
  if (at < keys.length) {
    keys[at] = key;
    indices[at] = index;
  }
}

/**
 * One invocation for each list, with its largest keys so far in scratch. Where a mask keeps fewer than K elements the
 * list ends in zeros: a GPU cannot throw, as the CPU device does.
 */
function selectionProgram(
  [x, mask]: readonly TensorSpec[],
  { lists, length, key }: GumbelTopKAttributes,
): WgslProgram {
  const columns = lastExtent("gumbelTopK", x.shape);
  const leading = x.shape.slice(0, -1);
  const count = sizeOf(leading) * lists;
  const maskStrides = mask && broadcastStrides(mask.shape, x.shape.length).slice(0, -1);
  const maskRows = maskStrides && stridedOffsets(leading, { mask: maskStrides }, "row");
  return indexProgram(
    maskRows === undefined ? "gumbelTopK" : `gumbelTopK masked ${maskRows.key}`,
    count,
    {
      x: { input: 0 },
      ...(mask && { mask: { input: 1 } }),
      out: { output: 0 },
      keys: { scratch: 0, length: count * length, dtype: "f32" },
    },
    {
      lists: u32(lists),
      length: u32(length),
      columns: u32(columns),
      ...randomParameters(key),
      ...maskRows?.parameters,
    },
    `  let row = i / parameters.lists;
${maskRows?.code ?? ""}
  let start = i * parameters.length;
  var filled = 0u;
  for (var j = 0u; j < parameters.columns; j++) {
    ${mask === undefined ? "" : "if (mask[row_at_mask + j] == 0) { continue; }"}
    let key = x[row * parameters.columns + j] + random_gumbel(i * parameters.columns + j);
    var at = filled;
    while (at > 0u && keys[start + at - 1u] < key) {
      if (at < parameters.length) {
        keys[start + at] = keys[start + at - 1u];
        out[start + at] = out[start + at - 1u];
      }
      at--;
    }
    if (at < parameters.length) {
      keys[start + at] = key;
      out[start + at] = i32(j);
    }
    filled = min(filled + 1u, parameters.length);
  }
  for (var at = filled; at < parameters.length; at++) { out[start + at] = 0; }`,
    RANDOM_FUNCTIONS,
  );
}

/** y [..., G, K] i32: for each row of x [..., C], G lists of K distinct indices. An optional mask hides elements. */
export const gumbelTopK: Operation<GumbelTopKAttributes> = {
  name: "gumbelTopK",
  isKeyed: true,
  constants: [0],
  outputs([x, mask], { lists, length }) {
    checkTypes("gumbelTopK", [x], ["float"]);
    const columns = lastExtent("gumbelTopK", x.shape);
    if (!(length >= 0 && length <= columns)) {
      throw new ShapeError(
        `gumbelTopK: cannot draw ${length} distinct indices from rows of ${formatShape(x.shape)}`,
      );
    }
    if (mask !== undefined) checkMask("gumbelTopK", mask, x.shape);
    return [{ shape: [...x.shape.slice(0, -1), lists, length], dtype: "i32" }];
  },
  /** @throws RangeError for a row whose mask keeps fewer than K elements. */
  reference([x, mask], [out], { lists, length, key }) {
    const columns = lastExtent("gumbelTopK", x.shape);
    const rows = columns === 0 ? 0 : x.data.length / columns;
    const maskOffsets = mask && maskRowOffsets(mask, x.shape);
    const generator = new Random(key);
    const keys = new Float64Array(length);
    const indices = new Int32Array(length);
    for (let list = 0; list < rows * lists; list++) {
      const row = Math.floor(list / lists);
      let filled = 0;
      for (let j = 0; j < columns; j++) {
        // Every element draws its noise, hidden or not, so that a mask does not shift the others' numbers.
        const perturbed = x.data[row * columns + j] + generator.gumbel();
        if (mask !== undefined && maskOffsets !== undefined && mask.data[maskOffsets[row] + j] === 0)
          continue;
        insertDescending(keys, indices, filled, perturbed, j);
        filled = Math.min(filled + 1, length);
      }
      if (filled < length) {
        throw new RangeError(
          `gumbelTopK: the mask of row ${row} keeps ${filled} elements, expected ${length}`,
        );
      }
      out.data.set(indices, list * length);
    }
  },
  simd: (inputs, _, attributes) => gumbelTopKCalls(inputs, attributes),
  wgsl: (inputs, [out], attributes) =>
    sizeOf(out.shape) === 0 ? [] : [selectionProgram(inputs, attributes)],
  sample(draw) {
    const columns = draw.extent(1, 6);
    const shape = [...draw.shape(0, 2), columns];
    return {
      inputs: [draw.floats(shape)],
      attributes: {
        lists: draw.extent(0, 3),
        // Long lists of many elements hold near ties, which rounding decides.
        length: draw.integer(0, Math.min(columns, 8)),
        key: { seed: draw.integer(0, 1000), stream: "sample", step: 0 },
      },
    };
  },
};
