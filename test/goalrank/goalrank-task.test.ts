/** GoalRank's own task: its loss by hand, where lists are sampled from, which are kept, and what it refuses. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { candidateBatch, feedbackBatch } from "../../src/data/batch.ts";
import type { ListDataset } from "../../src/data/dataset.ts";
import { Generator } from "../../src/goalrank/generator.ts";
import { type GoalRankModels, goalRankTask, scoreGroups } from "../../src/goalrank/goalrank-task.ts";
import type { ScoredGroups } from "../../src/goalrank/group-metrics.ts";
import { DEFAULT_GROUPS, type GroupOptions } from "../../src/goalrank/groups/group-settings.ts";
import type { ListJudge } from "../../src/goalrank/judge.ts";
import { RewardModel } from "../../src/goalrank/reward-model.ts";
import { Random } from "../../src/kernels/index.ts";
import { PointwiseRanker } from "../../src/methods/pointwise-ranker.ts";
import { noGrad, type Tensor } from "../../src/tensor/index.ts";
import { DEFAULT_TRAINING } from "../../src/training/options.ts";
import { train } from "../../src/training/trainer.ts";
import { generatorOptions, log, rewardOptions, world } from "../small-world.ts";
import { throwsMessage } from "../throws-message.ts";

const test = suite("GoalRank task");

const SEED = 7;
const rows = Int32Array.of(4, 0, 9, 2);
const random = (stream: string) => new Random({ seed: 3, stream, step: 0 });

interface Models extends GoalRankModels {
  readonly sampler: Generator;
}

function createModels(): Models {
  const create = (stream: string) => new Generator(world.catalogue, generatorOptions, random(stream));
  return {
    generator: create("generator"),
    sampler: create("sampler"),
    judge: new RewardModel(world.catalogue, rewardOptions, random("reward model")).train(false),
    pointwise: new PointwiseRanker(world.catalogue, 8, random("pointwise")),
  };
}

const groupOptions = (options: Partial<GroupOptions> = {}): GroupOptions => ({ ...DEFAULT_GROUPS, ...options });

/** The groups that the task draws for its batch `step`. */
const groupsOf = (models: GoalRankModels, options: GroupOptions, step = 0): Promise<ScoredGroups> =>
  scoreGroups(models, feedbackBatch(log, rows), options, { seed: SEED, stream: "GoalRank", step });

async function lossOf(models: GoalRankModels, options: GroupOptions, step = 0): Promise<number> {
  const { loss } = await goalRankTask(models, log, options, { seed: SEED }).computeLoss(rows, step);
  return loss.item();
}

/** Mean log-probability of the lists that were shown. */
function loggedLikelihood(generator: Generator, own: Int32Array = rows): number {
  return noGrad(() => {
    const memory = generator.encode(candidateBatch(log, own));
    return generator.logProbabilities(memory, feedbackBatch(log, own).exposed, 1).mean().itemSync();
  });
}

