/**
 * Layer normalisation over the last axis (Ba et al. 2016): x [..., C], gain [C], bias [C],
 *
 *   y = (x - mean) / sqrt(variance + epsilon) * gain + bias
 *
 * with the population variance. Further outputs: each row's mean and 1 / sqrt(variance + epsilon), both [...].
 */

import {
  checkTypes,
  type GradientOperation,
  type HostTensor,
  type Operation,
  type TensorSpec,
} from "../../operation.ts";
import { formatShape, lastExtent, ShapeError, sizeOf } from "../../shape.ts";
import { f32, indexProgram, u32, type WgslProgram } from "../../webgpu/program.ts";
import { rowProgram } from "../../webgpu/rows.ts";
import { layerNormCalls, layerNormGradientCalls } from "./simd.ts";

/** Of {@link layerNorm}. */
export interface LayerNormAttributes {
  readonly epsilon: number;
}

function reference(
  [x, gain, bias]: readonly HostTensor[],
  [out, means, inverses]: readonly HostTensor[],
  { epsilon }: LayerNormAttributes,
): void {
  const columns = lastExtent("layerNorm", x.shape);
  for (let row = 0, start = 0; row < means.data.length; row++, start += columns) {
    let total = 0;
    for (let j = 0; j < columns; j++) total += x.data[start + j];
    const mean = columns === 0 ? 0 : total / columns;
    let squares = 0;
    for (let j = 0; j < columns; j++) squares += (x.data[start + j] - mean) ** 2;
    const inverse = 1 / Math.sqrt((columns === 0 ? 0 : squares / columns) + epsilon);
    for (let j = 0; j < columns; j++) {
      out.data[start + j] = (x.data[start + j] - mean) * inverse * gain.data[j] + bias.data[j];
    }
    means.data[row] = mean;
    inverses.data[row] = inverse;
  }
}

function wgsl(
  [x]: readonly TensorSpec[],
  _: readonly TensorSpec[],
  { epsilon }: LayerNormAttributes,
): WgslProgram[] {
  return [
    rowProgram(
      "layerNorm",
      x.shape,
      {
        x: { input: 0 },
        gain: { input: 1 },
        bias: { input: 2 },
        out: { output: 0 },
        means: { output: 1 },
        inverses: { output: 2 },
      },
      `  let divisor = f32(max(parameters.columns, 1u));
  var total = 0.0;
  for (var j = start; j < start + parameters.columns; j++) { total += x[j]; }
  let mean = total / divisor;
  var squares = 0.0;
  for (var j = start; j < start + parameters.columns; j++) { squares += (x[j] - mean) * (x[j] - mean); }
  let inverse = 1.0 / sqrt(squares / divisor + parameters.epsilon);
  for (var j = 0u; j < parameters.columns; j++) {
    out[start + j] = (x[start + j] - mean) * inverse * gain[j] + bias[j];
  }
  means[row] = mean;
  inverses[row] = inverse;`,
      { parameters: { epsilon: f32(epsilon) } },
    ),
  ];
}

/**
 * Inputs x, gain, mean, inverse, g; outputs dx, dgain, dbias. With n = (x - mean) inverse and h = g gain:
 * dx = inverse (h - mean(h) - n mean(h n)), dgain = sum_rows g n, dbias = sum_rows g.
 */
const layerNormGradient: GradientOperation = {
  name: "layerNorm.gradient",
  outputs: ([x, gain]) => [x, gain, gain],
  reference([x, gain, means, inverses, g], [dx, dgain, dbias]) {
    const columns = lastExtent("layerNorm", x.shape);
    const gainSums = new Float64Array(columns);
    const biasSums = new Float64Array(columns);
    for (let row = 0, start = 0; row < means.data.length; row++, start += columns) {
      const mean = means.data[row];
      const inverse = inverses.data[row];
      let sum = 0;
      let dot = 0;
      for (let j = 0; j < columns; j++) {
        const gradient = g.data[start + j];
        const normalised = (x.data[start + j] - mean) * inverse;
        sum += gradient * gain.data[j];
        dot += gradient * gain.data[j] * normalised;
        gainSums[j] += gradient * normalised;
        biasSums[j] += gradient;
      }
      sum /= columns;
      dot /= columns;
      for (let j = 0; j < columns; j++) {
        const normalised = (x.data[start + j] - mean) * inverse;
        dx.data[start + j] = inverse * (g.data[start + j] * gain.data[j] - sum - normalised * dot);
      }
    }
    dgain.data.set(gainSums);
    dbias.data.set(biasSums);
  },
  simd: (inputs) => layerNormGradientCalls(inputs),
  wgsl: ([x, gain]) => [inputGradient(x), ...vectorGradients(x, gain)],
};

