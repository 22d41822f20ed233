/** Kernels that move elements: permuted axes, slices, concatenation. */

import type { KernelCall } from "../../dispatch.ts";
import type { TensorSpec } from "../../operation.ts";
import { broadcastStrides, type LoopAxis, loopNest, type Shape, sizeOf } from "../../shape.ts";
import { clearCall, copyAllCall, copyBlock, copyCall } from "../../wasm/block-kernels.ts";
import { defineKernel, type KernelWriter, type Parameters } from "../../wasm/kernel.ts";
import { sweepApart } from "../../wasm/stretches.ts";
import { transposeFour } from "../../wasm/transpose.ts";
import { F32, F32x4, type I32 } from "../../wasm/values.ts";

/** Where a part of a tensor lies in the whole, from `start` along `axis`: `count` blocks of `length` elements. */
function partBlocks(part: Shape, whole: Shape, axis: number, start: number) {
  const inner = sizeOf(whole.slice(axis + 1));
  const length = part[axis] * inner;
  return {
    count: sizeOf(whole.slice(0, axis)),
    length,
    ownPlace: { start: 0, step: length },
    placeInWhole: { start: start * inner, step: whole[axis] * inner },
  };
}

/** The output is the part of the input that begins at `start` along `axis`. */
export function extractCalls(
  [x]: readonly TensorSpec[],
  [out]: readonly TensorSpec[],
  { axis, start }: { readonly axis: number; readonly start: number },
): KernelCall[] {
  const { count, length, ownPlace, placeInWhole } = partBlocks(out.shape, x.shape, axis, start);
  return [copyCall({ input: 0 }, placeInWhole, ownPlace, count, length)];
}

/** The output is the input from `start` along `axis`, between zeros. */
export function insertBetweenZerosCalls(
  [x]: readonly TensorSpec[],
  [out]: readonly TensorSpec[],
  { axis, start }: { readonly axis: number; readonly start: number },
): KernelCall[] {
  const { count, length, ownPlace, placeInWhole } = partBlocks(x.shape, out.shape, axis, start);
  const { start: before, step } = placeInWhole;
  const after = before + length;
  return [
    clearCall({ start: 0, step }, count, before),
    copyCall({ input: 0 }, ownPlace, placeInWhole, count, length),
    clearCall({ start: after, step }, count, step - after),
  ].filter(({ items }) => items > 0);
}

/** The output is the inputs, one after the other along `axis`. */
export function concatCalls(
  inputs: readonly TensorSpec[],
  [out]: readonly TensorSpec[],
  { axis }: { readonly axis: number },
): KernelCall[] {
  let start = 0;
  const calls = inputs.map(({ shape }, input) => {
    const { count, length, ownPlace, placeInWhole } = partBlocks(shape, out.shape, axis, start);
    start += shape[axis];
    return copyCall({ input }, ownPlace, placeInWhole, count, length);
  });
  return calls.filter(({ items }) => items > 0);
}

/** Two axes that items count, and what the kernels below know of them: bytes from step to step in x. */
const OUTER_AXES = "x, inner, outerStep, innerStep";

/** The address in x of item `outer` * `inner` + i. */
function outerAddress(
  write: KernelWriter,
  item: I32,
  { x, inner, outerStep, innerStep }: Omit<Parameters<typeof OUTER_AXES>, "first" | "last">,
): I32 {
  return write.let(x.add(item.div(inner).mul(outerStep)).add(item.rem(inner).mul(innerStep)));
}

/** out [items, rows, bytes]: each item takes blocks of bytes that lie `rowStep` apart. */
const permuteRows = defineKernel(
  "permute rows",
  { i32: `${OUTER_AXES}, out, rows, rowStep, bytes` },
  (write, { out, rows, rowStep, bytes, first, last, ...outer }) => {
    write.loop(first, last, 1, (item) => {
      const source = outerAddress(write, item, outer);
      const target = write.let(out.add(item.mul(rows).mul(bytes)));
      write.loop(0, rows, 1, (row) => {
        const [to, from] = [target.add(row.mul(bytes)), source.add(row.mul(rowStep))];
        copyBlock(write, write.let(to), write.let(from), bytes);
      });
    });
  },
);

/** out [items, columns, rows] from x [items, rows, columns], whose rows lie `rowStep` apart; four by four elements. */
const transposeRows = defineKernel(
  "transpose rows",
  { i32: `${OUTER_AXES}, out, rows, rowStep, columns` },
  (write, { out, rows, rowStep, columns, first, last, ...outer }) => {
    const rowBytes = write.let(rows.shiftLeft(2));
    write.loop(first, last, 1, (item) => {
      const source = outerAddress(write, item, outer);
      const target = write.let(out.add(item.mul(columns).mul(rowBytes)));
      const moveOne = (column: I32, at: I32) => {
        const from = source.add(at.shiftRightUnsigned(2).mul(rowStep)).add(column.shiftLeft(2));
        write.store(target.add(column.mul(rowBytes)).add(at), F32.load(from));
      };
      const whole = write.let(columns.and(-4));
      write.loop(0, whole, 4, (column) => {
        const to = write.let(target.add(column.mul(rowBytes)));
        const moveFour = (at: I32) => {
          const from = write.let(source.add(at.shiftRightUnsigned(2).mul(rowStep)).add(column.shiftLeft(2)));
          const vectors = [0, 1, 2, 3].map((row) => F32x4.load(from.add(rowStep.mul(row))));
          const place = write.let(to.add(at));
          transposeFour(write, vectors).forEach((vector, number) => {
            write.store(place.add(rowBytes.mul(number)), vector);
          });
        };
        sweepApart(write, rowBytes, moveFour, (at) => {
          write.loop(column, column.add(4), 1, (own) => moveOne(own, at));
        });
      });
      write.loop(whole, columns, 1, (column) => write.loop(0, rowBytes, 4, (at) => moveOne(column, at)));
    });
  },
);

/** The output is the input with its axes in another order, if at most two axes stay outside of rows or a transpose. */
export function permuteCalls(
  [x]: readonly TensorSpec[],
  [out]: readonly TensorSpec[],
  { axes }: { readonly axes: readonly number[] },
): KernelCall[] | undefined {
  const size = sizeOf(out.shape);
  if (size === 0) return [];
  const strides = broadcastStrides(x.shape, x.shape.length);
  const nest = loopNest(out.shape, [axes.map((axis) => strides[axis])]);
  if (nest.length === 1) return [copyAllCall(size)];
  const [secondLast, last] = nest.slice(-2);
  const outer = nest.slice(0, -2);
  if (outer.length > 2) return undefined;
  const once: LoopAxis = { extent: 1, strides: [0] };
  const [outerAxis, innerAxis] = [...new Array<LoopAxis>(2 - outer.length).fill(once), ...outer];
  const given = {
    inner: innerAxis.extent,
    outerStep: 4 * outerAxis.strides[0],
    innerStep: 4 * innerAxis.strides[0],
  };
  const items = outerAxis.extent * innerAxis.extent;
  if (last.strides[0] === 1) {
    const rows = { rows: secondLast.extent, rowStep: 4 * secondLast.strides[0], bytes: 4 * last.extent };
    return [{ kernel: permuteRows, arguments: { ...given, ...rows }, items, work: size }];
  }
  if (secondLast.strides[0] === 1) {
    const rows = { rows: last.extent, rowStep: 4 * last.strides[0], columns: secondLast.extent };
    return [{ kernel: transposeRows, arguments: { ...given, ...rows }, items, work: size }];
  }
  return undefined;
}
