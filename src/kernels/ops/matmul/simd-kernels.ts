/** Kernels of matrix products on the CPU: they pack operands, and multiply blocks of the result. */
import { type LeftOperand, TILE_COLUMNS, TILE_ROWS, writeProduct } from "../../wasm/gemm.ts";
import { writePackedColumns, writePackedRows } from "../../wasm/gemm-packing.ts";
import { defineKernel, type KernelWriter, type Parameters } from "../../wasm/kernel.ts";
import { LosslessSums } from "../../wasm/lossless-sum.ts";
import { F32, F32x4, I32 } from "../../wasm/values.ts";

const BYTES = 4;

/** Steps of the depth that one item packs. */
export const STEPS_PER_ITEM = 64;

const PACKING = { i32: "source, target, extent, depth, panels" } as const;

/** Items are panels, of all matrices in order. */
export const packRows = byWidth((width) =>
  defineKernel(`matmul pack rows by ${width}`, PACKING, (write, p) => {
    const panelStride = write.let(p.depth.mul(width * BYTES));
    write.loop(p.first, p.last, 1, (item) => {
      const matrix = write.let(item.div(p.panels));
      const row = write.let(item.rem(p.panels).mul(width));
      const rowStride = write.let(p.depth.shiftLeft(2));
      const address = write.let(p.source.add(matrix.mul(p.extent).add(row).mul(rowStride)));
      const source = { address, rowStride, rows: p.extent.sub(row) };
      writePackedRows(write, width, source, p.depth, p.target.add(item.mul(panelStride)));
    });
  }),
);

/** Items are stretches of the depth, of all matrices in order. */
export const packColumns = byWidth((width) =>
  defineKernel(`matmul pack columns by ${width}`, PACKING, (write, p) => {
    const panelStride = write.let(p.depth.mul(width * BYTES));
    const stretches = write.let(p.depth.add(STEPS_PER_ITEM - 1).div(STEPS_PER_ITEM));
    write.loop(p.first, p.last, 1, (item) => {
      const matrix = write.let(item.div(stretches));
      const step = write.let(item.rem(stretches).mul(STEPS_PER_ITEM));
      const rowStride = write.let(p.extent.shiftLeft(2));
      const address = write.let(p.source.add(matrix.mul(p.depth).add(step).mul(rowStride)));
      const steps = write.let(p.depth.sub(step).min(STEPS_PER_ITEM));
      const panels = p.target.add(matrix.mul(p.panels).mul(panelStride)).add(step.mul(width * BYTES));
      writePackedColumns(write, width, { address, rowStride, columns: p.extent }, steps, panels, panelStride);
    });
  }),
);

function byWidth<Kernel>(define: (width: number) => Kernel): Record<number, Kernel> {
  return { [TILE_ROWS]: define(TILE_ROWS), [TILE_COLUMNS]: define(TILE_COLUMNS) };
}

/**
 * `inner` counts the matrices of the inner axis of the batch. What begins with `left` or `right` is in bytes: from one
 * matrix of an operand to the next along each axis of the batch, and within a matrix.
 */
const COMMON = "a, b, out, bias, hasBias, rows, depth, inner, leftOuter, leftInner, rightOuter, rightInner";
const STRIDES = "leftPanelStride, leftStepStride, rightPanelStride, rightStepStride";
const BLOCKS = "columns, rowBlocks, rowsPerItem, columnBlocks, columnsPerItem, depthPerBlock";

/** Addresses of the operands' matrices that make matrix number `matrix` of the result. */
function operandAddresses(write: KernelWriter, p: Parameters<typeof COMMON>, matrix: I32): { a: I32; b: I32 } {
  const [outer, inner] = [write.let(matrix.div(p.inner)), write.let(matrix.rem(p.inner))];
  return {
    a: write.let(p.a.add(outer.mul(p.leftOuter)).add(inner.mul(p.leftInner))),
    b: write.let(p.b.add(outer.mul(p.rightOuter)).add(inner.mul(p.rightInner))),
  };
}

export const multiplyByRows = defineMultiply("rows");
export const multiplyByColumns = defineMultiply("columns");