/** dx, row by row. */
function inputGradient(x: TensorSpec): WgslProgram {
  return rowProgram(
    "layerNorm.gradient x",
    x.shape,
    {
      x: { input: 0 },
      gain: { input: 1 },
      means: { input: 2 },
      inverses: { input: 3 },
      g: { input: 4 },
      dx: { output: 0 },
    },
    `  let mean = means[row];
  let inverse = inverses[row];
  var sum = 0.0;
  var dot = 0.0;
  for (var j = 0u; j < parameters.columns; j++) {
    let h = g[start + j] * gain[j];
    sum += h;
    dot += h * (x[start + j] - mean) * inverse;
  }
  sum /= f32(parameters.columns);
  dot /= f32(parameters.columns);
  for (var j = 0u; j < parameters.columns; j++) {
    let normalised = (x[start + j] - mean) * inverse;
    dx[start + j] = inverse * (g[start + j] * gain[j] - sum - normalised * dot);
  }`,
  );
}

/** dgain and dbias: for each column sums over parts of the rows, and then over the parts, always in one order. */
function vectorGradients(x: TensorSpec, gain: TensorSpec): WgslProgram[] {
  const [columns] = gain.shape;
  const rows = sizeOf(x.shape.slice(0, -1));
  // As many parts as rows in each part: the shortest two loops one after the other.
  const rowsPerPart = Math.ceil(Math.sqrt(rows));
  const parts = rows === 0 ? 0 : Math.ceil(rows / rowsPerPart);
  const partial = (scratch: number) => ({ scratch, length: parts * columns, dtype: x.dtype });
  return [
    indexProgram(
      "layerNorm.gradient parts",
      parts * columns,
      {
        x: { input: 0 },
        means: { input: 2 },
        inverses: { input: 3 },
        g: { input: 4 },
        gains: partial(0),
        biases: partial(1),
      },
      { columns: u32(columns), rows: u32(rows), rows_per_part: u32(rowsPerPart) },
      `  let first = i / parameters.columns * parameters.rows_per_part;
  let end = min(first + parameters.rows_per_part, parameters.rows);
  var gain = 0.0;
  var bias = 0.0;
  for (var row = first; row < end; row++) {
    let at = row * parameters.columns + i % parameters.columns;
    gain += g[at] * (x[at] - means[row]) * inverses[row];
    bias += g[at];
  }
  gains[i] = gain;
  biases[i] = bias;`,
    ),
    indexProgram(
      "layerNorm.gradient vectors",
      columns,
      { gains: partial(0), biases: partial(1), dgain: { output: 1 }, dbias: { output: 2 } },
      { parts: u32(parts) },
      `  var gain = 0.0;
  var bias = 0.0;
  for (var part = 0u; part < parameters.parts; part++) {
    gain += gains[part * parameters.count + i];
    bias += biases[part * parameters.count + i];
  }
  dgain[i] = gain;
  dbias[i] = bias;`,
    ),
  ];
}

/** Layer normalisation over the last axis: x [..., C], gain and bias [C] -> [..., C]. */
export const layerNorm: Operation<LayerNormAttributes> = {
  name: "layerNorm",
  outputs(inputs) {
    const [x, gain, bias] = inputs;
    checkTypes("layerNorm", inputs, ["float"]);
    const columns = lastExtent("layerNorm", x.shape);
    for (const vector of [gain, bias]) {
      if (vector.shape.length !== 1 || vector.shape[0] !== columns) {
        throw new ShapeError(
          `layerNorm: gain and bias must be [${columns}] for x ${formatShape(x.shape)}, got ${formatShape(vector.shape)}`,
        );
      }
    }
    const rows = { shape: x.shape.slice(0, -1), dtype: x.dtype };
    return [{ shape: x.shape, dtype: x.dtype }, rows, rows];
  },
  reference,
  simd: (inputs, _, { epsilon }) => layerNormCalls(inputs, epsilon),
  wgsl,
  gradient: ({ inputs: [x, gain], outputs: [, means, inverses], outputGradient, run }) =>
    run(layerNormGradient, [x, gain, means, inverses, outputGradient], undefined),
  sample(draw) {
    const shape = draw.shape(1, 3);
    const vector = shape.slice(-1);
    // A wide range keeps the rows' variance well away from 0, where the function bends too sharply to difference.
    const inputs = [
      draw.floats(shape, { minimum: -20, maximum: 20 }),
      draw.floats(vector),
      draw.floats(vector),
    ];
    return { inputs, attributes: { epsilon: 1e-2 } };
  },
};
