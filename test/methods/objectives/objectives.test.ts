/** The alternatives to Eq. 5: their gradients, what they reduce to, and what they must not depend on. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../../src/kernels/index.ts";
import type { GroupEvidence, Objective, ObjectiveOptions } from "../../../src/methods/objectives/evidence.ts";
import { GROUP_OBJECTIVES } from "../../../src/methods/objectives/objective-settings.ts";
import { grpo, rankGrpo, reinforce } from "../../../src/methods/objectives/policy-gradient.ts";
import { dpo, dpoAllPairs, lipoLambda, rankList } from "../../../src/methods/objectives/preference.ts";
import { gradcheck, scope, type Tensor, tensor } from "../../../src/tensor/index.ts";

const test = suite("objectives");

interface Drawn {
  readonly requests: number;
  readonly lists: number;
  readonly length: number;
  readonly seed: number;
  /** Few rewards tie often. */
  readonly levels: number;
}

const drawn: fc.Arbitrary<Drawn> = fc.record({
  requests: fc.integer({ min: 1, max: 3 }),
  lists: fc.integer({ min: 2, max: 5 }),
  length: fc.integer({ min: 1, max: 3 }),
  seed: fc.nat(1000),
  levels: fc.constantFrom(1, 2, 50),
});

const options: ObjectiveOptions = { clip: 0.2, beta: 0.3, referenceTemperature: 0.5 };

/** Evidence in double precision; the log-probabilities that learn are given. */
function evidenceOf(
  shape: Drawn,
  steps: Tensor,
  changes: Partial<Record<keyof GroupEvidence, Tensor>> = {},
): GroupEvidence {
  const { requests, lists, length, seed, levels } = shape;
  const random = new Random({ seed, stream: "evidence", step: 0 });
  const normals = (extents: number[], scale = 1) =>
    tensor(
      Float64Array.from({ length: extents.reduce((a, b) => a * b) }, () => scale * random.normal()),
      extents,
    );
  const rewards = Float64Array.from({ length: requests * lists }, () => random.integer(levels) / 3);
  return {
    steps,
    sampledSteps: steps.detach().add(normals([requests, lists, length], 0.4)),
    referenceSteps: steps.detach().add(normals([requests, lists, length])),
    rewards: tensor(rewards, [requests, lists]),
    positionRewards: normals([requests, lists, length]),
    distinct: tensor(
      Int32Array.from({ length: requests * lists }, (_, at) => (at % lists === 0 || random.uniform() < 0.8 ? 1 : 0)),
      [requests, lists],
    ),
    ...changes,
  };
}

function logProbabilities({ requests, lists, length, seed }: Drawn): Float64Array {
  const random = new Random({ seed, stream: "log-probabilities", step: 0 });
  return Float64Array.from({ length: requests * lists * length }, () => -0.1 - 3 * random.uniform());
}

const stepsOf = (shape: Drawn) =>
  tensor(logProbabilities(shape), [shape.requests, shape.lists, shape.length]).requireGrad();

for (const [name, { objective }] of Object.entries(GROUP_OBJECTIVES)) {
  test(`the gradient of ${name} is that of its loss`, () => {
    fc.assert(
      fc.property(drawn, (shape) => {
        using _ = scope();
        // Held constant: what is drawn around the log-probabilities must not move with them.
        const fixed = evidenceOf(shape, stepsOf(shape));
        gradcheck(
          (steps) => objective({ ...fixed, steps }, options).sum(),
          [{ dtype: "f64", shape: [shape.requests, shape.lists, shape.length], data: logProbabilities(shape) }],
        );
      }),
      { numRuns: 25 },
    );
  });

  test(`${name} treats requests apart and the lists of a group alike, in whatever order`, () => {
    fc.assert(
      fc.property(drawn, fc.nat(10), (shape, shift) => {
        using _ = scope();
        const evidence = evidenceOf(shape, stepsOf(shape));
        const loss = [...objective(evidence, options).dataSync()];
        const order = Array.from({ length: shape.lists }, (_unused, g) => (g + shift) % shape.lists);
        const picked = tensor(Int32Array.from(Array.from({ length: shape.requests }, () => order).flat()), [
          shape.requests,
          shape.lists,
        ]);
        const rows = (values: Tensor) => {
          const flat = values.reshape([shape.requests, shape.lists, -1]).cast("f64");
          return flat.takeRows(picked).reshape(values.shape).cast(values.dtype);
        };
        const shuffled = objective(
          {
            steps: rows(evidence.steps),
            sampledSteps: rows(evidence.sampledSteps),
            referenceSteps: rows(evidence.referenceSteps),
            rewards: rows(evidence.rewards),
            positionRewards: evidence.positionRewards && rows(evidence.positionRewards),
            distinct: rows(evidence.distinct),
          },
          options,
        ).dataSync();
        loss.forEach((value, request) => {
          assert.ok(Math.abs(value - shuffled[request]) < 1e-9, `${value} ${shuffled[request]}`);
        });
      }),
      { numRuns: 25 },
    );
  });
}

