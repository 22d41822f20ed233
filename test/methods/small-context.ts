/** What methods learn from in tests: the tiny world, small models, and a quick training. */

import * as assert from "uvu/assert";
import { type ListDataset, selectRows } from "../../src/data/dataset.ts";
import { allRows } from "../../src/data/labels.ts";
import { imitationTask } from "../../src/goalrank/imitation-task.ts";
import type { ListJudge } from "../../src/goalrank/judge.ts";
import type { ModelShape } from "../../src/goalrank/model-shape.ts";
import { rewardTask } from "../../src/goalrank/reward-task.ts";
import { pointwiseLoss, scoringTask } from "../../src/goalrank/scoring-task.ts";
import { Random } from "../../src/kernels/index.ts";
import type { RankedLists } from "../../src/methods/answering.ts";
import { type Lesson, type Method, type MethodInstance, sharedModel } from "../../src/methods/method.ts";
import { DEFAULT_POLICY } from "../../src/methods/objectives/objective-settings.ts";
import { pointwiseTask } from "../../src/methods/pointwise-ranker.ts";
import { createSharedModels, type SharedSet } from "../../src/methods/shared-models.ts";
import { DEFAULT_TRAINING, type TrainingOptions } from "../../src/training/options.ts";
import { type TrainingTask, train } from "../../src/training/trainer.ts";
import { log, world } from "../small-world.ts";

export const WIDTH = 16;

export const random = (stream: string) => new Random({ seed: 2, stream, step: 0 });

/** What a model is to fit in tests. */
export const lists32 = selectRows(
  log,
  Int32Array.from({ length: 32 }, (_, row) => row),
);

/** 250 steps on 32 lists. */
export const OVERFITTING: TrainingOptions = {
  ...DEFAULT_TRAINING,
  epochs: 250,
  batchSize: 32,
  learningRate: 1e-2,
  weightDecay: 0,
};

/** The log as if the user had met the items of other lists before: H = 9, the first of them often missing. */
export function withHistory(dataset: ListDataset, historyLength = 9): ListDataset {
  const draw = random("history");
  const history = new Int32Array(dataset.size * historyLength).fill(-1);
  const historyFeedback = new Float32Array(history.length);
  for (let row = 0; row < dataset.size; row++) {
    for (let h = draw.integer(historyLength); h < historyLength; h++) {
      history[row * historyLength + h] = draw.integer(world.catalogue.itemCount);
      historyFeedback[row * historyLength + h] = draw.integer(2);
    }
  }
  return { ...dataset, historyLength, history, historyFeedback };
}

/** The loss of all rows of a task. */
export async function lossOf(task: TrainingTask): Promise<number> {
  const rows = Int32Array.from({ length: task.size }, (_, row) => row);
  const { loss } = await task.computeLoss(rows, 1);
  return loss.item();
}

/** Requests whose candidates stand in another order: candidate n is that which stood at order[n]. */
export function reordered(dataset: ListDataset, order: ArrayLike<number>): ListDataset {
  const { candidateCount: candidates } = dataset;
  const moved = <Column extends Int32Array | Float32Array>(column: Column): Column =>
    column.map((_, at) => column[Math.floor(at / candidates) * candidates + order[at % candidates]]) as Column;
  const placeOf = new Map(Array.from(order, (from, to) => [from, to]));
  return {
    ...dataset,
    candidates: moved(dataset.candidates),
    retrieverScores: moved(dataset.retrieverScores),
    exposed: dataset.exposed.map((position) => placeOf.get(position) ?? -1),
  };
}

/** The items of ranked lists, list by list. */
export function itemsOf(dataset: ListDataset, { lists }: Pick<RankedLists, "lists">): number[][] {
  const { listLength: length, candidateCount: candidates } = dataset;
  return Array.from(allRows(dataset), (row) =>
    Array.from({ length }, (_, t) => dataset.candidates[row * candidates + lists[row * length + t]]),
  );
}

