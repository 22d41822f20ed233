/** NAR4Rec: what its loss and its decoding are by hand, that it fits what it is shown, and what it does not look at. */
import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { candidateBatch, feedbackBatch } from "../../src/data/batch.ts";
import type { ListDataset } from "../../src/data/dataset.ts";
import { allRows } from "../../src/data/labels.ts";
import { decodeLists } from "../../src/goalrank/decoding/decode.ts";
import { predictedRewards } from "../../src/goalrank/judge.ts";
import {
  contrastiveLists,
  MatchingGenerator,
  matchingLoss,
  matchingTask,
  NAR4REC,
  PENALTIES,
} from "../../src/methods/nar4rec.ts";
import { noGrad, tensor } from "../../src/tensor/index.ts";
import { train } from "../../src/training/trainer.ts";
import { log, world } from "../small-world.ts";
import {
  assertRanked,
  createSchool,
  itemsOf,
  judgeOf,
  learned,
  lists32,
  lossOf,
  OVERFITTING,
  random,
  reordered,
  WIDTH,
} from "./small-context.ts";

const test = suite("NAR4Rec");

const { candidateCount: candidates, listLength: length } = log;

function createModel(): MatchingGenerator {
  const options = { width: WIDTH, heads: 2, layers: 1, listLength: length, dropoutRate: 0, seed: 3 };
  return new MatchingGenerator(world.catalogue, { ...options, stream: "NAR4Rec" }, random("NAR4Rec"));
}

/** P, by hand from the logits: [S][L][N]. */
function probabilities(model: MatchingGenerator, dataset: ListDataset): number[][][] {
  const { logits } = noGrad(() => model.encode(candidateBatch(dataset, allRows(dataset))));
  const values = logits.dataSync();
  return Array.from({ length: dataset.size }, (_, row) =>
    Array.from({ length }, (_, t) => {
      const start = (row * length + t) * candidates;
      const weights = Array.from({ length: candidates }, (_, n) => Math.exp(values[start + n]));
      const total = weights.reduce((sum, weight) => sum + weight);
      return weights.map((weight) => weight / total);
    }),
  );
}

test("its loss is the likelihood of liked lists and the unlikelihood of the others, at candidates only", () => {
  const exposed = lists32.exposed.slice();
  exposed[1] = -1;
  const feedback = lists32.feedback.slice();
  feedback.fill(0, 0, 2 * length).fill(1, length, length + 1);
  const dataset = { ...lists32, exposed, feedback };
  const model = createModel();
  const losses = probabilities(model, dataset).map((positions, row) => {
    const own = Array.from({ length }, (_, t) => row * length + t);
    const isLiked = own.some((at) => feedback[at] > 0);
    return own.reduce((sum, at, t) => {
      if (exposed[at] < 0) return sum;
      const p = positions[t][exposed[at]];
      return sum - Math.log(isLiked ? p : 1 - p);
    }, 0);
  });
  const expected = losses.reduce((sum, loss) => sum + loss) / losses.length;
  const actual = matchingLoss(model, feedbackBatch(dataset, allRows(dataset))).itemSync();
  assert.ok(Math.abs(actual - expected) < 1e-4, `${actual} is not ${expected}`);
});

test("in a log of liked lists, those with less feedback than a share of the batch's mean are pushed down, by a weight", () => {
  const feedback = Float32Array.from(lists32.feedback, (_, at) =>
    at % length === 0 || Math.floor(at / length) % 2 === 0 ? 1 : 0,
  );
  const dataset = { ...lists32, feedback };
  const model = createModel();
  // Lists have L positives and 1 in turn, (L + 1) / 2 = 2.5 in the mean, of which 1 is two fifths.
  const expected = (isLow: (row: number) => boolean, weight: number) => {
    const losses = probabilities(model, dataset).map((positions, row) =>
      positions.reduce((sum, own, t) => {
        const p = own[dataset.exposed[row * length + t]];
        return sum - (isLow(row) ? weight * Math.log(1 - p) : Math.log(p));
      }, 0),
    );
    return losses.reduce((sum, loss) => sum + loss) / losses.length;
  };
  const actual = (lowUtility: number, weight: number) =>
    matchingLoss(model, feedbackBatch(dataset, allRows(dataset)), { lowUtility, weight }).itemSync();
  const isOdd = (row: number) => row % 2 === 1;
  for (const [share, weight, isLow] of [
    [0, 1, () => false],
    [0.39, 1, () => false],
    [0.41, 1, isOdd],
    [1, 0.3, isOdd],
  ] as const) {
    const [own, wanted] = [actual(share, weight), expected(isLow, weight)];
    assert.ok(Math.abs(own - wanted) < 1e-4, `share ${share}, weight ${weight}: ${own} is not ${wanted}`);
  }
});

test("it fits 32 lists: liked ones become certain, the others impossible", async () => {
  const model = createModel();
  const task = matchingTask(model, lists32, "NAR4Rec");
  const before = await lossOf(task);
  await train(task, OVERFITTING);
  const after = await lossOf(task);
  assert.ok(after < 0.01 * before, `${before} fell to ${after}`);
  const lists = noGrad(() => contrastiveLists(model.encode(candidateBatch(lists32, allRows(lists32))), [0]).dataSync());
  for (let row = 0; row < lists32.size; row++) {
    const own = [...lists.subarray(row * length, (row + 1) * length)];
    const shown = [...lists32.exposed.subarray(row * length, (row + 1) * length)];
    const labels = lists32.feedback.subarray(row * length, (row + 1) * length);
    if (labels.some((label) => label > 0)) assert.equal(own, shown);
    else assert.ok(own.every((position, t) => position !== shown[t]));
  }
});

