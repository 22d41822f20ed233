/**
 * The numbers that the reference Transformer starts from (see reference-transformer.ts), for all implementations that
 * are compared: its extents, initial weights, inputs and targets.
 */

export const CONFIGURATION = { lists: 64, items: 50, width: 128, heads: 4, feedForward: 512, layers: 2 };

export const LEARNING_RATE = 1e-3;

/** An array and its shape. */
export interface HostArray {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Marsaglia-style 32-bit generator "mulberry32": what the compared implementations draw their inputs from. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** `length` numbers in [-limit, limit). */
export function uniform(length: number, seed: number, limit: number): Float32Array {
  const random = mulberry32(seed);
  return Float32Array.from({ length }, () => (random() * 2 - 1) * limit);
}

/** By name; matrices are [inputs, outputs]. */
export function initialWeights(): Map<string, HostArray> {
  const { width, feedForward, layers } = CONFIGURATION;
  const weights = new Map<string, HostArray>();
  let seed = 1;
  const matrix = (name: string, inputs: number, outputs: number) => {
    const limit = Math.sqrt(6 / (inputs + outputs));
    weights.set(name, { shape: [inputs, outputs], data: uniform(inputs * outputs, seed++, limit) });
  };
  const vector = (name: string, length: number, value = 0) => {
    weights.set(name, { shape: [length], data: new Float32Array(length).fill(value) });
  };
  const linear = (name: string, inputs: number, outputs: number) => {
    matrix(`${name}.weight`, inputs, outputs);
    vector(`${name}.bias`, outputs);
  };
  const norm = (name: string) => {
    vector(`${name}.gain`, width, 1);
    vector(`${name}.bias`, width);
  };
  for (let layer = 0; layer < layers; layer++) {
    norm(`${layer}.norm1`);
    for (const name of ["query", "key", "value", "output"]) linear(`${layer}.${name}`, width, width);
    norm(`${layer}.norm2`);
    linear(`${layer}.up`, width, feedForward);
    linear(`${layer}.down`, feedForward, width);
  }
  linear("head", width, 1);
  return weights;
}

/** Inputs [lists, items, width] and one-hot targets [lists, items]. */
export function createBatch(): { x: Float32Array; targets: Float32Array } {
  const { lists, items, width } = CONFIGURATION;
  const targets = new Float32Array(lists * items);
  const random = mulberry32(778);
  for (let list = 0; list < lists; list++) targets[list * items + Math.floor(random() * items)] = 1;
  return { x: uniform(lists * items * width, 777, Math.sqrt(3)), targets };
}
