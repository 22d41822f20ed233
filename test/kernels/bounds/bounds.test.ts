/** The bounds that hold the GPU to its references: f32 arithmetic lies within them, and mistakes do not. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  attention,
  CpuDevice,
  chooseNext,
  crossEntropy,
  Draw,
  elementwise,
  embedding,
  groupCrossEntropy,
  type HostTensor,
  layerNorm,
  logSoftmax,
  logSumExp,
  matmul,
  type Operation,
  operations,
  Random,
  random as randomOperation,
  softmax,
  sum,
} from "../../../src/kernels/index.ts";
import { throwsMessage } from "../../throws-message.ts";
import { computeOn, expectationsOf, inSinglePrecision, type OperationSample, sampleOf, violation } from "./check.ts";
import { BoundedTensor } from "./device.ts";
import { type Bounded, sum as boundedSum, exact, product } from "./numbers.ts";
import { ruleOf } from "./rules.ts";

const test = suite("bounds");
const cpu = new CpuDevice();
const f32 = Math.fround;

const numbers = fc.array(fc.float({ min: -100, max: 100, noNaN: true }), { maxLength: 60 });

function assertWithin(actual: number, { value, error }: Bounded): void {
  assert.ok(Math.abs(actual - value) <= error, `${actual} is not within ${error} of ${value}`);
}

test("sums in f32 lie within the bound, from the left, from the right and in pairs", () => {
  const inPairs = (terms: readonly number[]): number => {
    if (terms.length < 2) return terms[0] ?? 0;
    const half = terms.length >> 1;
    return f32(inPairs(terms.slice(0, half)) + inPairs(terms.slice(half)));
  };
  const property = fc.property(numbers, (terms) => {
    const expected = boundedSum(terms.map(exact));
    assertWithin(
      terms.reduce((total, term) => f32(total + term), 0),
      expected,
    );
    assertWithin(
      terms.reduceRight((total, term) => f32(total + term), 0),
      expected,
    );
    assertWithin(inPairs(terms), expected);
  });
  fc.assert(property);
});

test("a chain of products in f32 lies within the bound, and its error grows with each factor", () => {
  const property = fc.property(numbers, (factors) => {
    const scaled = factors.map((factor) => f32(1 + factor / 128));
    const bounds = scaled.map((_, i) => product(exact(1), ...scaled.slice(0, i + 1).map(exact)));
    let actual = 1;
    scaled.forEach((factor, i) => {
      actual = f32(actual * factor);
      assertWithin(actual, bounds[i]);
    });
  });
  fc.assert(property);
});

for (const operation of operations) {
  test(`${operation.name}: the CPU device in f32 lies within the bounds`, async () => {
    const property = fc.asyncProperty(fc.gen(), async (generate) => {
      const draw = new Draw((min, max) => generate(fc.integer, { min, max }));
      const sample = sampleOf(operation, draw);
      const expected = await expectationsOf(sample);
      fc.pre(expected !== undefined);
      assert.is(violation(sample, await computeOn(cpu, sample), expected), undefined);
    });
    await fc.assert(property, { numRuns: 20 });
  });
}

const random = new Random({ seed: 3, stream: "bounds", step: 0 });
const draw = new Draw((minimum, maximum) => minimum + random.integer(maximum - minimum + 1));

/** One well-conditioned sample: sums as long as the kernels' tiles are wide, and logits that are not far apart. */
function wellConditioned<Attributes>(
  operation: Operation<Attributes>,
  inputs: readonly HostTensor[],
  attributes: Attributes,
): OperationSample {
  return inSinglePrecision(operation as Operation<unknown>, { inputs, attributes });
}

const rewards = draw.distinctFloats([4, 33]);
const probabilities = { minimum: 0, maximum: 1 };
const SAMPLES = [
  wellConditioned(elementwise.softplus, [draw.floats([129])], undefined),
  wellConditioned(elementwise.divide, [draw.floats([65], { minimum: 1 }), draw.floats([65])], undefined),
  wellConditioned(sum, [draw.floats([3, 129], { minimum: 1 })], { axes: [1] }),
  wellConditioned(matmul, [draw.floats([9, 65]), draw.floats([65, 33]), draw.floats([33])], {
    transposeA: false,
    transposeB: false,
  }),
  wellConditioned(softmax, [draw.floats([3, 65])], undefined),
  wellConditioned(logSoftmax, [draw.floats([3, 65])], undefined),
  wellConditioned(logSumExp, [draw.floats([3, 65])], undefined),
  wellConditioned(crossEntropy, [draw.floats([3, 65]), draw.floats([3, 65], probabilities)], undefined),
  wellConditioned(
    layerNorm,
    [draw.floats([5, 33], { minimum: -20, maximum: 20 }), draw.floats([33]), draw.floats([33])],
    { epsilon: 1e-2 },
  ),
  wellConditioned(attention, [draw.floats([9, 16]), draw.floats([33, 16]), draw.floats([33, 16])], { heads: 2 }),
  wellConditioned(groupCrossEntropy, [rewards, draw.floats([4, 33], { minimum: -5, maximum: 0 })], {
    normalisation: "group",
    temperature: 1,
    minimumSpread: 1e-6,
  }),
  wellConditioned(embedding, [draw.floats([9, 7]), draw.indices([65], 9)], undefined),
];

