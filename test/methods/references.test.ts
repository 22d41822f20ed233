/** What nobody trained: exact answers of chance, of the retriever, of the policy that was logged, and of the oracle. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { RequestColumns } from "../../src/data/dataset.ts";
import { randomLists } from "../../src/goalrank/groups/random.ts";
import { Random } from "../../src/kernels/index.ts";
import type { Method, MethodContext } from "../../src/methods/method.ts";
import { AS_THEY_COME, LOGGING_POLICY, ORACLE, RANDOM, RETRIEVER } from "../../src/methods/references.ts";
import { redrawLists } from "../../src/world/logging-policy.ts";
import { expectedRewards } from "../../src/world/oracle.ts";
import { allLists, requests as smallRequests, split } from "../small-generator.ts";
import { log, world } from "../small-world.ts";

const test = suite("references");

function contextOf(requests: RequestColumns, seed: number): MethodContext {
  const { listLength, candidateCount, historyLength } = requests;
  const sizes = { width: 8, heads: 2, layers: 1, dropoutRate: 0 };
  return { ...sizes, listLength, candidateCount, historyLength, seed, catalogue: world.catalogue, world, shared: {} };
}

const rank = (method: Method, requests: RequestColumns = log, seed = 3) =>
  method.create(contextOf(requests, seed)).rank(requests);

/** Two requests of four candidates, lists of two. */
const twoRequests: RequestColumns = {
  size: 2,
  candidateCount: 4,
  listLength: 2,
  historyLength: 0,
  users: Int32Array.of(0, 1),
  candidates: Int32Array.of(3, 1, 2, 0, 7, 6, 5, 4),
  retrieverScores: Float32Array.of(0.5, 2, 2, -1, 0, -3, 4, 0.25),
  history: new Int32Array(),
  historyFeedback: new Float32Array(),
};

test("the retriever lists its highest scores, of equal ones the first candidate, and scores as it did", async () => {
  const { lists, scores } = await rank(RETRIEVER, twoRequests);
  assert.equal([...lists], [1, 2, 2, 3]);
  assert.equal(scores, twoRequests.retrieverScores);
});

test("candidates as they come are listed as they come", async () => {
  const { lists, scores } = await rank(AS_THEY_COME, twoRequests);
  assert.equal([...lists], [0, 1, 0, 1]);
  assert.equal([...scores].map(Math.abs), [0, 1, 2, 3, 0, 1, 2, 3]);
});

test("chance draws one batch of all requests, by its seed, and every candidate as often", async () => {
  const { size, candidateCount: candidates, listLength: length } = log;
  const { lists, scores } = await rank(RANDOM);
  const key = { seed: 3, stream: "random ranking", step: 0 };
  assert.equal(lists, randomLists(size, 1, { candidates, length, key }).lists);
  const draw = new Random({ ...key, stream: "random ranking scores" });
  assert.equal(
    scores,
    Float32Array.from({ length: size * candidates }, () => draw.uniform()),
  );
  assert.not.equal((await rank(RANDOM, log, 4)).lists, lists);
  const many: RequestColumns = {
    ...twoRequests,
    size: 4000,
    users: new Int32Array(4000),
    candidates: new Int32Array(16_000),
    retrieverScores: new Float32Array(16_000),
  };
  const drawn = (await rank(RANDOM, many)).lists;
  for (let candidate = 0; candidate < 4; candidate++) {
    const first = drawn.filter((position, at) => at % 2 === 0 && position === candidate).length;
    assert.ok(Math.abs(first / 4000 - 0.25) < 0.03, `${candidate} is first ${first} times`);
  }
});

test("the logging policy is asked again, by the seed of the run, and has no opinion on the others", async () => {
  const { lists, scores } = await rank(LOGGING_POLICY);
  assert.equal(lists, redrawLists(world, log, 3));
  assert.not.equal((await rank(LOGGING_POLICY, log, 4)).lists, lists);
  assert.ok(scores.every((score) => score === 0));
});

test("no list is better than the oracle's, where all can be tried", async () => {
  const { lists } = await rank(ORACLE, smallRequests);
  const best = expectedRewards(world, smallRequests, lists);
  for (const list of allLists()) {
    const same = Int32Array.from(Array.from({ length: smallRequests.size }, () => list).flat());
    expectedRewards(world, smallRequests, same).forEach((reward, row) => {
      assert.ok(reward <= best[row] + 1e-9, `${list} of request ${row}: ${reward}, ${best[row]}`);
    });
  }
  for (const list of split(lists)) assert.is(new Set(list).size, 3);
});

test("without a world, what only a world knows is an error", async () => {
  for (const method of [LOGGING_POLICY, ORACLE]) {
    const { answering, rank: ask } = method.create({ ...contextOf(log, 3), world: undefined });
    assert.is(answering, undefined);
    const problem = await ask(log).catch((error: Error) => error.message);
    assert.is(problem, `methods: only a world knows ${method.title}'s answers`);
  }
});

test.run();
