/**
 * Copies a matrix into panels, so that the inner loop of a product reads one stretch of memory: panel p holds elements
 * p * width to p * width + width - 1 of every step of the depth, one step after the other. Panels of the left operand
 * are as wide as a tile has rows, those of the right operand as it has columns. A last panel that is not full is filled
 * up with elements that do exist; the product drops what it computes of them.
 */
import { advance, range } from "./gemm.ts";
import type { KernelWriter } from "./kernel.ts";
import { transposeFour } from "./transpose.ts";
import { F32, F32x4, I32, type Integer } from "./values.ts";

/**
 * One panel of a matrix whose rows lie along the depth: `width` rows (a multiple of 4), of which `rows` exist (at least
 * one), `rowStride` bytes apart.
 */
export function writePackedRows(
  write: KernelWriter,
  width: number,
  source: { readonly address: I32; readonly rowStride: I32; readonly rows: I32 },
  depth: I32,
  panel: I32,
): void {
  const lastRow = write.let(source.rows.sub(1));
  const rows = range(width).map((r) =>
    write.let(source.address.add(I32.constant(r).min(lastRow).mul(source.rowStride))),
  );
  const target = write.variable(panel);
  const offset = write.variable(I32.constant(0));
  const end = write.let(depth.shiftLeft(2));
  const endOfVectors = write.let(end.and(-16));
  write.while(offset.notEquals(endOfVectors), () => {
    for (let r = 0; r < width; r += 4) {
      const four = rows.slice(r, r + 4).map((row) => F32x4.load(row.add(offset)));
      transposeFour(write, four).forEach((step, k) => {
        write.store(target, step, 4 * (k * width + r));
      });
    }
    advance(write, offset, 16);
    advance(write, target, 16 * width);
  });
  write.while(offset.notEquals(end), () => {
    rows.forEach((row, r) => {
      write.store(target, F32.load(row.add(offset)), 4 * r);
    });
    advance(write, offset, 4);
    advance(write, target, 4 * width);
  });
}

/**
 * Steps of all panels of a matrix whose rows are the steps of the depth, `rowStride` bytes apart: `steps` of them go to
 * `panels`, where one panel follows the other after `panelStride` bytes. The last panel may read past the row.
 */
export function writePackedColumns(
  write: KernelWriter,
  width: number,
  source: { readonly address: I32; readonly rowStride: I32; readonly columns: I32 },
  steps: I32,
  panels: I32,
  panelStride: Integer,
): void {
  const firstTarget = write.variable(panels);
  write.loop(0, source.columns, width, (column) => {
    const from = write.variable(source.address.add(column.shiftLeft(2)));
    const target = write.variable<I32>(firstTarget);
    const end = write.let(target.add(steps.mul(4 * width)));
    write.while(target.notEquals(end), () => {
      for (let c = 0; c < width; c += 4) write.store(target, F32x4.load(from, 4 * c), 4 * c);
      advance(write, from, source.rowStride);
      advance(write, target, 4 * width);
    });
    advance(write, firstTarget, panelStride);
  });
}
