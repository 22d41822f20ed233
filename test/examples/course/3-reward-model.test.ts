/** Solutions of lecture 3, and the figures that the lesson takes from it. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { asTensor, FilmJudge, ListJudge, train, width } from "../../../examples/course/3-reward-model.ts";
import { drawLog, LISTS, type List, truth } from "../../../examples/course/six-films.ts";
import { pearsonCorrelation } from "../../../src/evaluation/index.ts";
import { AdamW, Linear } from "../../../src/nn/index.ts";
import { binaryCrossEntropyWithLogits, noGrad, Random, scope, tensor } from "../../../src/tensor/index.ts";

/** The correlation of rewards with the truth over the 40 lists that a log of 4000 shows most, and the 40 it shows least. */
function correlations(rewards: ArrayLike<number>): { most: number; least: number } {
  const counts = new Map<string, number>();
  for (const { list } of drawLog(4000, 1)) counts.set(list.join(), (counts.get(list.join()) ?? 0) + 1);
  const order = [...LISTS.keys()];
  order.sort((a, b) => (counts.get(LISTS[b].join()) ?? 0) - (counts.get(LISTS[a].join()) ?? 0));
  const over = (places: number[]) =>
    pearsonCorrelation(
      places.map((at) => rewards[at]),
      places.map((at) => truth(LISTS[at])),
    ) ?? 0;
  return { most: over(order.slice(0, 40)), least: over(order.slice(80)) };
}

const rewardsOf = (judge: FilmJudge | ListJudge) => noGrad(() => judge.forward(asTensor(LISTS))).data();

test("a: a film judge gives all orders of three films one reward, though the truth tells them apart", async () => {
  const rewards = await rewardsOf(new FilmJudge());
  const at = (list: List) => LISTS.findIndex((other) => other.join() === list.join());
  const orders = [
    [0, 2, 4],
    [4, 2, 0],
    [2, 4, 0],
  ];
  for (const order of orders) assert.ok(Math.abs(rewards[at(order)] - rewards[at([0, 2, 4])]) < 1e-6);
  assert.ok(truth([0, 2, 4]) - truth([4, 2, 0]) > 0.1);
});

test("b: of 4000 lists the judge learns those that are shown often, and hardly the others; of 200, less of both", async () => {
  const [many, few] = [new ListJudge(), new ListJudge()];
  await train(many, drawLog(4000, 1));
  await train(few, drawLog(200, 1));
  const [ofMany, ofFew] = [correlations(await rewardsOf(many)), correlations(await rewardsOf(few))];
  assert.ok(ofMany.most > 0.6, `${ofMany.most}`);
  assert.ok(ofMany.least < 0.4, `${ofMany.least}`);
  assert.ok(ofFew.most < ofMany.most - 0.2, `${ofFew.most}`);
});

test("c: a probability for each position, learned from each film's own like, is the better judge", async () => {
  const [total, positions] = [new ListJudge(), new ListJudge()];
  const log = drawLog(4000, 1);
  await train(total, log);
  const head = new Linear(width, 1, new Random({ seed: 1, stream: "positions", step: 0 }));
  const logitsOf = (lists: readonly List[]) => head.forward(positions.read(asTensor(lists))).reshape([lists.length, 3]);
  const optimiser = new AdamW([...positions.parameters(), ...head.parameters()], { learningRate: 0.01 });
  for (let step = 0; step < 8 * 62; step++) {
    using _ = scope();
    const rows = Array.from({ length: 64 }, (_, n) => log[(64 * step + n) % log.length]);
    positions.zeroGrad();
    head.zeroGrad();
    const liked = tensor(Float32Array.from(rows.flatMap((row) => row.liked)), [64, 3]);
    binaryCrossEntropyWithLogits(logitsOf(rows.map(({ list }) => list)), liked)
      .mean()
      .backward();
    optimiser.step();
  }
  const byPosition = await noGrad(() => logitsOf(LISTS).sigmoid().sum(1)).data();
  const [before, after] = [correlations(await rewardsOf(total)), correlations(byPosition)];
  assert.ok(after.most + after.least > before.most + before.least + 0.1, JSON.stringify({ before, after }));
});

test.run();
