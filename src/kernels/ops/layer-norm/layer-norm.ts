/**
 * Layer normalisation over the last axis (Ba et al. 2016): x [..., C], gain [C], bias [C],
 *
 *   y = (x - mean) / sqrt(variance + epsilon) * gain + bias
 *
 * with the population variance. Further outputs: each row's mean and 1 / sqrt(variance + epsilon), both [...].
 */
import { checkTypes, type Operation } from "../../operation.ts";
import { formatShape, lastExtent, ShapeError } from "../../shape.ts";
import { F32x4 } from "../../wasm/values.ts";
import { rowOperation } from "../row-operation.ts";
import { layerNormGradient } from "./gradient.ts";

/** Of {@link layerNorm}. */
export interface LayerNormAttributes {
  readonly epsilon: number;
}

/** Layer normalisation over the last axis: x [..., C], gain and bias [C] -> [..., C]. */
export const layerNorm: Operation<LayerNormAttributes> = {
  ...rowOperation("layerNorm", {
    signature: "x, gain, bias -> out, means, inverses",
    numbers: {
      epsilon: ({ epsilon }: LayerNormAttributes) => epsilon,
      /** What each element counts in the mean of a row. */
      share: (_, columns) => 1 / Math.max(1, columns),
    },
    simd(write, row, { x, gain, bias, epsilon, share, out, means, inverses }) {
      const [elements, result] = [row.of(x), row.of(out)];
      const mean = write.let(row.sum(({ load }) => load(elements)).mul(share.splat()));
      const squares = row.sum(({ load }) => {
        const deviation = write.let(load(elements).sub(mean));
        return deviation.mul(deviation);
      });
      const deviation = squares.mul(share.splat()).add(epsilon.splat()).sqrt();
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
