/** Permuted axes: elements move without changing. */
import type { Kernel, KernelCall } from "../../dispatch.ts";
import type { Operation } from "../../operation.ts";
import {
  broadcastStrides,
  forEachRun,
  formatShape,
  type LoopAxis,
  loopNest,
  resolveAxis,
  ShapeError,
  sizeOf,
} from "../../shape.ts";
import { copyAllCall, copyBlock } from "../../wasm/block-kernels.ts";
import { defineKernel, type KernelWriter, type Parameters } from "../../wasm/kernel.ts";
import { sweepApart } from "../../wasm/stretches.ts";
import { transposeFour } from "../../wasm/transpose.ts";
import { F32, F32x4, type I32 } from "../../wasm/values.ts";
import { stridedOffsets } from "../../webgpu/broadcast.ts";
import { indexProgram } from "../../webgpu/program.ts";

export interface PermuteAttributes {
  /** Axis i of the result is axis axes[i] of the input. */
  readonly axes: readonly number[];
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

/** y = x with its axes in another order; a transpose is the exchange of two of them. */
export const permute: Operation<PermuteAttributes> = {
  name: "permute",
  signature: "x -> out",
  outputs([x], { axes }) {
    const rank = x.shape.length;
    if (axes.length !== rank || new Set(axes).size !== rank) {
      throw new ShapeError(
        `permute: axes [${axes}] are not a permutation of the ${rank} axes of ${formatShape(x.shape)}`,
      );
    }
    return [{ shape: axes.map((axis) => x.shape[resolveAxis("permute", axis, rank)]), dtype: x.dtype }];
  },
  reference([x], [out], { axes }) {
    const strides = broadcastStrides(x.shape, x.shape.length);
    let at = 0;
    forEachRun(out.shape, [axes.map((axis) => strides[axis])], (count, [start], [stride]) => {
      for (let i = 0; i < count; i++) out.data[at++] = x.data[start + i * stride];
    });
  },
  /** A kernel where at most two axes stay outside of rows or a transpose. */
  simd([x], [out], { axes }): KernelCall[] | undefined {
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
    const [outerStep, innerStep] = [4 * outerAxis.strides[0], 4 * innerAxis.strides[0]];
    const call = (kernel: Kernel, rows: LoopAxis, length: Readonly<Record<string, number>>): KernelCall => {
      const ofRows = { rows: rows.extent, rowStep: 4 * rows.strides[0], ...length };
      const given = { inner: innerAxis.extent, outerStep, innerStep, ...ofRows };
      return { kernel, arguments: given, items: outerAxis.extent * innerAxis.extent, work: size };
    };
    if (last.strides[0] === 1) return [call(permuteRows, secondLast, { bytes: 4 * last.extent })];
    if (secondLast.strides[0] === 1) return [call(transposeRows, last, { columns: secondLast.extent })];
    return undefined;
  },
  wgsl([x], [out], { axes }) {
    const strides = broadcastStrides(x.shape, x.shape.length);
    const offsets = stridedOffsets(out.shape, { x: axes.map((axis) => strides[axis]) });
    const { key, parameters, code } = offsets;
    return [indexProgram(`permute ${key}`, sizeOf(out.shape), `${code}\n  out[i] = x[at_x];`, { parameters })];
  },
  gradient({ attributes: { axes }, outputGradient, run }) {
    const inverse = axes.map((_, axis) => axes.indexOf(axis));
    return run(permute, [outputGradient], { axes: inverse });
  },
  sample(draw) {
    const shape = draw.shape(0, 4);
    const axes = shape.map((_, axis) => axis);
    for (let i = axes.length - 1; i > 0; i--) axes.push(...axes.splice(draw.integer(0, i), 1));
    return { inputs: [draw.floats(shape)], attributes: { axes } };
  },
};
