/**
 * Kernels of reductions and of their adjoint, broadcasting. A tensor is seen as [outer, reduced, inner]: rows are
 * reduced where `inner` is 1, else rows are combined element by element. Other patterns have no kernel.
 */
import type { Kernel, KernelCall, TensorPlace } from "../../dispatch.ts";
import type { TensorSpec } from "../../operation.ts";
import { type Shape, sizeOf } from "../../shape.ts";
import { copyAllCall, copyBlock } from "../../wasm/block-kernels.ts";
import { defineKernel, type KernelWriter } from "../../wasm/kernel.ts";
import { LosslessSums } from "../../wasm/lossless-sum.ts";
import { addition, type Combination, chooseRows, defineRows, ELEMENTS_PER_PART } from "../../wasm/row-reduction.ts";
import { defineRowKernels } from "../../wasm/rows.ts";
import { forEachStretch, sweep } from "../../wasm/stretches.ts";
import { F32, F32x4, type I32 } from "../../wasm/values.ts";

interface Extents {
  readonly outer: number;
  readonly reduced: number;
  readonly inner: number;
}

/** How `whole` is reduced to `part`, of the same rank; undefined where more than one run of axes is reduced. */
function reductionExtents(whole: Shape, part: Shape): Extents | undefined {
  const runs: { isReduced: boolean; extent: number }[] = [];
  whole.forEach((extent, axis) => {
    if (extent === 1) return;
    const isReduced = part[axis] !== extent;
    const run = runs.at(-1);
    if (run?.isReduced === isReduced) run.extent *= extent;
    else runs.push({ isReduced, extent });
  });
  const at = runs.findIndex(({ isReduced }) => isReduced);
  if (runs.filter(({ isReduced }) => isReduced).length > 1) return undefined;
  if (at < 0) return { outer: 1, reduced: 1, inner: sizeOf(whole) };
  const product = (some: typeof runs) => some.reduce((total, { extent }) => total * extent, 1);
  return { outer: product(runs.slice(0, at)), reduced: runs[at].extent, inner: product(runs.slice(at + 1)) };
}

/** Rows from which a sum also carries along what its additions round away. */
const LONG_COLUMN = 2048;

/**
 * y [items, columns] = x [size, columns] combined `length` rows at a time. Four rows are combined with each other and
 * then with y's row, in f32: a sum of a part takes a quarter as many additions as it has rows.
 *
 * @param isLossless whether what is lost of a sum is carried along, in `lost` [items, columns]
 */
function defineColumns(name: string, { identity, combine: method }: Combination, isLossless = false): Kernel {
  const parameters = { i32: "x, out, lost, columns, length, size" } as const;
  return defineKernel(name, parameters, (write, { x, out, lost, columns, ...range }) => {
    const bytes = write.let(columns.shiftLeft(2));
    const combine = (a: F32x4, b: F32x4) => a[method](b);
    forEachStretch(write, range, (item, start, count) => {
      const target = write.let(out.add(item.mul(bytes)));
      const lostRow = write.let(lost.add(item.mul(bytes)));
      /** Combines the rows that start at `rows` with the target. */
      const take = (rows: readonly I32[]) =>
        sweep(write, bytes, ({ load, store }) => {
          const more = rows.map((row) => load(row)).reduce(combine);
          if (!isLossless) store(target, combine(load(target), more));
          else {
            const sums = new LosslessSums(write, load(target), load(lostRow));
            sums.add(more);
            store(target, sums.total);
            store(lostRow, sums.lost);
          }
        });
      fill(write, target, bytes, F32.constant(identity));
      if (isLossless) fill(write, lostRow, bytes, F32.constant(0));
      const row = write.variable(x.add(start.mul(bytes)));
      const advance = (rows: number) => write.set(row, row.add(bytes.mul(rows)));
      const byFour = write.let(count.and(-4));
      write.loop(0, byFour, 4, () => {
        take([0, 1, 2, 3].map((number) => write.let(row.add(bytes.mul(number)))));
        advance(4);
      });
      write.loop(byFour, count, 1, () => {
        take([row]);
        advance(1);
      });
      if (!isLossless) return;
      sweep(write, bytes, ({ load, store }) => {
        store(target, new LosslessSums(write, load(target), load(lostRow)).result());
      });
    });
  });
}

/** Sets every element of a row. */
function fill(write: KernelWriter, row: I32, bytes: I32, value: F32): void {
  const four = write.let(value.splat());
  sweep(write, bytes, ({ store }) => store(row, four));
}

/** Item i: elements i `length` to (i + 1) `length` - 1 of out [size] are the element at x + i `xStep`. */
const fillRows = defineKernel(
  "fill rows",
  { i32: "x, xStep, out, length, size" },
  (write, { x, xStep, out, ...range }) => {
    forEachStretch(write, range, (item, start, count) => {
      const row = write.let(out.add(start.shiftLeft(2)));
      fill(write, row, write.let(count.shiftLeft(2)), F32.load(x.add(item.mul(xStep))));
    });
  },
);

