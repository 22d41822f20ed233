/** MG-E: what its fleet is, that each member proposes what it says, and that the judge takes the best. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { candidateBatch, type RequestBatch } from "../../../src/data/batch.ts";
import { allRows } from "../../../src/data/labels.ts";
import { Generator } from "../../../src/goalrank/generator.ts";
import { type ListJudge, predictedRewards } from "../../../src/goalrank/judge.ts";
import { byPolicy, byScores, rankRequests } from "../../../src/methods/answering.ts";
import { AUTOREGRESSIVE_NETWORKS, FLEET, type FleetMember } from "../../../src/methods/mg-e/fleet.ts";
import { complementaryRewards, judgedTask } from "../../../src/methods/mg-e/judged-task.ts";
import { MG_E_3, MG_E_20, MG_E_100 } from "../../../src/methods/mg-e/mg-e.ts";
import { type FleetNetworks, FleetProposals } from "../../../src/methods/mg-e/proposals.ts";
import { contrastiveLists, MatchingGenerator } from "../../../src/methods/nar4rec.ts";
import { PointwiseRanker } from "../../../src/methods/pointwise-ranker.ts";
import { full, heldScope, noGrad, scope, tensor } from "../../../src/tensor/index.ts";
import { DEFAULT_TRAINING } from "../../../src/training/options.ts";
import { type TrainingTask, train } from "../../../src/training/trainer.ts";
import { generatorOptions, log, world } from "../../small-world.ts";
import { assertRanked, createSchool, judgeOf, learned, lists32, random } from "../small-context.ts";

const test = suite("MG-E");

const { candidateCount: candidates, listLength: length } = log;

const matching = new MatchingGenerator(world.catalogue, { ...generatorOptions, layers: 1 }, random("matching"));
const networks: FleetNetworks = {
  pointwise: new PointwiseRanker(world.catalogue, 8, random("pointwise")),
  autoregressive: new Map(
    AUTOREGRESSIVE_NETWORKS.map((name) => [name, new Generator(world.catalogue, generatorOptions, random(name))]),
  ),
  matching,
};

const usualTemperatures = { pointwise: 0.5, factor: 1 };

const key = (step: number) => ({ seed: 1, stream: "test", step });

/** A member's lists for the 32 requests, one after the other. */
async function listsOf(member: FleetMember, step = 0, temperatures = usualTemperatures): Promise<Int32Array> {
  using _ = scope();
  using held = heldScope();
  const batch = candidateBatch(lists32, allRows(lists32));
  const proposals = new FleetProposals(networks, batch, { length, held, temperatures });
  const lists = await proposals.listsOf(member, key(step));
  assert.equal(lists.shape, [lists32.size, 1, length]);
  return (await lists.data()) as Int32Array;
}

test("there are a hundred members, no two alike", () => {
  assert.is(FLEET.length, 100);
  const spelled = FLEET.map(({ network, decoding }) => {
    return `${network} ${Object.entries(decoding).sort().flat().join()}`;
  });
  assert.is(new Set(spelled).size, 100);
  const networksOf = (size: number) => [...new Set(FLEET.slice(0, size).map(({ network }) => network))].sort();
  assert.equal(networksOf(3), ["complement", "judged", "pointwise"]);
  assert.equal(networksOf(20), ["complement", "imitation", "judged", "matching", "pointwise"]);
  assert.equal(networksOf(100), ["complement", "complement 2", "imitation", "judged", "matching", "none", "pointwise"]);
});

test("every member proposes distinct candidates, the same ones for the same key", async () => {
  for (const member of FLEET) {
    const lists = await listsOf(member);
    assertRanked(lists32, { lists, scores: new Float32Array(lists32.size * candidates) });
    assert.equal(await listsOf(member), lists, JSON.stringify(member));
  }
});

test("other keys give other lists where a member chooses at random, and only there", async () => {
  for (const member of FLEET) {
    const { decoding } = member;
    const isFixed =
      ["contrastive", "tree", "diverse"].includes(decoding.method) ||
      (decoding.method === "best" && decoding.leftOut === undefined);
    const isSame = String(await listsOf(member, 1)) === String(await listsOf(member, 2));
    assert.is(isSame, isFixed, JSON.stringify(member));
  }
});

