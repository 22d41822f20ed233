/**
 * The inner loops of every matrix product on the CPU: tiles of 4 rows and 8 columns of the result, which stay in
 * registers while their row and column panels pass by. Sums run along the depth, one rounding per multiplication and
 * per addition, or per pair of them where the engine has a fused multiply-add.
 */
import type { KernelWriter, Variable } from "./kernel.ts";
import { hasRelaxedSimd } from "./simd-support.ts";
import { F32x4, I32, type Integer, integer } from "./values.ts";

/** Rows and columns of a tile: 8 vectors of sums, and 3 of operands, fit the 16 registers of x86. */
export const TILE_ROWS = 4;
export const TILE_COLUMNS = 8;

/** Where a product reads a and how: `address` is that of its first element, strides are in bytes. */
export type LeftOperand =
  | {
      /** Each row lies contiguously along the depth. */
      readonly order: "rows";
      readonly address: I32;
      readonly rowStride: I32;
    }
  | {
      /** The rows of a tile lie side by side, at each step of the depth: a transposed or packed. */
      readonly order: "columns";
      readonly address: I32;
      readonly tileStride: Integer;
      readonly stepStride: Integer;
    };

/** Where a product reads b: the columns of a panel lie side by side, at each step of the depth. */
export interface RightOperand {
  readonly address: I32;
  readonly panelStride: Integer;
  readonly stepStride: Integer;
}

/** Rows of floats, `rowStride` bytes apart. */
export interface RowMajor {
  readonly address: I32;
  readonly rowStride: Integer;
}

/** out = finish(a b + addend), with a [rows, depth], b [depth, columns]. */
export interface Product {
  readonly rows: Integer;
  readonly columns: Integer;
  readonly depth: Integer;
  readonly left: LeftOperand;
  readonly right: RightOperand;
  readonly out: RowMajor;
  /** Added where `when` holds. */
  readonly addend?: RowMajor & { readonly when: I32 };
  /** Applied to the sums before they are stored. */
  finish?(sums: F32x4): F32x4;
}

/** One panel of columns. */
interface Panel {
  /** Of its first element of b. */
  readonly address: I32;
  /** Bytes from the first column of out to its own. */
  readonly offset: I32;
  /** Columns from its first one to the last of out. */
  readonly width: I32;
}

/** Panel by panel, and in each panel tile by tile, so that a panel of b stays in the nearest cache. */
export function writeProduct(write: KernelWriter, product: Product): void {
  const columns = write.let(integer(product.columns));
  const address = write.variable(product.right.address);
  write.loop(0, columns, TILE_COLUMNS, (column) => {
    const panel = { address, offset: write.let(column.shiftLeft(2)), width: write.let(columns.sub(column)) };
    write.if(
      panel.width.greater(4),
      () => writePanel(write, product, panel, 2),
      () => writePanel(write, product, panel, 1),
    );
    advance(write, address, product.right.panelStride);
  });
}

/** The tiles of one panel, `vectors` vectors wide. */
function writePanel(write: KernelWriter, product: Product, panel: Panel, vectors: number): void {
  const { left, out } = product;
  const rows = write.let(integer(product.rows));
  const tileAddress = write.variable(left.address);
  write.loop(0, rows, TILE_ROWS, (row) => {
    const remaining = write.let(rows.sub(row));
    /** Where the tile's rows lie in a matrix shaped like out. */
    const rowsOf = ({ address, rowStride }: RowMajor) =>
      rowAddresses(write, address.add(row.mul(rowStride)).add(panel.offset), rowStride, remaining);
    const outRows = rowsOf(out);
    const sums = range(TILE_ROWS).map(() => range(vectors).map(() => write.variable<F32x4>(F32x4.splat(0))));
    if (left.order === "rows") {
      const addresses = rowAddresses(write, tileAddress, left.rowStride, remaining);
      const end = write.let(integer(product.depth).shiftLeft(2));
      const offset = write.variable(I32.constant(0));
      const element = (r: number) => F32x4.loadSplat(addresses[r].add(offset));
      writeSteps(write, product, panel, sums, offset.less(end), element, () => advance(write, offset, 4));
      advance(write, tileAddress, left.rowStride.mul(TILE_ROWS));
    } else {
      const leftAddress = write.variable<I32>(tileAddress);
      const steps = write.variable(integer(product.depth));
      const element = (r: number) => F32x4.loadSplat(leftAddress, 4 * r);
      writeSteps(write, product, panel, sums, steps, element, () => {
        advance(write, steps, -1);
        advance(write, leftAddress, left.stepStride);
      });
      advance(write, tileAddress, left.tileStride);
    }
    writeAddend(write, product, rowsOf, sums);
    writeEnd(write, product, panel, outRows, sums);
  });
}

