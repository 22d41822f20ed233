/** Gradients of every model's whole loss against central differences, in double precision. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ContextualJudge } from "../../src/goalrank/contextual-judge.ts";
import { Generator } from "../../src/goalrank/generator.ts";
import { goalRankTask } from "../../src/goalrank/goalrank-task.ts";
import { DEFAULT_GROUPS, type GroupOptions } from "../../src/goalrank/groups/group-settings.ts";
import { imitationTask } from "../../src/goalrank/imitation-task.ts";
import { initialRanks } from "../../src/goalrank/initial-ranks.ts";
import { listwiseLoss } from "../../src/goalrank/listwise-loss.ts";
import { RewardModel, type RewardModelOptions } from "../../src/goalrank/reward-model.ts";
import { rewardTask } from "../../src/goalrank/reward-task.ts";
import { pointwiseLoss, scoringTask } from "../../src/goalrank/scoring-task.ts";
import { Random } from "../../src/kernels/index.ts";
import { PointwiseRanker, pointwiseTask } from "../../src/methods/pointwise-ranker.ts";
import { PersonalisedReranker } from "../../src/methods/prm.ts";
import { noGrad, scope, setDefaultDevice, type Tensor } from "../../src/tensor/index.ts";
import type { TrainingTask } from "../../src/training/trainer.ts";
import { DoubleDevice } from "../double-device.ts";
import { withHistory } from "../methods/small-context.ts";
import { generatorOptions, log, rewardOptions, world } from "../small-world.ts";

const test = suite("gradients of losses");

const device = new DoubleDevice();
setDefaultDevice(device);

const rows = Int32Array.of(5, 2, 9);
const met = withHistory(log);
const random = (stream = "test") => new Random({ seed: 4, stream, step: 0 });

const createReward = (options: Partial<RewardModelOptions> = {}) =>
  new RewardModel(world.catalogue, { ...rewardOptions, ...options }, random());
const createGenerator = (stream?: string) => new Generator(world.catalogue, generatorOptions, random(stream));
const createPointwise = () => new PointwiseRanker(world.catalogue, 8, random("pointwise"));

function createPrm(pointwise = createPointwise()): PersonalisedReranker {
  const options = { width: 8, heads: 2, layers: 1, candidateCount: 12, dropoutRate: 0, seed: 3 };
  return new PersonalisedReranker(world.catalogue, pointwise, options, random("PRM"));
}

/** The contextual judge, or what learns as it does. */
function createContextual(entireSpace: boolean): ContextualJudge {
  const { candidateCount, historyLength } = met;
  const sizes = { width: 8, heads: 2, layers: 1, dropoutRate: 0, seed: 3, candidateCount, historyLength };
  return new ContextualJudge(world.catalogue, { ...sizes, entireSpace, stream: "judge" }, random("judge"));
}

function createTaughtPrm(): PersonalisedReranker {
  const options = { width: 8, heads: 2, layers: 1, candidateCount: 12, dropoutRate: 0, seed: 3 };
  const learning = { entireSpace: true, historyLoss: true };
  return new PersonalisedReranker(world.catalogue, createPointwise(), options, random("PRM"), initialRanks, learning);
}

const goalRankModels = () => ({ generator: createGenerator(), judge: createReward(), pointwise: createPointwise() });

/** The loss with all its digits. */
async function lossOf(task: TrainingTask): Promise<number> {
  using _ = scope();
  const { loss } = await task.computeLoss(rows, 0);
  return loss.view()[0];
}

const STEP = 1e-5;

/**
 * Moves a parameter along a drawn direction, so that all its elements count, and at a drawn element with a gradient.
 * What the loss changes by must be the gradient's product with the direction.
 */
async function checkParameter(task: TrainingTask, name: string, leaf: Tensor, draw: Random): Promise<void> {
  const values = Float64Array.from(leaf.view());
  const gradient = Float64Array.from(leaf.grad?.view() ?? new Float64Array(leaf.size));
  const used = [...gradient.keys()].filter((at) => gradient[at] !== 0);
  const everywhere = gradient.map(() => draw.normal());
  const single = new Float64Array(leaf.size);
  if (used.length > 0) single[used[draw.integer(used.length)]] = 1;
  for (const direction of [everywhere, single]) {
    const at = async (step: number) => {
      leaf.assign(values.map((value, i) => value + step * direction[i]));
      return lossOf(task);
    };
    const numeric = ((await at(STEP)) - (await at(-STEP))) / (2 * STEP);
    const analytic = gradient.reduce((sum, value, i) => sum + value * direction[i], 0);
    assert.ok(
      Math.abs(numeric - analytic) <= 1e-7 + 1e-5 * Math.abs(analytic),
      `${name}: the loss changes by ${numeric}, its gradient says ${analytic}`,
    );
  }
  leaf.assign(values);
}

async function checkGradients(task: TrainingTask): Promise<void> {
  const draw = random("directions");
  // Biases start at 0, where relu has its kink for an item that is encoded as 0.
  for (const leaf of task.model.parameters()) {
    leaf.assign(Float64Array.from(leaf.view(), (value) => value + 0.05 * draw.normal()));
  }
  {
    using _ = scope();
    const { loss } = await task.computeLoss(rows, 0);
    loss.backward();
  }
  for (const [name, leaf] of task.model.namedParameters()) await checkParameter(task, name, leaf, draw);
}

