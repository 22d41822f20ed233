/** Kernels that read rows at given indices and add gradients back to them. */
import type { KernelCall } from "../../dispatch.ts";
import { clearAllCall, copyBlock } from "../../wasm/block-kernels.ts";
import { checkIndicesCall } from "../../wasm/check-kernels.ts";
import { defineKernel } from "../../wasm/kernel.ts";
import { forEachStretch, sweep } from "../../wasm/stretches.ts";
import { I32 } from "../../wasm/values.ts";

/** Extents of a gather: from each of `batch` entries of `rows` rows, `taken` rows are read. */
export interface Extents {
  readonly batch: number;
  readonly rows: number;
  readonly taken: number;
  /** Elements of a row. */
  readonly columns: number;
}

/** Rows that an item reads where there is only one entry. */
const ROWS_PER_ITEM = 64;
/** Columns that an item adds to where there is only one entry: a cache line, which threads then do not share. */
const COLUMNS_PER_ITEM = 16;

/** Item i: rows i `length` to (i + 1) `length` - 1 of y [size, columns], read from the entry at x + i `entry`. */
const gatherRows = defineKernel(
  "gather rows",
  { i32: "x, entry, indices, y, columns, length, size" },
  (write, { x, entry, indices, y, columns, ...range }) => {
    const bytes = write.let(columns.shiftLeft(2));
    forEachStretch(write, range, (item, start, count) => {
      const rows = write.let(x.add(item.mul(entry)));
      write.loop(start, start.add(count), 1, (position) => {
        const index = I32.load(indices.add(position.shiftLeft(2)));
        const source = write.let(rows.add(index.mul(bytes)));
        copyBlock(write, write.let(y.add(position.mul(bytes))), source, bytes);
      });
    });
  },
);

/** Inputs x [batch, rows, columns], indices [batch, taken]; output y [batch, taken, columns]. */
export function gatherCalls({ batch, rows, taken, columns }: Extents): KernelCall[] {
  const size = batch * taken;
  if (size === 0) return [];
  const length = batch === 1 ? ROWS_PER_ITEM : taken;
  const given = { entry: batch === 1 ? 0 : 4 * rows * columns, columns, length, size };
  return [
    checkIndicesCall(size, rows),
    { kernel: gatherRows, arguments: given, items: Math.ceil(size / length), work: size * columns },
  ];
}

/**
 * Item i: `width` columns, from (i % blocks) `width` on, of entry floor(i / blocks) of out [batch, rows, columns]. Rows
 * of g [batch, taken, columns] are added in order, so the bits do not depend on the items.
 */
const scatterAddRows = defineKernel(
  "scatter-add rows",
  { i32: "indices, g, out, rows, taken, columns, width, blocks" },
  (write, { indices, g, out, rows, taken, columns, width, blocks, first, last }) => {
    const bytes = write.let(columns.shiftLeft(2));
    write.loop(first, last, 1, (item) => {
      const entry = write.let(item.div(blocks));
      const column = write.let(item.rem(blocks).mul(width));
      const blockBytes = write.let(columns.sub(column).min(width).shiftLeft(2));
      const target = write.let(out.add(entry.mul(rows).mul(bytes)).add(column.shiftLeft(2)));
      const source = write.let(g.add(column.shiftLeft(2)));
      const start = write.let(entry.mul(taken));
      write.loop(start, start.add(taken), 1, (position) => {
        const from = write.let(source.add(position.mul(bytes)));
        const to = write.let(target.add(I32.load(indices.add(position.shiftLeft(2))).mul(bytes)));
        sweep(write, blockBytes, ({ load, store }) => store(to, load(to).add(load(from))));
      });
    });
  },
);

/**
 * Inputs indices [batch, taken], g [batch, taken, columns]; output [batch, rows, columns]. The indices are those that
 * rows were read at, so they are within bounds.
 */
export function scatterAddCalls({ batch, rows, taken, columns }: Extents): KernelCall[] {
  const clear = clearAllCall(batch * rows * columns);
  const width = batch === 1 ? COLUMNS_PER_ITEM : columns;
  const blocks = Math.ceil(columns / width);
  const add: KernelCall = {
    kernel: scatterAddRows,
    arguments: { rows, taken, columns, width, blocks },
    items: batch * blocks,
    work: batch * taken * columns,
  };
  return add.work === 0 ? [clear] : [clear, add];
}
