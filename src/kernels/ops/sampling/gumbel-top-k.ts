/**
 * Sampling without replacement by Gumbel top-k (Kool et al. 2019; the same distribution as Efraimidis and Spirakis
 * 2006): add independent Gumbel noise to the logits x [..., C] and take the K largest, in order. The K indices are
 * distributed as K successive draws from softmax(x), each without those drawn before (Plackett-Luce).
 */
import type { TensorPlace } from "../../dispatch.ts";
import { checkMask, forEachRow } from "../../mask.ts";
import { checkTypes, type Operation } from "../../operation.ts";
import { keyNumbers, Random, type RandomKey } from "../../philox.ts";
import { formatShape, lastExtent, ShapeError, sizeOf } from "../../shape.ts";
import { checkIndicesCall } from "../../wasm/check-kernels.ts";
import { chooseKernel, defineMasked, maskRowAddress } from "../../wasm/rows.ts";
import { F32 } from "../../wasm/values.ts";
import { RANDOM_FUNCTIONS } from "../../webgpu/philox.ts";
import { indexProgram } from "../../webgpu/program.ts";
import { maskCode } from "../../webgpu/rows.ts";
import { sampleKey } from "../random/random.ts";
import { indexOfLargest, NOTHING, perturbCalls } from "./scores.ts";

/** Of {@link gumbelTopK}. */
export interface GumbelTopKAttributes {
  /** Lists to draw for each row: G. */
  readonly lists: number;
  /** Length of each list: K. */
  readonly length: number;
  readonly key: RandomKey;
}

/** Keeps the largest keys seen so far in descending order in keys and indices from `start`. */
function insertDescending(keys: Float64Array, indices: Int32Array, filled: number, key: number, index: number): void {
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

/** out [items, length]: the numbers of the largest of scores [items, columns], which lose them, in descending order. */
const takeLargest = defineMasked(
  "take largest",
  { i32: "scores, out, columns, length" },
  (write, { scores, out, columns, length, first, last }, mask) => {
    const bytes = write.let(columns.shiftLeft(2));
    write.loop(first, last, 1, (item) => {
      const row = write.let(scores.add(item.mul(bytes)));
      const maskRow = mask && maskRowAddress(write, item, bytes, mask);
      const start = write.let(item.mul(length));
      write.loop(start, start.add(length), 1, (place) => {
        const index = indexOfLargest(write, row, maskRow, bytes);
        write.store(out.add(place.shiftLeft(2)), index);
        write.if(index.notEquals(NOTHING), () =>
          write.store(row.add(index.shiftLeft(2)), F32.constant(Number.NEGATIVE_INFINITY)),
        );
      });
    });
  },
);

/** y [..., G, K] i32: for each row of x [..., C], G lists of K distinct indices. An optional mask hides elements. */
export const gumbelTopK: Operation<GumbelTopKAttributes> = {
  name: "gumbelTopK",
  signature: "x, mask -> out",
  isKeyed: true,
  constants: [0],
  outputs([x, mask], { lists, length }) {
    checkTypes("gumbelTopK", [x], ["float"]);
    const columns = lastExtent("gumbelTopK", x.shape);
    if (!(length >= 0 && length <= columns)) {
      throw new ShapeError(`gumbelTopK: cannot draw ${length} distinct indices from rows of ${formatShape(x.shape)}`);
    }
    if (mask !== undefined) checkMask("gumbelTopK", mask, x.shape);
    return [{ shape: [...x.shape.slice(0, -1), lists, length], dtype: "i32" }];
  },
  /** @throws RangeError for a row whose mask keeps fewer than K elements. */
  reference([x, mask], [out], { lists, length, key }) {
    const generator = new Random(key);
    const keys = new Float64Array(length);
    const indices = new Int32Array(length);
    forEachRow(x, mask, (row, start, end, isKept) => {
      for (let list = row * lists; list < (row + 1) * lists; list++) {
        let filled = 0;
        for (let i = start; i < end; i++) {
          // Every element draws its noise, hidden or not, so that a mask does not shift the others' numbers.
          const perturbed = x.data[i] + generator.gumbel();
          if (!isKept(i)) continue;
          insertDescending(keys, indices, filled, perturbed, i - start);
          filled = Math.min(filled + 1, length);
        }
        if (filled < length) {
          throw new RangeError(`gumbelTopK: the mask of row ${row} keeps ${filled} elements, expected ${length}`);
        }
        out.data.set(indices, list * length);
      }
    });
  },
  /** Undefined where the mask is broadcast along axes that do not lie together. */
  simd([x, mask], [out], { lists, length, key }) {
    if (sizeOf(out.shape) === 0) return [];
    const chosen = chooseKernel(takeLargest, x.shape, mask);
    if (chosen === undefined) return undefined;
    const columns = lastExtent("gumbelTopK", x.shape);
    const rows = sizeOf(x.shape.slice(0, -1));
    const items = rows * lists;
    const scores: TensorPlace = { scratch: 0, length: items * columns, dtype: "f32" };
    const { kernel, maskRows } = chosen;
    // Each row's lists are under one row of the mask.
    const under = maskRows && { ...maskRows, rowsPerMaskRow: maskRows.rowsPerMaskRow * lists };
    return [
      ...perturbCalls(rows, lists, columns, { temperature: 1, key }, scores),
      { kernel, arguments: { scores, columns, length, ...under }, items, work: items * length * columns },
      checkIndicesCall(items * length, columns, { output: 0 }),
    ];
  },
  /**
   * One invocation for each list, with its largest keys so far in scratch. Where a mask keeps fewer than K elements the
   * list ends in zeros: a GPU cannot throw, as the CPU device does.
   */
  wgsl([x, mask], [out], { lists, length, key }) {
    const columns = lastExtent("gumbelTopK", x.shape);
    const count = sizeOf(x.shape.slice(0, -1)) * lists;
    const hiding = maskCode(x.shape, mask);
    if (sizeOf(out.shape) === 0) return [];
    const body = `  let row = i / parameters.lists;
  ${hiding.start}
    let start = i * parameters.length;
    var filled = 0u;
    for (var j = 0u; j < parameters.columns; j++) {
      if (!is_kept(mask_start + j)) { continue; }
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
    for (var at = filled; at < parameters.length; at++) { out[start + at] = 0; }`;
    return [
      indexProgram(`gumbelTopK${hiding.key}`, count, body, {
        tensors: { keys: { scratch: 0, length: count * length, dtype: "f32" } },
        parameters: { lists, length, columns, ...keyNumbers(key), ...hiding.parameters },
        functions: hiding.functions + RANDOM_FUNCTIONS,
      }),
    ];
  },
  sample(draw) {
    const columns = draw.extent(1, 6);
    const shape = [...draw.shape(0, 2), columns];
    return {
      inputs: [draw.floats(shape)],
      attributes: {
        lists: draw.extent(0, 3),
        // Long lists of many elements hold near ties, which rounding decides.
        length: draw.integer(0, Math.min(columns, 8)),
        key: sampleKey(draw),
      },
    };
  },
};
