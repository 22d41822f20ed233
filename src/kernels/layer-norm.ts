/**
 * Layer normalisation over the last axis (Ba et al. 2016): x [..., C], gain [C], bias [C],
 *
 *   y = (x - mean) / sqrt(variance + epsilon) * gain + bias
 *
 * with the population variance. Further outputs: each row's mean and 1 / sqrt(variance + epsilon), both [...].
 */
import { checkTypes, type GradientOperation, type HostTensor, type Operation } from "./operation.ts";
import { formatShape, lastExtent, ShapeError } from "./shape.ts";

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
};

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
