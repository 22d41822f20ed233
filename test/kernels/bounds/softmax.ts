/** Bounds of the softmax family and of cross-entropy: the formulae of their kernels, row by row. */
import { maskRowOffsets } from "../../../src/kernels/mask.ts";
import type { BoundedTensor, ErrorRule } from "./device.ts";
import { type Bounded, dot, exp, log, maximum, negate, product, quotient, subtract, sum } from "./numbers.ts";

/** Calls `visit` with each row of x that keeps something: its number, and which elements it keeps. */
export function forEachKept(
  x: BoundedTensor,
  mask: BoundedTensor | undefined,
  visit: (row: number, kept: readonly number[]) => void,
): void {
  const columns = x.shape[x.shape.length - 1];
  const starts = mask && maskRowOffsets(mask, x.shape);
  const rows = columns === 0 ? 0 : x.data.length / columns;
  for (let row = 0; row < rows; row++) {
    const kept: number[] = [];
    for (let j = 0; j < columns; j++) {
      if (mask === undefined || starts === undefined || mask.data[starts[row] + j] !== 0) {
        kept.push(row * columns + j);
      }
    }
    if (kept.length > 0) visit(row, kept);
  }
}

interface Exponentials {
  readonly largest: Bounded;
  /** exp(x - largest) of each element, and their sum. */
  readonly each: readonly Bounded[];
  readonly total: Bounded;
}

export function exponentials(logits: readonly Bounded[]): Exponentials {
  const largest = maximum(...logits);
  const each = logits.map((logit) => exp(subtract(logit, largest)));
  return { largest, each, total: sum(each) };
}

const at = (tensor: BoundedTensor, indices: readonly number[]) => indices.map((index) => tensor.at(index));

/** x - largest - log(total). */
const logProbability = (logit: Bounded, { largest, total }: Exponentials) =>
  sum([logit, negate(largest), negate(log(total))]);

const softmax: ErrorRule = ([x, mask], [out]) =>
  forEachKept(x, mask, (_, kept) => {
    const { each, total } = exponentials(at(x, kept));
    kept.forEach((index, i) => {
      out.bound(index, quotient(each[i], total));
    });
  });

const logSoftmax: ErrorRule = ([x, mask], [out]) =>
  forEachKept(x, mask, (_, kept) => {
    const sums = exponentials(at(x, kept));
    for (const index of kept) out.bound(index, logProbability(x.at(index), sums));
  });

const logSumExp: ErrorRule = ([x, mask], [out]) =>
  forEachKept(x, mask, (row, kept) => {
    const { largest, total } = exponentials(at(x, kept));
    out.bound(row, sum([largest, log(total)]));
  });

/** y (g - sum g y). */
const softmaxGradient: ErrorRule = ([y, g], [out]) =>
  forEachKept(y, undefined, (_, row) => {
    const weighted = dot(at(g, row), at(y, row));
    for (const index of row) out.bound(index, product(y.at(index), subtract(g.at(index), weighted)));
  });

/** g - exp(y) sum g. */
const logSoftmaxGradient: ErrorRule = ([y, g, mask], [out]) =>
  forEachKept(y, mask, (_, kept) => {
    const total = sum(at(g, kept));
    for (const index of kept) {
      out.bound(index, subtract(g.at(index), product(exp(y.at(index)), total)));
    }
  });

/** g softmax(x). */
const logSumExpGradient: ErrorRule = ([x, g, mask], [out]) =>
  forEachKept(x, mask, (row, kept) => {
    const { each, total } = exponentials(at(x, kept));
    kept.forEach((index, i) => {
      out.bound(index, quotient(product(g.at(row), each[i]), total));
    });
  });

const crossEntropy: ErrorRule = ([x, t, mask], [loss, probabilities]) =>
  forEachKept(x, mask, (row, kept) => {
    const sums = exponentials(at(x, kept));
    const logProbabilities = kept.map((index) => logProbability(x.at(index), sums));
    loss.bound(row, negate(dot(at(t, kept), logProbabilities)));
    kept.forEach((index, i) => {
      probabilities.bound(index, quotient(sums.each[i], sums.total));
    });
  });

/** g (p sum t - t). */
const crossEntropyGradient: ErrorRule = ([p, t, g, mask], [out]) =>
  forEachKept(p, mask, (row, kept) => {
    const total = sum(at(t, kept));
    for (const index of kept) {
      out.bound(index, product(g.at(row), subtract(product(p.at(index), total), t.at(index))));
    }
  });

export const softmaxRules: Readonly<Record<string, ErrorRule>> = {
  softmax,
  logSoftmax,
  logSumExp,
  crossEntropy,
  "softmax.gradient": softmaxGradient,
  "logSoftmax.gradient": logSoftmaxGradient,
  "logSumExp.gradient": logSumExpGradient,
  "crossEntropy.gradient": crossEntropyGradient,
};
