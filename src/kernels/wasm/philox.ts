/**
 * The random numbers of `Random` in WebAssembly: Philox 4x32-10 on four blocks of four words at a time, and the
 * distributions drawn from words. A uniform is one of 2^24 cells: its lower end, or its midpoint where 0 is excluded.
 */
import { CONSTANTS } from "../philox.ts";
import type { KernelWriter, Parameters } from "./kernel.ts";
import { log } from "./mathematics.ts";
import { transposeFour } from "./transpose.ts";
import { F32x4, type I32, I32x4 } from "./values.ts";

const { cell: CELL, multipliers: MULTIPLIERS, rounds: ROUNDS, weyl: WEYL } = CONSTANTS;

/** What `randomWords` reads of a kernel's parameters. */
export const RANDOM_KEY = "key0, key1, counter1, counter2, counter3";

/** Lower and upper halves of the 64-bit products of unsigned integers. */
function productHalves(write: KernelWriter, a: I32x4, b: I32x4): { readonly low: I32x4; readonly high: I32x4 } {
  const [first, second] = [write.let(a.productsLow(b)), write.let(a.productsHigh(b))];
  return { low: first.shuffle(second, [0, 2, 4, 6]), high: first.shuffle(second, [1, 3, 5, 7]) };
}

/** The words of blocks number `block` to `block` + 3: a vector for each block. */
export function randomWords(
  write: KernelWriter,
  block: I32,
  { key0, key1, counter1, counter2, counter3 }: Omit<Parameters<typeof RANDOM_KEY>, "first" | "last">,
): I32x4[] {
  const multipliers = MULTIPLIERS.map((multiplier) => write.let(I32x4.splat(multiplier)));
  const keys = [key0, key1].map((key) => write.variable(I32x4.splat(key)));
  const counter = [
    I32x4.splat(block).add(I32x4.of(0, 1, 2, 3)),
    ...[counter1, counter2, counter3].map((word) => I32x4.splat(word)),
  ].map((word) => write.variable(word));
  const [c0, c1, c2, c3] = counter;
  for (let round = 0; round < ROUNDS; round++) {
    const products = [productHalves(write, c0, multipliers[0]), productHalves(write, c2, multipliers[1])];
    const next = [
      products[1].high.xor(c1).xor(keys[0]),
      products[1].low,
      products[0].high.xor(c3).xor(keys[1]),
      products[0].low,
    ].map((word) => write.let(word));
    for (const [index, word] of counter.entries()) write.set(word, next[index]);
    for (const [index, key] of keys.entries()) write.set(key, key.add(WEYL[index]));
  }
  const blocks = transposeFour(
    write,
    counter.map((word) => word.asFloats()),
  );
  return blocks.map((words) => write.let(words.asIntegers()));
}

/** Which of 2^24 cells a word falls into. */
export const cellOf = (word: I32x4): I32x4 => word.shiftRightUnsigned(8);

/** On [0, 1): the lower ends of cells. */
export const uniform = (word: I32x4): F32x4 => cellOf(word).toFloats().mul(CELL);

/** log((1 + s) / (1 - s)) for |s| <= 1/3: 2 atanh(s) as a series. */
function logOfRatio(write: KernelWriter, s: F32x4): F32x4 {
  const ratio = write.let(s);
  const q = write.let(ratio.mul(ratio));
  const series = [3, 5, 7, 9, 11, 13].reduceRight<F32x4>(
    (sum, power) => sum.mul(q).add(1 / power),
    F32x4.splat(1 / 15),
  );
  return ratio.add(ratio).mul(series.mul(q).add(1));
}

/** -log(u) of the midpoint u of a word's cell. Above 1/2, where f32 cannot hold u, it comes from 1 - u. */
function negativeLogOfMidpoint(write: KernelWriter, word: I32x4): F32x4 {
  const cell = write.let(cellOf(word));
  const below = write.let(log(write, cell.toFloats().add(0.5).mul(CELL)).negate());
  const rest = write.let(
    I32x4.splat(2 ** 24 - 1)
      .sub(cell)
      .toFloats()
      .add(0.5)
      .mul(CELL),
  );
  const above = logOfRatio(write, rest.div(F32x4.splat(2).sub(rest)));
  return cell.greater(2 ** 23 - 1).select(above, below);
}

/** Standard Gumbel: -log(-log u). */
export function gumbel(write: KernelWriter, word: I32x4): F32x4 {
  return log(write, negativeLogOfMidpoint(write, word)).negate();
}

/** cos(2 pi u) of a word's uniform u: the sine of the angle to the next zero, which is exact in cells. */
function cosineOfTurn(write: KernelWriter, word: I32x4): F32x4 {
  const cell = write.let(cellOf(word));
  const quarter = write.let(cell.shiftRightUnsigned(22));
  const within = write.let(cell.and(2 ** 22 - 1).toFloats());
  const isOdd = quarter.and(1).equals(1);
  const toZero = isOdd.select(within, F32x4.splat(2 ** 22).sub(within));
  const x = write.let(toZero.mul(2 ** -22 * (Math.PI / 2)));
  const q = write.let(x.mul(x));
  /** sin(x) / x = 1 - q / 6 (1 - q / 20 (1 - ...)). */
  const series = [6, 20, 42, 72, 110].reduceRight<F32x4>(
    (sum, divisor) => F32x4.splat(1).sub(sum.mul(q.mul(1 / divisor))),
    F32x4.splat(1),
  );
  const sine = write.let(x.mul(series));
  return quarter.add(1).and(2).equals(2).select(sine.negate(), sine);
}

/** Standard normal, by Box and Muller: from the words of a radius and those of an angle. */
export function normal(write: KernelWriter, radius: I32x4, angle: I32x4): F32x4 {
  const length = negativeLogOfMidpoint(write, radius).mul(2).sqrt();
  return length.mul(cosineOfTurn(write, angle));
}
