/**
 * Kernels of attention on the CPU: see `attention.ts` for the formulas and `attention-heads.ts` for the way through the
 * tensors. Short lists keep their probabilities, so scores are computed where these stay; long ones use scratch.
 */

import { type RightOperand, TILE_COLUMNS, writeProduct } from "../../wasm/gemm.ts";
import { defineKernel, type KernelWriter, type Parameters } from "../../wasm/kernel.ts";
import { exp, log } from "../../wasm/mathematics.ts";
import { F32x4 } from "../../wasm/values.ts";
import { sumExponentials } from "../softmax/simd.ts";
import { EXTENTS, type Extents, forEachHead, type HeadRows, MASK, type Mask } from "./simd-heads.ts";

const FORWARD = { q: "i32", k: "i32", v: "i32", out: "i32", statistics: "i32" } as const;

type Forward = Parameters<typeof FORWARD> & Extents;

/** p = softmax_masked(q k^T / sqrt(d)), y = p v. */
function writeForward(write: KernelWriter, p: Forward, mask: Mask | undefined, isKept: boolean): void {
  const rowStride = write.let(p.keys.shiftLeft(2));
  const scale = write.let(p.scale.splat());
  forEachHead(write, p, (head, scratch) => {
    const values = write.let(scratch.add(p.transposedBytes));
    const block = write.let(values.add(p.packedBytes));
    const keysTransposed = head.transposed(head.keys(p.k), scratch);
    const right = head.packed(head.keys(p.v), values);
    head.forEachBlock((query, count) => {
      const number = head.numberOf(query);
      const address = isKept ? write.let(p.statistics.add(number.mul(rowStride))) : block;
      writeProduct(write, {
        rows: count,
        columns: p.keys,
        depth: p.headWidth,
        left: { order: "rows", ...head.queries(p.q, query) },
        right: keysTransposed,
        out: { address, rowStride },
        finish: (scores) => scores.mul(scale),
      });
      head.forEachRow(query, count, mask, (row, index) => {
        const scores = row.of(address);
        const { largest, total, isEmpty, inverse } = sumExponentials(
          write,
          row,
          scores,
          (exponential, { store }) => store(scores, exponential),
        );
        row.sweep(({ load, store }) => store(scores, load(scores).mul(inverse)));
        if (isKept) return;
        const logSumExp = isEmpty.select(0, largest.add(log(write, total)));
        write.storeElement(p.statistics.add(number.add(index).shiftLeft(2)), logSumExp, 0);
      });
      writeProduct(write, {
        rows: count,
        columns: p.headWidth,
        depth: p.keys,
        left: { order: "rows", address, rowStride },
        right,
        out: head.queries(p.out, query),
      });
    });
  });
}

const BACKWARD = {
  q: "i32",
  k: "i32",
  v: "i32",
  g: "i32",
  statistics: "i32",
  dq: "i32",
  dk: "i32",
  dv: "i32",
} as const;

type Backward = Parameters<typeof BACKWARD> & Extents;

