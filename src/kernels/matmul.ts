/**
 * Matrix product: y = A B (+ bias), with a [..., M, K], b [..., K, N], bias [N], y [..., M, N]. `transposeA` and
 * `transposeB` read an operand's last two axes swapped. Batch axes broadcast.
 */
import { gemm, type MatrixView } from "./cpu-gemm.ts";
import type { Draw } from "./draw.ts";
import {
  checkTypes,
  type GradientContext,
  type HostTensor,
  type Operation,
  type TensorSpec,
  type Value,
} from "./operation.ts";
import { sumTo } from "./reduce.ts";
import {
  broadcastShapes,
  broadcastStrides,
  forEachOffset,
  formatShape,
  loopNest,
  type Shape,
  ShapeError,
} from "./shape.ts";

export interface MatmulAttributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Batch axes and matrix extents of one operand, as the product sees it. */
function matrixShape(
  tensor: TensorSpec,
  transposed: boolean,
): { batch: Shape; rows: number; columns: number } {
  const { shape } = tensor;
  if (shape.length < 2) {
    throw new ShapeError(`matmul: operands need at least two dimensions, got ${formatShape(shape)}`);
  }
  const [last, first] = [shape[shape.length - 1], shape[shape.length - 2]];
  const batch = shape.slice(0, -2);
  return transposed ? { batch, rows: last, columns: first } : { batch, rows: first, columns: last };
}

function view(tensor: HostTensor, transposed: boolean): MatrixView {
  const stride = tensor.shape[tensor.shape.length - 1];
  return {
    data: tensor.data,
    offset: 0,
    rowStride: transposed ? 1 : stride,
    columnStride: transposed ? stride : 1,
  };
}

function describe(a: TensorSpec, b: TensorSpec, { transposeA, transposeB }: MatmulAttributes): string {
  return (
    `${formatShape(a.shape)}${transposeA ? " transposed" : ""} x ` +
    `${formatShape(b.shape)}${transposeB ? " transposed" : ""}`
  );
}

function reference(
  [a, b, bias]: readonly HostTensor[],
  [out]: readonly HostTensor[],
  { transposeA, transposeB }: MatmulAttributes,
): void {
  const { batch: aBatch, columns: depth } = matrixShape(a, transposeA);
  const { batch: bBatch } = matrixShape(b, transposeB);
  const { batch, rows, columns } = matrixShape(out, false);
  const matrices = [view(a, transposeA), view(b, transposeB), view(out, false)];
  const sizes = [rows * depth, depth * columns, rows * columns];
  const strides = [aBatch, bBatch, batch].map((shape, operand) =>
    broadcastStrides(shape, batch.length).map((stride) => stride * sizes[operand]),
  );
  forEachOffset(loopNest(batch, strides), (offsets) => {
    matrices.forEach((matrix, operand) => {
      matrix.offset = offsets[operand];
    });
    gemm(rows, columns, depth, matrices[0], matrices[1], matrices[2], bias?.data, 1);
  });
}

/** dA = g B^T, dB = A^T g, and the same read through the transpose flags; dbias = g summed over all rows. */
function gradient(context: GradientContext<MatmulAttributes>): (Value | undefined)[] {
  const { inputs, outputGradient: g, needs, attributes, run } = context;
  const [a, b, bias] = inputs;
  const { transposeA, transposeB } = attributes;
  const product = (left: Value, right: Value, transposeLeft: boolean, transposeRight: boolean) =>
    run(matmul, [left, right], { transposeA: transposeLeft, transposeB: transposeRight })[0];
  const gradientA = () => (transposeA ? product(b, g, transposeB, true) : product(g, b, false, !transposeB));
  const gradientB = () => (transposeB ? product(g, a, true, transposeA) : product(a, g, !transposeA, false));
  return [
    needs[0] ? sumTo(run, gradientA(), a.shape) : undefined,
    needs[1] ? sumTo(run, gradientB(), b.shape) : undefined,
    bias !== undefined && needs[2] ? sumTo(run, g, bias.shape) : undefined,
  ];
}

function sample(draw: Draw) {
  const attributes = { transposeA: draw.boolean(), transposeB: draw.boolean() };
  const [rows, depth, columns] = [draw.integer(0, 6), draw.integer(0, 6), draw.integer(0, 6)];
  const batch = draw.shape(0, 2);
  const a = [...draw.broadcastable(batch), ...(attributes.transposeA ? [depth, rows] : [rows, depth])];
  const b = [...draw.broadcastable(batch), ...(attributes.transposeB ? [columns, depth] : [depth, columns])];
  const inputs = [draw.floats(a), draw.floats(b)];
  if (draw.boolean()) inputs.push(draw.floats([columns]));
  return { inputs, attributes };
}

export const matmul: Operation<MatmulAttributes> = {
  name: "matmul",
  outputs(inputs, attributes) {
    const [a, b, bias] = inputs;
    checkTypes("matmul", inputs, ["float"]);
    const left = matrixShape(a, attributes.transposeA);
    const right = matrixShape(b, attributes.transposeB);
    if (left.columns !== right.rows) {
      throw new ShapeError(`matmul: inner dimensions differ: ${describe(a, b, attributes)}`);
    }
    if (bias !== undefined && (bias.shape.length !== 1 || bias.shape[0] !== right.columns)) {
      throw new ShapeError(
        `matmul: bias ${formatShape(bias.shape)} does not fit ${describe(a, b, attributes)}; expected [${right.columns}]`,
      );
    }
    const batch = broadcastShapes("matmul", left.batch, right.batch);
    return [{ shape: [...batch, left.rows, right.columns], dtype: a.dtype }];
  },
  reference,
  gradient,
  sample,
};
