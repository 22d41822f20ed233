/**
 * Layer normalisation over the last axis (Ba et al. 2016): x [..., C], gain [C], bias [C],
 *
 *   y = n gain + bias,   n = (x - mean) inverse,   inverse = 1 / sqrt(variance + epsilon)
 *
 * with the population variance. Further outputs: each row's mean and inverse, both [...]. The gradient, with h = g gain:
 *
 *   dx = inverse (h - mean(h) - n mean(h n)),  dgain = sum_rows g n,  dbias = sum_rows g
 *
 * The sums over rows are taken over parts of them first, about as many as each has rows, whatever the number of threads.
 */
import type { TensorPlace } from "../../dispatch.ts";
import { checkTypes, type GradientOperation, type Operation, type TensorSpec } from "../../operation.ts";
import { formatShape, lastExtent, ShapeError, sizeOf } from "../../shape.ts";
import { defineKernel } from "../../wasm/kernel.ts";
import { Row } from "../../wasm/rows.ts";
import { forEachStretch, sweep } from "../../wasm/stretches.ts";
import { F32x4, type I32 } from "../../wasm/values.ts";
import { indexProgram } from "../../webgpu/program.ts";
import { rowProgram } from "../../webgpu/rows.ts";
import { rowOperation } from "../row-operation.ts";

/** Of {@link layerNorm}. */
export interface LayerNormAttributes {
  readonly epsilon: number;
}

/** How the rows of x are cut: parts of `length` rows, and where their sums for dgain and dbias are. */
function partsOf([x, gain]: readonly TensorSpec[]) {
  const [columns] = gain.shape;
  const rows = sizeOf(x.shape.slice(0, -1));
  const length = Math.max(1, Math.ceil(Math.sqrt(rows)));
  const parts = Math.ceil(rows / length);
  const sums = (scratch: number): TensorPlace => ({ scratch, length: parts * columns, dtype: x.dtype });
  return { columns, rows, length, parts, sums: { gainSums: sums(0), biasSums: sums(1) } };
}

/** Each item is a part of `length` rows: their rows of dx, and their sums for dgain and dbias. */
const gradientOfParts = defineKernel(
  "layerNorm.gradient of parts",
  { i32: "x, gain, means, inverses, g, dx, gainSums, biasSums, columns, length, size", f32: "share" },
  (write, { x, gain, means, inverses, g, dx, gainSums, biasSums, share, columns, ...range }) => {
    const bytes = write.let(columns.shiftLeft(2));
    forEachStretch(write, range, (part, start, count) => {
      const partRow = new Row(write, part, bytes);
      const [gainSum, biasSum] = [partRow.of(gainSums), partRow.of(biasSums)];
      write.clear(gainSum, bytes);
      write.clear(biasSum, bytes);
      write.loop(start, start.add(count), 1, (index) => {
        const row = new Row(write, index, bytes);
        const [elements, gradients, result] = [row.of(x), row.of(g), row.of(dx)];
        const mean = write.let(F32x4.loadSplat(row.numberOf(means)));
        const inverse = write.let(F32x4.loadSplat(row.numberOf(inverses)));
        const [sum, dot] = row.sums(2, ({ load, store }) => {
          const gradient = write.let(load(gradients));
          const normalised = write.let(load(elements).sub(mean).mul(inverse));
          store(gainSum, load(gainSum).add(gradient.mul(normalised)));
          store(biasSum, load(biasSum).add(gradient));
          const scaled = write.let(gradient.mul(load(gain)));
          return [scaled, scaled.mul(normalised)];
        });
        const meanOfGradient = write.let(sum.mul(share.splat()));
        const slope = write.let(dot.mul(share.splat()).mul(inverse));
        row.sweep(({ load, store }) => {
          const tilt = load(elements).sub(mean).mul(slope);
          store(result, load(gradients).mul(load(gain)).sub(meanOfGradient).sub(tilt).mul(inverse));
        });
      });
    });
  },
);

/** Each item is a column: the sums of the parts [parts, columns], added in order. */
const sumParts = defineKernel(
  "layerNorm.gradient of vectors",
  { i32: "gainSums, biasSums, dgain, dbias, columns, parts" },
  (write, { gainSums, biasSums, dgain, dbias, columns, parts, first, last }) => {
    const start = write.let(first.shiftLeft(2));
    const rowBytes = write.let(columns.shiftLeft(2));
    const sumOver = (sums: I32, out: I32) =>
      sweep(write, write.let(last.sub(first).shiftLeft(2)), ({ load, store }) => {
        const total = write.variable(F32x4.splat(0));
        write.loop(0, parts, 1, (part) => {
          const sum = load(sums.add(start).add(part.mul(rowBytes)));
          write.set(total, total.add(sum));
        });
        store(out.add(start), total);
      });
    sumOver(gainSums, dgain);
    sumOver(biasSums, dbias);
  },
);

