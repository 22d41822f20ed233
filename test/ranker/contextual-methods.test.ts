/** Methods that answer with a contextual judge, or start from one, answer from a file as they did before. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findMethod } from "../../src/methods/index.ts";
import type { Method } from "../../src/methods/method.ts";
import { Ranker } from "../../src/ranker/ranker.ts";
import { decodeRanker } from "../../src/ranker/ranker-file.ts";
import type { RankedList } from "../../src/ranker/requests.ts";
import { createContextualSchool, lists32, type SmallSchool, withHistory } from "../methods/small-context.ts";
import { listsOf, requestOf, rows, train } from "./served-methods.ts";

const test = suite("rankers of a contextual judge");

const school = await createContextualSchool(withHistory(lists32));

async function answersFromFile(method: Method, own: SmallSchool = school): Promise<Uint8Array> {
  const { instance, bytes } = await train(method, own);
  const ranker = await Ranker.create(bytes, { threads: 1 });
  const answers = await ranker.rankMany(rows.map(requestOf));
  ranker.dispose();
  // What is drawn at random is drawn batch by batch; a ranker draws for each request by itself.
  const expected: string[][] = [];
  for (const row of rows) expected.push(...(await listsOf(instance, [row])));
  assert.equal(
    answers.map((answer) => (answer as RankedList).items),
    expected,
    method.name,
  );
  return bytes;
}

for (const name of ["goalrank", "goalrank-start", "judge", "generator-evaluator-3", "prm-evaluator-3"]) {
  test(`${name} answers as it did before it was written`, async () => {
    await answersFromFile(findMethod(name));
  });
}

test("a file holds the members that its method asks: both of the judge, the first of the start, none of GoalRank", async () => {
  const heldBy = async (name: string) =>
    [...decodeRanker((await train(findMethod(name), school)).bytes).shared.keys()].sort();
  assert.equal(await heldBy("judge"), ["reward-model", "reward-model-2"]);
  assert.equal(await heldBy("goalrank-start"), ["reward-model"]);
  assert.equal(await heldBy("goalrank"), []);
});

for (const name of ["prm", "set-rank", "mir"]) {
  test(`${name} that learned as the judge does is restored with its heads`, async () => {
    const tuned = { [name]: { entireSpace: 1, historyLoss: 1 } };
    const context = { ...school.models.context, tuned };
    const told = { ...school, models: { ...school.models, context } };
    const bytes = await answersFromFile(findMethod(name), told);
    const weights = [...(decodeRanker(bytes).models.get(name)?.keys() ?? [])];
    assert.ok(weights.some((weight) => weight.startsWith("historyHead")));
    const plain = await train(findMethod(name), school);
    assert.ok(decodeRanker(plain.bytes).models.get(name)?.size !== weights.length);
  });
}

test.run();
