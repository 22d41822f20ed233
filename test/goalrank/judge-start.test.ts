/** A generator that starts from the contextual judge, and groups that hold the judge's lists. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { candidateBatch } from "../../src/data/batch.ts";
import { allRows } from "../../src/data/labels.ts";
import { buildGroups } from "../../src/goalrank/groups/build.ts";
import { Random } from "../../src/kernels/index.ts";
import { byPolicy, byScores, rankRequests } from "../../src/methods/answering.ts";
import { GOAL_RANK } from "../../src/methods/goalrank.ts";
import { createPolicy } from "../../src/methods/goalrank-policy.ts";
import { sharedModel } from "../../src/methods/method.ts";
import { createSharedModels } from "../../src/methods/shared-models.ts";
import { noGrad, scope, tensor } from "../../src/tensor/index.ts";
import { withHistory } from "../methods/small-context.ts";
import { log, world } from "../small-world.ts";

const test = suite("a start from the judge");

const requests = withHistory(log);
const { listLength, candidateCount, historyLength } = requests;

function createModels(entireSpace: boolean) {
  const sizes = { width: 8, heads: 2, layers: 2, dropoutRate: 0.1, seed: 3, listLength, candidateCount, historyLength };
  const judge = { kind: "contextual", contextLayers: 0, head: "positions", reading: "whole-list" } as const;
  const context = { ...sizes, entireSpace, judgeStart: true, catalogue: world.catalogue };
  const { context: own } = createSharedModels(context, { ...judge, members: 2, pessimism: 0 }, ["pointwise", "judge"]);
  const contextual = sharedModel(own, "contextual");
  // Weights as they may have been learned: no score is like another.
  const draw = new Random({ seed: 4, stream: "weights", step: 0 });
  for (const leaf of contextual.parameters())
    leaf.assign(leaf.dataSync().map((weight) => weight + 0.2 * draw.normal()));
  contextual.train(false);
  return { context: own, contextual };
}

for (const entireSpace of [true, false]) {
  const heads = entireSpace ? "two heads" : "one head";
  test(`before its first step the generator's greedy lists are the ranking of the judge with ${heads}, exactly`, async () => {
    const { context, contextual } = createModels(entireSpace);
    const generator = createPolicy(context, "generator").train(false);
    await generator.startFrom(contextual);
    const [started, judged] = await Promise.all(
      [byPolicy(generator), byScores(contextual)].map((answering) => rankRequests(answering, requests)),
    );
    assert.equal(started.lists, judged.lists);
    assert.equal(started.scores, judged.scores);
    assert.is(new Set(judged.scores.subarray(0, candidateCount)).size, candidateCount);
  });
}

test("all of what it starts from is trained, and the first step moves its own correction", async () => {
  const { context, contextual } = createModels(true);
  const generator = createPolicy(context, "generator");
  await generator.startFrom(contextual);
  const batch = candidateBatch(requests, [0, 1]);
  const lists = Int32Array.of(3, 1, 4, 0, 5, 2, 6, 7);
  generator.logProbabilities(generator.encode(batch), lists, 1).sum().backward();
  const moved = (name: string) =>
    generator
      .namedParameters()
      .get(name)
      ?.grad?.dataSync()
      .some((value) => value !== 0);
  for (const name of ["query.weight", "heads.shown.weight", "heads.liked.weight", "memory.ranks.weight"]) {
    assert.ok(moved(name), name);
  }
});

test("a generator that was not made for it starts from no judge", async () => {
  const { context, contextual } = createModels(true);
  const { models } = GOAL_RANK.create({ ...context, judgeStart: false });
  const problem = await createPolicy({ ...context, judgeStart: false }, "other")
    .startFrom(contextual)
    .catch(({ message }: Error) => message);
  assert.is(problem, "generator: it was not made to start from a contextual judge");
  assert.not.ok([...models.goalrank.namedParameters().keys()].some((name) => /heads\.|ranks/.test(name)));
});

const key = { seed: 1, stream: "groups", step: 0 };
const sizes = { requests: requests.size, candidates: candidateCount, length: listLength };

test("groups hold lists of the judge: near its ranking at a low temperature, others at a high one", async () => {
  using _ = scope();
  const { contextual } = createModels(true);
  const batch = candidateBatch(requests, allRows(requests));
  const judgeLogits = noGrad(() => contextual.forward(batch));
  const { lists } = await rankRequests(byScores(contextual), requests);
  const agreement = async (temperature: number) => {
    const set = [{ source: "judge", count: 2, temperature }] as const;
    const groups = await buildGroups(set, { ...sizes, key, judgeLogits });
    assert.equal(groups.sources, ["judge", "judge"]);
    const first = Array.from({ length: requests.size }, (_, row) => groups.lists[row * 2 * listLength]);
    return first.filter((item, row) => item === lists[row * listLength]).length / requests.size;
  };
  assert.is(await agreement(1e-4), 1);
  assert.ok((await agreement(10)) < 0.5);
});

test("two entries of the judge draw from streams of their own", async () => {
  const set = [
    { source: "judge", count: 1 },
    { source: "judge", count: 1 },
  ] as const;
  const judgeLogits = tensor(new Float32Array(requests.size * candidateCount), [requests.size, candidateCount]);
  const { lists } = await buildGroups(set, { ...sizes, key, judgeLogits });
  const [first, second] = [lists.subarray(0, listLength), lists.subarray(listLength, 2 * listLength)];
  assert.not.equal(first, second);
});

test("a judge that scores no candidates has no lists to draw", async () => {
  const problem = await buildGroups([{ source: "judge", count: 2 }], { ...sizes, key }).catch(
    ({ message }: Error) => message,
  );
  assert.is(problem, "groups: source judge needs the logits of a judge that scores candidates, as judgeLogits");
});

test.run();
