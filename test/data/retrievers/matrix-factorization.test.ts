/** Matrix factorisation: what it learns from a small log. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type InteractionLog, selectInteractions } from "../../../src/data/interactions.ts";
import {
  MatrixFactorization,
  type RetrieverOptions,
  trainRetriever,
} from "../../../src/data/retrievers/matrix-factorization.ts";
import { MatrixRetriever } from "../../../src/data/retrievers/matrix-retriever.ts";
import { recallAt } from "../../../src/data/retrievers/recall.ts";
import { itemScorer } from "../../../src/data/retrievers/retriever.ts";
import { defaultDevice, Random, scope, tensor } from "../../../src/tensor/index.ts";
import type { StepMetrics } from "../../../src/training/listener.ts";
import { throwsMessage } from "../../throws-message.ts";
import { logOf, type Row } from "../logs.ts";

const BLOCKS = 4;
const USERS_IN_BLOCK = 8;
const ITEMS_IN_BLOCK = 12;
const MET = 8;

const blockOf = (name: string) => Number(name.split("-")[1]);

/** Every user meets 8 of the 12 items of their own block, some of them disliked, and none of any other. */
function blockLog(): InteractionLog {
  const random = new Random({ seed: 5, stream: "blocks", step: 0 });
  const rows: Row[] = [];
  for (let block = 0; block < BLOCKS; block++) {
    for (let user = 0; user < USERS_IN_BLOCK; user++) {
      random
        .permutation(ITEMS_IN_BLOCK)
        .subarray(0, MET)
        .forEach((item, time) => {
          rows.push([`user-${block}-${user}`, `item-${block}-${item}`, 1 + random.integer(5), time]);
        });
    }
  }
  return logOf(rows);
}

const options: Partial<RetrieverOptions> = { width: 8, epochs: 30, batchSize: 64, weightDecay: 0.1, seed: 3 };

const scorerOf = async (model: MatrixFactorization) =>
  itemScorer(MatrixRetriever.fit(await model.weights(), logOf([])));

/** Scores of all pairs [U, I], from a model that is trained and disposed. */
async function trainedScores(log: InteractionLog, own: Partial<RetrieverOptions>): Promise<Float32Array[]> {
  const model = await trainRetriever(log, own);
  const scoreItems = await scorerOf(model);
  model.dispose();
  return log.userIds.map((_, user) => {
    const scores = new Float32Array(log.itemIds.length);
    scoreItems(user, scores);
    return scores;
  });
}

test("every item of the users' own block outranks every other, whether they met it or not", async () => {
  const log = blockLog();
  const scores = await trainedScores(log, options);
  log.userIds.forEach((userId, user) => {
    const inBlock = (item: number) => blockOf(log.itemIds[item]) === blockOf(userId);
    const lowestOwn = Math.min(...scores[user].filter((_, item) => inBlock(item)));
    const highestOther = Math.max(...scores[user].filter((_, item) => !inBlock(item)));
    assert.ok(lowestOwn > highestOther, `${userId}: ${lowestOwn} and ${highestOther}`);
  });
});

test("most of what is held out is retrieved, though it was never seen", async () => {
  const log = blockLog();
  const starts = Int32Array.from(log.userIds, (_, user) => log.userOffsets[user + 1] - 2);
  const users = Int32Array.from(log.userIds.keys());
  const heldOut = { size: users.length, listLength: 2, positiveThreshold: 1, users, starts };
  const known = Int32Array.from(log.users.keys()).filter((row) => row < starts[log.users[row]]);
  const training = selectInteractions(log, known);
  const model = await trainRetriever(training, options);
  const scoreItems = await scorerOf(model);
  model.dispose();
  // Six items of the block were met, which leaves six of 42 items to find both among: 1/7 by chance.
  const recall = recallAt(scoreItems, log, heldOut, ITEMS_IN_BLOCK - 6);
  assert.ok(recall > 0.9, `${recall}`);
});

test("the same seed gives the same bits; another seed gives others", async () => {
  const log = blockLog();
  const short = { ...options, epochs: 2 };
  const scores = await trainedScores(log, short);
  assert.equal(await trainedScores(log, short), scores);
  assert.not.equal(await trainedScores(log, { ...short, seed: 4 }), scores);
});

