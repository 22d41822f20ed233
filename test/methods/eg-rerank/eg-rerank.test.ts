/** EG-Rerank: its loss by hand, that it climbs what a judge says, and that the discriminator keeps it near the log. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { candidateBatch, type RequestBatch } from "../../../src/data/batch.ts";
import type { ListDataset } from "../../../src/data/dataset.ts";
import { allRows } from "../../../src/data/labels.ts";
import type { ListJudge } from "../../../src/goalrank/judge.ts";
import { byPolicy, rankRequests } from "../../../src/methods/answering.ts";
import {
  DEFAULT_EG_RERANK,
  EG_RERANK,
  type EgRerankOptions,
  egRerankTask,
} from "../../../src/methods/eg-rerank/eg-rerank.ts";
import { EgRerank, PointerGenerator } from "../../../src/methods/eg-rerank/model.ts";
import { createSharedModels } from "../../../src/methods/shared-models.ts";
import { trainedEncoder } from "../../../src/methods/warm-start.ts";
import type { StateDict } from "../../../src/nn/index.ts";
import { noGrad, scope, type Tensor, tensor } from "../../../src/tensor/index.ts";
import { DEFAULT_TRAINING } from "../../../src/training/options.ts";
import { train } from "../../../src/training/trainer.ts";
import { log, world } from "../../small-world.ts";
import { assertRanked, createSchool, itemsOf, learned, lists32, random, reordered, WIDTH } from "../small-context.ts";

const test = suite("EG-Rerank");

const { candidateCount: candidates, listLength: length } = log;
const rows = allRows(lists32);

const createModel = () => new EgRerank(world.catalogue, WIDTH, length, random("EG-Rerank"));
const rankingBy = (generator: PointerGenerator, dataset: ListDataset) => rankRequests(byPolicy(generator), dataset);
const createSampler = () => new PointerGenerator(world.catalogue, WIDTH, length, random("sampler"));

/** Likes items of even number at the even positions, and of odd number at the others: at most L. */
const alternating: ListJudge = {
  rewards: (batch, lists) => alternatingByPosition.positionRewards(batch, lists).sum(2),
};

/** The same, and says so of each position. */
const alternatingByPosition = {
  rewards: alternating.rewards,
  positionRewards(batch: RequestBatch, lists: Tensor): Tensor {
    const [requests, group] = lists.shape;
    const items = batch.items
      .cast("f32")
      .takeAlongLast(lists.reshape([requests, group * length]))
      .dataSync();
    const liked = Float32Array.from(items, (item, at) => ((item + (at % length)) % 2 === 0 ? 1 : 0));
    return tensor(liked, lists.shape);
  },
};

/** Has no opinion. */
const indifferent: ListJudge = {
  rewards: (_, lists: Tensor) => tensor(new Float32Array(lists.size / length), lists.shape.slice(0, 2)),
};

test("lists are drawn with the probabilities that teacher forcing gives them, and hold distinct candidates", () => {
  using _ = scope();
  const { generator } = createModel();
  const batch = candidateBatch(lists32, rows);
  const key = { seed: 1, stream: "test", step: 0 };
  const drawn = noGrad(() => generator.sample(batch, 3, key));
  const lists = drawn.lists.dataSync();
  const logs = noGrad(() => generator.stepLogProbabilities(batch, drawn)).dataSync();
  const own = drawn.stepLogProbabilities.dataSync();
  const free = drawn.free.dataSync();
  lists.forEach((position, at) => {
    assert.ok(Math.abs(logs[at * candidates + position] - own[at]) < 1e-5);
    const above = lists.subarray(at - (at % length), at);
    for (let n = 0; n < candidates; n++) {
      assert.is(free[at * candidates + n], above.includes(n) ? 0 : 1);
    }
    assert.not.ok(above.includes(position));
  });
  const total = Array.from(lists, (_, at) =>
    Array.from({ length: candidates }, (_, n) => Math.exp(logs[at * candidates + n])).reduce((a, b) => a + b),
  );
  assert.ok(total.every((sum) => Math.abs(sum - 1) < 1e-5));
});

test("greedy lists take the likeliest candidate of those left", async () => {
  const { generator } = createModel();
  const greedy = await rankingBy(generator, lists32);
  const free = new Int32Array(greedy.lists.length * candidates).fill(1);
  greedy.lists.forEach((_, at) => {
    for (const above of greedy.lists.subarray(at - (at % length), at)) free[at * candidates + above] = 0;
  });
  const logs = noGrad(() =>
    generator
      .stepLogProbabilities(candidateBatch(lists32, rows), {
        lists: tensor(greedy.lists, [rows.length, 1, length]),
        free: tensor(free, [rows.length, length, candidates]),
      })
      .dataSync(),
  );
  greedy.lists.forEach((position, at) => {
    const own = Array.from({ length: candidates }, (_, n) => logs[at * candidates + n]);
    assert.ok(Math.max(...own) - own[position] < 1e-6);
  });
  for (const row of rows) {
    const own = [...greedy.scores.subarray(row * candidates, (row + 1) * candidates)];
    assert.is(own.indexOf(Math.max(...own)), greedy.lists[row * length]);
  }
});

