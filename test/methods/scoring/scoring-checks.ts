/** What methods that score all candidates are held to, whatever they score with. */
import * as fc from "fast-check";
import * as assert from "uvu/assert";
import { candidateBatch, feedbackBatch } from "../../../src/data/batch.ts";
import type { ListDataset } from "../../../src/data/dataset.ts";
import { allRows, candidateLabels } from "../../../src/data/labels.ts";
import { rankByScore } from "../../../src/evaluation/ranking-metrics.ts";
import type { Lesson, Method } from "../../../src/methods/method.ts";
import { type ScoreLoss, type ScoringModel, scoringTask } from "../../../src/methods/scoring/scoring-method.ts";
import { noGrad } from "../../../src/tensor/index.ts";
import type { TrainingOptions } from "../../../src/training/options.ts";
import { train } from "../../../src/training/trainer.ts";
import { log } from "../../small-world.ts";
import {
  assertRanked,
  createSchool,
  learned,
  lists32,
  lossOf,
  OVERFITTING,
  reordered,
  withHistory,
} from "../small-context.ts";

const { candidateCount: candidates } = log;

/** Scores of all candidates of all requests: [S, N]. */
export function scoresOf(model: ScoringModel, dataset: ListDataset): Float32Array {
  return noGrad(() => model.forward(candidateBatch(dataset, allRows(dataset))).dataSync()) as Float32Array;
}

export function assertNear(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-4): void {
  assert.is(actual.length, expected.length);
  for (let i = 0; i < expected.length; i++) {
    assert.ok(Math.abs(actual[i] - expected[i]) <= tolerance, `[${i}]: ${actual[i]} is not ${expected[i]}`);
  }
}

/** The requests with other scores of the retriever. */
export function rescored(dataset: ListDataset, change: (score: number) => number): ListDataset {
  return { ...dataset, retrieverScores: dataset.retrieverScores.map(change) };
}

/** Makes a model see nothing of the retriever's scores but what it makes of them besides its encoder. */
export function hideScores(model: ScoringModel): void {
  for (const [name, weights] of model.namedParameters()) {
    if (name.endsWith("encoder.fromScore.weight")) weights.assign(new Float32Array(weights.size));
  }
}

/** The least that a softmax can lose on P positives of equal share is log P. */
export function listwiseFloor(dataset: ListDataset): number {
  const floors = Array.from(allRows(dataset), (row) => {
    const positives = candidateLabels(feedbackBatch(dataset, [row])).reduce((sum, label) => sum + label, 0);
    return Math.log(Math.max(1, positives));
  });
  return floors.reduce((sum, floor) => sum + floor, 0) / floors.length;
}

/**
 * Trains on all candidates of 32 lists: what is lost beyond the floor must all but vanish, and the positives must come
 * first.
 */
export async function assertFits(
  model: ScoringModel,
  loss: ScoreLoss,
  floor: number,
  options: Partial<TrainingOptions> = {},
  dataset: ListDataset = lists32,
): Promise<void> {
  const task = scoringTask("fit", model, loss, dataset, "negative");
  const before = (await lossOf(task)) - floor;
  await train(task, { ...OVERFITTING, ...options });
  const after = (await lossOf(task)) - floor;
  assert.ok(after < Math.min(0.02, 0.05 * before), `${before} fell to ${after}`);
  const scores = scoresOf(model, dataset);
  for (const row of allRows(dataset)) {
    const labels = candidateLabels(feedbackBatch(dataset, [row]));
    const positives = labels.reduce((sum, label) => sum + label, 0);
    const ranked = rankByScore(scores.subarray(row * candidates, (row + 1) * candidates));
    assert.ok(ranked.subarray(0, positives).every((place) => labels[place] === 1));
  }
}

/** Scores must go with the candidates, wherever they stand. */
export function assertEquivariant(model: ScoringModel, dataset: ListDataset): void {
  const before = scoresOf(model, dataset);
  const places = Array.from({ length: candidates }, (_, n) => n);
  fc.assert(
    fc.property(fc.shuffledSubarray(places, { minLength: candidates, maxLength: candidates }), (order) => {
      const expected = before.map((_, at) => before[Math.floor(at / candidates) * candidates + order[at % candidates]]);
      assertNear(scoresOf(model, reordered(dataset, order)), expected);
    }),
    { numRuns: 20, seed: 5 },
  );
}

/** The scores of a request must not depend on what else is asked at the same time. */
export function assertRequestsApart(model: ScoringModel, dataset: ListDataset): void {
  const together = scoresOf(model, dataset);
  for (const row of [0, 3, 7]) {
    const alone = noGrad(() => model.forward(candidateBatch(dataset, [row])).dataSync());
    assertNear(alone, together.subarray(row * candidates, (row + 1) * candidates));
  }
}

/** The initial ranking is what counts, and not the scores that made it; nor does where the candidates stand. */
export function assertReadsInitialRanking(model: ScoringModel): void {
  hideScores(model);
  const before = scoresOf(model, lists32);
  assertNear(
    scoresOf(
      model,
      rescored(lists32, (score) => 3 * score + 1),
    ),
    before,
    0,
  );
  assert.not.equal(
    scoresOf(
      model,
      rescored(lists32, (score) => -score),
    ),
    before,
  );
  assertEquivariant(model, lists32);
}

/** The method learns where unexposed candidates count nothing and where they count 0, and ranks distinct candidates. */
export async function assertLearns(method: Method): Promise<void> {
  for (const [training, unexposed] of [
    [log, "ignore"],
    [withHistory(log), "negative"],
  ] as const) {
    const { models, lesson } = await createSchool(training, { unexposed });
    const stages: string[] = [];
    const noted: Lesson = {
      ...lesson,
      train(task) {
        stages.push(task.stage);
        return lesson.train(task);
      },
    };
    const instance = await learned(method, { models, lesson: noted });
    assert.equal(stages, [method.name]);
    assert.equal(Object.keys(instance.models), [method.name]);
    assert.not(instance.models[method.name].training);
    assertRanked(training, await instance.rank(training));
  }
}
