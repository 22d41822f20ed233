/** General matrix multiply on strided views: the inner loop of matmul and attention on the CPU device. */
import type { NumberArray } from "../../operation.ts";

/** A matrix inside an array: element (row, column) lies at offset + row * rowStride + column * columnStride. */
export interface MatrixView {
  readonly data: NumberArray;
  offset: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

/** Width of the panels that the right operand is packed into, and height of the register tile. */
const TILE = 4;

let panel: Float32Array | Float64Array = new Float32Array(0);

/** Scratch of the element type of `like`, kept between calls. */
function scratchPanel(length: number, like: NumberArray): Float32Array | Float64Array {
  const Kind = like instanceof Float64Array ? Float64Array : Float32Array;
  if (!(panel instanceof Kind) || panel.length < length) panel = new Kind(length);
  return panel;
}

/** Copies columns [column, column + width) of b, K rows, to a panel [K, 4] padded with zeros. */
function packPanel(b: MatrixView, column: number, width: number, depth: number): Float32Array | Float64Array {
  const packed = scratchPanel(depth * TILE, b.data);
  const { data, rowStride, columnStride } = b;
  let at = b.offset + column * columnStride;
  for (let p = 0; p < depth * TILE; p += TILE, at += rowStride) {
    packed[p] = data[at];
    packed[p + 1] = width > 1 ? data[at + columnStride] : 0;
    packed[p + 2] = width > 2 ? data[at + 2 * columnStride] : 0;
    packed[p + 3] = width > 3 ? data[at + 3 * columnStride] : 0;
  }
  return packed;
}

/**
 * out = scale * a b + bias, with a [M, K], b [K, N], out [M, N] and an optional bias [N]. The right operand is packed
 * four columns at a time, and each panel meets four rows of the left in sixteen registers.
 */
export function gemm(
  rows: number,
  columns: number,
  depth: number,
  a: MatrixView,
  b: MatrixView,
  out: MatrixView,
  bias: NumberArray | undefined,
  scale: number,
): void {
  const { data: aData, rowStride: aRow, columnStride: aColumn } = a;
  const end = depth * TILE;
  for (let column = 0; column < columns; column += TILE) {
    const width = Math.min(TILE, columns - column);
    const packed = packPanel(b, column, width, depth);
    for (let row = 0; row < rows; row += TILE) {
      const height = Math.min(TILE, rows - row);
      let c00 = 0;
      let c01 = 0;
      let c02 = 0;
      let c03 = 0;
      let c10 = 0;
      let c11 = 0;
      let c12 = 0;
      let c13 = 0;
      let c20 = 0;
      let c21 = 0;
      let c22 = 0;
      let c23 = 0;
      let c30 = 0;
      let c31 = 0;
      let c32 = 0;
      let c33 = 0;
      // Rows past the last one read the last one again: their sums are dropped below.
      let a0 = a.offset + row * aRow;
      let a1 = height > 1 ? a0 + aRow : a0;
      let a2 = height > 2 ? a1 + aRow : a1;
      let a3 = height > 3 ? a2 + aRow : a2;
      for (let p = 0; p < end; p += TILE) {
        const b0 = packed[p];
        const b1 = packed[p + 1];
        const b2 = packed[p + 2];
        const b3 = packed[p + 3];
        let left = aData[a0];
        c00 += left * b0;
        c01 += left * b1;
        c02 += left * b2;
        c03 += left * b3;
        left = aData[a1];
        c10 += left * b0;
        c11 += left * b1;
        c12 += left * b2;
        c13 += left * b3;
        left = aData[a2];
        c20 += left * b0;
        c21 += left * b1;
        c22 += left * b2;
        c23 += left * b3;
        left = aData[a3];
        c30 += left * b0;
        c31 += left * b1;
        c32 += left * b2;
        c33 += left * b3;
        a0 += aColumn;
        a1 += aColumn;
        a2 += aColumn;
        a3 += aColumn;
      }
      const at = out.offset + row * out.rowStride + column * out.columnStride;
      storeRow(out, at, column, width, scale, bias, c00, c01, c02, c03);
      if (height > 1) storeRow(out, at + out.rowStride, column, width, scale, bias, c10, c11, c12, c13);
      if (height > 2) storeRow(out, at + 2 * out.rowStride, column, width, scale, bias, c20, c21, c22, c23);
      if (height > 3) storeRow(out, at + 3 * out.rowStride, column, width, scale, bias, c30, c31, c32, c33);
    }
  }
}

/** Writes one row of a tile, `width` of its four sums, from element `at` on. */
function storeRow(
  out: MatrixView,
  at: number,
  column: number,
  width: number,
  scale: number,
  bias: NumberArray | undefined,
  s0: number,
  s1: number,
  s2: number,
  s3: number,
): void {
  const { data, columnStride } = out;
  if (bias === undefined) {
    data[at] = scale * s0;
    if (width > 1) data[at + columnStride] = scale * s1;
    if (width > 2) data[at + 2 * columnStride] = scale * s2;
    if (width > 3) data[at + 3 * columnStride] = scale * s3;
  } else {
    data[at] = scale * s0 + bias[column];
    if (width > 1) data[at + columnStride] = scale * s1 + bias[column + 1];
    if (width > 2) data[at + 2 * columnStride] = scale * s2 + bias[column + 2];
    if (width > 3) data[at + 3 * columnStride] = scale * s3 + bias[column + 3];
  }
}
