/** How far the GPU may be off in every operation, by the operation's name. */
import {
  type Activation,
  createArray,
  elementwise,
  type GradientOperation,
  type HostTensor,
  type NumberArray,
  Random,
  type RandomAttributes,
} from "../../../src/kernels/index.ts";
import type { ElementwiseRule } from "../../../src/kernels/operation.ts";
import { broadcastStrides, forEachOffset, loopNest } from "../../../src/kernels/shape.ts";
import { attentionRules } from "./attention.ts";
import type { BoundedTensor, ErrorRule } from "./device.ts";
import { boundedExpression } from "./expressions.ts";
import { groupCrossEntropyRule } from "./group-cross-entropy.ts";
import { layerNormRules } from "./layer-norm.ts";
import { type Bounded, product, rounded, roundingLoss } from "./numbers.ts";
import { gumbel, normal, uniform } from "./random.ts";
import { selectionRules, Undecided } from "./selection.ts";
import { softmaxRules } from "./softmax.ts";

/** The expression of an elementwise operation, for every element of the result. */
const elementwiseRule =
  ({ expression, operands }: ElementwiseRule): ErrorRule =>
  (inputs, [out], attributes) => {
    const compute = boundedExpression(expression);
    const { s = 0 } = (attributes ?? {}) as { readonly s?: number };
    const variables: Record<string, Bounded> = { s: rounded(s) };
    const strides = [out, ...inputs].map(({ shape }) => broadcastStrides(shape, out.shape.length));
    forEachOffset(loopNest(out.shape, strides), ([at, ...offsets]) => {
      operands.forEach((name, operand) => {
        variables[name] = inputs[operand].at(offsets[operand]);
      });
      out.bound(at, compute(variables));
    });
  };

/** What the reference computes when the elements of some inputs, and their errors, are replaced. */
function referenceOf(
  operation: GradientOperation<unknown>,
  inputs: readonly BoundedTensor[],
  outputs: readonly HostTensor[],
  attributes: unknown,
  replace: (value: number, error: number) => number,
  replaced: readonly BoundedTensor[],
): NumberArray[] {
  const changed = inputs.map((input) =>
    replaced.includes(input)
      ? { ...input, data: input.data.map((value, i) => replace(value, input.errors[i])) }
      : input,
  );
  const computed = outputs.map(({ shape, dtype, data }) => ({ shape, dtype, data: createArray(dtype, data.length) }));
  operation.reference(changed, computed, attributes);
  return computed.map(({ data }) => data);
}

/**
 * Results that are sums of terms, each a product of elements of the inputs with factors 0 or 1. The reference itself,
 * run on magnitudes and on ones, gives the sum of the terms' magnitudes and their number n; with inputs off by e their
 * errors are at most the sum for |x| + e less that for |x|. A term passes through `roundings(n)` roundings.
 */
const sumOfTerms =
  (
    roundings: (terms: number) => number,
    termInputs = (inputs: readonly BoundedTensor[]) => inputs.filter(({ dtype }) => dtype !== "i32"),
  ): ErrorRule =>
  (inputs, outputs, attributes, operation) => {
    const terms = termInputs(inputs);
    const run = (replace: (value: number, error: number) => number) =>
      referenceOf(operation, inputs, outputs, attributes, replace, terms);
    const magnitudes = run(Math.abs);
    const reaches = run((value, error) => Math.abs(value) + error);
    const counts = run((value, error) => (value === 0 && error === 0 ? 0 : 1));
    outputs.forEach(({ dtype, errors }, index) => {
      if (dtype === "i32") return;
      for (let i = 0; i < errors.length; i++) {
        const [magnitude, reach, count] = [magnitudes, reaches, counts].map((computed) => computed[index][i]);
        errors[i] = reach - magnitude + roundingLoss(roundings(count), count, reach);
      }
    });
  };

/** Elements copied or added up: n - 1 additions. */
const additions = sumOfTerms((terms) => terms - 1);

/** Each term is rounded when it is multiplied, and then added n - 1 times; a bias is another term. */
const products = sumOfTerms((terms) => terms);

