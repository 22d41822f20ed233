/** MG-E: what its fleet is, that each member proposes what it says, and that the judge takes the best. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { candidateBatch } from "../../../src/data/batch.ts";
import { allRows } from "../../../src/data/labels.ts";
import { Generator } from "../../../src/goalrank/generator.ts";
import { predictedRewards } from "../../../src/goalrank/judge.ts";
import { byPolicy, byScores, rankRequests } from "../../../src/methods/answering.ts";
import { AUTOREGRESSIVE_NETWORKS, FLEET, type FleetMember } from "../../../src/methods/mg-e/fleet.ts";
import { MG_E_3, MG_E_20, MG_E_100 } from "../../../src/methods/mg-e/mg-e.ts";
import { type FleetNetworks, FleetProposals } from "../../../src/methods/mg-e/proposals.ts";
import { contrastiveLists, MatchingGenerator } from "../../../src/methods/nar4rec.ts";
import { PointwiseRanker } from "../../../src/methods/pointwise-ranker.ts";
import { heldScope, noGrad, scope } from "../../../src/tensor/index.ts";
import { DEFAULT_TRAINING } from "../../../src/training/options.ts";
import { type TrainingTask, train } from "../../../src/training/trainer.ts";
import { generatorOptions, log, world } from "../../small-world.ts";
import { assertRanked, createSchool, judgeOf, learned, lists32, random } from "../small-context.ts";

const test = suite("MG-E");

const { candidateCount: candidates, listLength: length } = log;

const networks: FleetNetworks = {
  pointwise: new PointwiseRanker(world.catalogue, 8, random("pointwise")),
  autoregressive: new Map(
    AUTOREGRESSIVE_NETWORKS.map((name) => [name, new Generator(world.catalogue, generatorOptions, random(name))]),
  ),
  matching: new MatchingGenerator(world.catalogue, { ...generatorOptions, layers: 1 }, random("matching")),
};

const key = (step: number) => ({ seed: 1, stream: "test", step });

/** A member's lists for the 32 requests, one after the other. */
async function listsOf(member: FleetMember, step = 0): Promise<Int32Array> {
  using _ = scope();
  using held = heldScope();
  const proposals = new FleetProposals(networks, candidateBatch(lists32, allRows(lists32)), length, held);
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
  assert.equal(networksOf(3), ["lists", "matching", "pointwise"]);
  assert.equal(networksOf(20), ["lists", "matching", "none", "pointwise", "positives"]);
  assert.equal(networksOf(100), ["lists", "lists 2", "matching", "none", "pointwise", "positives", "positives 2"]);
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

test("best lists are those of the networks by themselves", async () => {
  const best = { method: "best" } as const;
  const { pointwise, autoregressive, matching } = networks;
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
  for (const network of ["pointwise", "lists", "matching"] as const) {
    const lists = await listsOf({ network, decoding: { method: "best", leftOut: 0.999 } });
    const sorted = Array.from(allRows(lists32), (row) => lists.slice(row * length, (row + 1) * length).sort());
    sets.push(sorted.map(String));
  }
  assert.equal(sets[1], sets[0]);
  assert.equal(sets[2], sets[0]);
  assert.ok(new Set(sets[0]).size > 20);
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
    [MG_E_100, 5],
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
