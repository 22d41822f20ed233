/**
 * A look inside: for a few test requests, the group of lists that GoalRank's training would build and what it makes of
 * each (Eq. 4 and 5), and the methods' lists beside what was shown. Everything is plain data, for JSON.
 */
import { candidateBatch, feedbackBatch } from "../data/batch.ts";
import { type Catalogue, type ListDataset, selectRows } from "../data/dataset.ts";
import { allRows, candidateLabels } from "../data/labels.ts";
import { selectShape, splitByShape } from "../data/shapes.ts";
import { rankByScore } from "../evaluation/ranking-metrics.ts";
import { mean } from "../evaluation/statistics.ts";
import { partStream } from "../goalrank/feedback-task.ts";
import { type GoalRankModels, groupObjective, scoreGroups } from "../goalrank/goalrank-task.ts";
import { predictedRewards } from "../goalrank/judge.ts";
import { byPolicy, byScores, rankRequests } from "../methods/answering.ts";
import { noGrad, Random, scope } from "../tensor/index.ts";
import { expectedRewards } from "../world/oracle.ts";
import type { World } from "../world/world.ts";
import type { Anatomy, FeedbackOnItem, GroupAnatomy, ItemName, JudgedList, RequestAnatomy } from "./anatomy-schema.ts";
import type { RunData } from "./data.ts";
import type { RunSettings } from "./settings.ts";

type AnatomySettings = Pick<RunSettings, "seed" | "groups">;

/** Looks at so many requests of the test set that hold a positive among their candidates, drawn with the seed. */
export async function createAnatomy(
  models: GoalRankModels,
  data: RunData,
  settings: AnatomySettings,
  requests = 3,
): Promise<Anatomy> {
  const rows = drawRequests(data.test, settings.seed, requests);
  const test = selectRows(data.test, rows);
  return {
    listLength: test.listLength,
    referenceTemperature: settings.groups.referenceTemperature,
    items: namesOf(test, data.catalogue),
    requests: rows.length === 0 ? [] : await dissectAll(models, { ...data, test }, settings),
  };
}

function drawRequests(test: ListDataset, seed: number, count: number): Int32Array {
  const order = new Random({ seed, stream: "anatomy requests", step: 0 }).permutation(test.size);
  const labels = candidateLabels(test);
  const hasPositive = (row: number) => part(labels, test.candidateCount, row).some((label) => label > 0);
  return order.filter(hasPositive).subarray(0, count);
}

/** Every request of the test set, in their order. */
async function dissectAll(models: GoalRankModels, data: RunData, settings: AnatomySettings): Promise<RequestAnatomy[]> {
  const requests: RequestAnatomy[] = [];
  for (const [part, rows] of splitByShape(data.test, allRows(data.test)).entries()) {
    const own = await dissect(models, { ...data, test: selectShape(data.test, rows) }, settings, part);
    rows.forEach((row, place) => {
      requests[row] = own[place];
    });
  }
  return requests;
}

/** Every request of a test set of one shape. */
async function dissect(
  models: GoalRankModels,
  { catalogue, test, world }: RunData,
  settings: AnatomySettings,
  shape: number,
): Promise<RequestAnatomy[]> {
  const groups = await dissectGroups(models, test, world, settings, shape);
  const { generator, pointwise } = models;
  const dnn = await rankRequests(byScores(pointwise), test);
  const goalRank = await rankRequests(byPolicy(generator), test);
  const probabilities = await placeProbabilities(models, test, goalRank.lists);
  const judged = async (lists: Int32Array) => {
    const rewards = await predictedRewards(models.judge, test, lists);
    const truth = world && expectedRewards(world, test, lists);
    return (row: number) => judgedList(test, row, part(lists, test.listLength, row), rewards[row], truth?.[row]);
  };
  // A list with an item outside the candidates is not looked at below.
  const shown = await judged(test.exposed.map((position) => Math.max(0, position)));
  const [ofDnn, ofGoalRank] = [await judged(dnn.lists), await judged(goalRank.lists)];
  return groups.map((group, row) => {
    const exposed = part(test.exposed, test.listLength, row);
    const outside = exposed.filter((position) => position < 0).length;
    return {
      user: catalogue.userIds?.[test.users[row]] ?? String(test.users[row]),
      history: historyOf(test, row),
      shown: shownItems(test, row),
      shownOutside: outside,
      candidates: candidatesByScore(test, row, dnn.scores),
      lists: {
        ...(outside === 0 && { shown: shown(row) }),
        dnn: ofDnn(row),
        goalRank: { ...ofGoalRank(row), probabilities: [...part(probabilities, test.listLength, row)] },
      },
      group,
    };
  });
}