async function decidedExpectations(sample: OperationSample) {
  const expected = await expectationsOf(sample);
  if (expected === undefined) throw new Error(`the sample of ${sample.operation.name} has near ties`);
  return expected;
}

/** As the sample, but element `at` of one input is another one: what a kernel computes that reads wrongly. */
function withElement({ inputs, ...rest }: OperationSample, input: number, at: number, value: number) {
  const data = inputs[input].data.slice();
  data[at] = value;
  return { ...rest, inputs: inputs.map((own, index) => (index === input ? { ...own, data } : own)) };
}

for (const sample of SAMPLES) {
  const { operation, inputs } = sample;

  test(`${operation.name}: a result without its last term, or with a neighbour's, is outside of the bounds`, async () => {
    const expected = await decidedExpectations(sample);
    assert.is(violation(sample, await computeOn(cpu, sample), expected), undefined);
    for (const [input, { data, dtype }] of inputs.entries()) {
      if (dtype === "i32") continue;
      const last = data.length - 1;
      for (const wrong of [0, data[last - 1]]) {
        const broken = await computeOn(cpu, withElement(sample, input, last, wrong));
        assert.match(violation(sample, broken, expected) ?? "nothing", /output 0, element/, `input ${input}`);
      }
    }
  });

  test(`${operation.name}: the bounds of outputs and gradients are below 1e-4 of the largest element`, async () => {
    for (const [name, { values, errors }] of await decidedExpectations(sample)) {
      const largest = Math.max(...Array.from(values, Math.abs));
      const loosest = Math.max(...errors);
      assert.ok(loosest <= 1e-4 * largest, `${name}: ${loosest}, where the largest element is ${largest}`);
    }
  });
}

test("a bound's formula that computes something else than the reference is an error that shows both", () => {
  const one = new BoundedTensor("output", [1], "f64", Float64Array.of(1), new Float64Array(1));
  one.bound(0, { value: 1 + 1e-16, error: 1e-7 });
  throwsMessage(
    () => one.bound(0, { value: 1.001, error: 1e-2 }),
    "output[0]: the bound's formula gives 1.001, the reference 1",
  );
});

test("an operation that has no rule is an error that names it", () => {
  const { elementwise: _, ...unknown } = { ...elementwise.exp, name: "unknown" };
  throwsMessage(() => ruleOf(unknown as never), "unknown has no bound: add its rule to bounds/rules.ts");
});

test("a normal draw whose angle is a quarter of a turn has a bound, though the reference just misses its zero", async () => {
  // Draw 23567 of this key is the first of its kind.
  const key = { seed: 191, stream: "sample", step: 0 };
  const attributes = { shape: [23_568], dtype: "f64", distribution: "normal", key } as const;
  const sample = inSinglePrecision(randomOperation as Operation<unknown>, { inputs: [], attributes });
  const expected = await decidedExpectations(sample);
  const { values = [], errors = [] } = expected.get("output 0") ?? {};
  assert.ok(values[23_567] !== 0 && Math.abs(values[23_567]) < 1e-15 && errors[23_567] < 1e-15);
  assert.is(violation(sample, await computeOn(new CpuDevice(), sample), expected), undefined);
});

test("near ties, between which rounding may decide, have no one answer", async () => {
  const key = { seed: 0, stream: "ties", step: 0 };
  const noise = new Random(key);
  const lead = noise.gumbel() - noise.gumbel();
  const decided = async (behind: number) => {
    const x = { dtype: "f64", shape: [1, 2], data: Float64Array.of(0, lead + behind) } as const;
    const mask = { dtype: "i32", shape: [1, 2], data: Int32Array.of(1, 1) } as const;
    const attributes = { sampling: { temperature: 1, key } };
    return (
      (await expectationsOf(inSinglePrecision(chooseNext as Operation<unknown>, { inputs: [x, mask], attributes }))) !==
      undefined
    );
  };
  assert.is(await decided(0), false);
  assert.is(await decided(1e-7), false);
  assert.is(await decided(1e-3), true);
  assert.is(await decided(-1e-3), true);
});

test.run();
