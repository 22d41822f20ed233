/** Kernels that choose elements of rows: the largest score, or the K largest ones, with or without random noise. */

import type { TensorSpec } from "../../operation.ts";
import type { RandomKey } from "../../philox.ts";
import { lastExtent, sizeOf } from "../../shape.ts";
import { checkIndicesCall } from "../../wasm/check-kernels.ts";
import { defineKernel, type KernelWriter, type Variable } from "../../wasm/kernel.ts";
import type { KernelCall, TensorPlace } from "../../wasm/kernel-call.ts";
import { maskRows } from "../../wasm/rows.ts";
import { sweep, sweepApart } from "../../wasm/stretches.ts";
import { F32, F32x4, I32, I32x4 } from "../../wasm/values.ts";
import { drawCall } from "../random/simd.ts";
import type { ChooseNextAttributes } from "./choose-next.ts";
import type { GumbelTopKAttributes } from "./gumbel-top-k.ts";

/** Stands for the choice of a row that has nothing left; it is outside of all bounds. */
const NOTHING = -1;

/** Row by row: scores [rows, lists, columns] += x [rows, columns] / temperature. */
const addLogits = defineKernel(
  "add logits to noise",
  { x: "i32", scores: "i32", temperature: "f32", lists: "i32", columns: "i32" },
  (write, { x, scores, temperature, lists, columns, first, last }) => {
    const bytes = write.let(columns.shiftLeft(2));
    const divisor = write.let(temperature.splat());
    write.loop(first, last, 1, (row) => {
      const logits = write.let(x.add(row.mul(bytes)));
      const start = write.let(row.mul(lists));
      write.loop(start, start.add(lists), 1, (list) => {
        const target = write.let(scores.add(list.mul(bytes)));
        sweep(write, bytes, (at, { load, store }) => {
          const place = write.let(target.add(at));
          store(place, load(logits.add(at)).div(divisor).add(load(place)));
        });
      });
    });
  },
);

interface Perturbation {
  readonly rows: number;
  readonly lists: number;
  readonly columns: number;
  readonly temperature: number;
  readonly key: RandomKey;
}

/** Scores [rows, lists, columns]: input number 0, [rows, columns], over the temperature, plus Gumbel noise. */
function perturbCalls(
  { rows, lists, columns, temperature, key }: Perturbation,
  scores: TensorPlace,
): KernelCall[] {
  const size = rows * lists * columns;
  return [
    drawCall("gumbel", size, key, scores),
    {
      kernel: addLogits,
      arguments: { x: { input: 0 }, scores, temperature, lists, columns },
      items: rows,
      work: size,
    },
  ];
}

/** The largest of a row's scores that the mask keeps: its number, the lowest of equal ones, or `NOTHING`. */
function indexOfLargest(write: KernelWriter, scores: I32, mask: I32 | undefined, bytes: I32): I32 {
  const largest = write.variable(F32x4.splat(Number.NEGATIVE_INFINITY));
  const indices = write.variable(I32x4.splat(NOTHING));
  const consider = (score: F32x4, kept: F32x4 | undefined, candidates: I32x4) => {
    const given = write.let(score);
    const isLarger = given.greater(largest);
    const isChosen = write.let(kept === undefined ? isLarger : isLarger.and(kept.asIntegers().notEquals(0)));
    write.set(largest, isChosen.select(given, largest) as Variable<F32x4>);
    const chosen = isChosen.select(candidates.asFloats(), indices.asFloats()).asIntegers();
    write.set(indices, chosen as Variable<I32x4>);
  };
  sweepApart(
    write,
    bytes,
    (at) => {
      const candidates = I32x4.splat(at.shiftRightUnsigned(2)).add(I32x4.of(0, 1, 2, 3));
      consider(F32x4.load(scores.add(at)), mask && F32x4.load(mask.add(at)), candidates);
    },
    (at) => {
      const candidate = I32x4.splat(at.shiftRightUnsigned(2));
      consider(F32x4.loadSplat(scores.add(at)), mask && F32x4.loadSplat(mask.add(at)), candidate);
    },
  );
  const best = write.variable(largest.element(0));
  const index = write.variable(indices.element(0));
  for (const place of [1, 2, 3]) {
    const [other, otherIndex] = [largest.element(place), indices.element(place)];
    const isFirstOfEquals = other.equals(best).and(otherIndex.less(index));
    write.if(other.greater(best).or(isFirstOfEquals), () => {
      write.set(best, other as Variable<F32>);
      write.set(index, otherIndex as Variable<I32>);
    });
  }
  return index;
}