test("members are sampled at the temperatures that they are told: near 0 they write the best list", async () => {
  const cold = { pointwise: 1e-6, factor: 1e-6 };
  for (const network of ["judged", "matching"] as const) {
    const best = await listsOf({ network, decoding: { method: "best" } });
    const decoding = { method: "sampled", temperature: 1 } as const;
    assert.equal(await listsOf({ network, decoding }, 0, cold), best);
    assert.not.equal(await listsOf({ network, decoding }), best);
  }
  const best = await listsOf({ network: "pointwise", decoding: { method: "best" } });
  const tuned = { network: "pointwise", decoding: { method: "tuned", draw: 1 } } as const;
  assert.equal(await listsOf(tuned, 0, cold), best);
  assert.not.equal(await listsOf(tuned), best);
});

test("best lists are those of the networks by themselves", async () => {
  const best = { method: "best" } as const;
  const { pointwise, autoregressive } = networks;
  assert.equal(
    await listsOf({ network: "pointwise", decoding: best }),
    (await rankRequests(byScores(pointwise), lists32)).lists,
  );
  for (const [network, generator] of autoregressive) {
    const { lists } = await rankRequests(byPolicy(generator), lists32);
    assert.equal(await listsOf({ network, decoding: best }), lists);
  }
  using _ = scope();
  const batch = candidateBatch(lists32, allRows(lists32));
  const expected = noGrad(() => contrastiveLists(matching.encode(batch), [0]).dataSync());
  assert.equal(await listsOf({ network: "matching", decoding: best }), expected);
});

test("tree members are the places of one tree: different lists, which branch at the first position", async () => {
  for (const network of AUTOREGRESSIVE_NETWORKS) {
    const places = [1, 2, 3, 4];
    const lists: Int32Array[] = [];
    for (const place of places) lists.push(await listsOf({ network, decoding: { method: "tree", place } }));
    for (const row of allRows(lists32)) {
      assert.is(new Set(lists.map((own) => own[row * length])).size, places.length);
    }
  }
});

test("diverse and substituted lists depart from the best one", async () => {
  const best = await listsOf({ network: "pointwise", decoding: { method: "best" } });
  const shared = (other: Int32Array, row: number) => {
    const list = best.subarray(row * length, (row + 1) * length);
    return [...other.subarray(row * length, (row + 1) * length)].filter((position) => list.includes(position)).length;
  };
  const diverse = await listsOf({ network: "pointwise", decoding: { method: "diverse", penalty: 1e3 } });
  const substituted = await listsOf({ network: "pointwise", decoding: { method: "substituted" } });
  for (const row of allRows(lists32)) {
    assert.is(shared(diverse, row), 0);
    assert.ok([length - 1, length - 2].includes(shared(substituted, row)));
  }
});

test("with every spare candidate left out, all networks order the same random candidates", async () => {
  const sets: string[][] = [];
  for (const network of ["pointwise", "judged", "matching"] as const) {
    const lists = await listsOf({ network, decoding: { method: "best", leftOut: 0.999 } });
    const sorted = Array.from(allRows(lists32), (row) => lists.slice(row * length, (row + 1) * length).sort());
    sets.push(sorted.map(String));
  }
  assert.equal(sets[1], sets[0]);
  assert.equal(sets[2], sets[0]);
  assert.ok(new Set(sets[0]).size > 20);
});

test("a list earns what it is worth, and what the fleet's best is with it, in shares", () => {
  const [own, best] = [tensor([1, 3, 2, 0.5], [2, 2]), tensor([2, 1], [2, 1])];
  assert.equal([...complementaryRewards(own, best, 1).dataSync()], [2, 3, 2, 1]);
  assert.equal([...complementaryRewards(own, best, 0).dataSync()], [1, 3, 2, 0.5]);
  assert.equal([...complementaryRewards(own, best, 0.5).dataSync()], [1.5, 3, 2, 0.75]);
});

/** Likes candidates of low item numbers on top. */
const judge: ListJudge = {
  rewards(batch, lists) {
    const [requests, group] = lists.shape;
    const items = batch.items.cast("f32").takeAlongLast(lists.reshape([requests, group * length]));
    const weights = Float32Array.from({ length }, (_, t) => -1 / (80 * (t + 1)));
    return items
      .reshape(lists.shape)
      .mul(tensor(weights, [length]))
      .sum(2);
  },
};

