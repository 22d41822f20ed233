/** PIER: its orders, its hashes and its rewards by hand, that it fits what it is shown, and what it does not look at. */
import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { candidateBatch } from "../../../src/data/batch.ts";
import type { ListDataset } from "../../../src/data/dataset.ts";
import { allRows, type UnexposedCandidates } from "../../../src/data/labels.ts";
import type { ListJudge } from "../../../src/goalrank/judge.ts";
import { byScores, rankRequests } from "../../../src/methods/answering.ts";
import { PermutationInterest } from "../../../src/methods/pier/permutation-interest.ts";
import { permuteLists, topCandidates, topPermutations } from "../../../src/methods/pier/permutations.ts";
import { byPermutations, DEFAULT_PIER, PIER, PIER_PERMUTATIONS, pierTask } from "../../../src/methods/pier/pier.ts";
import { hammingDistances } from "../../../src/methods/pier/sim-hash.ts";
import { PointwiseRanker } from "../../../src/methods/pointwise-ranker.ts";
import { noGrad, tensor } from "../../../src/tensor/index.ts";
import { train } from "../../../src/training/trainer.ts";
import { log, world } from "../../small-world.ts";
import {
  assertRanked,
  createSchool,
  itemsOf,
  learned,
  lists32,
  lossOf,
  OVERFITTING,
  random,
  reordered,
  WIDTH,
  withHistory,
} from "../small-context.ts";

const test = suite("PIER");

const { candidateCount: candidates, listLength: length } = log;

function createModel(): PermutationInterest {
  const options = { width: WIDTH, heads: 2, layers: 1, listLength: length, dropoutRate: 0, seed: 3 };
  return new PermutationInterest(world.catalogue, options, random("PIER"));
}

/** How a log is learned from whose other candidates count nothing, or 0. */
const learning = (unexposed: UnexposedCandidates) => ({ ...DEFAULT_PIER, unexposed, seed: 3 });

const pointwise = new PointwiseRanker(world.catalogue, WIDTH, random("pointwise"));

/** How OCPM ranks, with that pointwise ranker. */
const ocpm = (model: PermutationInterest) => (dataset: ListDataset) =>
  rankRequests(byPermutations(model, pointwise, dataset.listLength), dataset);

/** How a judge ranks that reads all orders. */
const judged = (judge: ListJudge) => (dataset: ListDataset) => {
  const { catalogue } = world;
  const sizes = { width: WIDTH, heads: 2, layers: 1, dropoutRate: 0, seed: 3 };
  return PIER_PERMUTATIONS.create({ ...dataset, ...sizes, catalogue, shared: { pointwise, judge } }).rank(dataset);
};

test("there are 720 orders of six, L! of fewer, and of more the first six places are permuted", () => {
  for (const [size, count] of [
    [1, 1],
    [2, 2],
    [3, 6],
    [6, 720],
    [8, 720],
  ]) {
    const orders = topPermutations(size);
    assert.is(new Set(orders.map((order) => order.join())).size, count);
    assert.equal(orders[0], [...Array(size).keys()]);
    for (const order of orders) {
      assert.equal([...order].sort(), [...Array(size).keys()]);
      assert.equal(order.slice(6), [6, 7].slice(0, Math.max(0, size - 6)));
    }
  }
  assert.equal(
    topPermutations(3).map((order) => order.join("")),
    ["012", "021", "102", "120", "201", "210"],
  );
});

test("the best candidates come highest first, and each list takes its own orders", () => {
  const top = topCandidates(tensor([3, 9, 5, 9, 1, 7], [2, 3]), 2);
  assert.equal([...top.dataSync()], [1, 2, 0, 2]);
  const orders = [
    [
      [1, 0],
      [0, 1],
    ],
    [
      [0, 1],
      [1, 0],
    ],
  ];
  const permuted = permuteLists(top, orders);
  assert.equal(permuted.shape, [2, 2, 2]);
  assert.equal([...permuted.dataSync()], [2, 1, 1, 2, 0, 2, 2, 0]);
});