/** The product, and then the activation of each element. The second output is what the activation was applied to. */
const matmul: ErrorRule<{ readonly activation?: Activation }> = (inputs, outputs, attributes, operation) => {
  const { activation, ...linear } = attributes;
  const [out, beforeActivation] = outputs;
  if (activation === undefined) {
    products(inputs, outputs, attributes, operation as GradientOperation<unknown>);
    return;
  }
  const data = createArray(out.dtype, out.data.length);
  operation.reference(inputs, [{ ...out, data }], linear);
  products(inputs, [out], linear, operation as GradientOperation<unknown>);
  beforeActivation?.errors.set(out.errors);
  const activate = boundedExpression(elementwise[activation].elementwise.expression);
  data.forEach((value, i) => {
    out.bound(i, activate({ x: { value, error: out.errors[i] } }));
  });
};

/** Off by no more than the element that is off by most. */
const max: ErrorRule = (inputs, outputs, attributes, operation) => {
  const run = (replace: (value: number, error: number) => number) =>
    referenceOf(operation, inputs, outputs, attributes, replace, inputs)[0];
  const lowest = run((value, error) => value - error);
  const highest = run((value, error) => value + error);
  const [{ data, errors }] = outputs;
  for (let i = 0; i < errors.length; i++) {
    errors[i] = Math.max(highest[i] - data[i], data[i] - lowest[i]);
  }
};

/** Each maximum's gradient is divided among the elements that attain it, by one division of 2.5 ULP. */
const shares = sumOfTerms(
  () => 2.5,
  ([, , g]) => [g],
);

const maxGradient: ErrorRule = (inputs, outputs, attributes, operation) => {
  const isExact = inputs[0].errors.every((error) => error === 0);
  if (!isExact) throw new Undecided("max.gradient: which elements attain the maximum, when none is exact");
  shares(inputs, outputs, attributes, operation);
};

/** A dropped element is 0 exactly; the scale is rounded, and the product with it. */
const dropout: ErrorRule<{ readonly rate: number }> = (inputs, outputs, attributes, operation) => {
  const scale = rounded(1 / (1 - attributes.rate));
  const anyOperation = operation as GradientOperation<unknown>;
  const [factors] = referenceOf(anyOperation, inputs, outputs, attributes, () => 1, inputs);
  factors.forEach((factor, i) => {
    if (factor !== 0) outputs[0].bound(i, product(inputs[0].at(i), scale));
  });
};

const random: ErrorRule<RandomAttributes> = (_, [out], { distribution, key }) => {
  const generator = new Random(key);
  const word = () => generator.uint32();
  const draw = { uniform: () => uniform(word()), gumbel: () => gumbel(word()), normal: () => normal(word(), word()) }[
    distribution
  ];
  for (let i = 0; i < out.data.length; i++) out.bound(i, draw());
};

const rules: Readonly<Record<string, ErrorRule>> = {
  ...softmaxRules,
  ...layerNormRules,
  ...attentionRules,
  ...selectionRules,
  cast: additions,
  sum: additions,
  broadcastTo: additions,
  embedding: additions,
  "embedding.gradient": additions,
  takeRows: additions,
  "takeRows.gradient": additions,
  takeAlongLast: additions,
  "takeAlongLast.gradient": additions,
  permute: additions,
  slice: additions,
  "slice.gradient": additions,
  concat: additions,
  matmul: matmul as ErrorRule,
  max,
  "max.gradient": maxGradient,
  dropout: dropout as ErrorRule,
  groupCrossEntropy: groupCrossEntropyRule as ErrorRule,
  random: random as ErrorRule,
};

/** @throws Error where there is no rule for the operation */
export function ruleOf(operation: GradientOperation<unknown>): ErrorRule {
  if (operation.elementwise !== undefined) {
    return elementwiseRule(operation.elementwise);
  }
  const rule = rules[operation.name];
  if (rule === undefined) throw new Error(`${operation.name} has no bound: add its rule to bounds/rules.ts`);
  return rule;
}