/** A fleet that proposes one list, of these candidate positions, for every request. */
const proposing = (list: readonly number[]) => (batch: RequestBatch) =>
  tensor(
    Int32Array.from({ length: batch.size * length }, (_, at) => list[at % length]),
    [batch.size, 1, length],
  );

const fresh = () => new Generator(world.catalogue, generatorOptions, random("judged"));
const options = { stage: "judged", seed: 1, judge, earlier: proposing([0, 1, 2, 3]), complement: 0 };

test("a generator that is trained on the judge comes to write what it likes", async () => {
  const generator = fresh();
  const liked = async () => {
    const { lists } = await rankRequests(byPolicy(generator), lists32);
    return (await predictedRewards(judge, lists32, lists)).reduce((sum, reward) => sum + reward, 0) / lists32.size;
  };
  const before = await liked();
  const training = { ...DEFAULT_TRAINING, epochs: 60, batchSize: 32, learningRate: 1e-2, weightDecay: 0 };
  await train(judgedTask(generator, lists32, options), training);
  const after = await liked();
  assert.ok(after > before + 0.3, `${before} became ${after}`);
});

test("what a fleet has already teaches a generator nothing that is to complement it alone", async () => {
  const gradientBy = async (complement: number, worth: number) => {
    using _ = scope();
    const generator = fresh();
    // The fleet's one list is worth what the test says; those that are drawn are worth -4 to 0.
    const judged: ListJudge = {
      rewards: (batch, lists) => (lists.shape[1] === 1 ? full([batch.size, 1], worth) : judge.rewards(batch, lists)),
    };
    const task = judgedTask(generator, lists32, { ...options, judge: judged, complement });
    const { loss } = await task.computeLoss(allRows(lists32), 1);
    loss.backward();
    return generator.parameters().some(({ grad }) => grad?.dataSync().some((value) => value !== 0));
  };
  assert.not(await gradientBy(1, 10), "a fleet that is better than all");
  assert.ok(await gradientBy(0.5, 10), "the same, where pleasing counts too");
  assert.ok(await gradientBy(1, -10), "a fleet that is worse than all");
});

test("what the fleet does is told by hyperparameters, and the temperature that was chosen is taken up again", async () => {
  const school = await createSchool(lists32);
  const { context } = school.models;
  const lesson = { ...school.lesson, train: async () => {} };
  const create = async (tuned: Readonly<Record<string, number>>) => {
    const instance = MG_E_20.create({ ...context, tuned: { "mg-e-20": tuned } });
    await instance.learn?.(lesson);
    return instance;
  };
  const { choices, choose, rank } = await create({});
  const chosen = choices?.get();
  choices?.set({ temperature: 7 });
  const hot = await rank(lists32);
  await choose?.(lists32);
  assert.equal(choices?.get(), chosen);
  assert.not.equal((await rank(lists32)).lists, hot.lists);
  assert.equal((await create({ proposalTemperature: 0.37 })).choices?.get(), { temperature: 0.37 });
  const blunt = await create({ temperature: 2 });
  assert.not.equal((await blunt.rank(lists32)).lists, (await rank(lists32)).lists);
});

test("a larger fleet's choice is liked no less, request by request, and networks are trained as needed", async () => {
  const school = await createSchool(log);
  const { models: shared, lesson } = school;
  const stages: string[] = [];
  const quickly = async (task: TrainingTask) => {
    stages.push(task.stage);
    await train(task, { ...DEFAULT_TRAINING, batchSize: 32 });
  };
  let before = new Array<number>(log.size).fill(0);
  for (const [method, networkCount] of [
    [MG_E_3, 2],
    [MG_E_20, 3],
    [MG_E_100, 4],
  ] as const) {
    stages.length = 0;
    const { rank, models } = await learned(method, { models: shared, lesson: { ...lesson, train: quickly } });
    assert.is(Object.keys(models).length, networkCount);
    assert.is(new Set(stages).size, networkCount);
    const ranked = await rank(log);
    assertRanked(log, ranked);
    const liked = await predictedRewards(judgeOf(school), log, ranked.lists);
    const gains = [...liked].map((reward, row) => reward - before[row]);
    assert.ok(gains.every((gain) => gain > -1e-5) && gains.some((gain) => gain > 1e-4));
    before = [...liked];
  }
});

test.run();