test("distances are the bits in which weighted means lie on other sides of the planes, for any items", () => {
  const [size, width, bits, earlierCount] = [3, 2, 4, 2];
  const orders = topPermutations(size);
  const numbers = (count: number) =>
    fc.array(fc.integer({ min: -50, max: 50 }), { minLength: count, maxLength: count });
  fc.assert(
    fc.property(
      numbers(size * width),
      numbers(earlierCount * size * width),
      numbers(width * bits),
      fc.array(fc.integer({ min: 0, max: 3 }), { minLength: earlierCount, maxLength: earlierCount }),
      (items, earlier, planes, weights) => {
        // Off the planes, where rounding would decide.
        const shifted = (values: readonly number[]) => values.map((value, i) => value + Math.sin(i + 1) / 3);
        const [own, past, normals] = [items, earlier, planes].map(shifted);
        const distances = hammingDistances(
          {
            items: tensor(own, [1, size, width]),
            earlier: tensor(past, [1, earlierCount, size, width]),
            weights: tensor(weights, [1, earlierCount]),
            planes: tensor(normals, [width, bits]),
          },
          orders,
        ).dataSync();
        const row = (values: readonly number[], at: number) => values.slice(at * width, (at + 1) * width);
        /** Bits of a list, undefined where f32 cannot tell. */
        const signature = (list: readonly number[][]) =>
          Array.from({ length: bits }, (_, m) => {
            let side = 0;
            list.forEach((item, t) => {
              for (let d = 0; d < width; d++) side += (item[d] * normals[d * bits + m]) / Math.log2(t + 2);
            });
            return Math.abs(side) < 1e-2 ? undefined : side > 0;
          });
        orders.forEach((order, p) => {
          const bitsOf = signature(order.map((item) => row(own, item)));
          let [expected, isKnown] = [0, true];
          weights.forEach((weight, e) => {
            const others = signature(Array.from({ length: size }, (_, t) => row(past, e * size + t)));
            isKnown &&= ![...bitsOf, ...others].includes(undefined);
            expected += weight * bitsOf.filter((bit, m) => bit !== others[m]).length;
          });
          if (isKnown) assert.ok(Math.abs(distances[p] - expected) < 1e-3, `${distances[p]}, ${expected}`);
        });
      },
    ),
    { numRuns: 60, seed: 5 },
  );
});

test("an order of the same items as an earlier list is nearest to it", () => {
  const draw = random("items");
  const items = Float32Array.from({ length: 4 * 16 }, () => draw.normal());
  const planes = Float32Array.from({ length: 16 * 64 }, () => draw.normal());
  const orders = topPermutations(4);
  orders.forEach((order, p) => {
    const earlier = order.flatMap((item) => [...items.subarray(item * 16, (item + 1) * 16)]);
    const distances = hammingDistances(
      {
        items: tensor(items, [1, 4, 16]),
        earlier: tensor(earlier, [1, 1, 4, 16]),
        weights: tensor([1], [1, 1]),
        planes: tensor(planes, [16, 64]),
      },
      orders,
    ).dataSync();
    assert.is(distances[p], 0);
    assert.ok(Math.max(...distances) > 8);
  });
});

/** The history of three requests: whole and liked lists, a list that nobody liked, and one that is not whole. */
function threeHistories(): ListDataset {
  const historyLength = 2 * length + 1;
  const history = Int32Array.from({ length: log.size * historyLength }, (_, at) => (at * 7) % 50);
  const historyFeedback = new Float32Array(history.length);
  historyFeedback[1] = 1;
  historyFeedback[historyLength - 1] = 1;
  historyFeedback[2 * historyLength - 1] = 1;
  history[2 * historyLength] = -1;
  history[2 * historyLength + 1] = -1;
  historyFeedback[2 * historyLength + 2] = 1;
  return { ...log, historyLength, history, historyFeedback };
}

test("earlier lists count by how long ago they were, if they are whole and were liked", () => {
  const model = createModel();
  const dataset = threeHistories();
  const distancesOf = (own: ListDataset) => {
    const batch = candidateBatch(own, [0, 1, 2]);
    const lists = tensor([0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3], [3, 4], { dtype: "i32" });
    return noGrad(() => model.distances(batch, lists, topPermutations(length)))?.dataSync();
  };
  const distances = distancesOf(dataset) ?? [];
  const orders = topPermutations(length).length;
  // Whole and liked lists count a half each here, so distances are multiples of a half up to the bits.
  const whole = [...distances].map((distance) => 2 * distance);
  assert.ok(whole.every((distance) => Math.abs(distance - Math.round(distance)) < 1e-4));
  assert.ok(whole.slice(0, orders).some((distance) => distance > 0));
  assert.ok(whole.slice(orders, 2 * orders).some((distance) => distance > 0));
  // The third user's lists: one not whole, one not liked.
  assert.ok(whole.slice(2 * orders).every((distance) => distance === 0));
  assert.is(distancesOf({ ...dataset, historyLength: 0 }), undefined);
});

test("rewards are the positions' probabilities; lists are read in their order, whatever group they stand in", () => {
  const model = createModel();
  const dataset = withHistory(log);
  const batch = candidateBatch(dataset, [0, 1]);
  const lists = [0, 1, 2, 3, 3, 2, 1, 0, 4, 5, 6, 7, 0, 1, 2, 3];
  const rewardsOf = (own: readonly number[]) => {
    const shape = [2, own.length / 2 / length, length];
    return noGrad(() => model.rewards(batch, tensor(own, shape, { dtype: "i32" })).dataSync());
  };
  const rewards = rewardsOf(lists);
  const logits = noGrad(() => model.forward(batch, tensor(lists, [2, 2, length], { dtype: "i32" })).dataSync());
  rewards.forEach((reward, l) => {
    const own = [...logits.subarray(l * length, (l + 1) * length)];
    const expected = own.reduce((sum, logit) => sum + 1 / (1 + Math.exp(-logit)), 0);
    assert.ok(Math.abs(reward - expected) < 1e-5);
  });
  assert.ok(Math.abs(rewards[0] - rewards[1]) > 1e-4);
  const alone = rewardsOf([...lists.slice(4, 8), ...lists.slice(12)]);
  assert.ok(Math.abs(alone[0] - rewards[1]) < 1e-5 && Math.abs(alone[1] - rewards[3]) < 1e-5);
});

