/**
 * Reading rows and elements at given indices, and adding gradients back to where they were read. All are one movement:
 * from each of `batch` entries x [batch, N, D], the rows at indices [batch, K] -> y [batch, K, D].
 */
import type { Program } from "../../dispatch.ts";
import {
  checkTypes,
  type GradientOperation,
  type HostTensor,
  type Operation,
  type TensorSpec,
} from "../../operation.ts";
import { formatShape, lastExtent, type Shape, ShapeError, sameShape, sizeOf } from "../../shape.ts";
import { indexProgram } from "../../webgpu/program.ts";
import { type Extents, gatherCalls, scatterAddCalls } from "./simd.ts";
import { scatterAddPrograms } from "./wgsl-scatter.ts";

/** What the operations of this file differ in. */
interface Definition extends Pick<Operation, "sample"> {
  /** @throws ShapeError for x and indices that do not fit each other */
  shapeOf(x: Shape, indices: Shape): Shape;
  extentsOf(x: Shape, indices: Shape): Extents;
}

/** Throws a RangeError unless every index is from 0 to `bound` - 1. */
function checkIndices(name: string, { data }: HostTensor, bound: number): void {
  for (let i = 0; i < data.length; i++) {
    if (data[i] < 0 || data[i] >= bound) {
      throw new RangeError(`${name}: index ${data[i]} at position ${i} is outside 0 to ${bound - 1}`);
    }
  }
}

/** Calls `visit` for each index with where the row that it names starts in x, and where its own does in y. */
function forEachRow(indices: HostTensor, at: Extents, visit: (inX: number, inY: number) => void): void {
  const { rows, taken, columns } = at;
  indices.data.forEach((index, i) => {
    visit((Math.floor(i / taken) * rows + index) * columns, i * columns);
  });
}

/** An index outside of the rows reads zeros: a GPU cannot throw, as the CPU device does. */
function gatherProgram(out: TensorSpec, { rows, taken, columns }: Extents): Program {
  const body = `  let position = i / parameters.columns;
  let row = indices[position];
  var value = 0.0;
  if (row >= 0 && u32(row) < parameters.rows) {
    let first = position / parameters.taken * parameters.rows;
    value = x[(first + u32(row)) * parameters.columns + i % parameters.columns];
  }
  y[i] = value;`;
  return indexProgram("gather", sizeOf(out.shape), body, { parameters: { rows, taken, columns } });
}

function define(name: string, { shapeOf, extentsOf, sample }: Definition): Operation {
  /** Inputs indices, g of y's shape; output dx: each row of g added to the row that it was read from. */
  const scatterAdd: GradientOperation<{ readonly shape: Shape }> = {
    name: `${name}.gradient`,
    signature: "indices, g -> out",
    outputs: ([, g], { shape }) => [{ shape, dtype: g.dtype }],
    reference([indices, g], [out]) {
      const at = extentsOf(out.shape, indices.shape);
      out.data.fill(0);
      forEachRow(indices, at, (target, source) => {
        for (let j = 0; j < at.columns; j++) out.data[target + j] += g.data[source + j];
      });
    },
    simd: ([indices], [out]) => scatterAddCalls(extentsOf(out.shape, indices.shape)),
    wgsl: ([indices], [out]) => scatterAddPrograms(extentsOf(out.shape, indices.shape)),
  };
  return {
    name,
    signature: "x, indices -> y",
    outputs([x, indices]) {
      checkTypes(name, [x, indices], ["float", "i32"]);
      return [{ shape: shapeOf(x.shape, indices.shape), dtype: x.dtype }];
    },
    /** @throws RangeError for an index outside of the rows. */
    reference([x, indices], [y]) {
      const at = extentsOf(x.shape, indices.shape);
      checkIndices(name, indices, at.rows);
      forEachRow(indices, at, (source, target) => {
        for (let j = 0; j < at.columns; j++) y.data[target + j] = x.data[source + j];
      });
    },
    simd: ([x, indices]) => gatherCalls(extentsOf(x.shape, indices.shape)),
    wgsl: ([x, indices], [y]) => [gatherProgram(y, extentsOf(x.shape, indices.shape))],
    gradient: ({ inputs: [x, indices], outputGradient, run }) =>
      run(scatterAdd, [indices, outputGradient], { shape: x.shape }),
    sample,
  };
}

/** y = table[indices]: table [V, D], indices i32 [...] -> y [..., D]. The table is one batch entry. */
export const embedding: Operation = define("embedding", {
  shapeOf(table, indices) {
    if (table.length !== 2) {
      throw new ShapeError(`embedding: the table must be [rows, width], got ${formatShape(table)}`);
    }
    return [...indices, table[1]];
  },
  extentsOf: ([rows, columns], indices) => ({ batch: 1, rows, taken: sizeOf(indices), columns }),
  sample(draw) {
    const table: Shape = [draw.extent(1, 5), draw.extent(1, 4)];
    return { inputs: [draw.floats(table), draw.indices(draw.shape(), table[0])], attributes: undefined };
  },
});

/** y[..., k, :] = x[..., indices[..., k], :]: x [..., N, D], indices i32 [..., K] -> y [..., K, D]. */
export const takeRows: Operation = define("takeRows", {
  shapeOf(x, indices) {
    if (x.length < 2 || !sameShape(x.slice(0, -2), indices.slice(0, -1))) {
      throw new ShapeError(
        `takeRows: expected x [..., N, D] and indices [..., K], got ${formatShape(x)} and ${formatShape(indices)}`,
      );
    }
    return [...indices, x[x.length - 1]];
  },
  extentsOf(x, indices) {
    const [rows, columns] = x.slice(-2);
    return { batch: sizeOf(indices.slice(0, -1)), rows, taken: lastExtent("takeRows", indices), columns };
  },
  sample(draw) {
    const leading = draw.shape(0, 2);
    const rows = draw.extent(1, 4);
    const indices = draw.indices([...leading, draw.extent(0, 4)], rows);
    return { inputs: [draw.floats([...leading, rows, draw.extent(1, 3)]), indices], attributes: undefined };
  },
});

/** y[..., k] = x[..., indices[..., k]]: x [..., C], indices i32 [..., K] -> y [..., K]. Rows are of one element. */
export const takeAlongLast: Operation = define("takeAlongLast", {
  shapeOf(x, indices) {
    lastExtent("takeAlongLast", x);
    lastExtent("takeAlongLast", indices);
    if (!sameShape(x.slice(0, -1), indices.slice(0, -1))) {
      throw new ShapeError(
        `takeAlongLast: x ${formatShape(x)} and indices ${formatShape(indices)} must agree in all axes but the last`,
      );
    }
    return indices;
  },
  extentsOf: (x, indices) => ({
    batch: sizeOf(indices.slice(0, -1)),
    rows: lastExtent("takeAlongLast", x),
    taken: lastExtent("takeAlongLast", indices),
    columns: 1,
  }),
  sample(draw) {
    const leading = draw.shape(0, 2);
    const columns = draw.extent(1, 5);
    const indices = draw.indices([...leading, draw.extent(0, 4)], columns);
    return { inputs: [draw.floats([...leading, columns]), indices], attributes: undefined };
  },
});