const gradientOf = (
  objective: Objective,
  shape: Drawn,
  changes: (steps: Tensor) => Partial<Record<keyof GroupEvidence, Tensor>>,
) => {
  const steps = stepsOf(shape);
  objective(evidenceOf(shape, steps, changes(steps)), { ...options, beta: 0 })
    .sum()
    .backward();
  return [...(steps.grad?.dataSync() ?? [])];
};

test("without a spread of rewards only the divergence teaches", () => {
  const shape: Drawn = { requests: 2, lists: 4, length: 3, seed: 1, levels: 1 };
  for (const objective of [reinforce, grpo, lipoLambda, dpo, dpoAllPairs]) {
    using _ = scope();
    for (const value of gradientOf(objective, shape, () => ({}))) assert.ok(Math.abs(value) < 1e-12);
  }
});

test("where the policy still is what drew the lists, GRPO is REINFORCE with standardised rewards", () => {
  using _ = scope();
  const shape: Drawn = { requests: 2, lists: 5, length: 3, seed: 2, levels: 50 };
  const own = gradientOf(grpo, shape, (steps) => ({ sampledSteps: steps.detach() }));
  const { rewards } = evidenceOf(shape, stepsOf(shape));
  const centred = rewards.sub(rewards.mean(1, true));
  const standard = centred.div(centred.square().mean(1, true).sqrt());
  const plain = gradientOf(reinforce, shape, () => ({ rewards: standard }));
  own.forEach((value, at) => {
    assert.ok(Math.abs(value - plain[at] / shape.length) < 1e-9, `${value} ${plain[at]}`);
  });
});

test("a ratio beyond the clip teaches nothing more in that direction", () => {
  using _ = scope();
  const shape: Drawn = { requests: 1, lists: 2, length: 1, seed: 3, levels: 50 };
  const rewards = tensor(Float64Array.of(1, 0), [1, 2]);
  const gradient = gradientOf(grpo, shape, (steps) => ({
    rewards,
    // The better list is already far likelier than when it was drawn, the worse one far less likely.
    sampledSteps: steps.detach().add(tensor(Float64Array.of(-1, 1), [1, 2, 1])),
  }));
  assert.equal(gradient.map(Math.abs), [0, 0]);
});

test("the worse of two lists is told from the better one as RankNet does", () => {
  using _ = scope();
  const shape: Drawn = { requests: 1, lists: 2, length: 2, seed: 4, levels: 50 };
  const steps = stepsOf(shape);
  const evidence = evidenceOf(shape, steps, {
    rewards: tensor(Float64Array.of(0, 2), [1, 2]),
    distinct: tensor(Int32Array.of(1, 1), [1, 2]),
  });
  const scores = steps.sub(evidence.referenceSteps).sum(2).mul(options.beta).dataSync();
  const expected = Math.log1p(Math.exp(scores[0] - scores[1]));
  const close = (loss: Tensor, value: number) => assert.ok(Math.abs(loss.dataSync()[0] - value) < 1e-9);
  close(dpo(evidence, options), expected);
  close(rankList(evidence, options), expected / 2);
  // The pair's weight: |2^2 - 2^0| times the difference of the two discounts.
  close(lipoLambda(evidence, options), expected * 3 * (1 / Math.log(2) - 1 / Math.log(3)));
});

test("with returns that are equal at all positions, Rank-GRPO teaches each position what GRPO teaches", () => {
  using _ = scope();
  const shape: Drawn = { requests: 1, lists: 3, length: 2, seed: 5, levels: 50 };
  const rewards = tensor(Float64Array.of(3, 1, 2), [1, 3]);
  // All of the reward is earned at the last position, so that every position's return is the list's reward.
  const positionRewards = tensor(Float64Array.of(0, 3, 0, 1, 0, 2), [1, 3, 2]);
  const ranked = gradientOf(rankGrpo, shape, () => ({ rewards, positionRewards }));
  const whole = gradientOf(grpo, shape, () => ({ rewards }));
  ranked.forEach((value, at) => {
    assert.ok(Math.abs(value - whole[at]) < 1e-12);
  });
});

test("Rank-GRPO says what it needs", () => {
  using _ = scope();
  const shape: Drawn = { requests: 1, lists: 2, length: 1, seed: 1, levels: 2 };
  const evidence = { ...evidenceOf(shape, stepsOf(shape)), positionRewards: undefined };
  assert.throws(() => rankGrpo(evidence, options), /what each position earns/);
});

test.run();
