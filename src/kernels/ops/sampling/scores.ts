/** What kernels that choose elements of rows share: scores with random noise, and the largest of them. */
import type { KernelCall, TensorPlace } from "../../dispatch.ts";
import type { RandomKey } from "../../philox.ts";
import { defineKernel, type KernelWriter } from "../../wasm/kernel.ts";
import { sweep } from "../../wasm/stretches.ts";
import { F32x4, type I32, I32x4 } from "../../wasm/values.ts";
import { drawCall } from "../random/random.ts";

/** Stands for the choice of a row that has nothing left; it is outside of all bounds. */
export const NOTHING = -1;

/** Row by row: scores [rows, lists, columns] += x [rows, columns] / temperature. */
const addLogits = defineKernel(
  "add logits to noise",
  { i32: "x, scores, lists, columns", f32: "temperature" },
  (write, { x, scores, temperature, lists, columns, first, last }) => {
    const bytes = write.let(columns.shiftLeft(2));
    const divisor = write.let(temperature.splat());
    write.loop(first, last, 1, (row) => {
      const logits = write.let(x.add(row.mul(bytes)));
      const start = write.let(row.mul(lists));
      write.loop(start, start.add(lists), 1, (list) => {
        const target = write.let(scores.add(list.mul(bytes)));
        sweep(write, bytes, ({ load, store }) => store(target, load(logits).div(divisor).add(load(target))));
      });
    });
  },
);

/** Scores [rows, lists, columns]: the tensor x [rows, columns] over the temperature, plus Gumbel noise. */
export function perturbCalls(
  rows: number,
  lists: number,
  columns: number,
  { temperature, key }: { readonly temperature: number; readonly key: RandomKey },
  scores: TensorPlace,
): KernelCall[] {
  const size = rows * lists * columns;
  return [
    drawCall("gumbel", size, key, { out: scores }),
    { kernel: addLogits, arguments: { scores, temperature, lists, columns }, items: rows, work: size },
  ];
}

/** The largest of a row's scores that the mask keeps: its number, the lowest of equal ones, or `NOTHING`. */
export function indexOfLargest(write: KernelWriter, scores: I32, mask: I32 | undefined, bytes: I32): I32 {
  const largest = write.variable(F32x4.splat(Number.NEGATIVE_INFINITY));
  const indices = write.variable(I32x4.splat(NOTHING));
  sweep(write, bytes, ({ load, isSingle }, offset) => {
    const first = I32x4.splat(offset.shiftRightUnsigned(2));
    const candidates = isSingle ? first : first.add(I32x4.of(0, 1, 2, 3));
    const score = write.let(load(scores));
    const isLarger = score.greater(largest);
    const isChosen = write.let(mask ? isLarger.and(load(mask).asIntegers().notEquals(0)) : isLarger);
    write.set(largest, isChosen.select(score, largest));
    write.set(indices, isChosen.select(candidates.asFloats(), indices.asFloats()).asIntegers());
  });
  const best = write.variable(largest.element(0));
  const index = write.variable(indices.element(0));
  for (const place of [1, 2, 3]) {
    const [other, otherIndex] = [largest.element(place), indices.element(place)];
    const isFirstOfEquals = other.equals(best).and(otherIndex.less(index));
    write.if(other.greater(best).or(isFirstOfEquals), () => {
      write.set(best, other);
      write.set(index, otherIndex);
    });
  }
  return index;
}