/** Equations 4 and 5 for one group, over its distinct lists. */
function groupLoss(rewards: number[], logs: number[], temperature: number): number {
  const mean = rewards.reduce((sum, r) => sum + r, 0) / rewards.length;
  const deviation = Math.sqrt(rewards.reduce((sum, r) => sum + (r - mean) ** 2, 0) / rewards.length);
  const weights = rewards.map((r) => Math.exp((r - mean) / deviation / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return -weights.reduce((sum, weight, g) => sum + (weight / total) * logs[g], 0);
}

/** The loss of scored groups, by hand. */
function expectedLoss(generator: Generator, { groups, rewards }: ScoredGroups, temperature: number): number {
  const logs = noGrad(() => {
    const memory = generator.encode(candidateBatch(log, rows));
    return generator.logProbabilities(memory, groups.lists, groups.groupSize).dataSync();
  });
  const losses = Array.from(rows, (_, request) => {
    const places = Array.from({ length: groups.groupSize }, (_, g) => request * groups.groupSize + g);
    const kept = places.filter((at) => groups.distinct[at] === 1);
    return groupLoss(
      kept.map((at) => rewards[at]),
      kept.map((at) => logs[at]),
      temperature,
    );
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

function near(actual: number, expected: number, tolerance = 1e-4): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);
}

test("the loss is equations 4 and 5 on the groups that are drawn, with their judge's rewards", async () => {
  for (const referenceTemperature of [0.5, 1]) {
    const models = createModels();
    const options = groupOptions({ referenceTemperature });
    const scored = await groupsOf(models, options);
    const lists: Tensor[] = [];
    const judge: ListJudge = {
      rewards(batch, own) {
        lists.push(own);
        return models.judge.rewards(batch, own);
      },
    };
    const loss = await lossOf({ ...models, judge }, options);
    assert.equal(lists[0].shape, [rows.length, 16, log.listLength]);
    assert.equal([...lists[0].dataSync()], [...scored.groups.lists]);
    near(loss, expectedLoss(models.generator, scored, referenceTemperature));
  }
});

test("imitation adds the likelihood of what was shown, by its weight", async () => {
  const models = createModels();
  const [none, some] = [
    await lossOf(models, groupOptions()),
    await lossOf(models, groupOptions({ imitationWeight: 0.3 })),
  ];
  near(some - none, -0.3 * loggedLikelihood(models.generator));
});

test("a step reports the sources that its lists came from", async () => {
  const set = [
    { source: "policy", count: 2 },
    { source: "logged", count: 1 },
    { source: "diverse", count: 2 },
  ] as const;
  const task = goalRankTask(createModels(), log, groupOptions({ set }), { seed: SEED });
  const { loss, describe } = await task.computeLoss(rows, 0);
  const metrics = (await describe?.()) ?? {};
  for (const source of ["policy", "logged", "diverse"]) assert.ok(Number.isFinite(metrics[`reward ${source}`]));
  assert.not.ok("reward random" in metrics);
  near(metrics.groupLoss, loss.itemSync());
});

/** Moves all weights, so that other lists are sampled. */
async function disturb(generator: Generator): Promise<void> {
  const draw = random("disturbance");
  for (const leaf of generator.parameters()) {
    leaf.assign((await leaf.data()).map((value) => value + draw.normal()));
  }
}

test("between two refreshments lists are sampled from the copy, and the generator learns from them", async () => {
  const models = createModels();
  const options = groupOptions({ refreshEvery: 3 });
  const task = goalRankTask(models, log, options, { seed: SEED });
  assert.equal([...(task.companions?.keys() ?? [])], ["sampler"]);

  await task.computeLoss(rows, 0);
  const copied = await models.sampler.stateDict();
  assert.equal(copied, await models.generator.stateDict());
  await disturb(models.generator);
  for (const step of [1, 2]) {
    const { loss } = await task.computeLoss(rows, step);
    assert.equal(await models.sampler.stateDict(), copied);
    const fromCopy = await groupsOf({ ...models, generator: models.sampler }, groupOptions(), step);
    assert.equal((await groupsOf(models, options, step)).groups, fromCopy.groups);
    const fromGenerator = await groupsOf(models, groupOptions(), step);
    assert.not.equal(fromGenerator.groups.lists, fromCopy.groups.lists);
    near(loss.itemSync(), expectedLoss(models.generator, fromCopy, options.referenceTemperature), 1e-3);
  }
  await task.computeLoss(rows, 3);
  assert.equal(await models.sampler.stateDict(), await models.generator.stateDict());
});

test("without a distance there is no copy to keep in checkpoints", () => {
  assert.is(goalRankTask(createModels(), log, groupOptions(), { seed: SEED }).companions, undefined);
});

test("spaced groups keep so many lists of the pool, the best and the worst among them, with their sources", async () => {
  const models = createModels();
  const pool = await groupsOf(models, groupOptions());
  const { groups, rewards, sources } = await groupsOf(models, groupOptions({ spaced: 5 }));
  assert.is(groups.groupSize, 5);
  assert.is(groups.lists.length, rows.length * 5 * log.listLength);
  assert.is(sources.length, rows.length * 5);
  const listAt = (of: ScoredGroups["groups"], at: number) =>
    of.lists.slice(at * log.listLength, (at + 1) * log.listLength).join();
  rows.forEach((_, request) => {
    const own = [...rewards.subarray(request * 5, (request + 1) * 5)];
    assert.equal(
      own,
      own.toSorted((a, b) => b - a),
    );
    const inPool = pool.rewards.subarray(request * 16, (request + 1) * 16);
    assert.is(own[0], Math.max(...inPool));
    assert.is(own[4], Math.min(...inPool));
    own.forEach((reward, g) => {
      const from = Array.from({ length: 16 }, (_, place) => request * 16 + place).filter(
        (at) => listAt(pool.groups, at) === listAt(groups, request * 5 + g),
      );
      assert.ok(from.some((at) => pool.sources[at] === sources[request * 5 + g]));
      assert.is(pool.rewards[from[0]], reward);
    });
  });
  near(
    await lossOf(models, groupOptions({ spaced: 5 })),
    expectedLoss(models.generator, { groups, rewards, sources }, 0.5),
  );
});

test("imitation keeps the policy near the log", async () => {
  const everyRow = Int32Array.from({ length: log.size }, (_, row) => row);
  const likelihoodAfter = async (imitationWeight: number) => {
    const models = createModels();
    const before = loggedLikelihood(models.generator, everyRow);
    const task = goalRankTask(models, log, groupOptions({ imitationWeight }), { seed: SEED });
    await train(task, { ...DEFAULT_TRAINING, batchSize: 16, epochs: 10, learningRate: 1e-2 });
    return { before, after: loggedLikelihood(models.generator, everyRow) };
  };
  const [none, much] = [await likelihoodAfter(0), await likelihoodAfter(5)];
  assert.is(none.before, much.before);
  assert.ok(much.after > much.before + 1, `${much.before} became ${much.after}`);
  assert.ok(much.after > none.after + 1, `${none.after} without imitation, ${much.after} with it`);
});

test("options that cannot be met are refused before a step is made", () => {
  const models = createModels();
  const message = (options: Partial<GroupOptions>, text: string) =>
    throwsMessage(() => goalRankTask(models, log, groupOptions(options), { seed: SEED }), `groups.${text}`);
  for (const refreshEvery of [0, 1.5, Number.NaN]) {
    message({ refreshEvery }, `refreshEvery: expected an integer of at least 1, got ${refreshEvery}`);
  }
  const { sampler: _, ...withoutSampler } = models;
  throwsMessage(
    () => goalRankTask(withoutSampler, log, groupOptions({ refreshEvery: 2 }), { seed: SEED }),
    "groups: refreshEvery 2 needs a sampler, a generator of the same shape",
  );
  for (const imitationWeight of [-1, Number.NaN]) {
    message({ imitationWeight }, `imitationWeight: expected a number of at least 0, got ${imitationWeight}`);
  }
  for (const spaced of [1, 2.5]) {
    message({ spaced }, `spaced: expected an integer of at least 2, got ${spaced}`);
  }
  message({ spaced: 17 }, "spaced: at most the 16 lists drawn can be kept, got 17");
});

test("where shown items are no candidates, what is left of the log takes part", async () => {
  const models = createModels();
  const exposed = log.exposed.map((position, at) => (at % 3 === 0 ? -1 : position));
  const retrieved: ListDataset = { ...log, exposed };
  const set = [...DEFAULT_GROUPS.set, { source: "logged", count: 1 }] as const;
  const lossOn = async (options: Partial<GroupOptions>) => {
    const task = goalRankTask(models, retrieved, groupOptions(options), { seed: SEED });
    const { loss } = await task.computeLoss(rows, 0);
    return loss.item();
  };
  const losses = [
    await lossOn({}),
    await lossOn({ imitationWeight: 1 }),
    await lossOn({ imitationWeight: 1, imitation: "positives" }),
    await lossOn({ set }),
  ];
  assert.ok(losses.every(Number.isFinite), `${losses}`);
  assert.is(losses[0], await lossOf(models, groupOptions()));
  assert.ok(losses[1] > losses[0] && losses[2] > losses[0]);
});

test("a least gap leaves lists out of the objective, and a group of one list teaches nothing", async () => {
  const models = createModels();
  const all = await groupsOf(models, groupOptions());
  const spread = Math.max(...all.rewards) - Math.min(...all.rewards);
  const some = await groupsOf(models, groupOptions({ minimumGap: spread / 10 }));
  assert.equal(some.groups.lists, all.groups.lists);
  const count = ({ groups }: ScoredGroups) => groups.distinct.reduce((sum, one) => sum + one, 0);
  assert.ok(count(some) < count(all) && count(some) > rows.length, `${count(some)} ${count(all)}`);
  const options = groupOptions({ minimumGap: 10 * spread });
  assert.is(count(await groupsOf(models, options)), rows.length);
  assert.is(await lossOf(models, options), 0);
});

test.run();
