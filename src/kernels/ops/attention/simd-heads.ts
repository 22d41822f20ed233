/**
 * The way of attention's kernels on the CPU through their tensors. An item is one head of an entry, or several. A head
 * goes through its queries in blocks, whose scores [block, K] stay in a near cache.
 */
import type { KernelCall } from "../../dispatch.ts";
import type { TensorSpec } from "../../operation.ts";
import { type RightOperand, TILE_COLUMNS, writeProduct } from "../../wasm/gemm.ts";
import { writePackedColumns, writePackedRows } from "../../wasm/gemm-packing.ts";
import type { KernelWriter, Parameters } from "../../wasm/kernel.ts";
import {
  chooseKernel,
  type MASK,
  type MaskedKernels,
  maskRowAddress,
  Row,
  WORK_OF_EXPONENTIAL,
} from "../../wasm/rows.ts";
import { type F32x4, I32 } from "../../wasm/values.ts";
import type { AttentionExtents } from "./extents.ts";

const MOST_QUERIES_PER_BLOCK = 64;
/** Keys up to which k and v are read in place: their elements for one panel stay in the nearest cache. */
const MOST_KEYS_IN_PLACE = 64;
/** Items at most, as every range of items takes scratch of its own. */
const MOST_ITEMS = 64;
const BYTES = 4;

/**
 * Extents of a call, as kernels take them. `widthBytes` is that of q, k and v; `matrices` are the heads of all entries;
 * `packs` says whether k and v are packed where a product reads them row by row; `scratchBytes` is the scratch of one range
 * of items, and the last three are those of its parts (see `ScratchParts`).
 */
const SHAPE = "queries, keys, widthBytes, headWidth, heads, matrices, matricesPerItem, queriesPerBlock, packs";
const SCRATCH = "scratch, scratchBytes, transposedBytes, packedBytes, blockBytes";
export const EXTENTS = `${SHAPE}, ${SCRATCH}` as const;

export type Extents = Parameters<typeof EXTENTS, "scale">;
export type Mask = Parameters<typeof MASK>;

/**
 * How many of each part of scratch a kernel needs, beside k or v packed for products with themselves (of no size where
 * lists are short).
 */
export interface ScratchParts {
  /** k or v, packed for products with their transpose. */
  readonly transposed: number;
  /** [block of queries, K]. */
  readonly blocks: number;
}

/** Kernels and their scratch. */
export interface AttentionKernels {
  readonly kernels: MaskedKernels;
  readonly parts: ScratchParts;
}

/** One call of an attention kernel; undefined for empty tensors and for masks with gaps in their batch axes. */
export function attentionCall(
  { kernels, parts }: AttentionKernels,
  at: AttentionExtents,
  mask: TensorSpec | undefined,
): KernelCall[] | undefined {
  const { batch, heads, queries, keys, width, headWidth } = at;
  const matrices = batch * heads;
  const chosen = chooseKernel(kernels, at.maskedShape, mask);
  if (matrices * queries * keys * headWidth === 0 || chosen === undefined) return undefined;
  const matricesPerItem = Math.ceil(matrices / MOST_ITEMS);
  const items = Math.ceil(matrices / matricesPerItem);
  const blocks = Math.ceil(queries / MOST_QUERIES_PER_BLOCK);
  const queriesPerBlock = Math.ceil(queries / blocks);
  const packs = keys > MOST_KEYS_IN_PLACE;
  const panels = (extent: number) => Math.ceil(extent / TILE_COLUMNS) * TILE_COLUMNS;
  const transposedBytes = panels(keys) * headWidth * BYTES;
  const packedBytes = packs ? keys * panels(headWidth) * BYTES : 0;
  const blockBytes = queriesPerBlock * keys * BYTES;
  const scratchBytes = parts.transposed * transposedBytes + packedBytes + parts.blocks * blockBytes;
  const call: KernelCall = {
    kernel: chosen.kernel,
    // One literal: every call makes it, and spreading others into it takes longer than a small attention.
    arguments: {
      queries,
      keys,
      headWidth,
      heads,
      matrices,
      matricesPerItem,
      queriesPerBlock,
      widthBytes: width * BYTES,
      packs: packs ? 1 : 0,
      scale: 1 / Math.sqrt(headWidth),
      scratch: { scratch: 0, length: (items * scratchBytes) / BYTES, dtype: "f32" },
      scratchBytes,
      transposedBytes,
      packedBytes,
      blockBytes,
      rowsPerMaskRow: chosen.maskRows?.rowsPerMaskRow ?? 1,
      maskRows: chosen.maskRows?.maskRows ?? 1,
    },
    items,
    work: matrices * queries * keys * (WORK_OF_EXPONENTIAL + headWidth / 4),
  };
  return [call];
}

/** Rows of one head: `rowStride` bytes apart, its width long. */
export interface HeadRows {
  readonly address: I32;
  readonly rowStride: I32;
}

