/** The look inside: groups and policies as training has them, lists as the methods give them, all plain data. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { feedbackBatch } from "../../src/data/batch.ts";
import { type ListDataset, selectRows } from "../../src/data/dataset.ts";
import { groupObjective, scoreGroups } from "../../src/goalrank/goalrank-task.ts";
import { byPolicy, rankRequests } from "../../src/methods/answering.ts";
import { GOAL_RANK } from "../../src/methods/goalrank.ts";
import { sharedModel } from "../../src/methods/method.ts";
import { createAnatomy } from "../../src/run/anatomy.ts";
import { generatorOf, trainMethod } from "../../src/run/methods.ts";
import { trainSharedModels } from "../../src/run/shared-models.ts";
import { noGrad, scope } from "../../src/tensor/index.ts";
import { DEFAULT_TRAINING } from "../../src/training/options.ts";
import { smallData, smallExperiment } from "../small-world.ts";

const test = suite("anatomy");
const brief = { ...DEFAULT_TRAINING, batchSize: 256 };
const options = {
  ...smallExperiment,
  feedbackTraining: brief,
  rewardTraining: brief,
  policyTraining: { ...DEFAULT_TRAINING, batchSize: 64 },
};
const world = smallData();
const shared = await trainSharedModels(world, options, {});
const generator = generatorOf([await trainMethod(GOAL_RANK, shared, world, options, {})]);
assert.ok(generator);
const models = {
  generator,
  pointwise: sharedModel(shared.context, "pointwise"),
  judge: sharedModel(shared.context, "judge"),
};
const anatomy = await createAnatomy(models, world, options);

const near = (actual: number, expected: number, room = 1e-5) =>
  assert.ok(Math.abs(actual - expected) <= room, `${actual} is not near ${expected}`);
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

test("it is plain data: JSON gives the same back", () => {
  assert.equal(JSON.parse(JSON.stringify(anatomy)), anatomy);
  assert.is(anatomy.requests.length, 3);
  assert.is(anatomy.referenceTemperature, 0.5);
});

test("the lists of a group are distinct, of its sources, and made of its request's candidates", () => {
  for (const { group, candidates } of anatomy.requests) {
    const names = group.lists.map(({ items }) => items.join());
    assert.is(new Set(names).size, names.length);
    const drawn = options.groups.set.reduce((total, { count }) => total + count, 0);
    assert.is(group.lists.length + group.repetitions, drawn);
    const offered = new Set(candidates.map(({ item }) => item));
    for (const { items, source } of group.lists) {
      assert.is(new Set(items).size, anatomy.listLength);
      assert.ok(items.every((item) => offered.has(item)));
      assert.ok(options.groups.set.some((entry) => entry.source === source));
    }
    const rewards = group.lists.map(({ reward }) => reward);
    assert.equal(
      rewards,
      rewards.toSorted((a, b) => b - a),
    );
  }
});

test("z is standardised in its group, pi_ref is its softmax, pi_theta sums to 1", () => {
  for (const { group } of anatomy.requests) {
    const zs = group.lists.map(({ z }) => z);
    near(sum(zs), 0);
    near(sum(zs.map((z) => z * z)) / zs.length, 1);
    const weights = zs.map((z) => Math.exp(z / anatomy.referenceTemperature));
    group.lists.forEach(({ reference, policy, logProbability }, i) => {
      near(reference, weights[i] / sum(weights), 1e-4);
      const [first] = group.lists;
      near(Math.log(policy / first.policy), logProbability - first.logProbability, 1e-3);
    });
    near(sum(group.lists.map(({ policy }) => policy)), 1);
  }
});

/** The rows of the test set that were looked at, in their order. */
function rowsLookedAt({ candidates, candidateCount, size }: ListDataset): Int32Array {
  const nameOf = (items: Iterable<number>) => [...items].sort((a, b) => a - b).join();
  const known = new Map(
    Array.from({ length: size }, (_, row) => {
      return [nameOf(candidates.subarray(row * candidateCount, (row + 1) * candidateCount)), row];
    }),
  );
  return Int32Array.from(anatomy.requests, (request) => {
    return known.get(nameOf(request.candidates.map(({ item }) => item))) ?? -1;
  });
}

