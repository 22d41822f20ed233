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
  sizeOf,
} from "./shape.ts";
import { type OffsetCode, stridedOffsets } from "./webgpu/broadcast.ts";
import { indexProgram, type TensorSource, u32, type WgslProgram } from "./webgpu/program.ts";

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

/** Rows of the product that one invocation computes, and columns, which lie a workgroup's width apart. */
const ROWS = 8;
const COLUMNS = 4;
/** Invocations of a workgroup along the columns and along the rows. */
const LANES = 8;

/** `line` for every row of the tile, with `#` for its number. */
function eachRow(line: string): string {
  return Array.from({ length: ROWS }, (_, row) => line.replaceAll("#", `${row}`)).join("\n");
}

/** Where the operands of product i of the batch start. */
function batchOffsets(
  a: TensorSpec,
  b: TensorSpec,
  out: TensorSpec,
  { transposeA, transposeB }: MatmulAttributes,
): OffsetCode {
  const left = matrixShape(a, transposeA);
  const right = matrixShape(b, transposeB);
  const { batch } = matrixShape(out, false);
  const scaled = (shape: Shape, size: number) =>
    broadcastStrides(shape, batch.length).map((stride) => stride * size);
  return stridedOffsets(batch, {
    a: scaled(left.batch, left.rows * left.columns),
    b: scaled(right.batch, right.rows * right.columns),
  });
}

/**
 * Each invocation keeps an 8 x 4 tile of the product in registers. Neighbours along x read neighbouring columns of B
 * and the same rows of A, so that a processor's lanes load whole lines at once. Elements past the edge are read from
 * the edge and not stored.
 */
function elementProgram(
  [a, b, bias]: readonly TensorSpec[],
  out: TensorSpec,
  { transposeA, transposeB }: MatmulAttributes,
): WgslProgram[] {
  const { columns: depth } = matrixShape(a, transposeA);
  const { batch, rows, columns } = matrixShape(out, false);
  const offsets = batchOffsets(a, b, out, { transposeA, transposeB });
  const source = `
@compute @workgroup_size(${LANES}, ${LANES})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_id) lane: vec3<u32>,
  @builtin(global_invocation_id) id: vec3<u32>,
) {
  let i = id.z;
${offsets.code}
  let column = group.x * ${LANES * COLUMNS}u + lane.x;
  let row = id.y * ${ROWS}u;
  if (row >= parameters.rows || column >= parameters.columns) { return; }
  let last_row = parameters.rows - 1u;
  let columns = min(vec4<u32>(column) + vec4<u32>(0, ${LANES}, ${2 * LANES}, ${3 * LANES}), vec4<u32>(parameters.columns - 1u));
  var from_b = vec4<u32>(at_b) + columns * parameters.b_column;
${eachRow("  var from_a# = at_a + min(row + #u, last_row) * parameters.a_row;")}
${eachRow("  var sum# = vec4<f32>();")}
  for (var k = 0u; k < parameters.depth; k++) {
    let right = vec4<f32>(b[from_b.x], b[from_b.y], b[from_b.z], b[from_b.w]);
${eachRow("    sum# = fma(vec4<f32>(a[from_a#]), right, sum#);\n    from_a# += parameters.a_column;")}
    from_b += vec4<u32>(parameters.b_row);
  }
  let start = (i * parameters.rows + row) * parameters.columns;
${eachRow("  store(start + #u * parameters.columns, row + #u, column, sum#);")}
}

fn store(start: u32, row: u32, column: u32, sums: vec4<f32>) {
  if (row >= parameters.rows) { return; }
  for (var j = 0u; j < ${COLUMNS}u; j++) {
    let at = column + j * ${LANES}u;
    if (at < parameters.columns) { out[start + at] = sums[j]${bias === undefined ? "" : " + bias[at]"}; }
  }
}`;
  const strides = (stride: number, transposed: boolean) => (transposed ? [1, stride] : [stride, 1]);
  const [aRow, aColumn] = strides(a.shape[a.shape.length - 1], transposeA);
  const [bRow, bColumn] = strides(b.shape[b.shape.length - 1], transposeB);
  return [
    {
      name: `matmul${bias === undefined ? "" : " with bias"} ${offsets.key}`,
      tensors: { a: { input: 0 }, b: { input: 1 }, ...(bias && { bias: { input: 2 } }), out: { output: 0 } },
      parameters: {
        rows: u32(rows),
        columns: u32(columns),
        depth: u32(depth),
        a_row: u32(aRow),
        a_column: u32(aColumn),
        b_row: u32(bRow),
        b_column: u32(bColumn),
        ...offsets.parameters,
      },
      source,
      workgroups: [Math.ceil(columns / (LANES * COLUMNS)), Math.ceil(rows / (LANES * ROWS)), sizeOf(batch)],
    },
  ];
}

/** Multiply-adds from which it pays to copy a transposed operand so that vectors can be read from it. */
const WORTH_A_COPY = 2 ** 18;

