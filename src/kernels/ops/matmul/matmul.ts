/**
 * Matrix product: y = f(A B + bias), with a [..., M, K], b [..., K, N], an optional bias [N], y [..., M, N] and an
 * optional activation f. `transposeA` and `transposeB` read an operand's last two axes swapped. Batch axes broadcast.
 * Where the activation's gradient reads what it was applied to, that is the second output.
 */
import type { Program, TensorPlace } from "../../dispatch.ts";
import { checkTypes, type GradientContext, type Operation, type TensorSpec, type Value } from "../../operation.ts";
import {
  broadcastShapes,
  broadcastStrides,
  forEachOffset,
  formatShape,
  loopNest,
  type Shape,
  ShapeError,
  sizeOf,
} from "../../shape.ts";
import { indexProgram } from "../../webgpu/program.ts";
import { elementwise } from "../elementwise/elementwise.ts";
import { sumTo } from "../reduce/reduce.ts";
import { type Operand, productCalls } from "./simd.ts";
import { type Epilogue, type MatrixPlace, type Product, productPrograms } from "./wgsl.ts";

/** Elementwise operations that a product can apply to its elements. */
const ACTIVATIONS = ["relu", "gelu", "tanh", "sigmoid"] as const;
/** One of {@link ACTIVATIONS}. */
export type Activation = (typeof ACTIVATIONS)[number];

/** Whether the gradient needs what the activation was applied to; the others' follows from their result. */
function readsItsInput(activation: Activation | undefined): boolean {
  return activation === "gelu";
}

/** Of {@link matmul}. */
export interface MatmulAttributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  /** Applied to every element of the product. */
  readonly activation?: Activation | undefined;
}

/** Batch axes and matrix extents of one operand, as the product sees it. */
function matrixShape(tensor: TensorSpec, transposed: boolean): { batch: Shape; rows: number; columns: number } {
  const { shape } = tensor;
  if (shape.length < 2) {
    throw new ShapeError(`matmul: operands need at least two dimensions, got ${formatShape(shape)}`);
  }
  const [last, first] = [shape[shape.length - 1], shape[shape.length - 2]];
  const batch = shape.slice(0, -2);
  return transposed ? { batch, rows: last, columns: first } : { batch, rows: first, columns: last };
}

function describe(a: TensorSpec, b: TensorSpec, { transposeA, transposeB }: MatmulAttributes): string {
  return (
    `${formatShape(a.shape)}${transposeA ? " transposed" : ""} x ` +
    `${formatShape(b.shape)}${transposeB ? " transposed" : ""}`
  );
}

/** [...batch, rows, depth] meets [...batch, depth, columns]. */
function extentsOf(a: TensorSpec, out: TensorSpec, { transposeA }: MatmulAttributes) {
  const { batch, rows, columns } = matrixShape(out, false);
  return { batch, rows, columns, depth: matrixShape(a, transposeA).columns };
}

/** The operand's matrices, as the kernels for the CPU read them. */
function operandOf({ shape }: TensorSpec, isTransposed: boolean, batch: Shape, place: TensorPlace): Operand {
  const own = shape.slice(0, -2);
  return { place, isTransposed, count: sizeOf(own), batchStrides: broadcastStrides(own, batch.length) };
}

/** Where the operand's matrices lie, as the product reads them. */
function placeOf(tensor: TensorSpec, transposed: boolean, batch: Shape, source: TensorPlace): MatrixPlace {
  const { batch: own, rows, columns } = matrixShape(tensor, transposed);
  return {
    source,
    rowStride: transposed ? 1 : columns,
    columnStride: transposed ? rows : 1,
    batchStrides: broadcastStrides(own, batch.length).map((stride) => stride * rows * columns),
  };
}

/** Rows from which a transposed B that they all meet is copied, so that its columns can be read as vectors. */
const ROWS_WORTH_A_COPY = 64;

function isWorthACopy({ batch, rows, columns }: Product, b: TensorSpec): boolean {
  const meetAll = sizeOf(b.shape.slice(0, -2)) === 1;
  return meetAll && columns % 4 === 0 && sizeOf(batch) * rows >= ROWS_WORTH_A_COPY;
}

/** Copies B [rows, columns] to [columns, rows]. */
function transposeProgram(rows: number, columns: number, copy: TensorPlace): Program {
  const body = "  copy[i] = b[i % parameters.rows * parameters.columns + i / parameters.rows];";
  const options = { tensors: { copy }, parameters: { rows, columns } };
  return indexProgram("matmul transpose", rows * columns, body, options);
}

/**
 * The gradient before the activation. Where its gradient does not read what it was applied to, that is not kept and the
 * result serves, which has the same sign where that matters (relu).
 */
function gradientBefore(context: GradientContext<MatmulAttributes>): Value {
  const { activation } = context.attributes;
  if (activation === undefined) return context.outputGradient;
  const [y, before = y] = context.outputs;
  const ofActivation = { ...context, inputs: [before], outputs: [y], attributes: undefined, needs: [true] };
  const gradient = elementwise[activation].gradient?.(ofActivation)[0];
  if (gradient === undefined) throw new Error(`activation: ${activation} has no gradient`);
  return gradient;
}

