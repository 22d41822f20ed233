/** What is asked of a list besides its candidates is met by every method, and its probability is what it says. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { candidateBatch } from "../../src/data/batch.ts";
import { selectRows } from "../../src/data/dataset.ts";
import { Generator } from "../../src/goalrank/generator.ts";
import { findMethod } from "../../src/methods/index.ts";
import type { Ranker } from "../../src/ranker/ranker.ts";
import { type RankedList, type RankRequest, RankRequestError } from "../../src/ranker/requests.ts";
import { noGrad, scope } from "../../src/tensor/index.ts";
import { allLists } from "../small-generator.ts";
import { log, world } from "../small-world.ts";
import { asked, requestOf, SERVED, school, withRanker } from "./served-methods.ts";

const test = suite("constraints on every method");

const { listLength: LENGTH } = log;
const request = requestOf(3);
const names = request.candidates.map(({ item }) => item);

/** The list for `request` with what is changed of it, whose probability must be that of its items in turn. */
async function rank(ranker: Ranker, changes: Partial<RankRequest> = {}): Promise<readonly string[]> {
  const { items, scores, logProbability } = await ranker.rank({ ...request, ...changes });
  assert.is(new Set(items).size, items.length);
  assert.is(scores.length, items.length);
  assert.ok(scores.every((score) => score > 0 && score <= 1));
  const logs = scores.reduce((sum, score) => sum + Math.log(score), 0);
  assert.ok(Math.abs(logs - logProbability) < 1e-5, `${logs} is not ${logProbability}`);
  return items;
}

async function problemOf(ranker: Ranker, own: RankRequest): Promise<string> {
  const answer = await ranker.rank(own).catch((error: unknown) => error);
  assert.instance(answer, RankRequestError);
  return (answer as RankRequestError).message;
}

for (const method of SERVED) {
  test(`${method.title} leaves out what is excluded, and keeps the order of the rest`, () =>
    withRanker(method, async (ranker) => {
      const [first, second, ...rest] = await rank(ranker);
      assert.ok([first, second, ...rest].every((item) => names.includes(item)));
      const without = await rank(ranker, { constraints: { exclude: [first] } });
      assert.not.ok(without.includes(first));
      assert.is(without.length, LENGTH);
      // A policy thinks again after every item; the others only move up.
      if (ranker.description.probabilities === "plackett-luce") {
        assert.equal(without.slice(0, LENGTH - 1), [second, ...rest]);
      }
    }));

  test(`${method.title} puts pinned items where they are pinned`, () =>
    withRanker(method, async (ranker) => {
      const [first, , , last] = await rank(ranker);
      const stranger = names.find((name) => name !== first && name !== last) ?? "";
      const pins = [
        { item: first, position: 2 },
        { item: stranger, position: 0 },
      ];
      const items = await rank(ranker, { constraints: { pins } });
      assert.is(items[0], stranger);
      assert.is(items[2], first);
    }));

  test(`${method.title} lists no more of a category than its limit`, () =>
    withRanker(method, async (ranker) => {
      const [first, second, third] = await rank(ranker);
      const of = { [first]: "a", [second]: "a", [third]: "b" };
      const items = await rank(ranker, { constraints: { categories: { of, limit: 1 } } });
      assert.not.ok(items.includes(first) && items.includes(second), `${items}`);
      const all = Object.fromEntries(names.map((name, n) => [name, n % 4 === 0 ? "rare" : `kind ${n % 4}`]));
      const mixed = await rank(ranker, { constraints: { categories: { of: all, limit: 1 } } });
      assert.is(new Set(mixed.map((item) => all[item])).size, LENGTH);
      assert.match(
        await problemOf(ranker, { ...request, constraints: { categories: { of: all, limit: 0 } } }),
        /limit|no list/,
      );
    }));

  test(`${method.title} makes shorter lists of the same beginning`, () =>
    withRanker(method, async (ranker) => {
      const whole = await rank(ranker);
      for (const length of [1, 2, 3]) {
        assert.equal(await rank(ranker, { length }), whole.slice(0, length));
      }
      assert.match(await problemOf(ranker, { ...request, length: LENGTH + 1 }), /lists of 1 to 4 items/);
    }));

  test(`${method.title} chooses among more candidates than it was trained with`, () =>
    withRanker(method, async (ranker) => {
      const candidates = Array.from({ length: 30 }, (_, n) => ({
        item: String((7 * n) % world.catalogue.itemCount),
        score: Math.sin(n),
      }));
      const items = await rank(ranker, { candidates });
      assert.is(items.length, LENGTH);
      assert.ok(items.every((item) => candidates.some((candidate) => candidate.item === item)));
    }));

  test(`${method.title} with fewer candidates than it lists`, () =>
    withRanker(method, async (ranker) => {
      const candidates = request.candidates.slice(0, 3);
      const few = { ...request, candidates };
      assert.match(await problemOf(ranker, { ...few, length: LENGTH }), /3 are too few/);
      const whole = await rank(ranker, { candidates });
      assert.is(new Set(whole).size, 3);
      assert.is((await rank(ranker, { candidates, length: 2 })).length, 2);
      assert.is((await rank(ranker, { candidates: candidates.slice(0, 1), length: 1 })).length, 1);
    }));
}