test("groups, policies and lists are those that training and the comparison make of the same requests", async () => {
  const rows = rowsLookedAt(world.test);
  assert.ok(rows.every((row) => row >= 0));
  const requests: ListDataset = selectRows(world.test, rows);
  using _ = scope();
  const own = Int32Array.from(rows, (_, i) => i);
  const key = { seed: options.seed, stream: "anatomy", step: 0 };
  const batch = feedbackBatch(requests, own);
  const scored = await scoreGroups(models, batch, options.groups, key);
  const objective = noGrad(() => {
    const memory = models.generator.train(false).encode(batch);
    return groupObjective(scored, models.generator, memory, options.groups.referenceTemperature);
  });
  const reference = await objective.referencePolicy.data();
  const { groupSize } = scored.groups;
  const ranked = await rankRequests(byPolicy(models.generator), requests);
  anatomy.requests.forEach(({ group, lists }, i) => {
    const places = Array.from({ length: groupSize }, (_, place) => i * groupSize + place);
    const highest = Math.max(...places.map((at) => reference[at]));
    near(group.lists[0].reference, highest, 0);
    const start = i * requests.candidateCount;
    const greedy = [...ranked.lists.subarray(i * requests.listLength, (i + 1) * requests.listLength)];
    assert.equal(
      lists.goalRank.items,
      greedy.map((position) => requests.candidates[start + position]),
    );
  });
});

test("every request has a liked candidate; what was shown and liked is what the log says", () => {
  for (const { shown, candidates, lists } of anatomy.requests) {
    assert.ok(shown.some(({ liked }) => liked));
    assert.equal(
      lists.shown?.items,
      shown.map(({ item }) => item),
    );
    const probabilities = candidates.map(({ probability }) => probability);
    assert.equal(
      probabilities,
      probabilities.toSorted((a, b) => b - a),
    );
    assert.equal(
      lists.dnn.items,
      candidates.slice(0, anatomy.listLength).map(({ item }) => item),
    );
    assert.ok(lists.goalRank.probabilities.every((value) => value > 0 && value <= 1));
    assert.ok([lists.dnn, lists.goalRank].every(({ trueReward }) => trueReward !== undefined));
  }
});

test("items and users go by the catalogue's names and titles, and by their numbers without", async () => {
  assert.ok(Object.entries(anatomy.items).every(([item, { id, title }]) => id === item && title === undefined));
  const { itemCount, userCount } = world.catalogue;
  const named = {
    ...world.catalogue,
    userIds: Array.from({ length: userCount }, (_, user) => `u${user}`),
    itemIds: Array.from({ length: itemCount }, (_, item) => `i${item}`),
    itemTitles: Array.from({ length: itemCount }, (_, item) => (item % 2 === 0 ? `Title ${item}` : "")),
  };
  const { items, requests } = await createAnatomy(models, { ...world, catalogue: named }, options);
  for (const [item, { id, title }] of Object.entries(items)) {
    assert.is(id, `i${item}`);
    assert.is(title, Number(item) % 2 === 0 ? `Title ${item}` : undefined);
  }
  assert.equal(
    requests.map(({ user }) => user),
    anatomy.requests.map(({ user }) => `u${user}`),
  );
});

test("the same seed looks at the same requests, and a log without likes at none", async () => {
  assert.equal(await createAnatomy(models, world, options), anatomy);
  const other = await createAnatomy(models, world, { ...options, seed: 9 }, 1);
  assert.is(other.requests.length, 1);
  const silent = { ...world.test, feedback: new Float32Array(world.test.feedback.length) };
  const none = await createAnatomy(models, { ...world, test: silent }, options);
  assert.equal([none.requests, none.items], [[], {}]);
});

test("where something that was shown is no candidate, its list is left out and counted", async () => {
  const exposed = world.test.exposed.slice();
  const { listLength } = world.test;
  // The last place of every list that has a like elsewhere.
  const labels = world.test.feedback;
  for (let row = 0; row < world.test.size; row++) {
    const last = (row + 1) * listLength - 1;
    if (labels.subarray(row * listLength, last).includes(1)) exposed[last] = -1;
  }
  const retrieved = { ...world, world: undefined, test: { ...world.test, exposed } };
  const { requests } = await createAnatomy(models, retrieved, options, 20);
  const partial = requests.filter(({ shownOutside }) => shownOutside === 1);
  assert.ok(partial.length > 0);
  for (const { shown, lists } of partial) {
    assert.is(shown.length, listLength - 1);
    assert.is(lists.shown, undefined);
    assert.is(lists.dnn.trueReward, undefined);
  }
});

test.run();
