/** Seq2Slate: its loss by hand and by finite differences, and that it reads the initial ranking. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { candidateBatch, feedbackBatch } from "../../src/data/batch.ts";
import { allRows, candidateLabels } from "../../src/data/labels.ts";
import { decodeLists } from "../../src/goalrank/decoding/decode.ts";
import { byPolicy, rankRequests } from "../../src/methods/answering.ts";
import { SEQ2SLATE, Seq2Slate, slateLoss, slateTask } from "../../src/methods/seq2slate.ts";
import { noGrad, scope } from "../../src/tensor/index.ts";
import { train } from "../../src/training/trainer.ts";
import { log, world } from "../small-world.ts";
import { checkGradients } from "./check-gradients.ts";
import {
  assertRanked,
  createSchool,
  itemsOf,
  learned,
  lists32,
  lossOf,
  OVERFITTING,
  random,
  reordered,
} from "./small-context.ts";

const test = suite("Seq2Slate");

const { candidateCount: candidates, listLength: length } = log;
const createModel = (width = 8) => new Seq2Slate(world.catalogue, { width, listLength: length }, random("seq2slate"));

test("the loss is the cross-entropy of what is liked among what is left, on a list that it draws", () => {
  using _ = scope();
  const model = createModel();
  const rows = [0, 1, 2];
  const batch = feedbackBatch(lists32, rows);
  const key = { seed: 3, stream: "test", step: 0 };
  const labels = candidateLabels(batch);
  const [loss, expected] = noGrad(() => {
    const memory = model.encode(batch);
    const sampling = { temperature: 1, key };
    const lists = decodeLists(model, memory, { lists: 1, sampling });
    const drawn = lists.dataSync();
    let state = model.begin(memory, 1);
    let total = 0;
    for (let t = 0; t < length; t++) {
      const logits = state.logits.dataSync();
      for (const row of rows) {
        const above = drawn.subarray(row * length, row * length + t);
        const left = Array.from({ length: candidates }, (_, n) => n).filter((n) => !above.includes(n));
        const sum = left.reduce((weight, n) => weight + Math.exp(logits[row * candidates + n]), 0);
        const liked = left.filter((n) => labels[row * candidates + n] > 0);
        for (const n of liked) {
          const chance = Math.exp(logits[row * candidates + n]) / sum;
          total -= Math.log(chance) / (liked.length * Math.log2(t + 2) * rows.length);
        }
      }
      if (t + 1 < length) state = model.advance(memory, state, lists.reshape([3, length]).slice(1, t, t + 1));
    }
    return [slateLoss(model, batch, "negative", key).itemSync(), total];
  });
  assert.ok(Math.abs(loss - expected) < 1e-4, `${loss} is not ${expected}`);
});

test("every parameter's gradient agrees with central differences", () =>
  checkGradients(slateTask(createModel(), log, "ignore", 4)));

test("it fits 32 lists, wherever their candidates stand", async () => {
  const model = createModel(16);
  const task = slateTask(model, lists32, "negative", 4);
  const before = await lossOf(task);
  await train(task, { ...OVERFITTING, epochs: 30 });
  assert.ok((await lossOf(task)) < 0.8 * before);
  model.train(false);
  const listsOf = async (dataset: typeof log) => itemsOf(dataset, await rankRequests(byPolicy(model), dataset));
  const order = random("order").permutation(candidates);
  assert.equal(await listsOf(reordered(lists32, order)), await listsOf(lists32));
  const memory = noGrad(() => model.encode(candidateBatch(lists32, allRows(lists32))));
  assert.equal(memory.rows.shape, [32, candidates, 16]);
});

test("it learns on the tiny world and ranks distinct candidates", async () => {
  const { rank } = await learned(SEQ2SLATE, await createSchool(log));
  assertRanked(log, await rank(log));
});

test.run();
