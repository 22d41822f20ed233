/**
 * Sampling without replacement by Gumbel top-k (Kool et al. 2019; the same distribution as Efraimidis and Spirakis
 * 2006): add independent Gumbel noise to the logits x [..., C] and take the K largest, in order. The K indices are
 * distributed as K successive draws from softmax(x), each without those drawn before (Plackett-Luce).
 */
import { checkMask, maskRowOffsets } from "./mask.ts";
import { checkTypes, type Operation } from "./operation.ts";
import { Random, type RandomKey } from "./philox.ts";
import { formatShape, lastExtent, ShapeError } from "./shape.ts";

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

/** y [..., G, K] i32: for each row of x [..., C], G lists of K distinct indices. An optional mask hides elements. */
export const gumbelTopK: Operation<GumbelTopKAttributes> = {
  name: "gumbelTopK",
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
  sample(draw) {
    const columns = draw.integer(1, 6);
    const shape = [...draw.shape(0, 2), columns];
    return {
      inputs: [draw.floats(shape)],
      attributes: {
        lists: draw.integer(0, 3),
        length: draw.integer(0, columns),
        key: { seed: draw.integer(0, 1000), stream: "sample", step: 0 },
      },
    };
  },
};
