/**
 * WGSL of matrix products. Every invocation keeps an 8 x 8 tile of the product in registers; operands are read four
 * elements at a time along whichever axis they lie contiguously. Reads past an edge repeat the edge; nothing is
 * stored there.
 */
import type { Program, TensorPlace } from "../../dispatch.ts";
import { type Shape, sizeOf } from "../../shape.ts";
import { stridedOffsets } from "../../webgpu/broadcast.ts";
import { f32, indexProgram, LARGEST_GRID } from "../../webgpu/program.ts";
import { wgslExpression } from "../elementwise/expression.ts";

/** Where the matrices of a batch lie: element strides. */
export interface MatrixPlace {
  readonly source: TensorPlace;
  readonly rowStride: number;
  readonly columnStride: number;
  /** Along the axes of the batch. */
  readonly batchStrides: readonly number[];
}

/** out = activation(scale a b + bias) for each matrix of a batch; columns of `out` lie side by side. */
export interface Product {
  readonly batch: Shape;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly a: MatrixPlace;
  readonly b: MatrixPlace;
  readonly out: MatrixPlace;
  readonly scale?: number;
  readonly epilogue?: Epilogue;
}

/** What happens to the elements of a product before they are stored. */
export interface Epilogue {
  /** [columns] */
  readonly bias?: TensorPlace;
  /** An elementwise operation: its name, and what it makes of `x`. */
  readonly activation?: { readonly name: string; readonly expression: string };
  /** Takes the elements before the activation; lies as `out` does. */
  readonly before?: TensorPlace;
}

/** Rows and columns of the tile of one invocation. */
const TILE = 8;
const COMPONENTS = ["x", "y", "z", "w"];
const INVOCATIONS = 64;

/** Whether every vector of 4 along the contiguous axis starts at a multiple of 4. */
function readsVectors(length: number, otherStride: number, { batchStrides }: MatrixPlace): boolean {
  return length % 4 === 0 && otherStride % 4 === 0 && batchStrides.every((stride) => stride % 4 === 0);
}

/** How an operand's part of the tile is read: where from, and what of it at depth `k`. */
interface TileReader {
  readonly key: string;
  readonly start: string;
  readonly step: string;
}

const eachOfTile = (line: (index: number) => string) =>
  Array.from({ length: TILE }, (_, index) => line(index)).join("\n");

/** Defines `left0` to `left7`, elements of one column of A. */
const ELEMENTS_OF_A: TileReader = {
  key: "elements",
  start: eachOfTile((row) => `  let from_a${row} = at_a + min(row + ${row}u, last_row) * parameters.a_row;`),
  step: eachOfTile((row) => `    let left${row} = a[from_a${row} + k * parameters.a_column];`),
};

const VECTORS_OF_A: TileReader = {
  key: "vectors",
  start: `  let from_a0 = (at_a + row) / 4u;
  let from_a1 = (at_a + min(row + 4u, last_row - 3u)) / 4u;
  let step_a = parameters.a_column / 4u;`,
  step: `    let upper = a[from_a0 + k * step_a];
    let lower = a[from_a1 + k * step_a];
${eachOfTile((row) => `    let left${row} = ${row < 4 ? "upper" : "lower"}.${COMPONENTS[row % 4]};`)}`,
};

const rowOfB = (first: number) =>
  [0, 1, 2, 3].map((column) => `b[from_b${first + column} + k * parameters.b_row]`).join(", ");

/** Defines the vectors `near` and `far`, elements of one row of B. */
const ELEMENTS_OF_B: TileReader = {
  key: "elements",
  start: eachOfTile(
    (column) => `  let from_b${column} = at_b + min(column + ${column}u, last_column) * parameters.b_column;`,
  ),
  step: `    let near = vec4<f32>(${rowOfB(0)});\n    let far = vec4<f32>(${rowOfB(4)});`,
};

const VECTORS_OF_B: TileReader = {
  key: "vectors",
  start: `  let from_b0 = (at_b + column) / 4u;
  let from_b1 = (at_b + min(column + 4u, last_column - 3u)) / 4u;
  let step_b = parameters.b_row / 4u;`,
  step: "    let near = b[from_b0 + k * step_b];\n    let far = b[from_b1 + k * step_b];",
};