const INPUT_GRADIENT = `  let mean = means[row];
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
  }`;

const SUMS_OF_PARTS = `  let first = i / parameters.columns * parameters.length;
  let end = min(first + parameters.length, parameters.rows);
  var gain_sum = 0.0;
  var bias_sum = 0.0;
  for (var row = first; row < end; row++) {
    let at = row * parameters.columns + i % parameters.columns;
    gain_sum += g[at] * (x[at] - means[row]) * inverses[row];
    bias_sum += g[at];
  }
  gainSums[i] = gain_sum;
  biasSums[i] = bias_sum;`;

const SUMS_OF_ALL = `  var gain_sum = 0.0;
  var bias_sum = 0.0;
  for (var part = 0u; part < parameters.parts; part++) {
    gain_sum += gainSums[part * parameters.count + i];
    bias_sum += biasSums[part * parameters.count + i];
  }
  dgain[i] = gain_sum;
  dbias[i] = bias_sum;`;

const layerNormGradient: GradientOperation = {
  name: "layerNorm.gradient",
  signature: "x, gain, means, inverses, g -> dx, dgain, dbias",
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
  simd(inputs) {
    const { columns, rows, length, parts, sums } = partsOf(inputs);
    const ofParts = { ...sums, share: 1 / Math.max(1, columns), columns, length, size: rows };
    const ofVectors = { ...sums, columns, parts };
    const work = 2 * parts * columns;
    return [
      { kernel: gradientOfParts, arguments: ofParts, items: parts, work: 4 * rows * columns },
      { kernel: sumParts, arguments: ofVectors, items: columns, itemsTogether: 4, work },
    ];
  },
  wgsl(inputs) {
    const { columns, rows, length, parts, sums } = partsOf(inputs);
    return [
      rowProgram("layerNorm.gradient x", inputs[0].shape, INPUT_GRADIENT),
      indexProgram("layerNorm.gradient parts", parts * columns, SUMS_OF_PARTS, {
        tensors: sums,
        parameters: { columns, rows, length },
      }),
      indexProgram("layerNorm.gradient vectors", columns, SUMS_OF_ALL, { tensors: sums, parameters: { parts } }),
    ];
  },
};

/** Layer normalisation over the last axis: x [..., C], gain and bias [C] -> [..., C]. */
export const layerNorm: Operation<LayerNormAttributes> = {
  ...rowOperation("layerNorm", {
    signature: "x, gain, bias -> out, means, inverses",
    numbers: {
      epsilon: ({ epsilon }: LayerNormAttributes) => epsilon,
      /** What the sums of a row are divided by: the mean of equal numbers is that number. */
      divisor: (_, columns) => Math.max(1, columns),
    },
    simd(write, row, { x, gain, bias, epsilon, divisor, out, means, inverses }) {
      const [elements, result] = [row.of(x), row.of(out)];
      const mean = write.let(row.sum(({ load }) => load(elements)).div(divisor.splat()));
      const squares = row.sum(({ load }) => {
        const deviation = write.let(load(elements).sub(mean));
        return deviation.mul(deviation);
      });
      const deviation = squares.div(divisor.splat()).add(epsilon.splat()).sqrt();
      const inverse = write.let(F32x4.splat(1).div(deviation));
      row.sweep(({ load, store }) => {
        store(result, load(elements).sub(mean).mul(inverse).mul(load(gain)).add(load(bias)));
      });
      write.storeElement(row.numberOf(means), mean, 0);
      write.storeElement(row.numberOf(inverses), inverse, 0);
    },
    wgsl: `  let divisor = f32(max(parameters.columns, 1u));
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
  }),
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
  reference([x, gain, bias], [out, means, inverses], { epsilon }) {
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
  },
  gradient: ({ inputs: [x, gain], outputs: [, means, inverses], outputGradient, run }) =>
    run(layerNormGradient, [x, gain, means, inverses, outputGradient], undefined),
  sample(draw) {
    const shape = draw.shape(1, 3);
    const vector = shape.slice(-1);
    // A wide range keeps the rows' variance well away from 0, where the function bends too sharply to difference.
    const x = draw.floats(shape, { minimum: -20, maximum: 20 });
    return { inputs: [x, draw.floats(vector), draw.floats(vector)], attributes: { epsilon: 1e-2 } };
  },
};
