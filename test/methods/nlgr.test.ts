/** NLGR: neighbours differ in one place, are worth what a judge says, and teach what it likes. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { feedbackBatch } from "../../src/data/batch.ts";
import { mean } from "../../src/evaluation/statistics.ts";
import { type ListJudge, predictedRewards } from "../../src/goalrank/judge.ts";
import { byPolicy, rankRequests } from "../../src/methods/answering.ts";
import { MatchingGenerator } from "../../src/methods/nar4rec.ts";
import { drawNeighbours, NLGR, neighbourLoss, neighbourTask, relativeWorths } from "../../src/methods/nlgr.ts";
import { noGrad, tensor } from "../../src/tensor/index.ts";
import { train } from "../../src/training/trainer.ts";
import { generatorOptions, log, world } from "../small-world.ts";
import { checkGradients } from "./check-gradients.ts";
import { assertRanked, createSchool, learned, lists32, OVERFITTING, random } from "./small-context.ts";

const test = suite("NLGR");

const { listLength: length, candidateCount: candidates } = log;
const createModel = () => new MatchingGenerator(world.catalogue, { ...generatorOptions, layers: 1 }, random("nlgr"));

/** A list is worth the sum of its places among the candidates, those on top most. */
const byPlace: ListJudge = {
  rewards(_, lists) {
    const [requests, group, size] = lists.shape;
    const items = lists.dataSync();
    return tensor(
      Float32Array.from({ length: requests * group }, (_unused, at) =>
        Array.from({ length: size }, (_other, t) => items[at * size + t] / (t + 1)).reduce((sum, own) => sum + own, 0),
      ),
      [requests, group],
    );
  },
};

const batch = feedbackBatch(lists32, [0, 3]);
const key = { seed: 3, stream: "test", step: 0 };

test("at each position four others are tried, none of which the list holds", async () => {
  const choices = await drawNeighbours(createModel(), batch, key);
  const width = choices.length / (2 * length);
  assert.is(width, 1 + Math.min(4, candidates - length));
  for (const request of [0, 1]) {
    const own = Array.from({ length }, (_, t) => choices[(request * length + t) * width]);
    assert.is(new Set(own).size, length);
    for (let t = 0; t < length; t++) {
      const start = (request * length + t) * width;
      const others = [...choices.subarray(start + 1, start + width)];
      assert.is(new Set(others).size, others.length);
      assert.ok(others.every((n) => n >= 0 && n < candidates && !own.includes(n)));
    }
  }
});

test("a choice is worth what the list gains by it, and the loss is what the shares expect", async () => {
  const model = createModel();
  const choices = await drawNeighbours(model, batch, key);
  const width = choices.length / (2 * length);
  const worths = relativeWorths(byPlace, batch, choices);
  const gains = Array.from(choices, (item, at) => {
    const position = Math.floor(at / width);
    return (item - choices[position * width]) / ((position % length) + 1);
  });
  const own = worths.dataSync();
  for (const request of [0, 1]) {
    const places = gains.slice(request * length * width, (request + 1) * length * width);
    const deviation = Math.sqrt(mean(places.map((gain) => gain ** 2)));
    places.forEach((gain, at) => {
      assert.ok(Math.abs(own[request * length * width + at] - gain / deviation) < 1e-4);
    });
  }
  const [loss, logits] = noGrad(() => [
    neighbourLoss(model, batch, choices, worths).itemSync(),
    model.encode(batch).logits.dataSync(),
  ]);
  let expected = 0;
  for (let position = 0; position < 2 * length; position++) {
    const at = Array.from({ length: width }, (_, c) => position * width + c);
    const weights = at.map((place) => Math.exp(logits[position * candidates + choices[place]]));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    at.forEach((place, c) => {
      expected -= ((weights[c] / total) * own[place]) / (2 * length);
    });
  }
  assert.ok(Math.abs(loss - expected) < 1e-5, `${loss} is not ${expected}`);
});

test("every parameter's gradient agrees with central differences", () =>
  checkGradients(neighbourTask(createModel(), byPlace, log, 4)));

test("it learns lists that a judge likes better", async () => {
  const model = createModel();
  const worthOf = async () => {
    model.train(false);
    const { lists } = await rankRequests(byPolicy(model), lists32);
    return mean(await predictedRewards(byItem, lists32, lists));
  };
  const before = await worthOf();
  await train(neighbourTask(model, byItem, lists32, 4), { ...OVERFITTING, epochs: 40 });
  assert.ok((await worthOf()) > before + 0.2 * Math.abs(before), `${before} ${await worthOf()}`);
});

/** A list is worth the share of its items whose number is even, those on top most. */
const byItem: ListJudge = {
  rewards({ items }, lists) {
    const [requests, group, size] = lists.shape;
    const numbers = items.dataSync();
    const places = lists.dataSync();
    const count = items.shape[1];
    return tensor(
      Float32Array.from({ length: requests * group }, (_, at) => {
        const request = Math.floor(at / group);
        return Array.from({ length: size }, (_unused, t) => {
          return numbers[request * count + places[at * size + t]] % 2 === 0 ? 1 / (t + 1) : 0;
        }).reduce((sum, own) => sum + own, 0);
      }),
      [requests, group],
    );
  },
};

test("it learns on the tiny world and ranks distinct candidates", async () => {
  const { rank } = await learned(NLGR, await createSchool(log));
  assertRanked(log, await rank(log));
});

test.run();