/** The lists of three of six candidates, each pinned whole, as a ranker answers them. */
async function everyList(ranker: Ranker): Promise<readonly RankedList[]> {
  const candidates = request.candidates.slice(0, 6);
  const answers = await ranker.rankMany(
    allLists(6, 3).map((list) => ({
      ...request,
      candidates,
      length: 3,
      constraints: { pins: list.map((place, position) => ({ item: names[place], position })) },
    })),
  );
  return answers.map((answer) => {
    if (answer instanceof RankRequestError) throw answer;
    return answer;
  });
}

const total = (lists: readonly RankedList[]) =>
  lists.reduce((sum, { logProbability }) => sum + Math.exp(logProbability), 0);

for (const name of ["retriever", "set-rank", "pier", "nar4rec", "mg-e-3", "generator-evaluator-5", "eg-rerank"]) {
  test(`the probabilities of all lists of ${name} sum to 1`, () =>
    withRanker(findMethod(name), async (ranker) => {
      const lists = await everyList(ranker);
      assert.is(lists.length, 120);
      assert.ok(Math.abs(total(lists) - 1) < 1e-4, `${total(lists)}`);
      assert.ok(new Set(lists.map(({ logProbability }) => logProbability)).size > 60);
    }));
}

test("the retriever's probabilities are those of drawing by exp(score) what is left", () =>
  withRanker(findMethod("retriever"), async (ranker) => {
    const weights = request.candidates.slice(0, 6).map(({ score }) => Math.exp(score));
    const lists = allLists(6, 3);
    (await everyList(ranker)).forEach(({ items, logProbability }, i) => {
      assert.equal(
        items,
        lists[i].map((place) => names[place]),
      );
      let left = weights.reduce((sum, weight) => sum + weight);
      let expected = 1;
      for (const place of lists[i]) {
        expected *= weights[place] / left;
        left -= weights[place];
      }
      assert.ok(Math.abs(Math.exp(logProbability) - expected) < 1e-6);
    });
  }));

for (const name of ["goalrank", "imitation"]) {
  test(`the probabilities of ${name} are the policy's, whatever is pinned`, () =>
    withRanker(findMethod(name), async (ranker, { instance }) => {
      using _ = scope();
      const generator = name === "goalrank" ? instance.models.goalrank : school.models.context.shared.imitation;
      assert.instance(generator, Generator);
      const lists = allLists(6, 3);
      const answers = await everyList(ranker);
      assert.ok(Math.abs(total(answers) - 1) < 1e-4);
      const own = selectRows(asked, [3]);
      const columns = {
        ...own,
        candidateCount: 6,
        candidates: own.candidates.slice(0, 6),
        retrieverScores: own.retrieverScores.slice(0, 6),
      };
      const logs = noGrad(() => {
        const memory = (generator as Generator).encode(candidateBatch(columns, [0]));
        return (generator as Generator).logProbabilities(memory, Int32Array.from(lists.flat()), 120).dataSync();
      });
      answers.forEach(({ logProbability }, i) => {
        assert.ok(Math.abs(logProbability - logs[i]) < 1e-4, `${logProbability}, ${logs[i]}`);
      });
    }));
}

test.run();
