/**
 * PIER (Shi et al. 2023) chooses among the orders of a pointwise ranker's best L candidates, all 720 of six. FPSM keeps
 * the sixth of them that is nearest to what the user liked before (`sim-hash.ts`; 20 of 120 as published), and OCPM takes
 * the one that it expects most of (`permutation-interest.ts`). With OCPM's p_t,
 *
 *   loss = cross-entropy of the feedback at each position of the lists that were shown
 *          - 0.01 * (mean p of the orders of such a list that are nearest by FPSM - mean p of the farthest)
 *
 * Ours: of the nearest and the farthest orders the loss reads five each. Orders of equal distance stand in lexicographic
 * order, the pointwise list first; data without a history gives FPSM nothing to compare with, so there all orders go on
 * to OCPM.
 *
 * OCPM is the evaluator of the published system. The second method, as in the paper's comparison, has the shared judge
 * choose among all orders, and learns nothing of its own.
 */

import { candidateBatch, type RequestBatch } from "../../data/batch.ts";
import type { ListDataset, RequestColumns } from "../../data/dataset.ts";
import { exposedLabels, exposedLists, showableLists } from "../../data/labels.ts";
import { rankByScore } from "../../evaluation/ranking-metrics.ts";
import {
  binaryCrossEntropyWithLogits,
  concat,
  noGrad,
  scope,
  type Tensor,
  tensor,
} from "../../tensor/index.ts";
import { evaluationBatches } from "../../training/batches.ts";
import type { TrainingTask } from "../../training/trainer.ts";
import { generatorEvaluatorRanking, type RankedLists, scorerRanking } from "../answers.ts";
import type { PointwiseRanker } from "../dnn.ts";
import { initialWeights, type Method } from "../method.ts";
import { PermutationInterest } from "./permutation-interest.ts";
import { type Permutation, permutationProposals, permuteLists, topPermutations } from "./permutations.ts";

/** Orders at each end of FPSM's ranking that the loss reads. */
const CONTRASTED = 5;
const CONTRAST_WEIGHT = 0.01;

export function pierTask(model: PermutationInterest, dataset: ListDataset): TrainingTask {
  return {
    stage: "pier",
    model,
    size: dataset.size,
    async computeLoss(rows) {
      const batch = candidateBatch(dataset, rows);
      const shape = [rows.length, 1, dataset.listLength];
      const shown = tensor(showableLists(dataset, rows), shape);
      const contrasted = await contrastedOrders(model, batch, shown.reshape([rows.length, -1]));
      const lists = contrasted === undefined ? shown : concat([shown, contrasted], 1);
      const logits = model.forward(batch, lists);
      const labels = tensor(exposedLabels(dataset, rows), shape);
      const isCandidate = Float32Array.from(exposedLists(dataset, rows), (at) => (at < 0 ? 0 : 1));
      const errors = binaryCrossEntropyWithLogits(logits.slice(1, 0, 1), labels);
      const loss = errors.mul(tensor(isCandidate, shape)).mean();
      if (contrasted === undefined) return { loss };
      const count = contrasted.shape[1] / 2;
      const nearest = logits
        .slice(1, 1, 1 + count)
        .sigmoid()
        .mean();
      const farthest = logits
        .slice(1, 1 + count)
        .sigmoid()
        .mean();
      return { loss: loss.sub(nearest.sub(farthest).mul(CONTRAST_WEIGHT)) };
    },
  };
}

/**
 * FPSM's nearest and its farthest orders of lists i32 [B, L], as many of each, side by side: i32 [B, 2 K, L]; undefined
 * where it has nothing to compare with, or a list only one order.
 */
async function contrastedOrders(
  model: PermutationInterest,
  batch: RequestBatch,
  lists: Tensor,
): Promise<Tensor | undefined> {
  const permutations = topPermutations(lists.shape[1]);
  const count = Math.min(CONTRASTED, Math.floor(permutations.length / 2));
  const distances = noGrad(() => model.distances(batch, lists, permutations));
  if (distances === undefined || count === 0) return undefined;
  const orders = await nearestFirst(distances, permutations);
  return permuteLists(
    lists,
    orders.map((own) => [...own.slice(0, count), ...own.slice(-count)]),
  );
}

/** The orders for each request, the nearest first: distances [B, P] -> [B][P]. */
async function nearestFirst(
  distances: Tensor,
  permutations: readonly Permutation[],
): Promise<Permutation[][]> {
  const [requests, count] = distances.shape;
  const nearness = (await distances.data()).map((distance) => -distance);
  return Array.from({ length: requests }, (_, i) => {
    const ranked = rankByScore(nearness.subarray(i * count, (i + 1) * count));
    return Array.from(ranked, (number) => permutations[number]);
  });
}

/** The share of the orders that FPSM keeps. */
const KEPT_SHARE = 1 / 6;

/** Lists that are judged together. */
const LISTS_PER_BATCH = 2560;

/** The order of the pointwise ranker's best list that OCPM expects most of, among those that FPSM keeps. */
export async function pierRanking(
  model: PermutationInterest,
  pointwise: PointwiseRanker,
  requests: RequestColumns,
): Promise<RankedLists> {
  const { listLength: length } = requests;
  const { lists, scores } = await scorerRanking(pointwise, requests);
  const permutations = topPermutations(length);
  const kept = Math.ceil(permutations.length * KEPT_SHARE);
  const batchSize = Math.ceil(LISTS_PER_BATCH / permutations.length);
  for (const rows of evaluationBatches(requests.size, batchSize)) {
    using _ = scope();
    const first = rows[0] * length;
    const top = tensor(lists.slice(first, first + rows.length * length), [rows.length, length]);
    const batch = candidateBatch(requests, rows);
    const distances = noGrad(() => model.distances(batch, top, permutations));
    const nearest = distances && (await nearestFirst(distances, permutations));
    const orders = Array.from(rows, (_, i) => nearest?.[i].slice(0, kept) ?? permutations);
    const proposed = permuteLists(top, orders);
    const rewards = noGrad(() => model.rewards(batch, proposed));
    const [judged, proposals] = await Promise.all([rewards.data(), proposed.data()]);
    const count = proposed.shape[1];
    for (let i = 0; i < rows.length; i++) {
      const best = rankByScore(judged.subarray(i * count, (i + 1) * count))[0];
      const start = (i * count + best) * length;
      lists.set(proposals.subarray(start, start + length), first + i * length);
    }
  }
  return { lists, scores };
}

export const PIER: Method = {
  name: "pier",
  title: "PIER",
  family: "generator-evaluator",
  async learn(context) {
    const { catalogue, training, pointwise, width, heads, layers, dropoutRate, seed } = context;
    const { listLength } = training;
    const options = { width, heads, layers, listLength, dropoutRate, seed };
    const model = new PermutationInterest(catalogue, options, initialWeights(context, "pier"));
    await context.train(pierTask(model, training));
    return { models: [model], rank: (requests) => pierRanking(model, pointwise, requests) };
  },
};

export const PIER_PERMUTATIONS: Method = {
  name: "pier-permutations",
  title: "PIER (all orders)",
  family: "generator-evaluator",
  learn({ pointwise, judge, seed }) {
    const proposer = permutationProposals(pointwise);
    return Promise.resolve({
      models: [],
      rank: (requests) => {
        const lists = topPermutations(requests.listLength).length;
        return generatorEvaluatorRanking(proposer, judge, requests, { lists, seed });
      },
    });
  },
};
