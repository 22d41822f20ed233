/** A method that was written to a file and read back answers as it did, whatever method it is. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Method } from "../../src/methods/method.ts";
import { LOGGING_POLICY, ORACLE } from "../../src/methods/references.ts";
import { Ranker } from "../../src/ranker/ranker.ts";
import { encodeRanker, RankerFileError } from "../../src/ranker/ranker-file.ts";
import type { RankedList } from "../../src/ranker/requests.ts";
import { listsOf, requestOf, rows, SERVED, school, serve, withRanker } from "./served-methods.ts";

const test = suite("served methods");

const itemsOf = (answers: readonly unknown[]) => answers.map((answer) => (answer as RankedList).items);

for (const method of SERVED) {
  test(`${method.title} answers as it did before it was written, together and one by one`, () =>
    withRanker(method, async (ranker, { instance }) => {
      const together = itemsOf(await ranker.rankMany(rows.map(requestOf)));
      const alone: RankedList[] = [];
      for (const row of rows) alone.push(await ranker.rank(requestOf(row)));
      assert.equal(together, itemsOf(alone));
      // What is drawn at random is drawn batch by batch; a ranker draws for each request by itself.
      const expected: string[][] = [];
      for (const row of rows) expected.push(...(await listsOf(instance, [row])));
      assert.equal(together, expected);
    }));
}

test("what draws nothing at random answers requests of an evaluation as they are served", async () => {
  const drawing = /^(random|.*evaluator-\d+|mg-e-\d+)$/;
  for (const method of SERVED.filter(({ name }) => !drawing.test(name))) {
    await withRanker(method, async (ranker, { instance }) => {
      const served = itemsOf(await ranker.rankMany(rows.map(requestOf)));
      assert.equal(served, await listsOf(instance), method.name);
    });
  }
});

test("a method is written to the same bytes again, also once it was read back", async () => {
  for (const method of SERVED) {
    const { instance, bytes } = await serve(method);
    const source = { method, instance, models: school.models, retriever: undefined, training: {} };
    assert.equal(await encodeRanker(source), bytes, method.name);
    const other = await encodeRanker({ ...source, training: { seed: 4 } });
    const fingerprints = await Promise.all(
      [bytes, bytes, other].map(async (own) => {
        const ranker = await Ranker.create(own, { threads: 1 });
        ranker.dispose();
        return ranker.description.fingerprint;
      }),
    );
    assert.is(fingerprints[0], fingerprints[1]);
    assert.is.not(fingerprints[0], fingerprints[2]);
  }
});

test("every method draws lists, one key one list, whatever the company", async () => {
  for (const method of SERVED) {
    await withRanker(method, async (ranker) => {
      const draw = (temperature: number, key: number, row = rows[0]) => {
        return { ...requestOf(row), explore: { key, temperature } };
      };
      const keys = Array.from({ length: 12 }, (_, key) => key);
      const answers = (await ranker.rankMany(keys.map((key) => draw(2, key)))) as RankedList[];
      assert.ok(new Set(answers.map(({ items }) => items.join())).size > 1, method.name);
      const alone = await ranker.rank(draw(2, 7));
      assert.equal(alone.items, answers[7].items, method.name);
      const { drawn } = alone;
      const sum = drawn?.logProbabilities.reduce((total, log) => total + log, 0);
      assert.is(sum, drawn?.logProbability);
      assert.ok((sum ?? 0) < 0 && drawn?.logProbabilities.length === alone.items.length);
    });
  }
});

test("GoalRank draws by its own probabilities, and nearly cold its best list", async () => {
  const goalrank = SERVED.find(({ name }) => name === "goalrank");
  if (goalrank === undefined) throw new Error("GoalRank is not served");
  await withRanker(goalrank, async (ranker) => {
    for (const row of rows.slice(0, 3)) {
      const own = await ranker.rank({ ...requestOf(row), explore: { key: row } });
      assert.ok(Math.abs(own.logProbability - (own.drawn?.logProbability ?? 1)) < 1e-5);
      const cold = await ranker.rank({ ...requestOf(row), explore: { key: row, temperature: 1e-4 } });
      assert.equal(cold.items, (await ranker.rank(requestOf(row))).items);
      assert.ok((cold.drawn?.logProbability ?? -1) > -1e-3);
    }
  });
});

test("a ranker says which method it is, and whose probabilities its lists have", async () => {
  for (const method of SERVED) {
    await withRanker(method, async ({ description }) => {
      assert.is(description.method, method.name);
      assert.is(description.title, method.title);
      const isPolicy = [
        "goalrank",
        "imitation",
        "eg-rerank",
        "seq2slate",
        "nlgr",
        "prefix-comparison",
        "iterative-dpo",
      ].includes(method.name);
      assert.is(description.probabilities, isPolicy ? "policy" : "plackett-luce");
    });
  }
});

test("what only a world knows cannot be served", async () => {
  for (const method of [LOGGING_POLICY, ORACLE] as readonly Method[]) {
    const { bytes } = await serve(method);
    const problem = await Ranker.create(bytes, { threads: 1 }).catch((error: unknown) => error);
    assert.instance(problem, RankerFileError);
    assert.match((problem as Error).message, /answers with the help of a world/);
  }
});

test.run();
