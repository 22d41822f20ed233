/**
 * How the CPU computes a matrix product: which operands are packed into panels first, and how the result is cut into
 * items. Every element is summed in the same order whatever the cut.
 */
import type { KernelCall, TensorPlace } from "../../dispatch.ts";
import { type LoopAxis, loopNest, type Shape, sizeOf } from "../../shape.ts";
import { TILE_COLUMNS, TILE_ROWS } from "../../wasm/gemm.ts";
import {
  multiplyByColumns,
  multiplyByRows,
  multiplyVector,
  packColumns,
  packRows,
  STEPS_PER_ITEM,
} from "./simd-kernels.ts";

/** The matrices of one operand, one after the other. */
export interface Operand {
  readonly place: TensorPlace;
  /** Whether they are stored with rows and columns swapped. */
  readonly isTransposed: boolean;
  /** How many there are. */
  readonly count: number;
  /** From one to the next along each axis of the batch, in matrices: 0 where the operand is broadcast. */
  readonly batchStrides: readonly number[];
}

/** out = a b + bias, with a [..., rows, depth], b [..., depth, columns], out [...batch, rows, columns]. */
export interface MatrixProduct {
  readonly batch: Shape;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly a: Operand;
  readonly b: Operand;
  readonly out: TensorPlace;
  readonly bias: TensorPlace | undefined;
  /** Whether negative elements become 0. */
  readonly isRectified: boolean;
}

/** Steps of the depth whose panels of a and b stay in the nearest cache: 16 KiB and 8 KiB. */
const LONGEST_DEPTH = 512;
/** Rows of an item: 8 tiles share what they read of b. */
const ROWS_PER_ITEM = 32;
/** Items that a product is cut into where it is large enough, for threads to share. */
const ENOUGH_ITEMS = 16;
const FEWEST_COLUMNS = 32;
/** Elements of a transposed left matrix that are read in place: they stay in the nearest cache. */
const SMALL_MATRIX = 4096;
/** Columns that a packed left operand pays for itself with. */
const COLUMNS_WORTH_PACKING = 96;
/** Rows that a packed right operand pays for itself with. */
const ROWS_WORTH_PACKING = 64;

const BYTES = 4;

/** How the product kernel finds an operand: strides in bytes. */
interface OperandLayout {
  readonly place: TensorPlace;
  /** From one matrix of the operand to the next. */
  readonly matrixStride: number;
  /** From one tile's rows or panel's columns to the next's; from row to row where the left is read by rows. */
  readonly panelStride: number;
  readonly stepStride: number;
  readonly calls: readonly KernelCall[];
}

/** The calls that compute a product; undefined for batches that broadcast along more than two axes. */
export function productCalls(product: MatrixProduct): KernelCall[] | undefined {
  const { batch, a, b } = product;
  const nest = loopNest(batch, [a.batchStrides, b.batchStrides]);
  if (nest.length > 2) return undefined;
  const [outer, inner] = nest.length === 2 ? nest : [{ extent: 1, strides: [0, 0] }, nest[0]];
  const meetsOneMatrix = outer.extent === 1 && inner.strides[1] === 0;
  if (meetsOneMatrix && inner.strides[0] === 1 && !a.isTransposed && inner.extent > 1) {
    const rows = inner.extent * product.rows;
    return productCalls({ ...product, batch: [], rows, a: alone(a), b: alone(b) });
  }
  if (product.columns === 1 && !a.isTransposed) return [vectorCall(product, outer, inner)];
  return multiplyCalls(product, outer, inner);
}

const alone = (operand: Operand): Operand => ({ ...operand, count: 1, batchStrides: [] });

/** Eight multiply-adds are as much work as touching an element. */
const workOf = ({ batch, rows, columns, depth }: MatrixProduct) => (sizeOf(batch) * rows * columns * depth) / 8;

function multiplyCalls(product: MatrixProduct, outer: LoopAxis, inner: LoopAxis): KernelCall[] {
  const { rows, columns, depth, a, bias } = product;
  const left = layoutLeft(product, 0);
  const right = layoutRight(product, 1);
  const matrices = outer.extent * inner.extent;
  const rowBlocks = Math.ceil(rows / ROWS_PER_ITEM);
  const columnsPerItem = columnsOfItem(columns, matrices * rowBlocks);
  const columnBlocks = Math.ceil(columns / columnsPerItem);
  // Blocks of a very long depth grow with their number: a sum's error grows with each.
  const longestDepth = Math.max(LONGEST_DEPTH, Math.ceil(Math.sqrt(depth)));
  const depthBlocks = Math.max(1, Math.ceil(depth / longestDepth));
  const multiply: KernelCall = {
    kernel: isReadByRows(a, columns) ? multiplyByRows : multiplyByColumns,
    // One literal: every call makes it, and spreading others into it takes longer than a small product.
    arguments: {
      a: left.place,
      b: right.place,
      out: product.out,
      bias: bias ?? 0,
      hasBias: bias === undefined ? 0 : 1,
      floor: floorOf(product),
      rows,
      columns,
      depth,
      inner: inner.extent,
      leftOuter: outer.strides[0] * left.matrixStride,
      leftInner: inner.strides[0] * left.matrixStride,
      rightOuter: outer.strides[1] * right.matrixStride,
      rightInner: inner.strides[1] * right.matrixStride,
      leftPanelStride: left.panelStride,
      leftStepStride: left.stepStride,
      rightPanelStride: right.panelStride,
      rightStepStride: right.stepStride,
      rowBlocks,
      rowsPerItem: ROWS_PER_ITEM,
      columnBlocks,
      columnsPerItem,
      depthPerBlock: Math.ceil(depth / depthBlocks),
    },
    items: matrices * rowBlocks * columnBlocks,
    work: workOf(product),
  };
  return [...left.calls, ...right.calls, multiply];
}