/** Addresses of a tile's rows. A tile that reaches past the last row computes that row several times. */
function rowAddresses(write: KernelWriter, first: I32, rowStride: Integer, remaining: I32): I32[] {
  const addresses = [write.let(first)];
  for (let r = 1; r < TILE_ROWS; r++) {
    const step = remaining.greater(r).select(integer(rowStride), I32.constant(0));
    addresses.push(write.let(addresses[r - 1].add(step)));
  }
  return addresses;
}

type Sums = readonly (readonly Variable<F32x4>[])[];

function writeAddend(write: KernelWriter, { addend }: Product, rowsOf: (matrix: RowMajor) => I32[], sums: Sums): void {
  if (addend === undefined) return;
  write.if(addend.when, () => {
    rowsOf(addend).forEach((address, r) => {
      sums[r].forEach((sum, v) => {
        write.set(sum, sum.add(F32x4.load(address, 16 * v)));
      });
    });
  });
}

/** x y + z, in one instruction where the engine has one. */
export function multiplyAdd(x: F32x4, y: F32x4, z: F32x4): F32x4 {
  return hasRelaxedSimd ? x.relaxedMultiplyAdd(y, z) : x.mul(y).add(z);
}

/**
 * Adds a b to the sums. At each step of the depth, as long as `condition` holds, every row's element is multiplied by the
 * panel's elements; `next` goes on to the step after it.
 */
function writeSteps(
  write: KernelWriter,
  { right: { stepStride } }: Product,
  panel: Panel,
  sums: Sums,
  condition: I32,
  leftElement: (r: number) => F32x4,
  next: () => void,
): void {
  const rightAddress = write.variable(panel.address);
  write.while(condition, () => {
    const right = sums[0].map((_, v) => write.let(F32x4.load(rightAddress, 16 * v)));
    sums.forEach((ofRow, r) => {
      const left = write.let(leftElement(r));
      ofRow.forEach((sum, v) => {
        write.set(sum, multiplyAdd(left, right[v], sum));
      });
    });
    next();
    advance(write, rightAddress, stepStride);
  });
}

function writeEnd(
  write: KernelWriter,
  { finish = (sums) => sums }: Product,
  panel: Panel,
  addresses: readonly I32[],
  sums: Sums,
): void {
  const store = (storeVector: (address: I32, value: F32x4, v: number) => void) => {
    // From the last row up: what a tile computes of rows past the end is overwritten by the row that it stands for.
    for (let r = TILE_ROWS - 1; r >= 0; r--) {
      sums[r].forEach((sum, v) => {
        storeVector(addresses[r], finish(sum), v);
      });
    }
  };
  write.if(
    panel.width.greaterOrEqual(4 * sums[0].length),
    () => store((address, value, v) => write.store(address, value, 16 * v)),
    () =>
      store((address, value, v) => {
        const first = write.let(value);
        storeFirst(write, address, first, v === 0 ? panel.width : panel.width.sub(4 * v), 16 * v);
      }),
  );
}

/** Stores the first `count` elements of a vector, all four where there are more. */
export function storeFirst(write: KernelWriter, address: I32, value: F32x4, count: I32, offset = 0): void {
  write.if(
    count.greaterOrEqual(4),
    () => write.store(address, value, offset),
    () => {
      for (let element = 0; element < 3; element++) {
        write.if(count.greater(element), () => write.storeElement(address, value, element, offset + 4 * element));
      }
    },
  );
}

export function advance(write: KernelWriter, variable: Variable<I32>, step: Integer): void {
  write.set(variable, variable.add(step));
}

export const range = (count: number) => Array.from({ length: count }, (_, index) => index);
