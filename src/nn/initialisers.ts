/** Initial weights, drawn from a seeded generator. */
import type { Random, Shape } from "../tensor/index.ts";

function fill(shape: Shape, draw: () => number): Float32Array {
  return Float32Array.from({ length: shape.reduce((size, extent) => size * extent, 1) }, draw);
}

/** Uniform with variance 2 / (fan in + fan out) (Glorot and Bengio 2010), for weights [in, out]. */
export function xavierUniform(fanIn: number, fanOut: number, random: Random): Float32Array {
  const limit = Math.sqrt(6 / (fanIn + fanOut));
  return fill([fanIn, fanOut], () => (2 * random.uniform() - 1) * limit);
}

/** Normal with mean 0. */
export function normal(shape: Shape, deviation: number, random: Random): Float32Array {
  return fill(shape, () => random.normal() * deviation);
}

/** Weights that are all the same. */
export function constant(shape: Shape, value: number): Float32Array {
  return fill(shape, () => value);
}