/** What elements are raised to. */
const floorOf = ({ isRectified }: MatrixProduct) => (isRectified ? 0 : Number.NEGATIVE_INFINITY);

/** A product with one column: each row of a meets the same vector, both along the depth. */
function vectorCall(product: MatrixProduct, outer: LoopAxis, inner: LoopAxis): KernelCall {
  const { rows, depth, a, b, bias } = product;
  const groups = Math.ceil(rows / TILE_ROWS);
  const matrixStride = rows * depth * BYTES;
  const vectorStride = depth * BYTES;
  return {
    kernel: multiplyVector,
    arguments: {
      a: a.place,
      b: b.place,
      out: product.out,
      bias: bias ?? 0,
      hasBias: bias === undefined ? 0 : 1,
      floor: floorOf(product),
      rows,
      depth,
      groups,
      inner: inner.extent,
      leftOuter: outer.strides[0] * matrixStride,
      leftInner: inner.strides[0] * matrixStride,
      rightOuter: outer.strides[1] * vectorStride,
      rightInner: inner.strides[1] * vectorStride,
    },
    items: outer.extent * inner.extent * groups,
    // Every element of a is read for one multiply-add.
    work: 8 * workOf(product),
  };
}

/** Columns of an item where there are so many blocks of rows: all, unless that makes too few items. */
function columnsOfItem(columns: number, rowBlocks: number): number {
  const wanted = Math.ceil(ENOUGH_ITEMS / rowBlocks);
  return Math.max(FEWEST_COLUMNS, TILE_COLUMNS * Math.ceil(columns / wanted / TILE_COLUMNS));
}

/** Whether the left operand's rows are read where they lie. */
const isReadByRows = (a: Operand, columns: number) => !a.isTransposed && columns < COLUMNS_WORTH_PACKING;

function layoutLeft({ rows, columns, depth, a }: MatrixProduct, scratch: number): OperandLayout {
  const matrixStride = rows * depth * BYTES;
  if (isReadByRows(a, columns)) {
    return { place: a.place, matrixStride, panelStride: depth * BYTES, stepStride: BYTES, calls: [] };
  }
  if (a.isTransposed && rows * depth <= SMALL_MATRIX) {
    const stepStride = rows * BYTES;
    return { place: a.place, matrixStride, panelStride: TILE_ROWS * BYTES, stepStride, calls: [] };
  }
  return packedLayout(a, a.isTransposed, TILE_ROWS, rows, depth, scratch);
}

function layoutRight({ rows, columns, depth, b }: MatrixProduct, scratch: number): OperandLayout {
  if (!b.isTransposed && rows < ROWS_WORTH_PACKING) {
    const [panelStride, stepStride] = [TILE_COLUMNS * BYTES, columns * BYTES];
    return { place: b.place, matrixStride: columns * depth * BYTES, panelStride, stepStride, calls: [] };
  }
  return packedLayout(b, !b.isTransposed, TILE_COLUMNS, columns, depth, scratch);
}

/**
 * Panels of `width` elements out of `extent`, at each step of the depth.
 *
 * @param liesAlongPanels whether the elements of a panel lie side by side in memory, and not the steps of the depth
 */
function packedLayout(
  { place, count }: Operand,
  liesAlongPanels: boolean,
  width: number,
  extent: number,
  depth: number,
  scratch: number,
): OperandLayout {
  const panels = Math.ceil(extent / width);
  const panelStride = width * depth * BYTES;
  const target: TensorPlace = { scratch, length: count * panels * width * depth, dtype: "f32" };
  const call: KernelCall = {
    kernel: (liesAlongPanels ? packColumns : packRows)[width],
    arguments: { source: place, target, extent, depth, panels },
    items: count * (liesAlongPanels ? Math.ceil(depth / STEPS_PER_ITEM) : panels),
    work: count * extent * depth,
  };
  return {
    place: target,
    matrixStride: panels * panelStride,
    panelStride,
    stepStride: width * BYTES,
    calls: depth === 0 ? [] : [call],
  };
}