test("contrastive decoding is what its formula says, for any scores, rows and penalties", () => {
  const [size, width] = [6, 3];
  const numbers = (count: number) =>
    fc.array(fc.integer({ min: -30, max: 30 }), { minLength: count, maxLength: count });
  fc.assert(
    fc.property(
      numbers(size * width),
      numbers(length * size),
      fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 3 }),
      (rowNumbers, logitNumbers, tenths) => {
        // Irrational steps, so that nothing but the formula decides.
        const rows = rowNumbers.map((value, i) => value / 10 + Math.sin(i + 1) / 7);
        const logits = logitNumbers.map((value, i) => value / 10 + Math.cos(3 * i + 1) / 9);
        const penalties = tenths.map((value) => value / 10);
        const matching = { rows: tensor(rows, [1, size, width]), logits: tensor(logits, [1, length, size]) };
        const lists = contrastiveLists(matching, penalties).dataSync();
        penalties.forEach((penalty, s) => {
          const own = [...lists.subarray(s * length, (s + 1) * length)];
          assertGreedy(own, penalty, rows, logits, size, width);
        });
      },
    ),
    { numRuns: 50, seed: 5 },
  );
});

/** Asserts that each item of a list has the highest score of those left, as far as f32 tells. */
function assertGreedy(
  list: readonly number[],
  penalty: number,
  rows: readonly number[],
  logits: readonly number[],
  size: number,
  width: number,
): void {
  const rowOf = (n: number) => rows.slice(n * width, (n + 1) * width);
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * b[i], 0);
  const cosine = (a: number, b: number) =>
    dot(rowOf(a), rowOf(b)) / Math.sqrt(dot(rowOf(a), rowOf(a)) * dot(rowOf(b), rowOf(b)));
  list.forEach((chosen, t) => {
    const above = list.slice(0, t);
    assert.not.ok(above.includes(chosen));
    const own = logits.slice(t * size, (t + 1) * size);
    const total = own.reduce((sum, logit) => sum + Math.exp(logit), 0);
    const score = (n: number) => {
      const closest = t === 0 ? 0 : Math.max(...above.map((j) => cosine(n, j)));
      return ((1 - penalty) * Math.exp(own[n])) / total - penalty * closest;
    };
    const best = Math.max(
      ...own
        .map((_, n) => n)
        .filter((n) => !above.includes(n))
        .map(score),
    );
    assert.ok(best - score(chosen) < 1e-5, `position ${t}: ${score(chosen)} is not the best, ${best}`);
  });
}

test("lists that are drawn follow the positions' probabilities", () => {
  const draws = 4000;
  const logits = [0, 1, -1, 2];
  const matching = {
    rows: tensor(new Float32Array(draws * 4), [draws, 4, 1]),
    logits: tensor(Array.from({ length: draws }, () => [logits, logits.map((z) => -z)]).flat(2), [draws, 2, 4]),
  };
  const key = { seed: 1, stream: "test", step: 0 };
  const lists = decodeLists(createModel(), matching, {
    lists: 1,
    length: 2,
    sampling: { temperature: 0.8, key },
  }).dataSync();
  const weights = (sign: number) => logits.map((z) => Math.exp((sign * z) / 0.8));
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  for (let first = 0; first < 4; first++) {
    for (let second = 0; second < 4; second++) {
      const left = weights(-1).map((weight, n) => (n === first ? 0 : weight));
      const expected = (weights(1)[first] / sum(weights(1))) * (left[second] / sum(left));
      let found = 0;
      for (let i = 0; i < draws; i++) if (lists[2 * i] === first && lists[2 * i + 1] === second) found++;
      assert.ok(Math.abs(found / draws - expected) < 0.03, `${first}, ${second}`);
    }
  }
});

test("the order in which candidates stand changes nothing", () => {
  const model = createModel();
  const listsOf = (dataset: ListDataset) => {
    const batch = candidateBatch(dataset, allRows(dataset));
    return itemsOf(dataset, {
      lists: noGrad(() => contrastiveLists(model.encode(batch), [0.3]).dataSync()) as Int32Array,
    });
  };
  const before = listsOf(lists32);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1000 }), (step) => {
      assert.equal(listsOf(reordered(lists32, random(`order ${step}`).permutation(candidates))), before);
    }),
    { numRuns: 5, seed: 5 },
  );
});

test("it learns on the tiny world and ranks distinct candidates; the judge likes its choice no less than any proposal", async () => {
  const school = await createSchool(log);
  const { rank, models } = await learned(NAR4REC, school);
  const ranked = await rank(log);
  assertRanked(log, ranked);
  assert.equal(Object.keys(models), ["nar4rec"]);
  assert.equal((await rank(log)).lists, ranked.lists);
  const model = models.nar4rec;
  assert.ok(model instanceof MatchingGenerator);
  const matching = noGrad(() => model.encode(candidateBatch(log, allRows(log))));
  const proposed = noGrad(() => contrastiveLists(matching, PENALTIES).dataSync()) as Int32Array;
  const likedOf = (lists: Int32Array) => predictedRewards(judgeOf(school), log, lists);
  const chosen = await likedOf(ranked.lists);
  for (const s of PENALTIES.keys()) {
    const own = Int32Array.from({ length: log.size * length }, (_, at) => {
      return proposed[(Math.floor(at / length) * PENALTIES.length + s) * length + (at % length)];
    });
    for (const [row, reward] of (await likedOf(own)).entries()) assert.ok(chosen[row] > reward - 1e-5);
  }
});

test.run();