/** The loss by hand at discount 0.5. @param earned what position t of list l returns by the judge; lists [B, S, L], flat */
async function checkLoss(
  judge: ListJudge,
  earned: (lists: ArrayLike<number>, l: number, t: number) => number,
): Promise<void> {
  using _ = scope();
  const model = createModel();
  const sampler = createSampler();
  const options: EgRerankOptions = {
    ...DEFAULT_EG_RERANK,
    entropyWeight: 0.3,
    discriminatorWeight: 0.7,
    discount: 0.5,
  };
  const task = egRerankTask({ model, sampler, judge }, lists32, options, 9);
  const { loss } = await task.computeLoss(rows, 1);

  const batch = candidateBatch(lists32, rows);
  const key = { seed: 9, stream: "eg-rerank", step: 1 };
  const { samples } = options;
  const drawn = noGrad(() => sampler.sample(batch, samples, key));
  const { generator, discriminator } = model;
  const [told, shown, logs] = noGrad(() => [
    discriminator.forward(batch, drawn.lists),
    discriminator.forward(batch, tensor(lists32.exposed, [rows.length, 1, length])),
    generator.stepLogProbabilities(batch, drawn),
  ]).map((values) => values.dataSync());
  const [lists, old] = [drawn.lists.dataSync(), drawn.stepLogProbabilities.dataSync()];
  const logistic = (x: number) => 1 / (1 + Math.exp(-x));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

  const surrogates: number[] = [];
  const entropies: number[] = [];
  let clipped = 0;
  for (const row of rows) {
    for (let t = 0; t < length; t++) {
      const returns = Array.from({ length: samples }, (_, s) => {
        return earned(lists, row * samples + s, t) + 0.7 * Math.log(logistic(told[row * samples + s]));
      });
      const centre = mean(returns);
      const deviation = Math.sqrt(mean(returns.map((value) => (value - centre) ** 2)));
      returns.forEach((value, s) => {
        const gain = (value - centre) / deviation;
        const at = (row * samples + s) * length + t;
        const own = Array.from({ length: candidates }, (_, n) => logs[at * candidates + n]);
        const ratio = Math.exp(own[lists[at]] - old[at]);
        const limited = Math.min(Math.max(ratio, 0.9), 1.1);
        if (limited !== ratio) clipped++;
        surrogates.push(Math.min(ratio * gain, limited * gain));
        entropies.push(-own.reduce((sum, value) => sum + Math.exp(value) * value, 0));
      });
    }
  }
  assert.ok(clipped > 0 && clipped < surrogates.length);
  const mistaken =
    mean(Array.from(shown, (d) => -Math.log(logistic(d)))) + mean(Array.from(told, (d) => -Math.log(1 - logistic(d))));
  const expected = mistaken - mean(surrogates) - 0.3 * mean(entropies);
  assert.ok(Math.abs((await loss.item()) - expected) < 1e-4, `${await loss.item()} is not ${expected}`);
}

/** Whether the item at position t of list l is of the parity of t. */
function alternates(lists: ArrayLike<number>, l: number, t: number): number {
  const row = Math.floor(l / DEFAULT_EG_RERANK.samples);
  return (lists32.candidates[row * candidates + lists[l * length + t]] + t) % 2 === 0 ? 1 : 0;
}

test("its loss is PPO's, with returns normalised within a request's lists, and the discriminator's", () =>
  checkLoss(alternating, (lists, l) =>
    Array.from({ length }, (_, t) => alternates(lists, l, t)).reduce((sum, own) => sum + own),
  ));

test("where the judge says what positions earn, each returns that and, discounted, what those below earn", () =>
  checkLoss(alternatingByPosition, (lists, l, t) =>
    Array.from({ length: length - t }, (_, below) => alternates(lists, l, t + below)).reduceRight(
      (sum, own) => own + 0.5 * sum,
    ),
  ));

test("lists of equal worth teach the generator nothing but entropy", async () => {
  const model = createModel();
  const options = { ...DEFAULT_EG_RERANK, entropyWeight: 0, discriminatorWeight: 0 };
  const task = egRerankTask({ model, sampler: createSampler(), judge: indifferent }, lists32, options, 9);
  using _ = scope();
  const { loss } = await task.computeLoss(rows, 1);
  loss.backward();
  for (const leaf of model.generator.parameters()) {
    assert.ok((leaf.grad?.dataSync() ?? []).every((value: number) => value === 0));
  }
  assert.ok(model.discriminator.parameters().some(({ grad }) => grad?.dataSync().some((value) => value !== 0)));
});

test("lists are drawn from a copy that is renewed every so many batches", async () => {
  const model = createModel();
  const sampler = createSampler();
  const task = egRerankTask({ model, sampler, judge: indifferent }, lists32, DEFAULT_EG_RERANK, 9);
  const same = async () => {
    const [own, copy] = [await model.generator.stateDict(), await sampler.stateDict()];
    return [...own].every(([name, { data }]) => String(data) === String(copy.get(name)?.data));
  };
  const loss = async (batch: number) => {
    using _ = scope();
    await task.computeLoss(rows.subarray(0, 2), batch);
    return same();
  };
  assert.not(await loss(3));
  assert.ok(await loss(4));
  assert.is(task.companions?.get("sampler"), sampler);
});