/**
 * The programs of one product. Where the extents are multiples of 4, elements are read four at a time; a large
 * transposed operand is first copied to the order that this needs.
 */
function wgsl(
  inputs: readonly TensorSpec[],
  [out]: readonly TensorSpec[],
  attributes: MatmulAttributes,
): WgslProgram[] {
  const [a, b] = inputs;
  const { transposeA, transposeB } = attributes;
  const { columns: depth } = matrixShape(a, transposeA);
  const { rows, columns } = matrixShape(out, false);
  if (sizeOf(out.shape) === 0) return [];
  const isAligned = depth > 0 && depth % 4 === 0 && columns % 4 === 0;
  const isPlain = !transposeA && !transposeB;
  if (!isAligned || !(isPlain || rows * depth * columns >= WORTH_A_COPY))
    return elementProgram(inputs, out, attributes);
  const copies = [transposeA ? transposeProgram(a, 0) : [], transposeB ? transposeProgram(b, 1) : []].flat();
  const source = (spec: TensorSpec, input: number, transposed: boolean): TensorSource =>
    transposed ? scratchFor(spec, input) : { input };
  return [
    ...copies,
    vectorProgram(inputs, out, attributes, source(a, 0, transposeA), source(b, 1, transposeB)),
  ];
}

function scratchFor(spec: TensorSpec, input: number) {
  return { scratch: input, length: sizeOf(spec.shape), dtype: spec.dtype };
}

/** Copies an input, its last two axes exchanged, to scratch. */
function transposeProgram(spec: TensorSpec, input: number): WgslProgram {
  const [rows, columns] = spec.shape.slice(-2);
  const matrices = sizeOf(spec.shape.slice(0, -2));
  const shape = [matrices, columns, rows];
  const offsets = stridedOffsets(shape, { x: [rows * columns, 1, columns] });
  return indexProgram(
    `matmul transpose ${offsets.key}`,
    sizeOf(shape),
    { x: { input }, out: scratchFor(spec, input) },
    offsets.parameters,
    `${offsets.code}\n  out[i] = x[at_x];`,
  );
}

/** As `elementProgram`, in tiles of 8 rows and two vectors of 4 columns; extents are multiples of 4. */
function vectorProgram(
  [a, b, bias]: readonly TensorSpec[],
  out: TensorSpec,
  { transposeA, transposeB }: MatmulAttributes,
  sourceA: TensorSource,
  sourceB: TensorSource,
): WgslProgram {
  const { columns: depth } = matrixShape(a, transposeA);
  const { rows, columns } = matrixShape(out, false);
  const offsets = batchOffsets(a, b, out, { transposeA, transposeB });
  const steps = ["x", "y", "z", "w"].map(
    (component) => `    near = b[from_b + column];
    far = b[from_b + second];
${eachRow(`    near# = fma(vec4<f32>(left#.${component}), near, near#);\n    far# = fma(vec4<f32>(left#.${component}), far, far#);`)}
    from_b += parameters.columns;`,
  );
  const added = (at: string) => (bias === undefined ? "" : ` + bias[${at}]`);
  return {
    name: `matmul of vectors${bias === undefined ? "" : " with bias"} ${offsets.key}`,
    tensors: {
      a: { ...sourceA, vectors: true },
      b: { ...sourceB, vectors: true },
      ...(bias && { bias: { input: 2, vectors: true } }),
      out: { output: 0, vectors: true },
    },
    parameters: { rows: u32(rows), columns: u32(columns / 4), depth: u32(depth / 4), ...offsets.parameters },
    source: `
@compute @workgroup_size(${LANES}, ${LANES})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = id.z;
${offsets.code}
  let column = id.x * 2u;
  let row = id.y * ${ROWS}u;
  if (row >= parameters.rows || column >= parameters.columns) { return; }
  let second = min(column + 1u, parameters.columns - 1u);
  let last_row = parameters.rows - 1u;
  var from_b = at_b / 4u;
${eachRow("  var from_a# = at_a / 4u + min(row + #u, last_row) * parameters.depth;")}
${eachRow("  var near# = vec4<f32>();\n  var far# = vec4<f32>();")}
  var near: vec4<f32>;
  var far: vec4<f32>;
  for (var k = 0u; k < parameters.depth; k++) {
${eachRow("    let left# = a[from_a# + k];")}
${steps.join("\n")}
  }
  let start = (i * parameters.rows + row) * parameters.columns;
${eachRow("  store(start + #u * parameters.columns, row + #u, column, near#, far#);")}
}

fn store(start: u32, row: u32, column: u32, near: vec4<f32>, far: vec4<f32>) {
  if (row >= parameters.rows) { return; }
  out[start + column] = near${added("column")};
  if (column + 1u < parameters.columns) { out[start + column + 1u] = far${added("column + 1u")}; }
}`,
    workgroups: [
      Math.ceil(columns / 8 / LANES),
      Math.ceil(rows / (LANES * ROWS)),
      sizeOf(out.shape.slice(0, -2)),
    ],
  };
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
  wgsl,
  gradient,
  sample,
};
