/** What a retriever makes of someone whom its log does not know. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { buildListDataset } from "../../../src/data/candidates.ts";
import { selectInteractions } from "../../../src/data/interactions.ts";
import { ItemNeighbourRetriever } from "../../../src/data/retrievers/item-neighbours.ts";
import { learnRetriever } from "../../../src/data/retrievers/learn.ts";
import { MatrixRetriever } from "../../../src/data/retrievers/matrix-retriever.ts";
import { itemScorer } from "../../../src/data/retrievers/retriever.ts";
import { ridgeRegression } from "../../../src/data/retrievers/ridge-regression.ts";
import { pearsonCorrelation } from "../../../src/evaluation/statistics.ts";
import { Random } from "../../../src/tensor/index.ts";
import { logOf, type Row } from "../logs.ts";

/** Two kinds of users, who meet items of their own kind. */
function twoKinds() {
  const random = new Random({ seed: 3, stream: "kinds", step: 0 });
  const rows: Row[] = [];
  for (let user = 0; user < 40; user++) {
    random
      .permutation(20)
      .subarray(0, 12)
      .forEach((item, time) => {
        rows.push([`u${user}`, `${user % 2}-${item}`, 5, time]);
      });
  }
  return logOf(rows);
}

test("ridge regression finds the coefficients, and a penalty shrinks them", () => {
  const random = new Random({ seed: 1, stream: "regression", step: 0 });
  const truth = [2, -1, 0.5, 3, 0, 1];
  const inputs = Float64Array.from({ length: 50 * 3 }, () => random.normal());
  const targets = new Float64Array(50 * 2);
  for (let row = 0; row < 50; row++) {
    for (let k = 0; k < 2; k++) {
      for (let i = 0; i < 3; i++) targets[row * 2 + k] += inputs[row * 3 + i] * truth[i * 2 + k];
    }
  }
  const found = ridgeRegression(inputs, 3, targets, 2, 1e-9);
  found.forEach((value, at) => {
    assert.ok(Math.abs(value - truth[at]) < 1e-6, `${value}`);
  });
  const shrunk = ridgeRegression(inputs, 3, targets, 2, 1000);
  assert.ok(Math.hypot(...shrunk) < 0.2 * Math.hypot(...found));
});

test("matrix factorisation scores a stranger like the users who met the same", async () => {
  const log = twoKinds();
  const retriever = await learnRetriever(log, { seed: 1 });
  assert.instance(retriever, MatrixRetriever);
  const items = log.itemIds.map((_, item) => item);
  for (let user = 0; user < 10; user++) {
    const met = [...log.items.subarray(log.userOffsets[user], log.userOffsets[user + 1])];
    const history = met.slice(0, 4).map((item) => ({ item, liked: true }));
    const known = items.map(retriever.scoresFor({ user, history: [] }));
    const stranger = items.map(retriever.scoresFor({ user: undefined, history }));
    assert.ok((pearsonCorrelation(known, stranger) ?? 0) > 0.8, `user ${user}`);
  }
});

for (const name of ["matrix-factorization", "item-neighbours"] as const) {
  test(`${name}: users of the log of whom nothing was learned are scored by their history, as strangers are`, async () => {
    const log = twoKinds();
    const rows = Int32Array.from(log.users.keys()).filter((row) => log.users[row] >= 4);
    const retriever = await learnRetriever(selectInteractions(log, rows), { seed: 1, retriever: name });
    assert.not.ok(retriever.knows(2));
    assert.ok(retriever.knows(4));
    const start = log.userOffsets[2] + 5;
    const lists = {
      size: 1,
      listLength: 2,
      positiveThreshold: 3,
      users: Int32Array.of(2),
      starts: Int32Array.of(start),
    };
    const options = { seed: 1, protocol: "retrieved", candidateCount: 10, historyLength: 3, repeats: false } as const;
    const requests = buildListDataset(log, lists, itemScorer(retriever), options);
    const history = [...log.items.subarray(start - 3, start)].map((item) => ({ item, liked: true }));
    const ofStranger = retriever.scoresFor({ user: undefined, history });
    const ofUser = retriever.scoresFor({ user: 2, history });
    requests.candidates.forEach((item, at) => {
      assert.is(requests.retrieverScores[at], Math.fround(ofStranger(item)));
      assert.is(ofUser(item), ofStranger(item));
    });
  });
}

test("item neighbours add a stranger's likes, and leave out what was met without being liked", () => {
  const log = twoKinds();
  const retriever = ItemNeighbourRetriever.learn(log);
  const score = retriever.scoresFor({ user: undefined, history: [{ item: 0, liked: true }] });
  const kind = log.itemIds[0].slice(0, 2);
  log.itemIds.forEach((name, item) => {
    if (item > 0) assert.is(score(item) > 1e-4, name.startsWith(kind), name);
  });
  assert.ok(retriever.scoresFor({ user: undefined, history: [{ item: 0, liked: false }] })(1) < 1e-5);
});

test.run();