const QUICK = { ...DEFAULT_TRAINING, batchSize: 32, learningRate: 3e-2, weightDecay: 0, epochs: 130 };

test("it fits what a judge wants of 32 lists", async () => {
  const model = createModel();
  const sampler = createSampler();
  const options = { ...DEFAULT_EG_RERANK, discriminatorWeight: 0 };
  await train(egRerankTask({ model, sampler, judge: alternating }, lists32, options, 9), QUICK);
  const ranked = await rankingBy(model.generator, lists32);
  const wanted = itemsOf(lists32, ranked).map((items) => items.filter((item, t) => (item + t) % 2 === 0).length);
  const even = Array.from(rows, (row) => {
    const own = lists32.candidates.subarray(row * candidates, (row + 1) * candidates);
    return own.filter((item) => item % 2 === 0).length;
  });
  const best = even.map((count) => Math.min(count, length / 2) + Math.min(candidates - count, length / 2));
  const share = wanted.reduce((a, b) => a + b) / best.reduce((a, b) => a + b);
  assert.ok(share > 0.97, `${share}`);
});

test("where the judge has no opinion, the discriminator draws the generator to what was logged", async () => {
  const model = createModel();
  const sampler = createSampler();
  const options = { ...DEFAULT_EG_RERANK, discriminatorWeight: 1 };
  const shownShare = async () => {
    const { lists } = await rankingBy(model.generator, lists32);
    const isShown = [...lists].filter((position, at) => {
      const start = at - (at % length);
      return lists32.exposed.subarray(start, start + length).includes(position);
    });
    return isShown.length / lists.length;
  };
  const before = await shownShare();
  await train(egRerankTask({ model, sampler, judge: indifferent }, lists32, options, 9), QUICK);
  const after = await shownShare();
  assert.ok(after > before + 0.2, `${before} became ${after}`);
});

test("the order in which candidates stand changes nothing", async () => {
  const { generator } = createModel();
  const before = itemsOf(lists32, await rankingBy(generator, lists32));
  for (const stream of ["order 1", "order 2", "order 3"]) {
    const moved = reordered(lists32, random(stream).permutation(candidates));
    assert.equal(itemsOf(moved, await rankingBy(generator, moved)), before);
  }
});

test("a warm start takes the judge's encoder, and nothing else is told to", async () => {
  const school = await createSchool(log);
  const { rewardModel } = school.lesson;
  const begun = async (warmStart: number) => {
    const instance = EG_RERANK.create({ ...school.models.context, tuned: { "eg-rerank": { warmStart } } });
    await instance.learn?.({ ...school.lesson, train: async () => {} });
    const own = instance.models["eg-rerank"];
    if (!(own instanceof EgRerank)) throw new Error("expected EG-Rerank's model");
    return own.generator.encoder.stateDict();
  };
  const judged = await rewardModel?.encoder.stateDict();
  const isJudges = (state: StateDict) =>
    [...state].every(([name, { data }]) => String(data) === String(judged?.get(name)?.data));
  assert.not(isJudges(await begun(0)));
  assert.ok(isJudges(await begun(1)));
});

test("what encodes users and items in the judge is its first member's, or that of the DNN it is made of", async () => {
  const { models, lesson } = await createSchool(log);
  const { context, judge } = models;
  const { rewardModel } = lesson;
  const { shared } = createSharedModels(context, { ...judge, kind: "contextual" }, ["contextual"]).context;
  assert.is(trainedEncoder({ ...context, shared }, { rewardModel: undefined }), shared.contextual?.memory.encoder);
  assert.is(trainedEncoder(context, { rewardModel }), rewardModel?.encoder);
  assert.is(trainedEncoder(context, { rewardModel: undefined }), context.shared.pointwise?.encoder);
});

test("its weights and discount are hyperparameters", async () => {
  const school = await createSchool(log);
  const lossWith = async (tuned: Record<string, number>) => {
    const losses: number[] = [];
    const instance = EG_RERANK.create({ ...school.models.context, tuned: { "eg-rerank": tuned } });
    await instance.learn?.({
      ...school.lesson,
      train: async (task) => {
        using _ = scope();
        const { loss } = await task.computeLoss(rows, 1);
        losses.push(await loss.item());
      },
    });
    return losses[0];
  };
  const usual = await lossWith({});
  assert.is(await lossWith({ discriminatorWeight: 0.1, discount: 1, warmStart: 0 }), usual);
  assert.is.not(await lossWith({ discriminatorWeight: 0 }), usual);
  assert.is.not(await lossWith({ discount: 0.01 }), usual);
});

test("it learns on the tiny world and ranks distinct candidates", async () => {
  const { rank } = await learned(EG_RERANK, await createSchool(log));
  const ranked = await rank(log);
  assertRanked(log, ranked);
  assert.equal((await rank(log)).lists, ranked.lists);
});

test.run();
