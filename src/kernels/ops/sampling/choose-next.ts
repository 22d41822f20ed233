/**
 * One step of decoding lists: logits x [R, N] and a mask i32 [R, N] of the candidates that are still free. Outputs
 * the chosen candidate of each row, i32 [R], and the mask without it, i32 [R, N].
 *
 *   greedy:  argmax_j x_j                                  ties go to the lowest index
 *   sampled: argmax_j x_j / temperature + Gumbel noise     a draw from softmax_masked(x / temperature)
 */
import { checkTypes, type Operation } from "../../operation.ts";
import { Random, type RandomKey } from "../../philox.ts";
import { formatShape, ShapeError, sameShape } from "../../shape.ts";
import { RANDOM_FUNCTIONS, randomParameters } from "../../webgpu/philox.ts";
import { f32, indexProgram, u32 } from "../../webgpu/program.ts";
import { chooseNextCalls } from "./simd.ts";

/** Of {@link chooseNext}. */
export interface ChooseNextAttributes {
  /** How to sample; undefined for greedy. The temperature is positive. */
  readonly sampling?: { readonly temperature: number; readonly key: RandomKey } | undefined;
}

/**
 * One step of decoding: logits and free candidates [R, N] -> the choice [R], and what is free afterwards.
 */
export const chooseNext: Operation<ChooseNextAttributes> = {
  name: "chooseNext",
  isKeyed: true,
  constants: [0],
  outputs([x, mask], { sampling }) {
    checkTypes("chooseNext", [x, mask], ["float", "i32"]);
    if (x.shape.length !== 2 || !sameShape(x.shape, mask.shape)) {
      throw new ShapeError(
        `chooseNext: expected logits and mask of one shape [rows, candidates], got ${formatShape(x.shape)} and ${formatShape(mask.shape)}`,
      );
    }
    if (sampling !== undefined && !(sampling.temperature > 0)) {
      throw new RangeError(`chooseNext: the temperature must be positive, got ${sampling.temperature}`);
    }
    return [
      { shape: x.shape.slice(0, 1), dtype: "i32" },
      { shape: x.shape, dtype: "i32" },
    ];
  },
  /** @throws RangeError for a row that has no free candidate. */
  reference([x, mask], [choice, remaining], { sampling }) {
    const [rows, columns] = x.shape;
    const generator = sampling && new Random(sampling.key);
    remaining.data.set(mask.data);
    for (let row = 0; row < rows; row++) {
      let best = -1;
      let largest = Number.NEGATIVE_INFINITY;
      for (let j = 0; j < columns; j++) {
        const at = row * columns + j;
        let score = x.data[at];
        if (sampling !== undefined && generator !== undefined) {
          // Every element draws its noise, free or not, so that a mask does not shift the others' numbers.
          score = score / sampling.temperature + generator.gumbel();
        }
        if (mask.data[at] !== 0 && score > largest) {
          largest = score;
          best = j;
        }
      }
      if (best < 0) throw new RangeError(`chooseNext: row ${row} has no free candidate`);
      choice.data[row] = best;
      remaining.data[row * columns + best] = 0;
    }
  },
  simd: (inputs, _, attributes) => chooseNextCalls(inputs, attributes),
  /**
   * One invocation for each row. A row without a free candidate chooses number 0: a GPU cannot throw, as the CPU device
   * does.
   */
  wgsl([x], _, { sampling }) {
    const [rows, columns] = x.shape;
    return [
      indexProgram(
        sampling === undefined ? "chooseNext greedy" : "chooseNext sampled",
        rows,
        { x: { input: 0 }, mask: { input: 1 }, choice: { output: 0 }, remaining: { output: 1 } },
        {
          columns: u32(columns),
          ...(sampling && { temperature: f32(sampling.temperature), ...randomParameters(sampling.key) }),
        },
        `  let first = i * parameters.columns;
  var best = parameters.columns;
  var largest = 0.0;
  for (var j = 0u; j < parameters.columns; j++) {
    let at = first + j;
    remaining[at] = mask[at];
    if (mask[at] == 0) { continue; }
    let score = ${sampling === undefined ? "x[at]" : "x[at] / parameters.temperature + random_gumbel(at)"};
    if (best == parameters.columns || score > largest) {
      largest = score;
      best = j;
    }
  }
  if (best < parameters.columns) {
    remaining[first + best] = 0;
  } else {
    best = 0u;
  }
  choice[i] = i32(best);`,
        sampling === undefined ? "" : RANDOM_FUNCTIONS,
      ),
    ];
  },
  sample(draw) {
    const shape = [draw.extent(0, 4), draw.extent(1, 6)];
    const free = draw.mask(shape);
    for (let row = 0; row < shape[0]; row++) free.data[row * shape[1]] = 1;
    const key = { seed: draw.integer(0, 1000), stream: "sample", step: 0 };
    const sampling = draw.boolean() ? { temperature: 0.5, key } : undefined;
    return { inputs: [draw.floats(shape), free], attributes: { sampling } };
  },
};
