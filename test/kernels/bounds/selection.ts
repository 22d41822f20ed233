/**
 * Rules of operations that pick the largest numbers. What they return is exact or wrong, so their rules only see to it
 * that the GPU's errors cannot change the choice.
 */
import { type ChooseNextAttributes, type GumbelTopKAttributes, Random } from "../../../src/kernels/index.ts";
import type { ErrorRule } from "./device.ts";
import { type Bounded, quotient, rounded, sum } from "./numbers.ts";
import { gumbel } from "./random.ts";
import { forEachKept } from "./softmax.ts";

/** A sample on which the GPU may rightly give another answer than the reference: one to draw anew. */
export class Undecided extends Error {
  override readonly name = "Undecided";
}

/** Throws unless errors leave the `count` largest numbers, and their order, as they are. */
function checkOrder(what: string, numbers: readonly Bounded[], count: number): void {
  const descending = numbers.map(({ value }) => value).sort((a, b) => b - a);
  const error = numbers.reduce((most, number) => Math.max(most, number.error), 0);
  for (let i = 0; i < Math.min(count, descending.length - 1); i++) {
    if (error > 0 && descending[i] - descending[i + 1] <= 2 * error) throw new Undecided(`${what}: near ties`);
  }
}

/** Words are drawn for every element of every list, kept or not. */
const gumbelTopK: ErrorRule<GumbelTopKAttributes> = ([x, mask], _, { lists, length, key }) => {
  const columns = x.shape[x.shape.length - 1];
  const generator = new Random(key);
  const words = Uint32Array.from({ length: x.data.length * lists }, () => generator.uint32());
  forEachKept(x, mask, (row, kept) => {
    for (let list = row * lists; list < (row + 1) * lists; list++) {
      const wordOf = (index: number) => words[list * columns + (index % columns)];
      const keys = kept.map((index) => sum([x.at(index), gumbel(wordOf(index))]));
      checkOrder("gumbelTopK", keys, length);
    }
  });
};

const chooseNext: ErrorRule<ChooseNextAttributes> = ([x, mask], _, { sampling }) => {
  const generator = sampling && new Random(sampling.key);
  const noise = generator && Array.from(x.data, () => gumbel(generator.uint32()));
  forEachKept(x, mask, (_, kept) => {
    const scores = kept.map((index) =>
      sampling && noise ? sum([quotient(x.at(index), rounded(sampling.temperature)), noise[index]]) : x.at(index),
    );
    checkOrder("chooseNext", scores, 1);
  });
};

export const selectionRules: Readonly<Record<string, ErrorRule>> = {
  gumbelTopK: gumbelTopK as ErrorRule,
  chooseNext: chooseNext as ErrorRule,
};