/** activation(a b + bias): a [..., M, K], b [..., K, N], bias [N] -> [..., M, N]. */
export const matmul: Operation<MatmulAttributes> = {
  name: "matmul",
  signature: "a, b, bias -> out, before",
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
    const product: TensorSpec = { shape: [...batch, left.rows, right.columns], dtype: a.dtype };
    return readsItsInput(attributes.activation) ? [product, product] : [product];
  },
  reference([a, b, bias], [out, before], attributes) {
    const { transposeA, transposeB, activation } = attributes;
    const { batch, rows, columns, depth } = extentsOf(a, out, attributes);
    const sizes = [rows * depth, depth * columns, rows * columns];
    const strides = [a, b, out].map(({ shape }, operand) =>
      broadcastStrides(shape.slice(0, -2), batch.length).map((stride) => stride * sizes[operand]),
    );
    const [rowStepA, stepA] = transposeA ? [1, rows] : [depth, 1];
    const [columnStepB, stepB] = transposeB ? [depth, 1] : [1, columns];
    forEachOffset(loopNest(batch, strides), ([atA, atB, at]) => {
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          const [left, right] = [atA + row * rowStepA, atB + column * columnStepB];
          let sum = 0;
          for (let p = 0; p < depth; p++) sum += a.data[left + p * stepA] * b.data[right + p * stepB];
          out.data[at + row * columns + column] = bias === undefined ? sum : sum + bias.data[column];
        }
      }
    });
    before?.data.set(out.data);
    if (activation !== undefined) elementwise[activation].reference([out], [out], undefined);
  },
  simd([a, b, bias], [out], attributes) {
    if (sizeOf(out.shape) === 0) return [];
    const { transposeA, transposeB, activation } = attributes;
    const extents = extentsOf(a, out, attributes);
    const isRectified = activation === "relu";
    const result = { output: readsItsInput(activation) ? 1 : 0 };
    const calls = productCalls({
      ...extents,
      a: operandOf(a, transposeA, extents.batch, { input: 0 }),
      b: operandOf(b, transposeB, extents.batch, { input: 1 }),
      out: result,
      bias: bias && { input: 2 },
      isRectified,
    });
    if (calls === undefined || activation === undefined || isRectified) return calls;
    const activate = elementwise[activation].simd?.([out], [out], undefined);
    // The activation's operand x is the product.
    const ofProduct = activate?.map((call) => ({ ...call, arguments: { ...call.arguments, x: result } }));
    return ofProduct && [...calls, ...ofProduct];
  },
  wgsl([a, b, bias], [out], attributes) {
    if (sizeOf(out.shape) === 0) return [];
    const { transposeA, transposeB, activation } = attributes;
    const extents = extentsOf(a, out, attributes);
    const { batch, columns, depth } = extents;
    const epilogue: Epilogue = {
      ...(bias && { bias: { input: 2 } }),
      ...(activation && {
        activation: { name: activation, expression: elementwise[activation].elementwise.expression },
      }),
      ...(readsItsInput(activation) && { before: { output: 1 } }),
    };
    const product: Product = {
      ...extents,
      a: placeOf(a, transposeA, batch, { input: 0 }),
      b: placeOf(b, transposeB, batch, { input: 1 }),
      out: placeOf(out, false, batch, { output: 0 }),
      epilogue,
    };
    if (!transposeB || !isWorthACopy(product, b)) return productPrograms("matmul", product, 0);
    const copy: TensorPlace = { scratch: 1, length: sizeOf(b.shape), dtype: b.dtype };
    const place = placeOf({ ...b, shape: [depth, columns] }, false, batch, copy);
    return [transposeProgram(columns, depth, copy), ...productPrograms("matmul", { ...product, b: place }, 0)];
  },
  /**
   * With g the gradient before the activation: dA = g B^T, dB = A^T g, and the same read through the transpose flags;
   * dbias = g summed over all rows.
   */
  gradient(context) {
    const { needs, run } = context;
    const [a, b, bias] = context.inputs;
    const { transposeA, transposeB } = context.attributes;
    const g = gradientBefore(context);
    const product = (left: Value, right: Value, transposeLeft: boolean, transposeRight: boolean) =>
      run(matmul, [left, right], { transposeA: transposeLeft, transposeB: transposeRight })[0];
    const gradientA = () => (transposeA ? product(b, g, transposeB, true) : product(g, b, false, !transposeB));
    const gradientB = () => (transposeB ? product(g, a, true, transposeA) : product(a, g, !transposeA, false));
    return [
      needs[0] ? sumTo(run, gradientA(), a.shape) : undefined,
      needs[1] ? sumTo(run, gradientB(), b.shape) : undefined,
      bias !== undefined && needs[2] ? sumTo(run, g, bias.shape) : undefined,
    ];
  },
  sample(draw) {
    const attributes = { transposeA: draw.boolean(), transposeB: draw.boolean() };
    const mostMultiplyAdds = 2_000_000;
    const extent = () => draw.extent(0, 6, mostMultiplyAdds);
    const [rows, depth, columns] = [extent(), extent(), extent()];
    const batch = draw.shape(0, 2);
    const a = [...draw.broadcastable(batch), ...(attributes.transposeA ? [depth, rows] : [rows, depth])];
    const b = [...draw.broadcastable(batch), ...(attributes.transposeB ? [columns, depth] : [depth, columns])];
    const inputs = [draw.floats(a), draw.floats(b)];
    if (draw.boolean()) inputs.push(draw.floats([columns]));
    const activation = [undefined, undefined, ...ACTIVATIONS][draw.integer(0, ACTIVATIONS.length + 1)];
    return { inputs, attributes: { ...attributes, ...(activation && { activation }) } };
  },
};
