/** General matrix multiply on strided views: the references of matmul and of attention. */
import type { NumberArray } from "../../operation.ts";

/** A matrix inside an array: element (row, column) lies at offset + row * rowStride + column * columnStride. */
export interface MatrixView {
  readonly data: NumberArray;
  offset: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

/** out = scale * a b + bias, with a [rows, depth], b [depth, columns] and an optional bias [columns]. */
export function gemm(
  rows: number,
  columns: number,
  depth: number,
  a: MatrixView,
  b: MatrixView,
  out: MatrixView,
  scale = 1,
  bias?: NumberArray,
): void {
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let inA = a.offset + row * a.rowStride;
      let inB = b.offset + column * b.columnStride;
      let sum = 0;
      for (let p = 0; p < depth; p++, inA += a.columnStride, inB += b.rowStride) {
        sum += a.data[inA] * b.data[inB];
      }
      const at = out.offset + row * out.rowStride + column * out.columnStride;
      out.data[at] = bias === undefined ? scale * sum : scale * sum + bias[column];
    }
  }
}
