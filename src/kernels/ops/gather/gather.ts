/** Reading rows and elements at given indices, and adding gradients back to where they were read. */

import {
  checkTypes,
  type GradientOperation,
  type HostTensor,
  type Operation,
  type TensorSpec,
} from "../../operation.ts";
import { formatShape, lastExtent, type Shape, ShapeError, sameShape, sizeOf } from "../../shape.ts";
import { indexProgram, u32, type WgslProgram } from "../../webgpu/program.ts";
import { gatherCalls, scatterAddCalls } from "./simd.ts";
import { type Extents, scatterAddPrograms } from "./wgsl-scatter.ts";

/** Throws a RangeError unless every index is from 0 to `bound` - 1. */
function checkIndices(name: string, indices: HostTensor, bound: number): void {
  const { data } = indices;
  for (let i = 0; i < data.length; i++) {
    if (data[i] < 0 || data[i] >= bound) {
      throw new RangeError(`${name}: index ${data[i]} at position ${i} is outside 0 to ${bound - 1}`);
    }
  }
}

/**
 * Inputs x [batch, rows, columns], indices [batch, taken]; output [batch, taken, columns]. An index outside the rows
 * reads zeros: a GPU cannot throw, as the CPU device does.
 */
function gatherProgram(out: TensorSpec, { rows, taken, columns }: Extents): WgslProgram {
  return indexProgram(
    "gather",
    sizeOf(out.shape),
    { x: { input: 0 }, indices: { input: 1 }, out: { output: 0 } },
    { rows: u32(rows), taken: u32(taken), columns: u32(columns) },
    `  let position = i / parameters.columns;
  let row = indices[position];
  var value = 0.0;
  if (row >= 0 && u32(row) < parameters.rows) {
    let first = position / parameters.taken * parameters.rows;
    value = x[(first + u32(row)) * parameters.columns + i % parameters.columns];
  }
  out[i] = value;`,
  );
}

/** The table is one batch entry. */
function embeddingExtents(table: Shape, indices: Shape): Extents {
  return { batch: 1, rows: table[0], taken: sizeOf(indices), columns: table[1] };
}

/** Inputs indices, g [..., D]; output [V, D]: row v is the sum of the rows of g whose index is v. */
const scatterAddRows: GradientOperation<{ readonly shape: Shape }> = {
  name: "embedding.gradient",
  outputs: ([, g], { shape }) => [{ shape, dtype: g.dtype }],
  reference([indices, g], [out]) {
    const columns = lastExtent("embedding", out.shape);
    out.data.fill(0);
    for (let row = 0; row < indices.data.length; row++) {
      const source = row * columns;
      const target = indices.data[row] * columns;
      for (let j = 0; j < columns; j++) out.data[target + j] += g.data[source + j];
    }
  },
  simd: ([indices], [out]) => scatterAddCalls(embeddingExtents(out.shape, indices.shape)),
  wgsl: ([indices], [out]) => scatterAddPrograms(embeddingExtents(out.shape, indices.shape)),
};

/** y = table[indices]: table [V, D], indices i32 [...] -> y [..., D]. */
export const embedding: Operation = {
  name: "embedding",
  outputs(inputs) {
    const [table, indices] = inputs;
    checkTypes("embedding", inputs, ["float", "i32"]);
    if (table.shape.length !== 2) {
      throw new ShapeError(`embedding: the table must be [rows, width], got ${formatShape(table.shape)}`);
    }
    return [{ shape: [...indices.shape, table.shape[1]], dtype: table.dtype }];
  },
  /** @throws RangeError for an index outside the table. */
  reference([table, indices], [out]) {
    const [rows, columns] = table.shape;
    checkIndices("embedding", indices, rows);
    for (let row = 0; row < indices.data.length; row++) {
      const source = indices.data[row] * columns;
      const target = row * columns;
      for (let j = 0; j < columns; j++) out.data[target + j] = table.data[source + j];
    }
  },
  simd: ([table, indices]) => gatherCalls(embeddingExtents(table.shape, indices.shape)),
  wgsl: ([table, indices], [out]) => [gatherProgram(out, embeddingExtents(table.shape, indices.shape))],
  gradient: ({ inputs: [table, indices], outputGradient, run }) =>
    run(scatterAddRows, [indices, outputGradient], { shape: table.shape }),
  sample(draw) {
    const table: Shape = [draw.extent(1, 5), draw.extent(1, 4)];
    return { inputs: [draw.floats(table), draw.indices(draw.shape(), table[0])], attributes: undefined };
  },
};

function rowExtents(x: Shape, indices: Shape): Extents {
  const [rows, columns] = x.slice(-2);
  return { batch: sizeOf(indices.slice(0, -1)), rows, taken: lastExtent("takeRows", indices), columns };
}

/** Inputs indices [..., K], g [..., K, D]; output [..., N, D]: within each batch entry as for `embedding`. */
const scatterAddBatchRows: GradientOperation<{ readonly shape: Shape }> = {
  name: "takeRows.gradient",
  outputs: ([, g], { shape }) => [{ shape, dtype: g.dtype }],
  reference([indices, g], [out]) {
    const [rows, columns] = out.shape.slice(-2);
    const taken = lastExtent("takeRows", indices.shape);
    out.data.fill(0);
    for (let i = 0; i < indices.data.length; i++) {
      const target = (Math.floor(i / taken) * rows + indices.data[i]) * columns;
      for (let j = 0; j < columns; j++) out.data[target + j] += g.data[i * columns + j];
    }
  },
  simd: ([indices], [out]) => scatterAddCalls(rowExtents(out.shape, indices.shape)),
  wgsl: ([indices], [out]) => scatterAddPrograms(rowExtents(out.shape, indices.shape)),
};