/** `finish(value, at, column)` stores an element or a vector of the product: bias, then activation. */
function finishCode(type: string, { bias, activation, before }: Epilogue): string {
  const { functions, code } = wgslExpression(activation?.expression ?? "x");
  const parts = COMPONENTS.map((part) => `activate(value.${part})`).join(", ");
  const activate = type === "f32" ? "activate(value)" : `vec4<f32>(${parts})`;
  return `${functions}
fn activate(x: f32) -> f32 { return ${code}; }

fn finish(product: ${type}, at: u32, column: u32) {
  let value = product${bias === undefined ? "" : " + bias[column]"};
${before === undefined ? "" : "  before[at] = value;"}
  out[at] = ${activation === undefined ? "value" : activate};
}`;
}

/** `store(start, column, values)` of four elements of a row, as one vector or one by one. */
function storeCode(asVectors: boolean): string {
  const body = asVectors
    ? "  if (column < parameters.columns) { finish(values, (start + column) / 4u, column / 4u); }"
    : `  for (var part = 0u; part < 4u && column + part < parameters.columns; part++) {
    finish(values[part], start + column + part, column + part);
  }`;
  return `fn store(start: u32, column: u32, values: vec4<f32>) {\n${body}\n}`;
}

/** The smallest power of 2 that covers `length` in tiles, up to `largest`. */
function lanesFor(length: number, largest: number): number {
  return Math.min(largest, 2 ** Math.ceil(Math.log2(Math.max(length / TILE, 1))));
}

function describe({ bias, activation, before }: Epilogue): string {
  const parts = [bias && "bias", activation?.name, before && "kept before activation"];
  return parts.map((part) => (part === undefined ? "" : `, ${part}`)).join("");
}

const placesOf = ({ bias, before }: Epilogue) => ({ ...(bias && { bias }), ...(before && { before }) });

/** Each of `slices` parts of the depth is a product of its own, on the outermost axis of the batch. */
function tileProgram(name: string, product: Product, slices: number): Program {
  const { batch, rows, columns, depth, a, b, out, scale = 1, epilogue = {} } = product;
  // A tile's rows of A and its columns of B are read as vectors where they are neighbours in memory.
  const vectorsOfA = a.rowStride === 1 && readsVectors(rows, a.columnStride, a);
  const vectorsOfB = b.columnStride === 1 && readsVectors(columns, b.rowStride, b);
  const readA = vectorsOfA ? VECTORS_OF_A : ELEMENTS_OF_A;
  const readB = vectorsOfB ? VECTORS_OF_B : ELEMENTS_OF_B;
  const asVectors = readsVectors(columns, out.rowStride, out);
  const columnLanes = lanesFor(columns, 8);
  const rowLanes = lanesFor(rows, INVOCATIONS / columnLanes);
  const sliceDepth = 4 * Math.ceil(depth / 4 / slices);
  const matrices = sizeOf(batch);
  const sliced = (place: MatrixPlace, stride: number) =>
    slices === 1 ? place.batchStrides : [stride, ...place.batchStrides];
  const offsets = stridedOffsets(slices === 1 ? batch : [slices, ...batch], {
    a: sliced(a, sliceDepth * a.columnStride),
    b: sliced(b, sliceDepth * b.rowStride),
    out: sliced(out, matrices * rows * columns),
  });
  const rowGroups = Math.ceil(rows / (TILE * rowLanes));
  const count = matrices * slices;
  const lanes = `${columnLanes} x ${rowLanes} lanes`;
  const stored = asVectors ? "stored as vectors" : "stored as elements";
  return {
    name: `${name}: ${readA.key} x ${readB.key}, ${lanes}, ${offsets.key}, ${stored}${describe(epilogue)}`,
    tensors: { a: a.source, b: b.source, out: out.source, ...placesOf(epilogue) },
    vectors: [
      ...(vectorsOfA ? ["a"] : []),
      ...(vectorsOfB ? ["b"] : []),
      ...(asVectors ? ["bias", "out", "before"] : []),
    ],
    parameters: {
      rows,
      columns,
      depth,
      matrices,
      count,
      slice_depth: sliceDepth,
      row_groups: rowGroups,
      a_row: a.rowStride,
      a_column: a.columnStride,
      b_row: b.rowStride,
      b_column: b.columnStride,
      out_row: out.rowStride,
      scale: f32(scale),
      ...offsets.parameters,
    },
    source: `${finishCode(asVectors ? "vec4<f32>" : "f32", epilogue)}
${storeCode(asVectors)}

@compute @workgroup_size(${columnLanes}, ${rowLanes})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) lane: vec3<u32>) {
  let i = group.z + group.y / parameters.row_groups * ${LARGEST_GRID}u;
  let column = (group.x * ${columnLanes}u + lane.x) * ${TILE}u;
  let row = (group.y % parameters.row_groups * ${rowLanes}u + lane.y) * ${TILE}u;
  if (i >= parameters.count || row >= parameters.rows || column >= parameters.columns) { return; }
${offsets.code}
  let last_row = parameters.rows - 1u;
  let last_column = parameters.columns - 1u;
  let depth = min(parameters.slice_depth, parameters.depth - min(parameters.depth, i / parameters.matrices * parameters.slice_depth));
${readA.start}
${readB.start}
${eachOfTile((at) => `  var near${at} = vec4<f32>();\n  var far${at} = vec4<f32>();`)}
  for (var k = 0u; k < depth; k++) {
${readA.step}
${readB.step}
${eachOfTile(
  (at) => `    near${at} = fma(vec4<f32>(left${at}), near, near${at});
    far${at} = fma(vec4<f32>(left${at}), far, far${at});`,
)}
  }
${eachOfTile(
  (at) => `  if (row + ${at}u <= last_row) {
    let start = at_out + (row + ${at}u) * parameters.out_row;
    store(start, column, parameters.scale * near${at});
    store(start, column + 4u, parameters.scale * far${at});
  }`,
)}
}`,
    workgroups: [
      Math.ceil(columns / (TILE * columnLanes)),
      rowGroups * Math.ceil(count / LARGEST_GRID),
      Math.min(count, LARGEST_GRID),
    ],
  };
}

