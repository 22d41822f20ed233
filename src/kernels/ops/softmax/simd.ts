/** Kernels of the softmax family and of cross-entropy: each item is a row. See `softmax.ts` for the formulas. */
import { HIDDEN_LOG_PROBABILITY } from "../../mask.ts";
import type { KernelWriter } from "../../wasm/kernel.ts";
import { exp, log } from "../../wasm/mathematics.ts";
import { defineRowKernels, type Row, type RowElements } from "../../wasm/rows.ts";
import { F32x4, type I32, type I32x4 } from "../../wasm/values.ts";

/** Of a row's kept elements: the largest, and the sum of exp(x - largest), which is 0 where none is kept. */
export interface Exponentials {
  readonly largest: F32x4;
  readonly total: F32x4;
  readonly isEmpty: I32x4;
  /** 1 / total, or 0. */
  readonly inverse: F32x4;
}

/** @param use is given each exponential, 0 for hidden elements. */
export function sumExponentials(
  write: KernelWriter,
  row: Row,
  x: I32,
  use?: (exponential: F32x4, elements: RowElements) => void,
): Exponentials {
  const largest = row.largest(x);
  const total = row.sum((elements) => {
    const exponential = write.let(elements.kept(exp(write, elements.load(x).sub(largest)), 0));
    use?.(exponential, elements);
    return exponential;
  });
  const isEmpty = write.let(total.equals(0));
  const inverse = write.let(isEmpty.select(0, F32x4.splat(1).div(total)));
  return { largest, total, isEmpty, inverse };
}

const X_OUT = { x: "i32", out: "i32" } as const;

export const softmaxKernels = defineRowKernels("softmax", X_OUT, (write, row, { x, out }) => {
  const [logits, probabilities] = [row.of(x), row.of(out)];
  const { inverse } = sumExponentials(write, row, logits, (exponential, { store }) =>
    store(probabilities, exponential),
  );
  row.sweep(({ load, store }) => store(probabilities, load(probabilities).mul(inverse)));
});

export const logSoftmaxKernels = defineRowKernels("logSoftmax", X_OUT, (write, row, { x, out }) => {
  const [logits, logProbabilities] = [row.of(x), row.of(out)];
  const { largest, total, isEmpty } = sumExponentials(write, row, logits);
  const logTotal = log(write, total);
  row.sweep(({ load, store, kept }) => {
    const logProbability = kept(load(logits).sub(largest).sub(logTotal), HIDDEN_LOG_PROBABILITY);
    store(logProbabilities, isEmpty.select(0, logProbability));
  });
});

export const logSumExpKernels = defineRowKernels("logSumExp", X_OUT, (write, row, { x, out }) => {
  const { largest, total, isEmpty } = sumExponentials(write, row, row.of(x));
  write.storeElement(row.numberOf(out), isEmpty.select(0, largest.add(log(write, total))), 0);
});

const Y_G_OUT = { y: "i32", g: "i32", out: "i32" } as const;

export const softmaxGradientKernels = defineRowKernels(
  "softmax.gradient",
  Y_G_OUT,
  (_, row, { y, g, out }) => {
    const [probabilities, gradients, result] = [row.of(y), row.of(g), row.of(out)];
    const dot = row.sum(({ load }) => load(gradients).mul(load(probabilities)));
    row.sweep(({ load, store }) => store(result, load(probabilities).mul(load(gradients).sub(dot))));
  },
);

export const logSoftmaxGradientKernels = defineRowKernels(
  "logSoftmax.gradient",
  Y_G_OUT,
  (write, row, { y, g, out }) => {
    const [logProbabilities, gradients, result] = [row.of(y), row.of(g), row.of(out)];
    const total = row.sum(({ load }) => load(gradients));
    row.sweep(({ load, store, kept }) => {
      const probability = exp(write, load(logProbabilities));
      store(result, kept(load(gradients).sub(probability.mul(total)), 0));
    });
  },
);

export const logSumExpGradientKernels = defineRowKernels(
  "logSumExp.gradient",
  { x: "i32", g: "i32", out: "i32" },
  (write, row, { x, g, out }) => {
    const result = row.of(out);
    const { inverse } = sumExponentials(write, row, row.of(x), (exponential, { store }) =>
      store(result, exponential),
    );
    const factor = write.let(F32x4.loadSplat(row.numberOf(g)).mul(inverse));
    row.sweep(({ load, store }) => store(result, load(result).mul(factor)));
  },
);

export const crossEntropyKernels = defineRowKernels(
  "crossEntropy",
  { x: "i32", t: "i32", out: "i32", probabilities: "i32" },
  (write, row, given) => {
    const [logits, targets, probabilities] = [row.of(given.x), row.of(given.t), row.of(given.probabilities)];
    const { largest, total, isEmpty, inverse } = sumExponentials(
      write,
      row,
      logits,
      (exponential, { store }) => store(probabilities, exponential),
    );
    const logTotal = log(write, total);
    const sum = row.sum(({ load, store }) => {
      store(probabilities, load(probabilities).mul(inverse));
      return load(targets).mul(load(logits).sub(largest).sub(logTotal));
    });
    write.storeElement(row.numberOf(given.out), isEmpty.select(0, F32x4.splat(0).sub(sum)), 0);
  },
);

export const crossEntropyGradientKernels = defineRowKernels(
  "crossEntropy.gradient",
  { p: "i32", t: "i32", g: "i32", out: "i32" },
  (write, row, { p, t, g, out }) => {
    const [probabilities, targets, result] = [row.of(p), row.of(t), row.of(out)];
    const total = row.sum(({ load }) => load(targets));
    const factor = write.let(F32x4.loadSplat(row.numberOf(g)));
    row.sweep(({ load, store, kept }) => {
      store(result, kept(factor.mul(load(probabilities).mul(total).sub(load(targets))), 0));
    });
  },
);