test("it fits 32 lists", async () => {
  const model = createModel();
  const task = pierTask(model, lists32, learning("ignore"));
  const before = await lossOf(task);
  await train(task, { ...OVERFITTING, epochs: 150 });
  const after = await lossOf(task);
  assert.ok(after < 0.01 * before, `${before} fell to ${after}`);
});

test("where what was not shown counts 0, it learns to expect nothing of it; elsewhere it is told nothing", async () => {
  const feedback = lists32.feedback.map(() => 1);
  const dataset = { ...lists32, feedback };
  // Of each request, the first list is what was shown, and the second holds what was not.
  const lists = Array.from(allRows(dataset), (row) => {
    const shown = [...dataset.exposed.subarray(row * length, (row + 1) * length)];
    const others = Array.from({ length: candidates }, (_, n) => n).filter((n) => !shown.includes(n));
    return [...shown, ...others.slice(0, length)];
  }).flat();
  const expectedOf = async (unexposed: UnexposedCandidates) => {
    const model = createModel();
    await train(pierTask(model, dataset, learning(unexposed)), { ...OVERFITTING, epochs: 60 });
    const batch = candidateBatch(dataset, allRows(dataset));
    const rewards = noGrad(() => model.rewards(batch, tensor(Int32Array.from(lists), [dataset.size, 2, length])));
    const mean = rewards.mean(0).dataSync();
    return { shown: mean[0], others: mean[1] };
  };
  const told = await expectedOf("negative");
  assert.ok(told.shown > 0.8 * length && told.others < 0.4 * length, JSON.stringify(told));
  const untold = await expectedOf("ignore");
  assert.ok(untold.others > 0.8 * length, JSON.stringify(untold));
});

test("FPSM leaves as large a share of the orders to OCPM as it is told", async () => {
  const model = createModel();
  const dataset = withHistory(lists32);
  const all = judged(model);
  const choose = (share: number) => rankRequests(byPermutations(model, pointwise, length, share), dataset);
  assert.equal((await choose(1)).lists, (await all(dataset)).lists);
  assert.not.equal((await choose(1 / 24)).lists, (await choose(1)).lists);
});

test("with a history it also learns to expect more of the orders that are nearest", async () => {
  const dataset = withHistory(lists32);
  const model = createModel();
  const task = pierTask(model, dataset, learning("ignore"));
  await train(task, { ...OVERFITTING, epochs: 150 });
  // The contrast takes up to a hundredth off the cross-entropy, which has no loss left.
  const loss = await lossOf(task);
  assert.ok(loss < 0.01 && loss > -0.01, `${loss}`);
});

test("the pointwise ranker's best candidates are permuted; the order in which candidates stand changes nothing", async () => {
  const model = createModel();
  const dataset = withHistory(lists32);
  const top = itemsOf(dataset, await rankRequests(byScores(pointwise), dataset));
  for (const rank of [ocpm(model), judged(model)]) {
    const before = itemsOf(dataset, await rank(dataset));
    assert.equal(
      before.map((list) => list.toSorted()),
      top.map((list) => list.toSorted()),
    );
    assert.not.equal(before, top);
    for (const stream of ["order 1", "order 2"]) {
      const moved = reordered(dataset, random(stream).permutation(candidates));
      assert.equal(itemsOf(moved, await rank(moved)), before);
    }
  }
});

test("the judge's choice is the best of all orders; OCPM's, where there is no history, the best by OCPM", async () => {
  const model = createModel();
  const chosen = await judged(model)(lists32);
  assert.equal((await ocpm(model)(lists32)).lists, chosen.lists);
  const { lists: top } = await rankRequests(byScores(pointwise), lists32);
  const orders = topPermutations(length);
  const proposals = Array.from(allRows(lists32), (row) =>
    orders.flatMap((order) => order.map((place) => top[row * length + place])),
  ).flat();
  const batch = candidateBatch(lists32, allRows(lists32));
  const shape = [lists32.size, orders.length, length];
  const rewards = noGrad(() => model.rewards(batch, tensor(Int32Array.from(proposals), shape)).dataSync());
  const own = noGrad(() => model.rewards(batch, tensor(chosen.lists, [lists32.size, 1, length])).dataSync());
  own.forEach((reward, row) => {
    const best = Math.max(...rewards.subarray(row * orders.length, (row + 1) * orders.length));
    assert.ok(best - reward < 1e-5, `${reward} is not the best, ${best}`);
  });
});

for (const [name, dataset] of [
  ["without a history", log],
  ["with one", withHistory(log)],
] as const) {
  test(`both learn on the tiny world ${name} and rank distinct candidates`, async () => {
    const school = await createSchool(dataset);
    for (const method of [PIER, PIER_PERMUTATIONS]) {
      const { rank } = await learned(method, school);
      const ranked = await rank(dataset);
      assertRanked(dataset, ranked);
      assert.equal((await rank(dataset)).lists, ranked.lists);
    }
  });
}

test.run();
