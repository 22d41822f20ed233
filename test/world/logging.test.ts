import { test } from "uvu";
import * as assert from "uvu/assert";
import { type ListDataset, selectRows } from "../../src/data/dataset.ts";
import { createWorld, type WorldOptions } from "../../src/world/embedded-world.ts";
import { drawLog } from "../../src/world/logging-policy.ts";
import { expectedRewards } from "../../src/world/oracle.ts";
import { findScenario } from "../../src/world/scenarios.ts";

const tiny = (options: WorldOptions = {}) => createWorld({ ...findScenario("tiny").options, ...options });
const training = (size: number, seed = 1) => ({ size, seed, stream: "training" });
const sorted = (values: Iterable<number>) => [...values].sort((a, b) => a - b);

/** The probability that Plackett-Luce picks each index first: softmax(scores / temperature). */
function softmax(scores: Float32Array, temperature: number): number[] {
  const weights = Array.from(scores, (score) => Math.exp(score / temperature));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

function assertFrequencies(counts: readonly number[], probabilities: readonly number[], draws: number): void {
  probabilities.forEach((p, index) => {
    const tolerance = 4.5 * Math.sqrt((p * (1 - p)) / draws) + 1e-9;
    const frequency = counts[index] / draws;
    assert.ok(Math.abs(frequency - p) <= tolerance, `${index}: ${frequency}, expected ${p}`);
  });
}

function countsOf(values: Int32Array, length: number): number[] {
  const counts: number[] = new Array(length).fill(0);
  for (const value of values) counts[value]++;
  return counts;
}

test("a row holds distinct candidates, distinct exposed positions, labels and the scores of its candidates", () => {
  const world = tiny();
  const { candidateCount, listLength, itemCount, userCount } = world.settings;
  const log = drawLog(world, training(300));
  assert.is(log.historyLength, 0);
  assert.is(log.history.length + log.historyFeedback.length, 0);
  for (let row = 0; row < log.size; row++) {
    const candidates = log.candidates.subarray(row * candidateCount, (row + 1) * candidateCount);
    const exposed = log.exposed.subarray(row * listLength, (row + 1) * listLength);
    assert.ok(log.users[row] >= 0 && log.users[row] < userCount);
    assert.is(new Set(candidates).size, candidateCount);
    assert.ok(candidates.every((item) => item >= 0 && item < itemCount));
    assert.is(new Set(exposed).size, listLength);
    assert.ok(exposed.every((position) => position >= 0 && position < candidateCount));
    const scores = world.retrieverScores(log.users[row]);
    const logged = log.retrieverScores.subarray(row * candidateCount, (row + 1) * candidateCount);
    assert.equal(
      [...logged],
      Array.from(candidates, (item) => scores[item]),
    );
  }
  assert.ok(log.feedback.every((label) => label === 0 || label === 1));
});

test("the same seed gives the same log, and another seed, stream or world another one", () => {
  const log = drawLog(tiny(), training(50));
  assert.equal(drawLog(tiny(), training(50)), log);
  const others: ListDataset[] = [
    drawLog(tiny(), training(50, 2)),
    drawLog(tiny(), { ...training(50), stream: "test" }),
    drawLog(tiny({ seed: 2 }), training(50)),
  ];
  for (const other of others) {
    assert.not.equal(other.candidates, log.candidates);
    assert.not.equal(other.exposed, log.exposed);
  }
});

test("a shorter log is a prefix of a longer one", () => {
  const rows = Array.from({ length: 40 }, (_, row) => row);
  assert.equal(selectRows(drawLog(tiny(), training(150)), rows), drawLog(tiny(), training(40)));
});

test("candidates are drawn by the retriever's scores without replacement", () => {
  const draws = 20_000;
  const options = { userCount: 1, itemCount: 5, listLength: 1, candidateTemperature: 0.7 };
  for (const candidateCount of [1, 2]) {
    const world = tiny({ ...options, candidateCount });
    const first = softmax(world.retrieverScores(0), 0.7);
    const second = first.map((p, item) =>
      first.reduce((sum, q, other) => sum + (other === item ? 0 : (q * p) / (1 - q)), 0),
    );
    const inclusion = candidateCount === 1 ? first : first.map((p, item) => p + second[item]);
    const log = drawLog(world, training(draws));
    assertFrequencies(countsOf(log.candidates, 5), inclusion, draws);
  }
});

test("at a low temperature the candidates are nearly the retriever's best, and all items can still be drawn", () => {
  const sharp = tiny({ candidateTemperature: 0.05 });
  const log = drawLog(sharp, training(20));
  for (let row = 0; row < log.size; row++) {
    const scores = sharp.retrieverScores(log.users[row]);
    const [bar, ...best] = sorted(scores).slice(-13);
    const chosen = log.retrieverScores.subarray(row * 12, (row + 1) * 12);
    for (const score of best) assert.ok(score < bar + 0.7 || chosen.includes(score), `${score} over ${bar}`);
    assert.ok(Math.min(...chosen) > bar - 0.7);
  }
  const everything = drawLog(tiny({ candidateTemperature: 0.05, candidateCount: 80 }), training(5));
  for (let row = 0; row < 5; row++) {
    assert.is(new Set(everything.candidates.subarray(row * 80, (row + 1) * 80)).size, 80);
  }
});

test("the logging policy puts a candidate first with its softmax probability, and orders greedily when sharp", () => {
  const draws = 20_000;
  const options = { userCount: 1, itemCount: 5, candidateCount: 5, listLength: 3 };
  const world = tiny({ ...options, policyTemperature: 0.8 });
  const log = drawLog(world, training(draws));
  const firstItems = Int32Array.from({ length: draws }, (_, row) => log.candidates[row * 5 + log.exposed[row * 3]]);
  assertFrequencies(countsOf(firstItems, 5), softmax(world.policyScores(0), 0.8), draws);

  const sharp = tiny({ ...options, policyTemperature: 1e-4 });
  const scores = sharp.policyScores(0);
  const greedy = [0, 1, 2, 3, 4].sort((a, b) => scores[b] - scores[a]).slice(0, 3);
  const sharpLog = drawLog(sharp, training(20));
  for (let row = 0; row < 20; row++) {
    const shown = [0, 1, 2].map((t) => sharpLog.candidates[row * 5 + sharpLog.exposed[row * 3 + t]]);
    assert.equal(shown, greedy);
  }
});

test("the order of the candidates reveals neither what was exposed nor how they score", () => {
  const draws = 6000;
  const log = drawLog(tiny({ policyTemperature: 0.2, candidateTemperature: 0.3 }), training(draws));
  const uniform = (share: number) => new Array(12).fill(share);
  assertFrequencies(countsOf(log.exposed, 12), uniform(4 / 12), draws);
  const bestScored = Int32Array.from({ length: draws }, (_, row) => {
    const scores = log.retrieverScores.subarray(row * 12, (row + 1) * 12);
    return scores.indexOf(Math.max(...scores));
  });
  assertFrequencies(countsOf(bestScored, 12), uniform(1 / 12), draws);
});

test("the log's feedback averages to the expected reward of its lists", () => {
  const world = tiny();
  const log = drawLog(world, training(10_000));
  const positives = log.feedback.reduce((sum, label) => sum + label, 0) / log.size;
  const expected = expectedRewards(world, log, log.exposed).reduce((sum, reward) => sum + reward, 0) / log.size;
  assert.ok(Math.abs(positives - expected) < 0.04, `${positives}, expected ${expected}`);
});

test("a size, seed or temperature out of range is an error", () => {
  assert.throws(() => drawLog(tiny(), training(0)), /size must be a positive integer, got 0/);
  assert.throws(() => drawLog(tiny(), training(1, 0.5)), /seed must be an integer/);
  const frozen = tiny({ candidateTemperature: 1e-4 });
  assert.throws(() => drawLog(frozen, training(1)), /candidateTemperature 0.0001 is too low .* use at least 0\.0/);
});

test.run();