/** Writes what kernels do with one head of one entry. */
export class HeadWriter {
  private readonly entry: I32;
  private readonly headOffset: I32;

  constructor(
    private readonly write: KernelWriter,
    private readonly p: Extents,
    readonly matrix: I32,
  ) {
    this.entry = write.let(matrix.div(p.heads));
    this.headOffset = write.let(matrix.rem(p.heads).mul(p.headWidth).shiftLeft(2));
  }

  /** The head's queries from number `query` on, in a tensor [..., Q, D]. */
  queries(tensor: I32, query: I32): HeadRows {
    return this.rows(tensor, this.entry.mul(this.p.queries).add(query));
  }

  /** The head's keys or values, in a tensor [..., K, D]. */
  keys(tensor: I32): HeadRows {
    return this.rows(tensor, this.entry.mul(this.p.keys));
  }

  private rows(tensor: I32, first: I32): HeadRows {
    const rowStride = this.p.widthBytes;
    return { address: this.write.let(tensor.add(first.mul(rowStride)).add(this.headOffset)), rowStride };
  }

  /** The number of a head's query among those of all heads, as the statistics count them. */
  numberOf(query: I32): I32 {
    return this.write.let(this.matrix.mul(this.p.queries).add(query));
  }

  /** Keys or values for products with their transpose, packed into `panels`. */
  transposed({ address, rowStride }: HeadRows, panels: I32): RightOperand {
    const { write, p } = this;
    const panelStride = write.let(p.headWidth.mul(TILE_COLUMNS * BYTES));
    write.loop(0, p.keys, TILE_COLUMNS, (key) => {
      const rows = { address: write.let(address.add(key.mul(rowStride))), rowStride, rows: p.keys.sub(key) };
      const panel = panels.add(key.div(TILE_COLUMNS).mul(panelStride));
      writePackedRows(write, TILE_COLUMNS, rows, p.headWidth, panel);
    });
    return { address: panels, panelStride, stepStride: TILE_COLUMNS * BYTES };
  }

  /** Keys or values for products with themselves: packed into `panels`, or in place where they are few. */
  packed({ address, rowStride }: HeadRows, panels: I32): RightOperand {
    const { write, p } = this;
    const step = TILE_COLUMNS * BYTES;
    const panelStride = write.let(p.keys.mul(step));
    write.if(p.packs, () => {
      const source = { address, rowStride, columns: p.headWidth };
      writePackedColumns(write, TILE_COLUMNS, source, p.keys, panels, panelStride);
    });
    return {
      address: write.let(p.packs.select(panels, address)),
      panelStride: write.let(p.packs.select(panelStride, I32.constant(step))),
      stepStride: write.let(p.packs.select(I32.constant(step), rowStride)),
    };
  }

  /** A block's rows [count, d] times the transpose of keys or values, and a scale: [count, K]. */
  timesTransposed(count: I32, left: HeadRows, right: RightOperand, out: HeadRows, scale?: F32x4): void {
    const { keys: columns, headWidth: depth } = this.p;
    const finish = (sums: F32x4) => (scale === undefined ? sums : sums.mul(scale));
    writeProduct(this.write, { rows: count, columns, depth, left: { order: "rows", ...left }, right, out, finish });
  }

  /** A block's [count, K] times keys or values: rows [count, d]. */
  timesKeys(count: I32, left: HeadRows, right: RightOperand, out: HeadRows): void {
    const { headWidth: columns, keys: depth } = this.p;
    writeProduct(this.write, { rows: count, columns, depth, left: { order: "rows", ...left }, right, out });
  }

  /** Runs `body` for each block of queries, with its first one and their number. */
  forEachBlock(body: (query: I32, count: I32) => void): void {
    const { write, p } = this;
    write.loop(0, p.queries, p.queriesPerBlock, (query) => {
      body(query, write.let(p.queries.sub(query).min(p.queriesPerBlock)));
    });
  }

  /** Runs `body` for each row of a block, which is [count, K] in memory. */
  forEachRow(query: I32, count: I32, mask: Mask | undefined, body: (row: Row, number: I32) => void): void {
    const { write, p } = this;
    const bytes = write.let(p.keys.shiftLeft(2));
    const firstRow = write.let(this.entry.mul(p.queries).add(query));
    write.loop(0, count, 1, (number) => {
      const maskRow = mask && maskRowAddress(write, firstRow.add(number), bytes, mask);
      body(new Row(write, number, bytes, maskRow), number);
    });
  }
}

/** Runs `body` for the heads of all items, with the scratch that they share. */
export function forEachHead(write: KernelWriter, p: Extents, body: (head: HeadWriter, scratch: I32) => void): void {
  const scratch = write.let(p.scratch.add(p.first.mul(p.scratchBytes)));
  const last = write.let(p.last.mul(p.matricesPerItem).min(p.matrices));
  write.loop(p.first.mul(p.matricesPerItem), last, 1, (matrix) => body(new HeadWriter(write, p, matrix), scratch));
}