/** Invocations that keep a GPU busy; a product with fewer is cut along its depth. */
const WANTED_INVOCATIONS = 8192;
const SMALLEST_SLICE = 256;
const MOST_SLICES = 16;
/** A longer depth is cut for the accuracy of its sums, into slices of so many steps where these take no more elements. */
const LONG_DEPTH = 16384;
const ACCURATE_SLICE = 512;
const MOST_SLICED = 1 << 24;

/** Parts that the depth of a product with few rows and columns is cut into: a function of its shape alone. */
function slicesOf({ batch, rows, columns, depth }: Product): number {
  const invocations = sizeOf(batch) * Math.ceil(rows / TILE) * Math.ceil(columns / TILE);
  const wanted = Math.ceil(WANTED_INVOCATIONS / invocations);
  const forSpeed = Math.min(wanted, Math.floor(depth / SMALLEST_SLICE), MOST_SLICES);
  const forAccuracy =
    depth <= LONG_DEPTH ? 1 : Math.min(depth / ACCURATE_SLICE, MOST_SLICED / (sizeOf(batch) * rows * columns));
  return Math.max(1, forSpeed, Math.floor(forAccuracy));
}

/**
 * The programs of a product of which no extent is 0, but for the depth. Where it has many more terms than elements
 * (the gradient of a weight, say), parts of the sums are computed beside each other and then added in order.
 *
 * @param scratch number of the scratch tensor that the parts may use; without it the depth is not cut, as it must not
 * be where the rows of `out` are not contiguous
 */
export function productPrograms(name: string, product: Product, scratch?: number): Program[] {
  const slices = scratch === undefined ? 1 : slicesOf(product);
  if (scratch === undefined || slices === 1) return [tileProgram(name, product, 1)];
  const { batch, rows, columns, epilogue = {} } = product;
  const size = sizeOf(batch) * rows * columns;
  const parts: TensorPlace = { scratch, length: slices * size, dtype: "f32" };
  const partial = { ...product, out: { ...product.out, source: parts }, epilogue: {} };
  const sum = `  var total = 0.0;
  for (var block = 0u; block < parameters.slices; block += 64u) {
    var part = 0.0;
    for (var slice = block; slice < min(block + 64u, parameters.slices); slice++) {
      part += parts[slice * parameters.count + i];
    }
    total += part;
  }
  finish(total, i, i % parameters.columns);`;
  return [
    tileProgram(`${name} in slices`, partial, slices),
    indexProgram(`${name} from slices${describe(epilogue)}`, size, sum, {
      tensors: { parts, out: product.out.source, ...placesOf(epilogue) },
      parameters: { columns, slices },
      functions: finishCode("f32", epilogue),
    }),
  ];
}