test("feedback does not matter, and the listener hears of every step", async () => {
  const log = blockLog();
  const short = { ...options, epochs: 2 };
  const flipped = { ...log, feedback: log.feedback.map((value) => 6 - value) };
  assert.equal(await trainedScores(flipped, short), await trainedScores(log, short));

  const heard: string[] = [];
  const losses: number[] = [];
  const model = await trainRetriever(log, options, {
    listener: {
      begin: (stage, totalSteps) => heard.push(`${stage} begins ${totalSteps}`),
      step: (_, __, { loss }) => losses.push(loss),
      end: (stage) => heard.push(`${stage} ends`),
    },
  });
  model.dispose();
  assert.equal(heard, ["retriever begins 120", "retriever ends"]);
  assert.is(losses.length, 120);
  // An untrained model cannot tell met from unmet: softplus(0) = log 2.
  assert.ok(Math.abs(losses[0] - Math.log(2)) < 0.01, `${losses[0]}`);
  assert.ok(losses[119] < 0.2, `${losses[119]}`);
});

test("nobody is compared with what they met", async () => {
  const log = logOf([
    ["ann", "a", 1, 0],
    ["bob", "b", 1, 0],
  ]);
  let last = Number.NaN;
  const listener = { begin() {}, step: (_: string, __: number, { loss }: StepMetrics) => (last = loss), end() {} };
  (await trainRetriever(log, { ...options, epochs: 200 }, { listener })).dispose();
  // A met item against itself costs log 2, and would be half of the pairs.
  assert.ok(last < Math.log(2) / 4, `${last}`);
});

test("training leaves three weights on the device, and disposing the model leaves nothing", async () => {
  const before = defaultDevice().live;
  const model = await trainRetriever(blockLog(), { ...options, epochs: 2 });
  assert.is(defaultDevice().live.buffers, before.buffers + 3);
  const scoreItems = await scorerOf(model);
  model.dispose();
  assert.equal(defaultDevice().live, before);
  assert.not.throws(() => scoreItems(0, new Float32Array(BLOCKS * ITEMS_IN_BLOCK)));
});

const smallModel = () =>
  new MatrixFactorization({ userCount: 3, itemCount: 4 }, 5, new Random({ seed: 1, stream: "small", step: 0 }));

test("forward and the scorer give the score <p_u, q_i> + b_i", async () => {
  const model = smallModel();
  model.itemBias.assign(Float32Array.of(1, -2, 3, 0));
  model.userEmbedding.weight.assign(Float32Array.from({ length: 15 }, (_, n) => n));
  model.itemEmbedding.weight.assign(Float32Array.from({ length: 20 }, (_, n) => (n % 5 === 0 ? 1 : n % 2)));
  // p_1 = [5 6 7 8 9]; q = [1 1 0 1 0], [1 0 1 0 1], [1 1 0 1 0], [1 0 1 0 1].
  const expected = [20, 19, 22, 21];
  const scores = new Float32Array(4);
  (await scorerOf(model))(1, scores);
  assert.equal([...scores], expected);
  using _ = scope();
  const pairs = model.forward(tensor(Int32Array.of(1, 1, 1, 1), [2, 2]), tensor(Int32Array.of(0, 1, 2, 3), [2, 2]));
  assert.equal(pairs.shape, [2, 2]);
  assert.equal([...pairs.dataSync()], expected);
  model.dispose();
});

test("users, items and room for scores out of range are errors that say what was expected", async () => {
  const model = smallModel();
  const scoreItems = await scorerOf(model);
  throwsMessage(
    () => scoreItems(3, new Float32Array(4)),
    "retriever: user 3 is unknown; expected an integer from 0 to 2",
  );
  assert.throws(() => scoreItems(-1, new Float32Array(4)), /user -1 is unknown/);
  throwsMessage(
    () => scoreItems(0, new Float32Array(5)),
    "retriever: room for 5 scores was given; expected 4, one per item",
  );
  {
    using _ = scope();
    const pair = (user: number, item: number) =>
      model.forward(tensor(Int32Array.of(user), [1]), tensor(Int32Array.of(item), [1]));
    assert.throws(() => pair(3, 0), /index 3 at position 0 is outside 0 to 2/);
    assert.throws(() => pair(0, 4), /index 4 at position 0 is outside 0 to 3/);
  }
  model.dispose();
});

test("a log with nothing to learn from or nothing to compare with is an error", async () => {
  const before = defaultDevice().live;
  const messageOf = (log: InteractionLog) =>
    trainRetriever(log, options).then(
      () => "no error",
      (error: Error) => error.message,
    );
  assert.is(await messageOf(logOf([])), "retriever: the log holds no interactions; there is nothing to learn from");
  assert.is(
    await messageOf(
      logOf([
        ["ann", "a", 1, 0],
        ["bob", "a", 1, 0],
        ["bob", "b", 1, 0],
      ]),
    ),
    'retriever: user "bob" has met all 2 items, which leaves none to compare them with; use a log with more items',
  );
  assert.equal(defaultDevice().live, before);
});

test.run();
