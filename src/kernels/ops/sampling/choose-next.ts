/**
 * One step of decoding lists: logits x [R, N] and a mask i32 [R, N] of the candidates that are still free. Outputs
 * the chosen candidate of each row, i32 [R], and the mask without it, i32 [R, N].
 *
 *   greedy:  argmax_j x_j                                  ties go to the lowest index
 *   sampled: argmax_j x_j / temperature + Gumbel noise     a draw from softmax_masked(x / temperature)
 */
import type { TensorPlace } from "../../dispatch.ts";
import { checkTypes, type Operation } from "../../operation.ts";
import { keyNumbers, Random, type RandomKey } from "../../philox.ts";
import { formatShape, ShapeError, sameShape } from "../../shape.ts";
import { checkIndicesCall } from "../../wasm/check-kernels.ts";
import { defineKernel } from "../../wasm/kernel.ts";
import { sweep } from "../../wasm/stretches.ts";
import { I32 } from "../../wasm/values.ts";
import { RANDOM_FUNCTIONS } from "../../webgpu/philox.ts";
import { f32, indexProgram } from "../../webgpu/program.ts";
import { sampleKey } from "../random/random.ts";
import { indexOfLargest, NOTHING, perturbCalls } from "./scores.ts";

/** Of {@link chooseNext}. */
export interface ChooseNextAttributes {
  /** How to sample; undefined for greedy. The temperature is positive. */
  readonly sampling?: { readonly temperature: number; readonly key: RandomKey } | undefined;
}

/** Row by row: the number of the largest score that the mask keeps, and the mask without it. */
const chooseLargest = defineKernel(
  "choose largest",
  { i32: "scores, mask, choice, remaining, columns" },
  (write, { scores, mask, choice, remaining, columns, first, last }) => {
    const bytes = write.let(columns.shiftLeft(2));
    write.loop(first, last, 1, (row) => {
      const start = write.let(row.mul(bytes));
      const own = write.let(mask.add(start));
      const target = write.let(remaining.add(start));
      sweep(write, bytes, ({ load, store }) => store(target, load(own)));
      const index = indexOfLargest(write, write.let(scores.add(start)), own, bytes);
      write.store(choice.add(row.shiftLeft(2)), index);
      write.if(index.notEquals(NOTHING), () => write.store(target.add(index.shiftLeft(2)), I32.constant(0)));
    });
  },
);

/** One step of decoding: logits and free candidates [R, N] -> the choice [R], and what is free afterwards. */
export const chooseNext: Operation<ChooseNextAttributes> = {
  name: "chooseNext",
  signature: "x, mask -> choice, remaining",
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
    return [x.shape.slice(0, 1), x.shape].map((shape) => ({ shape, dtype: "i32" }));
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
  simd([x], _, { sampling }) {
    const [rows, columns] = x.shape;
    const noisy: TensorPlace = { scratch: 0, length: rows * columns, dtype: "f32" };
    const scores = sampling === undefined ? { input: 0 } : noisy;
    return [
      ...(sampling === undefined ? [] : perturbCalls(rows, 1, columns, sampling, noisy)),
      { kernel: chooseLargest, arguments: { scores, columns }, items: rows, work: 2 * rows * columns },
      checkIndicesCall(rows, columns, { output: 0 }),
    ];
  },
  /**
   * One invocation for each row. A row without a free candidate chooses number 0: a GPU cannot throw, as the CPU device
   * does.
   */
  wgsl([x], _, { sampling }) {
    const [rows, columns] = x.shape;
    const score = sampling === undefined ? "x[at]" : "x[at] / parameters.temperature + random_gumbel(at)";
    const body = `  let first = i * parameters.columns;
  var best = parameters.columns;
  var largest = 0.0;
  for (var j = 0u; j < parameters.columns; j++) {
    let at = first + j;
    remaining[at] = mask[at];
    if (mask[at] == 0) { continue; }
    let score = ${score};
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
  choice[i] = i32(best);`;
    if (sampling === undefined) return [indexProgram("chooseNext greedy", rows, body, { parameters: { columns } })];
    const parameters = { columns, temperature: f32(sampling.temperature), ...keyNumbers(sampling.key) };
    return [indexProgram("chooseNext sampled", rows, body, { parameters, functions: RANDOM_FUNCTIONS })];
  },
  sample(draw) {
    const shape = [draw.extent(0, 4), draw.extent(1, 6)];
    const free = draw.mask(shape);
    for (let row = 0; row < shape[0]; row++) free.data[row * shape[1]] = 1;
    const key = sampleKey(draw);
    const sampling = draw.boolean() ? { temperature: 0.5, key } : undefined;
    return { inputs: [draw.floats(shape), free], attributes: { sampling } };
  },
};