/** dp = g v^T, s = p (dp - sum_j dp_j p_j) / sqrt(d); dv = p^T g, dq = s k, dk = s^T q. */
function writeBackward(write: KernelWriter, p: Backward, mask: Mask | undefined, isKept: boolean): void {
  const rowStride = write.let(p.keys.shiftLeft(2));
  const scale = write.let(p.scale.splat());
  forEachHead(write, p, (head, scratch) => {
    const keys = head.keys(p.k);
    const blocks = write.let(scratch.add(p.transposedBytes.mul(isKept ? 1 : 2)).add(p.packedBytes));
    const valuesTransposed = head.transposed(head.keys(p.v), scratch);
    const packedKeys = head.packed(keys, write.let(blocks.sub(p.packedBytes)));
    const keysTransposed = isKept
      ? undefined
      : head.transposed(keys, write.let(scratch.add(p.transposedBytes)));
    const s = { address: blocks, rowStride };
    head.forEachBlock((query, count) => {
      const number = head.numberOf(query);
      const [queries, g] = [head.queries(p.q, query), head.queries(p.g, query)];
      const probabilities = {
        address: write.let(isKept ? p.statistics.add(number.mul(rowStride)) : blocks.add(p.blockBytes)),
        rowStride,
      };
      /** A block's rows [count, d] times the transpose of keys or values: [count, K]. */
      const withKeys = (left: HeadRows, right: RightOperand, out: HeadRows) =>
        writeProduct(write, {
          rows: count,
          columns: p.keys,
          depth: p.headWidth,
          left: { order: "rows", ...left },
          right,
          out,
        });
      /** The transpose of [count, K] times rows [count, d], added up over the blocks. */
      const sumOverQueries = (left: HeadRows, right: HeadRows, out: HeadRows) =>
        writeProduct(write, {
          rows: p.keys,
          columns: p.headWidth,
          depth: count,
          left: { order: "columns", address: left.address, tileStride: 16, stepStride: left.rowStride },
          right: { address: right.address, panelStride: TILE_COLUMNS * 4, stepStride: right.rowStride },
          out,
          addend: { when: query, ...out },
        });

      if (keysTransposed !== undefined) withKeys(queries, keysTransposed, probabilities);
      withKeys(g, valuesTransposed, s);
      head.forEachRow(query, count, mask, (row, index) => {
        const [ofP, ofS] = [row.of(probabilities.address), row.of(s.address)];
        if (!isKept) {
          const logSumExp = write.let(F32x4.loadSplat(p.statistics.add(number.add(index).shiftLeft(2))));
          row.sweep(({ load, store, kept }) => {
            store(ofP, kept(exp(write, load(ofP).mul(scale).sub(logSumExp)), 0));
          });
        }
        const dot = row.sum(({ load }) => load(ofS).mul(load(ofP)));
        row.sweep(({ load, store }) => store(ofS, load(ofP).mul(load(ofS).sub(dot)).mul(scale)));
      });
      sumOverQueries(probabilities, g, head.keys(p.dv));
      writeProduct(write, {
        rows: count,
        columns: p.headWidth,
        depth: p.keys,
        left: { order: "rows", ...s },
        right: packedKeys,
        out: head.queries(p.dq, query),
      });
      sumOverQueries(s, queries, head.keys(p.dk));
    });
  });
}

/** A pair of kernels, without and with a mask. */
function pair<Types extends Readonly<Record<string, "i32">>>(
  name: string,
  tensors: Types,
  body: (write: KernelWriter, p: Parameters<Types> & Extents, mask?: Mask) => void,
) {
  const types = { ...tensors, ...EXTENTS };
  type Given = Parameters<Types> & Extents;
  return {
    plain: defineKernel(name, types, (write, given) => body(write, given as Given)),
    masked: defineKernel(`${name} masked`, { ...types, ...MASK }, (write, given) =>
      body(write, given as Given, given as Mask),
    ),
  };
}

export const shortAttention = {
  kernels: pair("attention short", FORWARD, (write, p, mask) => writeForward(write, p, mask, true)),
  parts: { transposed: 1, packed: 1, blocks: 0 },
};

export const longAttention = {
  kernels: pair("attention long", FORWARD, (write, p, mask) => writeForward(write, p, mask, false)),
  parts: { transposed: 1, packed: 1, blocks: 1 },
};

/** The kept probabilities have met the mask. */
export const shortAttentionGradient = {
  kernels: pair("attention.gradient short", BACKWARD, (write, p) => writeBackward(write, p, undefined, true)),
  parts: { transposed: 1, packed: 1, blocks: 1 },
};

export const longAttentionGradient = {
  kernels: pair("attention.gradient long", BACKWARD, (write, p, mask) =>
    writeBackward(write, p, mask, false),
  ),
  parts: { transposed: 2, packed: 1, blocks: 2 },
};
