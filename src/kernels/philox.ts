/**
 * Philox 4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"): a counter-based generator.
 * Block n of a stream is a pure function of (seed, stream, step, n), so every device, thread and resumed run
 * draws the same numbers without sharing any state.
 */
const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const ROUNDS = 10;
/** A uniform is one of 2^24 cells: exact in f32, so every device agrees on it. */
const CELL = 2 ** -24;

/** The same for kernels. The code below would take four times as long with them: engines do not know what is exported. */
export const CONSTANTS = {
  multipliers: [MULTIPLIER_0, MULTIPLIER_1],
  weyl: [WEYL_0, WEYL_1],
  rounds: ROUNDS,
  cell: CELL,
} as const;

/** Upper 32 bits of the unsigned 64-bit product. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(carry / 65536)) >>> 0;
}

/** Writes the four words of the block at `counter` under `key` to `out`. */
export function philox4x32(counter: Uint32Array, key: Uint32Array, out: Uint32Array): void {
  let [c0, c1, c2, c3] = counter as unknown as [number, number, number, number];
  let [k0, k1] = key as unknown as [number, number];
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const low0 = Math.imul(MULTIPLIER_0, c0) >>> 0;
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low1 = Math.imul(MULTIPLIER_1, c2) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + WEYL_0) >>> 0;
    k1 = (k1 + WEYL_1) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** What a sequence of random numbers is keyed by. */
export interface RandomKey {
  /** The run's seed: an integer from 0 to 2^53 - 1. */
  readonly seed: number;
  /** What the numbers are for, such as "dropout": different streams of one seed are independent. */
  readonly stream: string;
  /** Which use of the stream this is, such as the training step: from 0 to 2^32 - 1. */
  readonly step: number;
}

/** 32-bit FNV-1a hash: turns a stream's name into a counter word. */
function hashName(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193) >>> 0;
  return hash;
}

/** The Philox key words (seed) and the counter words 1 to 3 (step, stream, upper seed bits) of a random key. */
function philoxWords({ seed, stream, step }: RandomKey): { key: Uint32Array; counter: Uint32Array } {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`random: the seed must be an integer from 0 to 2^53 - 1, got ${seed}`);
  }
  const key = new Uint32Array([seed >>> 0, Math.floor(seed / 2 ** 32)]);
  return { key, counter: new Uint32Array([0, step >>> 0, hashName(stream), 0]) };
}

/** The words of a random key by the names that kernels and programs call them. */
export function keyNumbers(randomKey: RandomKey) {
  const { key, counter } = philoxWords(randomKey);
  return { key0: key[0], key1: key[1], counter1: counter[1], counter2: counter[2], counter3: counter[3] };
}

/**
 * Draws from one random key in order: number n is word n % 4 of block n / 4.
 * @example
 * const random = new Random({ seed: 7, stream: "shuffle", step: 0 });
 * random.permutation(5);
 */
export class Random {
  private readonly words: ReturnType<typeof philoxWords>;
  private readonly block = new Uint32Array(4);
  private used = 4;

  constructor(key: RandomKey) {
    this.words = philoxWords(key);
  }

  /** An integer from 0 to 2^32 - 1. */
  uint32(): number {
    if (this.used === 4) {
      const { key, counter } = this.words;
      philox4x32(counter, key, this.block);
      counter[0]++;
      if (counter[0] === 0) counter[3]++;
      this.used = 0;
    }
    return this.block[this.used++];
  }

  /** The lower end of a cell, in [0, 1). */
  uniform(): number {
    return (this.uint32() >>> 8) * CELL;
  }

  /** Standard normal (Box-Muller on two uniforms). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(this.openUniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Standard Gumbel: -log(-log u). The largest of `logit + gumbel` is a draw from softmax(logits). */
  gumbel(): number {
    return -Math.log(-Math.log(this.openUniform()));
  }

  /** An integer from 0 to `bound` - 1, without modulo bias. */
  integer(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > 2 ** 32) {
      throw new RangeError(`random: integer(bound) needs a bound from 1 to 2^32, got ${bound}`);
    }
    const limit = 2 ** 32 - (2 ** 32 % bound);
    let word = this.uint32();
    while (word >= limit) word = this.uint32();
    return word % bound;
  }

  /** The integers 0 to `length` - 1 in random order (Fisher-Yates). */
  permutation(length: number): Int32Array {
    const order = Int32Array.from({ length }, (_, index) => index);
    for (let i = length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const swapped = order[i];
      order[i] = order[j];
      order[j] = swapped;
    }
    return order;
  }

  /** A uniform in (0, 1): the midpoints of 2^24 equal cells. */
  private openUniform(): number {
    return ((this.uint32() >>> 8) + 0.5) * CELL;
  }
}