/** Items are blocks of the result: columns within rows within matrices. */
function defineMultiply(order: LeftOperand["order"]) {
  const parameters = { i32: `${COMMON}, ${STRIDES}, ${BLOCKS}`, f32: "floor" } as const;
  return defineKernel(`matmul by ${order}`, parameters, (write, p) => {
    const rowStride = write.let(p.columns.shiftLeft(2));
    const blocks = write.let(p.rowBlocks.mul(p.columnBlocks));
    write.loop(p.first, p.last, 1, (item) => {
      const matrix = write.let(item.div(blocks));
      const row = write.let(item.rem(blocks).div(p.columnBlocks).mul(p.rowsPerItem));
      const column = write.let(item.rem(p.columnBlocks).mul(p.columnsPerItem));
      const { a, b } = operandAddresses(write, p, matrix);
      const tile = order === "rows" ? row : row.div(TILE_ROWS);
      const leftBlock = write.let(a.add(tile.mul(p.leftPanelStride)));
      const rightBlock = write.let(b.add(column.div(TILE_COLUMNS).mul(p.rightPanelStride)));
      const address = write.let(p.out.add(matrix.mul(p.rows).add(row).mul(rowStride)).add(column.shiftLeft(2)));
      const bias = write.let(p.bias.add(column.shiftLeft(2)));
      const rows = write.let(p.rows.sub(row).min(p.rowsPerItem));
      const columns = write.let(p.columns.sub(column).min(p.columnsPerItem));
      const step = write.variable(I32.constant(0));
      const isOpen = write.variable(I32.constant(1));
      write.while(isOpen, () => {
        const depth = write.let(p.depth.sub(step).min(p.depthPerBlock));
        const isLast = write.let(step.add(depth).equals(p.depth));
        const floor = write.let(isLast.select(p.floor, F32.constant(Number.NEGATIVE_INFINITY)).splat());
        const leftStart = write.let(leftBlock.add(step.mul(p.leftStepStride)));
        writeProduct(write, {
          rows,
          columns,
          depth,
          left:
            order === "rows"
              ? { order, address: leftStart, rowStride: p.leftPanelStride }
              : { order, address: leftStart, tileStride: p.leftPanelStride, stepStride: p.leftStepStride },
          right: {
            address: write.let(rightBlock.add(step.mul(p.rightStepStride))),
            panelStride: p.rightPanelStride,
            stepStride: p.rightStepStride,
          },
          // To the first block of the depth the bias is added, to the others what is there.
          addend: {
            when: write.let(p.hasBias.or(step)),
            address: write.let(step.equals(0).select(bias, address)),
            rowStride: write.let(step.equals(0).select(I32.constant(0), rowStride)),
          },
          out: { address, rowStride },
          finish: (sums) => sums.atLeast(floor),
        });
        write.set(step, step.add(depth));
        write.set(isOpen, isLast.equals(0));
      });
    });
  });
}

/** Bytes of a row whose products are added up before their sums join those of the others. */
const VECTOR_BLOCK = 2048 * BYTES;

/**
 * Items are groups of 4 rows; each row's sum is carried in 4 lanes, block by block, so that a long row's error stays that
 * of a block, and what is left over of the depth.
 */
export const multiplyVector = defineKernel(
  "matmul with a vector",
  { i32: `${COMMON}, groups`, f32: "floor" },
  (write, p) => {
    const rowStride = write.let(p.depth.shiftLeft(2));
    const endOfVectors = write.let(rowStride.and(-16));
    const start = write.let(p.hasBias.select(F32.load(p.hasBias.select(p.bias, p.out)), F32.constant(0)));
    write.loop(p.first, p.last, 1, (item) => {
      const matrix = write.let(item.div(p.groups));
      const row = write.let(item.rem(p.groups).mul(TILE_ROWS));
      const { a, b } = operandAddresses(write, p, matrix);
      const rows = [0, 1, 2, 3].map((r) => write.let(row.add(r).min(p.rows.sub(1))));
      const addresses = rows.map((number) => write.let(a.add(number.mul(rowStride))));
      const sums = rows.map(() => new LosslessSums(write));
      const offset = write.variable(I32.constant(0));
      write.while(offset.less(endOfVectors), () => {
        const end = write.let(offset.add(VECTOR_BLOCK).min(endOfVectors));
        const ofBlock = rows.map(() => write.variable(F32x4.splat(0)));
        write.while(offset.less(end), () => {
          const factor = write.let(F32x4.load(b.add(offset)));
          ofBlock.forEach((sum, r) => {
            write.set(sum, F32x4.load(addresses[r].add(offset)).mul(factor).add(sum));
          });
          write.set(offset, offset.add(16));
        });
        for (const [r, sum] of sums.entries()) sum.add(ofBlock[r]);
      });
      const totals = sums.map((lossless) => {
        const sum = write.let(lossless.result());
        const pairs = write.let(sum.add(sum.shuffle(sum, [2, 3, 0, 1])));
        return write.variable(pairs.element(0).add(pairs.element(1)).add(start));
      });
      write.while(offset.notEquals(rowStride), () => {
        const factor = write.let(F32.load(b.add(offset)));
        totals.forEach((total, r) => {
          write.set(total, F32.load(addresses[r].add(offset)).mul(factor).add(total));
        });
        write.set(offset, offset.add(4));
      });
      totals.forEach((total, r) => {
        const address = p.out.add(matrix.mul(p.rows).add(rows[r]).shiftLeft(2));
        write.store(address, total.max(p.floor));
      });
    });
  },
);