/** Draws and scores the groups as a training step does, without its update. */
async function dissectGroups(
  { generator, judge, pointwise, helpers }: GoalRankModels,
  test: ListDataset,
  world: World | undefined,
  { seed, groups: options }: AnatomySettings,
  shape: number,
): Promise<GroupAnatomy[]> {
  using _ = scope();
  const rows = allRows(test);
  const batch = feedbackBatch(test, rows);
  const key = { seed, stream: partStream("anatomy", shape), step: 0 };
  const scored = await scoreGroups({ generator, judge, pointwise, helpers }, batch, options, key);
  const { referencePolicy, logProbabilities } = noGrad(() => {
    const memory = generator.train(false).encode(batch);
    return groupObjective(scored, generator, memory, options.referenceTemperature);
  });
  const [reference, logs] = await Promise.all([referencePolicy.data(), logProbabilities.data()]);
  const { groups, rewards, sources } = scored;
  const { groupSize, distinct, lists } = groups;
  const rowOfList = Int32Array.from(rewards, (_, at) => Math.floor(at / groupSize));
  const truth = world && expectedRewards(world, selectRows(test, rowOfList), lists);
  return [...rows].map((row) => {
    const places = Array.from({ length: groupSize }, (_, place) => row * groupSize + place);
    const kept = places.filter((at) => distinct[at] === 1).sort((a, b) => rewards[b] - rewards[a] || a - b);
    const meanReward = mean(kept.map((at) => rewards[at]));
    const rewardDeviation = Math.sqrt(mean(kept.map((at) => (rewards[at] - meanReward) ** 2)));
    const policy = normalised(kept.map((at) => logs[at]));
    return {
      meanReward,
      rewardDeviation,
      repetitions: groupSize - kept.length,
      lists: kept.map((at, rank) => ({
        ...judgedList(test, row, part(lists, test.listLength, at), rewards[at], truth?.[at]),
        source: sources[at],
        z: rewardDeviation === 0 ? 0 : (rewards[at] - meanReward) / rewardDeviation,
        reference: reference[at],
        policy: policy[rank],
        logProbability: logs[at],
      })),
    };
  });
}

/** The generator's probability of each item of one list per request, given those before it: [S, L]. */
async function placeProbabilities(
  { generator }: GoalRankModels,
  test: ListDataset,
  lists: Int32Array,
): Promise<Float64Array> {
  using _ = scope();
  const steps = noGrad(() => {
    const memory = generator.train(false).encode(candidateBatch(test, allRows(test)));
    return generator.stepLogProbabilities(memory, lists, 1);
  });
  return Float64Array.from(await steps.data(), Math.exp);
}

function judgedList(
  test: ListDataset,
  row: number,
  positions: ArrayLike<number>,
  reward: number,
  trueReward: number | undefined,
): JudgedList {
  return {
    items: Array.from(positions, (position) => itemAt(test, row, position)),
    reward,
    ...(trueReward !== undefined && { trueReward }),
  };
}

function historyOf({ history, historyFeedback, historyLength }: ListDataset, row: number): FeedbackOnItem[] {
  const places = Array.from({ length: historyLength }, (_, h) => row * historyLength + h);
  return places.filter((at) => history[at] >= 0).map((at) => ({ item: history[at], liked: historyFeedback[at] > 0 }));
}

function shownItems(test: ListDataset, row: number): FeedbackOnItem[] {
  const feedback = part(test.feedback, test.listLength, row);
  return [...part(test.exposed, test.listLength, row)].flatMap((position, t) =>
    position < 0 ? [] : [{ item: itemAt(test, row, position), liked: feedback[t] > 0 }],
  );
}

function candidatesByScore(test: ListDataset, row: number, scores: Float32Array): RequestAnatomy["candidates"] {
  const own = part(scores, test.candidateCount, row);
  return [...rankByScore(own)].map((position) => ({
    item: itemAt(test, row, position),
    probability: 1 / (1 + Math.exp(-own[position])),
  }));
}

function namesOf({ candidates, history }: ListDataset, { itemIds, itemTitles }: Catalogue): Anatomy["items"] {
  const mentioned = [...new Set([...candidates, ...history])].filter((item) => item >= 0);
  return Object.fromEntries(
    mentioned.map((item): [number, ItemName] => {
      const title = itemTitles?.[item];
      return [item, { id: itemIds?.[item] ?? String(item), ...(title && { title }) }];
    }),
  );
}

function itemAt({ candidates, candidateCount }: ListDataset, row: number, position: number): number {
  return candidates[row * candidateCount + position];
}

/** Part `at` of parts of equal length, one after another. */
function part<Column extends Int32Array | Float32Array | Float64Array>(
  column: Column,
  length: number,
  at: number,
): Column {
  return column.subarray(at * length, (at + 1) * length) as Column;
}

/** Probabilities in proportion to exp(logs). */
function normalised(logs: readonly number[]): number[] {
  const highest = logs.reduce((high, log) => Math.max(high, log), Number.NEGATIVE_INFINITY);
  const weights = logs.map((log) => Math.exp(log - highest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}