/** y[..., k, :] = x[..., indices[..., k], :]: x [..., N, D], indices i32 [..., K] -> y [..., K, D]. */
export const takeRows: Operation = {
  name: "takeRows",
  outputs([x, indices]) {
    checkTypes("takeRows", [x, indices], ["float", "i32"]);
    if (x.shape.length < 2 || !sameShape(x.shape.slice(0, -2), indices.shape.slice(0, -1))) {
      throw new ShapeError(
        `takeRows: expected x [..., N, D] and indices [..., K], got ${formatShape(x.shape)} and ${formatShape(indices.shape)}`,
      );
    }
    return [{ shape: [...indices.shape, x.shape[x.shape.length - 1]], dtype: x.dtype }];
  },
  /** @throws RangeError for an index outside the rows. */
  reference([x, indices], [out]) {
    const [rows, columns] = x.shape.slice(-2);
    const taken = lastExtent("takeRows", indices.shape);
    checkIndices("takeRows", indices, rows);
    for (let i = 0; i < indices.data.length; i++) {
      const source = (Math.floor(i / taken) * rows + indices.data[i]) * columns;
      for (let j = 0; j < columns; j++) out.data[i * columns + j] = x.data[source + j];
    }
  },
  simd: ([x, indices]) => gatherCalls(rowExtents(x.shape, indices.shape)),
  wgsl: ([x, indices], [out]) => [gatherProgram(out, rowExtents(x.shape, indices.shape))],
  gradient: ({ inputs: [x, indices], outputGradient, run }) =>
    run(scatterAddBatchRows, [indices, outputGradient], { shape: x.shape }),
  sample(draw) {
    const leading = draw.shape(0, 2);
    const rows = draw.extent(1, 4);
    const indices = draw.indices([...leading, draw.extent(0, 4)], rows);
    return { inputs: [draw.floats([...leading, rows, draw.extent(1, 3)]), indices], attributes: undefined };
  },
};

/** Rows of one element. */
function lastExtents(x: Shape, indices: Shape): Extents {
  return {
    batch: sizeOf(indices.slice(0, -1)),
    rows: lastExtent("takeAlongLast", x),
    taken: lastExtent("takeAlongLast", indices),
    columns: 1,
  };
}

/** Inputs indices [..., K], g [..., K]; output [..., C]: each row of g added at its indices. */
const scatterAddLast: GradientOperation<{ readonly shape: Shape }> = {
  name: "takeAlongLast.gradient",
  outputs: ([, g], { shape }) => [{ shape, dtype: g.dtype }],
  reference([indices, g], [out]) {
    const columns = lastExtent("takeAlongLast", out.shape);
    const taken = lastExtent("takeAlongLast", indices.shape);
    out.data.fill(0);
    for (let i = 0; i < indices.data.length; i++) {
      const row = Math.floor(i / taken);
      out.data[row * columns + indices.data[i]] += g.data[i];
    }
  },
  simd: ([indices], [out]) => scatterAddCalls(lastExtents(out.shape, indices.shape)),
  wgsl: ([indices], [out]) => scatterAddPrograms(lastExtents(out.shape, indices.shape)),
};

function checkTake(x: TensorSpec, indices: TensorSpec): void {
  checkTypes("takeAlongLast", [x, indices], ["float", "i32"]);
  lastExtent("takeAlongLast", x.shape);
  lastExtent("takeAlongLast", indices.shape);
  if (!sameShape(x.shape.slice(0, -1), indices.shape.slice(0, -1))) {
    throw new ShapeError(
      `takeAlongLast: x ${formatShape(x.shape)} and indices ${formatShape(indices.shape)} must agree in all axes but the last`,
    );
  }
}

/** y[..., k] = x[..., indices[..., k]]: x [..., C], indices i32 [..., K] -> y [..., K]. */
export const takeAlongLast: Operation = {
  name: "takeAlongLast",
  outputs([x, indices]) {
    checkTake(x, indices);
    return [{ shape: indices.shape, dtype: x.dtype }];
  },
  /** @throws RangeError for an index outside the last axis. */
  reference([x, indices], [out]) {
    const columns = lastExtent("takeAlongLast", x.shape);
    const taken = lastExtent("takeAlongLast", indices.shape);
    checkIndices("takeAlongLast", indices, columns);
    for (let i = 0; i < indices.data.length; i++) {
      out.data[i] = x.data[Math.floor(i / taken) * columns + indices.data[i]];
    }
  },
  simd: ([x, indices]) => gatherCalls(lastExtents(x.shape, indices.shape)),
  wgsl: ([x, indices], [out]) => [gatherProgram(out, lastExtents(x.shape, indices.shape))],
  gradient: ({ inputs: [x, indices], outputGradient, run }) =>
    run(scatterAddLast, [indices, outputGradient], { shape: x.shape }),
  sample(draw) {
    const leading = draw.shape(0, 2);
    const columns = draw.extent(1, 5);
    const indices = draw.indices([...leading, draw.extent(0, 4)], columns);
    return { inputs: [draw.floats([...leading, columns]), indices], attributes: undefined };
  },
};
