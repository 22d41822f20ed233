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
import type { RequestBatch } from "../../data/batch.ts";
import type { ListDataset } from "../../data/dataset.ts";
import { showableLists } from "../../data/labels.ts";
import { rankByScore } from "../../evaluation/ranking-metrics.ts";
import { feedbackTask } from "../../goalrank/feedback-task.ts";
import { binaryCrossEntropyWithLogits, concat, heldScope, noGrad, type Tensor, tensor } from "../../tensor/index.ts";
import type { TrainingTask } from "../../training/trainer.ts";
import { type Answering, byChoice } from "../answering.ts";
import { bestByJudge, byEvaluator, judgedTogether, type ListSource } from "../list-sources.ts";
import { initialWeights, instanceOf, type Method, sharedModel } from "../method.ts";
import type { PointwiseRanker } from "../pointwise-ranker.ts";
import { PermutationInterest } from "./permutation-interest.ts";
import { type Permutation, permuteLists, topCandidates, topPermutations } from "./permutations.ts";

/** Orders at each end of FPSM's ranking that the loss reads. */
const CONTRASTED = 5;
const CONTRAST_WEIGHT = 0.01;

export function pierTask(model: PermutationInterest, dataset: ListDataset): TrainingTask {
  return feedbackTask("pier", model, dataset, async (batch) => {
    const shape = [batch.size, 1, batch.listLength];
    const shown = tensor(showableLists(batch), shape);
    const contrasted = await contrastedOrders(model, batch, shown.reshape([batch.size, -1]));
    const lists = contrasted === undefined ? shown : concat([shown, contrasted], 1);
    const logits = model.forward(batch, lists);
    const labels = tensor(batch.feedback, shape);
    const isCandidate = Float32Array.from(batch.exposed, (at) => (at < 0 ? 0 : 1));
    const errors = binaryCrossEntropyWithLogits(logits.slice(1, 0, 1), labels);
    const loss = errors.mul(tensor(isCandidate, shape)).mean();
    if (contrasted === undefined) return { loss };
    const count = contrasted.shape[1] / 2;
    const meanOf = (from: number, to?: number) => logits.slice(1, from, to).sigmoid().mean();
    const [nearest, farthest] = [meanOf(1, 1 + count), meanOf(1 + count)];
    return { loss: loss.sub(nearest.sub(farthest).mul(CONTRAST_WEIGHT)) };
  });
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
  const ends = orders.map((own) => [...own.slice(0, count), ...own.slice(-count)]);
  return permuteLists(lists, ends);
}

/** The orders for each request, the nearest first: distances [B, P] -> [B][P]. */
async function nearestFirst(distances: Tensor, permutations: readonly Permutation[]): Promise<Permutation[][]> {
  const [requests, count] = distances.shape;
  const nearness = (await distances.data()).map((distance) => -distance);
  return Array.from({ length: requests }, (_, i) => {
    const ranked = rankByScore(nearness.subarray(i * count, (i + 1) * count));
    return Array.from(ranked, (number) => permutations[number]);
  });
}

/** The share of the orders that FPSM keeps. */
const KEPT_SHARE = 1 / 6;

/** The order of the pointwise ranker's best list that OCPM expects most of, among those that FPSM keeps. */
export function byPermutations(model: PermutationInterest, pointwise: PointwiseRanker, listLength: number): Answering {
  const together = judgedTogether(topPermutations(listLength).length);
  return byChoice(together, listLength, async (batch, length) => {
    using held = heldScope();
    const permutations = topPermutations(length);
    const kept = Math.ceil(permutations.length * KEPT_SHARE);
    const propose = () => {
      const scores = pointwise.forward(batch);
      const top = topCandidates(scores, length);
      return [scores, top, model.distances(batch, top, permutations)] as const;
    };
    const [scores, top, distances] = held.run(() => noGrad(propose));
    const nearest = distances && (await nearestFirst(distances, permutations));
    const orders = Array.from({ length: batch.size }, (_, i) => nearest?.[i].slice(0, kept) ?? permutations);
    return await held.run(() => bestByJudge(model, batch, permuteLists(top, orders), scores));
  });
}

export const PIER: Method = {
  name: "pier",
  title: "PIER",
  family: "generator-evaluator",
  answersWith: ["pointwise"],
  create(context) {
    const model = new PermutationInterest(context.catalogue, context, initialWeights(context, "pier"));
    const answering = byPermutations(model, sharedModel(context, "pointwise"), context.listLength);
    return instanceOf({ pier: model }, answering, { learn: ({ training, train }) => train(pierTask(model, training)) });
  },
};

export const PIER_PERMUTATIONS: Method = {
  name: "pier-permutations",
  title: "PIER (all orders)",
  family: "generator-evaluator",
  answersWith: ["pointwise", "judge"],
  create(context) {
    const pointwise = sharedModel(context, "pointwise");
    const source: ListSource = (batch, count, length) => {
      const scores = pointwise.forward(batch);
      const permutations = topPermutations(length).slice(0, count);
      const orders = Array.from({ length: batch.size }, () => permutations);
      return { lists: permuteLists(topCandidates(scores, length), orders), scores };
    };
    const lists = topPermutations(context.listLength).length;
    return instanceOf({}, byEvaluator(source, lists, context));
  },
};
