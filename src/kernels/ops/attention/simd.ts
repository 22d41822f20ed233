/**
 * Kernels of attention on the CPU: see `attention.ts` for the formulas and `simd-heads.ts` for the way through the
 * tensors. Short lists keep their probabilities, so scores are computed where these stay; long ones use scratch.
 */
import { TILE_COLUMNS, writeProduct } from "../../wasm/gemm.ts";
import type { KernelWriter, Parameters } from "../../wasm/kernel.ts";
import { exp, log } from "../../wasm/mathematics.ts";
import { defineMasked } from "../../wasm/rows.ts";
import { F32x4 } from "../../wasm/values.ts";
import { sumExponentials } from "../softmax/exponentials.ts";
import {
  type AttentionKernels,
  EXTENTS,
  type Extents,
  forEachHead,
  type HeadRows,
  type Mask,
  type ScratchParts,
} from "./simd-heads.ts";

const FORWARD = "q, k, v, y, statistics";

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
      const probabilities = { address, rowStride };
      head.timesTransposed(count, head.queries(p.q, query), keysTransposed, probabilities, scale);
      head.forEachRow(query, count, mask, (row, index) => {
        const scores = row.of(address);
        const { largest, total, isEmpty, inverse } = sumExponentials(write, row, scores, scores);
        row.sweep(({ load, store }) => store(scores, load(scores).mul(inverse)));
        if (isKept) return;
        const logSumExp = isEmpty.select(0, largest.add(log(write, total)));
        write.storeElement(p.statistics.add(number.add(index).shiftLeft(2)), logSumExp, 0);
      });
      head.timesKeys(count, probabilities, right, head.queries(p.y, query));
    });
  });
}

const BACKWARD = "q, k, v, g, statistics, dq, dk, dv";

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
    const keysTransposed = isKept ? undefined : head.transposed(keys, write.let(scratch.add(p.transposedBytes)));
    const s = { address: blocks, rowStride };
    head.forEachBlock((query, count) => {
      const number = head.numberOf(query);
      const [queries, g] = [head.queries(p.q, query), head.queries(p.g, query)];
      const probabilities = {
        address: write.let(isKept ? p.statistics.add(number.mul(rowStride)) : blocks.add(p.blockBytes)),
        rowStride,
      };
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

      if (keysTransposed !== undefined) head.timesTransposed(count, queries, keysTransposed, probabilities);
      head.timesTransposed(count, g, valuesTransposed, s);
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
      head.timesKeys(count, s, packedKeys, head.queries(p.dq, query));
      sumOverQueries(s, queries, head.keys(p.dk));
    });
  });
}

/** @param isKept whether the probabilities are kept: those have met the mask */
function kernelsOf<const Tensors extends string>(
  name: string,
  tensors: Tensors,
  body: (write: KernelWriter, p: Parameters<Tensors> & Extents, mask: Mask | undefined, isKept: boolean) => void,
  isKept: boolean,
  parts: ScratchParts,
): AttentionKernels {
  const parameters = { i32: `${tensors}, ${EXTENTS}`, f32: "scale" };
  const kernels = defineMasked(name, parameters, (write, given, mask) => body(write, given as never, mask, isKept));
  return { kernels, parts };
}

export const attentionKernels = {
  short: kernelsOf("attention short", FORWARD, writeForward, true, { transposed: 1, blocks: 0 }),
  long: kernelsOf("attention long", FORWARD, writeForward, false, { transposed: 1, blocks: 1 }),
};

export const gradientKernels = {
  short: kernelsOf("attention.gradient short", BACKWARD, writeBackward, true, { transposed: 1, blocks: 1 }),
  long: kernelsOf("attention.gradient long", BACKWARD, writeBackward, false, { transposed: 2, blocks: 2 }),
};