/** Item i: rows i `length` to (i + 1) `length` - 1 of out [size, columns] are the row at x + i `xStep`. */
const repeatRows = defineKernel(
  "repeat rows",
  { i32: "x, xStep, out, columns, length, size" },
  (write, { x, xStep, out, columns, ...range }) => {
    const bytes = write.let(columns.shiftLeft(2));
    forEachStretch(write, range, (item, start, count) => {
      const source = write.let(x.add(item.mul(xStep)));
      const target = write.let(out.add(start.mul(bytes)));
      write.loop(0, count, 1, (i) => copyBlock(write, write.let(target.add(i.mul(bytes))), source, bytes));
    });
  },
);

/** The items of [outer, reduced, inner]: one for each of `outer`, or parts of fixed length where there is only one. */
function stretches({ outer, reduced, inner }: Extents) {
  const length = outer === 1 ? Math.min(reduced, Math.max(16, Math.ceil(ELEMENTS_PER_PART / inner))) : reduced;
  const size = outer * reduced;
  return { items: outer === 1 && reduced > 0 ? Math.ceil(reduced / length) : outer, length, size };
}

/** Reduces the tensor x [outer, reduced, inner] to out [outer, inner]. */
function reductionOf(name: string, combination: Combination) {
  const rows = defineRows(`${name} of rows`, combination);
  const columns = defineColumns(`${name} of columns`, combination);
  const longColumns = defineColumns(`${name} of long columns`, combination, true);
  return ([x]: readonly TensorSpec[], [y]: readonly TensorSpec[]): KernelCall[] | undefined => {
    const extents = x.dtype === "f32" ? reductionExtents(x.shape, y.shape) : undefined;
    if (extents === undefined) return undefined;
    const { outer, inner } = extents;
    if (outer * inner === 0) return [];
    const { items, length, size } = stretches(extents);
    const combineAll = (own: { items: number; length: number; size: number }, scratch: number): KernelCall => {
      const call = { items: own.items, work: own.size * inner };
      const given = { length: own.length, size: own.size };
      if (inner === 1) return { ...call, kernel: chooseRows(rows, own.length), arguments: { ...given, outStart: 0 } };
      const isLong = combination.combine === "add" && own.length > LONG_COLUMN;
      const lost: TensorPlace = { scratch, length: isLong ? own.items * inner : 0, dtype: "f32" };
      return { ...call, kernel: isLong ? longColumns : columns, arguments: { ...given, columns: inner, lost } };
    };
    const call = combineAll({ items, length, size }, 1);
    if (items === outer) return [call];
    const partial: TensorPlace = { scratch: 0, length: items * inner, dtype: "f32" };
    const ofParts = combineAll({ items: 1, length: items, size: items }, 2);
    return [
      { ...call, arguments: { ...call.arguments, out: partial } },
      { ...ofParts, arguments: { ...ofParts.arguments, x: partial } },
    ];
  };
}

export const sumCalls = reductionOf("sum", addition);
export const maxCalls = reductionOf("max", { identity: Number.NEGATIVE_INFINITY, combine: "max" });

/** The gradient g [rows] of maxima y [rows] to the elements of x [rows, columns] that attain them, in equal shares. */
const shareRows = defineRowKernels("max.gradient of rows", { i32: "x, y, g, out" }, (write, row, { x, y, g, out }) => {
  const [elements, target] = [row.of(x), row.of(out)];
  const largest = write.let(F32x4.loadSplat(row.numberOf(y)));
  const ties = row.sum(({ load }) => load(elements).equals(largest).select(1, 0));
  const share = write.let(F32x4.loadSplat(row.numberOf(g)).div(ties));
  row.sweep(({ load, store }) => store(target, load(elements).equals(largest).select(share, 0)));
});

export function maxGradientCalls([x, y]: readonly TensorSpec[]): KernelCall[] | undefined {
  const extents = reductionExtents(x.shape, y.shape);
  if (extents === undefined || extents.inner !== 1) return undefined;
  const { outer: items, reduced: columns } = extents;
  return [{ kernel: shareRows.plain, arguments: { columns }, items, work: 2 * sizeOf(x.shape) }];
}

/** Broadcasting is a reduction backwards: [outer, inner] -> [outer, repeated, inner]. */
export function broadcastCalls([x]: readonly TensorSpec[], [out]: readonly TensorSpec[]): KernelCall[] | undefined {
  const work = sizeOf(out.shape);
  if (work === 0) return [];
  if (work === sizeOf(x.shape)) return [copyAllCall(work)];
  const missing = out.shape.length - x.shape.length;
  const extents = reductionExtents(out.shape, [...new Array<number>(missing).fill(1), ...x.shape]);
  if (extents === undefined) return undefined;
  const { outer, inner } = extents;
  const { items, length, size } = stretches(extents);
  const given = { xStep: outer === 1 ? 0 : 4 * inner, length, size };
  return [
    inner === 1
      ? { kernel: fillRows, arguments: given, items, work }
      : { kernel: repeatRows, arguments: { ...given, columns: inner }, items, work },
  ];
}