/** Asserts that each list holds distinct candidates, and that every candidate has a score. */
export function assertRanked(dataset: ListDataset, { lists, scores }: RankedLists): void {
  const { size, listLength: length, candidateCount: candidates } = dataset;
  assert.is(lists.length, size * length);
  assert.is(scores.length, size * candidates);
  assert.ok(scores.every(Number.isFinite));
  for (let row = 0; row < size; row++) {
    const list = lists.subarray(row * length, (row + 1) * length);
    assert.ok(
      list.every((position) => position >= 0 && position < candidates),
      `${list}`,
    );
    assert.is(new Set(list).size, length, `${list}`);
  }
}

/** Shared models that have learned a little, and what a method learns from. */
export interface SmallSchool {
  readonly models: SharedSet;
  readonly lesson: Lesson;
}

const QUICK: TrainingOptions = { ...DEFAULT_TRAINING, epochs: 2, batchSize: 16 };

/** A school whose judge scores candidates, and GoalRank starts as its ranking; what was not shown counts 0. */
export async function createContextualSchool(training: ListDataset): Promise<SmallSchool> {
  const { listLength, candidateCount, historyLength } = training;
  const sizes = { width: 8, heads: 2, layers: 1, dropoutRate: 0.1, seed: 3, listLength, candidateCount, historyLength };
  const judge = { kind: "contextual", contextLayers: 0, head: "positions", reading: "whole-list" } as const;
  const models = createSharedModels(
    { ...sizes, entireSpace: true, judgeStart: true, catalogue: world.catalogue },
    { ...judge, members: 2, pessimism: 0 },
    ["pointwise", "judge"],
  );
  const quick = (task: TrainingTask) => train(task, QUICK);
  await quick(pointwiseTask(sharedModel(models.context, "pointwise"), training, "negative"));
  for (const model of models.contextualJudges) {
    await quick(scoringTask("judge", model, pointwiseLoss, training, "negative"));
    model.train(false);
  }
  const set = [
    { source: "policy", count: 3 },
    { source: "judge", count: 3 },
  ] as const;
  const policy = { generatorStart: "judge", policyRequests: 32, groups: { ...DEFAULT_POLICY, set } } as const;
  return { models, lesson: { training, unexposed: "negative", rewardModel: undefined, policy, train: quick } };
}

/** All three shared models, of width 8, that have seen `training` twice. */
export async function createSchool(
  training: ListDataset,
  { unexposed = "ignore", dropoutRate = 0.1 }: Partial<Pick<Lesson, "unexposed"> & ModelShape> = {},
): Promise<SmallSchool> {
  const { listLength, candidateCount, historyLength } = training;
  const sizes = { width: 8, heads: 2, layers: 1, dropoutRate, seed: 3 };
  const { catalogue } = world;
  const models = createSharedModels(
    { ...sizes, listLength, candidateCount, historyLength, catalogue, world },
    { kind: "list", contextLayers: 0, head: "positions", reading: "top-down", members: 1, pessimism: 0 },
    ["pointwise", "imitation", "judge"],
  );
  const { pointwise, imitation } = models.context.shared;
  const [rewardModel] = models.rewardModels;
  assert.ok(pointwise && imitation);
  await train(pointwiseTask(pointwise, training, unexposed), QUICK);
  await train(imitationTask(imitation, training, "list"), QUICK);
  await train(rewardTask(rewardModel, training, { unexposed, unseen: { mixed: 1 }, seed: 3, stage: "judge" }), QUICK);
  const policy = { generatorStart: "reward", policyRequests: 32, groups: DEFAULT_POLICY } as const;
  return { models, lesson: { training, unexposed, rewardModel, policy, train: (task) => train(task, QUICK) } };
}

/** A method that has learned its lesson. */
export async function learned(method: Method, { models, lesson }: SmallSchool): Promise<MethodInstance> {
  const instance = method.create(models.context);
  await instance.learn?.(lesson);
  return instance;
}

/** The judge of a school. */
export function judgeOf({ models }: SmallSchool): ListJudge {
  return sharedModel(models.context, "judge");
}