/** Row by row: the number of the largest score that the mask keeps, and the mask without it. */
const chooseLargest = defineKernel(
  "choose largest",
  { scores: "i32", mask: "i32", choice: "i32", remaining: "i32", columns: "i32" },
  (write, { scores, mask, choice, remaining, columns, first, last }) => {
    const bytes = write.let(columns.shiftLeft(2));
    write.loop(first, last, 1, (row) => {
      const start = write.let(row.mul(bytes));
      const own = write.let(mask.add(start));
      const target = write.let(remaining.add(start));
      sweep(write, bytes, (at, { load, store }) => store(target.add(at), load(own.add(at))));
      const index = indexOfLargest(write, write.let(scores.add(start)), own, bytes);
      write.store(choice.add(row.shiftLeft(2)), index);
      write.if(index.notEquals(NOTHING), () => write.store(target.add(index.shiftLeft(2)), I32.constant(0)));
    });
  },
);

/** See `chooseNext`. */
export function chooseNextCalls(
  [x]: readonly TensorSpec[],
  { sampling }: ChooseNextAttributes,
): KernelCall[] {
  const [rows, columns] = x.shape;
  const noisy: TensorPlace = { scratch: 0, length: rows * columns, dtype: "f32" };
  const choice = { output: 0 };
  const scores = sampling === undefined ? { input: 0 } : noisy;
  return [
    ...(sampling === undefined ? [] : perturbCalls({ rows, lists: 1, columns, ...sampling }, noisy)),
    {
      kernel: chooseLargest,
      arguments: { scores, mask: { input: 1 }, choice, remaining: { output: 1 }, columns },
      items: rows,
      work: 2 * rows * columns,
    },
    checkIndicesCall(choice, rows, columns),
  ];
}

const LARGEST = { scores: "i32", out: "i32", columns: "i32", length: "i32" } as const;
const MASK = { mask: "i32", rowsPerMaskRow: "i32", maskRows: "i32" } as const;

/** out [items, length]: the numbers of the largest of scores [items, columns], which lose them, in descending order. */
function writeLargest(
  write: KernelWriter,
  {
    scores,
    out,
    columns,
    length,
    first,
    last,
  }: Readonly<Record<keyof typeof LARGEST | "first" | "last", I32>>,
  maskOf: (item: I32, bytes: I32) => I32 | undefined,
): void {
  const bytes = write.let(columns.shiftLeft(2));
  write.loop(first, last, 1, (item) => {
    const row = write.let(scores.add(item.mul(bytes)));
    const mask = maskOf(item, bytes);
    const start = write.let(item.mul(length));
    write.loop(start, start.add(length), 1, (place) => {
      const index = indexOfLargest(write, row, mask, bytes);
      write.store(out.add(place.shiftLeft(2)), index);
      write.if(index.notEquals(NOTHING), () =>
        write.store(row.add(index.shiftLeft(2)), F32.constant(Number.NEGATIVE_INFINITY)),
      );
    });
  });
}

const takeLargest = defineKernel("take largest", LARGEST, (write, given) =>
  writeLargest(write, given, () => undefined),
);

/** Item i is under row (i / rowsPerMaskRow) modulo maskRows of the mask. */
const takeLargestMasked = defineKernel("take largest, masked", { ...LARGEST, ...MASK }, (write, given) =>
  writeLargest(write, given, (item, bytes) => {
    const row = item.div(given.rowsPerMaskRow).rem(given.maskRows);
    return write.let(given.mask.add(row.mul(bytes)));
  }),
);

/** See `gumbelTopK`; undefined where the mask is broadcast along axes that do not lie together. */
export function gumbelTopKCalls(
  [x, mask]: readonly TensorSpec[],
  { lists, length, key }: GumbelTopKAttributes,
): KernelCall[] | undefined {
  const columns = lastExtent("gumbelTopK", x.shape);
  const rows = sizeOf(x.shape.slice(0, -1));
  const items = rows * lists;
  if (items * length === 0) return [];
  const scores: TensorPlace = { scratch: 0, length: items * columns, dtype: "f32" };
  const out = { output: 0 };
  const given = { scores, out, columns, length };
  const work = items * length * columns;
  const calls = perturbCalls({ rows, lists, columns, temperature: 1, key }, scores);
  const check = checkIndicesCall(out, items * length, columns);
  if (mask === undefined) return [...calls, { kernel: takeLargest, arguments: given, items, work }, check];
  const places = maskRows(mask.shape, x.shape);
  if (places === undefined) return undefined;
  const rowsPerMaskRow = places.rowsPerMaskRow * lists;
  const masked = { ...given, mask: { input: 1 }, maskRows: places.maskRows, rowsPerMaskRow };
  return [...calls, { kernel: takeLargestMasked, arguments: masked, items, work }, check];
}