test("the double device keeps digits that f32 would round away", async () => {
  const model = createPointwise();
  const [leaf] = model.parameters();
  const moved = Float64Array.from(leaf.view(), (value) => value + 1e-12);
  const task = pointwiseTask(model, log, "negative");
  const before = await lossOf(task);
  leaf.assign(moved);
  assert.not.equal(await lossOf(task), before);
  assert.equal(Float64Array.from(leaf.view()), moved);
});

const rewardSettings = { unseen: { mixed: 1 }, seed: 1, stage: "reward model" } as const;
const groups = (options: Partial<GroupOptions> = {}): GroupOptions => ({ ...DEFAULT_GROUPS, ...options });

const tasks: readonly (readonly [string, () => TrainingTask])[] = [
  ["DNN on shown items", () => pointwiseTask(createPointwise(), log, "ignore")],
  ["DNN on all candidates", () => pointwiseTask(createPointwise(), log, "negative")],
  ["the contextual judge", () => scoringTask("judge", createContextual(true), pointwiseLoss, met, "negative")],
  [
    "the contextual judge with one head",
    () => scoringTask("judge", createContextual(false), pointwiseLoss, met, "ignore"),
  ],
  ["PRM that learns as the judge does", () => scoringTask("prm", createTaughtPrm(), listwiseLoss, met, "negative")],
  [
    "GoalRank that starts from the judge",
    () => {
      const judge = { ranks: log.candidateCount, entireSpace: true };
      const generator = new Generator(world.catalogue, { ...generatorOptions, judge }, random());
      const models = { generator, judge: createContextual(true), pointwise: createPointwise() };
      const set = [
        { source: "policy", count: 3 },
        { source: "judge", count: 3 },
      ] as const;
      return goalRankTask(models, met, groups({ set }), { seed: 1 });
    },
  ],
  ["PRM's list-wise loss", () => scoringTask("prm", createPrm(), listwiseLoss, log, "negative")],
  ["imitation of lists", () => imitationTask(createGenerator(), log, "list")],
  ["imitation of positives", () => imitationTask(createGenerator(), log, "positives")],
  [
    "the reward model, read from the top",
    () => rewardTask(createReward({ head: "total" }), log, { ...rewardSettings, unexposed: "ignore" }),
  ],
  [
    "the reward model with a context and mixed lists",
    () =>
      rewardTask(createReward({ head: "total", contextLayers: 1, reading: "whole-list" }), log, {
        ...rewardSettings,
        unexposed: "negative",
      }),
  ],
  ["GoalRank", () => goalRankTask(goalRankModels(), log, groups(), { seed: 1 })],
  [
    "GoalRank with imitation, on spaced lists",
    () =>
      goalRankTask(goalRankModels(), log, groups({ imitationWeight: 0.7, imitation: "positives", spaced: 5 }), {
        seed: 1,
      }),
  ],
];

for (const [name, create] of tasks) {
  test(`${name}: every parameter's gradient agrees with central differences`, () => checkGradients(create()));
}

test("a head that only reports a list's total changes nothing of what the other head learns", async () => {
  const gradients = async (scale: number) => {
    const model = createReward({ head: "positions" });
    for (const [name, leaf] of model.namedParameters()) {
      if (name.startsWith("totalHead")) leaf.assign(Float64Array.from(leaf.view(), (value) => scale * value + 1));
    }
    const task = rewardTask(model, log, { ...rewardSettings, unexposed: "ignore" });
    const { loss } = await task.computeLoss(rows, 0);
    loss.backward();
    return [...model.namedParameters()].map(([name, { grad }]): [string, number[]] => [
      name,
      [...(grad?.view() ?? [])],
    ]);
  };
  const [first, second] = [await gradients(1), await gradients(-3)];
  first.forEach(([name, gradient], i) => {
    if (name.startsWith("totalHead")) assert.not.equal(gradient, second[i][1]);
    else assert.equal(gradient, second[i][1], name);
  });
});

test("PRM learns nothing into the pointwise ranker that it reads", async () => {
  const pointwise = createPointwise();
  const model = createPrm(pointwise);
  const { loss } = await scoringTask("prm", model, listwiseLoss, log, "negative").computeLoss(rows, 0);
  loss.backward();
  assert.ok(pointwise.parameters().every(({ grad }) => grad === undefined));
  const own = new Set(model.parameters());
  assert.not.ok(pointwise.parameters().some((leaf) => own.has(leaf)));
});

test("GoalRank learns nothing into its judge and its helpers", async () => {
  const models = goalRankModels();
  const sampler = createGenerator("sampler");
  const task = goalRankTask({ ...models, sampler }, log, groups({ refreshEvery: 2 }), { seed: 1 });
  const { loss } = await task.computeLoss(rows, 0);
  loss.backward();
  for (const model of [models.judge, models.pointwise, sampler]) {
    assert.ok(model.parameters().every(({ grad }) => grad === undefined));
  }
  assert.ok(noGrad(() => models.generator.parameters().some(({ grad }) => grad !== undefined)));
});

test.run();
