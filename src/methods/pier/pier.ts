/**
 * PIER (Shi et al. 2023) chooses among the orders of a pointwise ranker's best L candidates, all 720 of six. FPSM keeps
 * the sixth of them that is nearest to what the user liked before (`sim-hash.ts`; 20 of 120 as published), and OCPM takes
 * the one that it expects most of (`permutation-interest.ts`). With OCPM's p_t,
 *
 *   loss = cross-entropy of the feedback at each position of the lists that were shown
 *          - 0.01 * (mean p of the orders of such a list that are nearest by FPSM - mean p of the farthest)
 *
 * Where what was not shown counts 0, as in a log of ratings, the cross-entropy also reads lists of candidates that were
 * shown and others, in random order (ours, as for the reward model): a list that was shown holds none of the others, which
 * OCPM is asked about all the time.
 *
 * Ours: how many of those lists there are; that the share of orders that FPSM keeps and the weight of the contrast can be
 * tuned; of the nearest and the farthest orders the loss reads five each. Orders of equal distance stand in lexicographic
 * order, the pointwise list first; data without a history gives FPSM nothing to compare with, so there all orders go on
 * to OCPM.
 *
 * OCPM is the evaluator of the published system. The second method, as in the paper's comparison, has the shared judge
 * choose among all orders, and learns nothing of its own.
 */
import type { RequestBatch } from "../../data/batch.ts";
import type { ListDataset } from "../../data/dataset.ts";
import { labelsOfLists, mixedLists, showableLists, type UnexposedCandidates } from "../../data/labels.ts";
import { rankByScore } from "../../evaluation/ranking-metrics.ts";
import { feedbackTask, partStream } from "../../goalrank/feedback-task.ts";
import { binaryCrossEntropyWithLogits, concat, heldScope, noGrad, type Tensor, tensor } from "../../tensor/index.ts";
import type { TrainingTask } from "../../training/trainer.ts";
import { type Answering, byChoice } from "../answering.ts";
import { bestByJudge, byEvaluator, judgedTogether, type ListSource } from "../list-sources.ts";
import { hyperparametersOf, initialWeights, instanceOf, type Method, sharedModel } from "../method.ts";
import type { PointwiseRanker } from "../pointwise-ranker.ts";
import { PermutationInterest } from "./permutation-interest.ts";
import { type Permutation, permuteLists, topCandidates, topPermutations } from "./permutations.ts";

/** Orders at each end of FPSM's ranking that the loss reads. */
const CONTRASTED = 5;

/** What can be tuned. */
export const DEFAULT_PIER = {
  /** Lists of each request, besides the one that was shown, where what was not shown counts 0. */
  mixedLists: 2,
  contrastWeight: 0.01,
  /** The share of the orders that FPSM keeps. */
  keptShare: 1 / 6,
};

/** How OCPM learns. */
export interface PierOptions extends Readonly<Omit<typeof DEFAULT_PIER, "keptShare">> {
  readonly unexposed: UnexposedCandidates;
  readonly seed: number;
}

export function pierTask(model: PermutationInterest, dataset: ListDataset, options: PierOptions): TrainingTask {
  const mixed = options.unexposed === "negative" ? options.mixedLists : 0;
  return feedbackTask("pier", model, dataset, async (batch, step, part) => {
    const { size, listLength: length } = batch;
    const shown = showableLists(batch);
    const contrasted = await contrastedOrders(model, batch, tensor(shown, [size, length]));
    const drawn = Array.from({ length: mixed }, (_, copy) =>
      mixedLists(batch, { seed: options.seed, stream: partStream(`pier mixed ${copy}`, part), step }),
    );
    const asTensor = (values: Int32Array | Float32Array) => tensor(values, [size, 1, length]);
    const lists = [shown, ...drawn].map(asTensor);
    const logits = model.forward(batch, concat([...lists, ...(contrasted === undefined ? [] : [contrasted])], 1));
    const labels = concat([batch.feedback, ...drawn.map((own) => labelsOfLists(batch, own))].map(asTensor), 1);
    const isCandidate = Float32Array.from(batch.exposed, (at) => (at < 0 ? 0 : 1));
    const counted = concat([isCandidate, ...drawn.map((own) => new Float32Array(own.length).fill(1))].map(asTensor), 1);
    const errors = binaryCrossEntropyWithLogits(logits.slice(1, 0, lists.length), labels);
    const loss = errors.mul(counted).mean();
    if (contrasted === undefined) return { loss };
    const count = contrasted.shape[1] / 2;
    const meanOf = (from: number, to?: number) => logits.slice(1, from, to).sigmoid().mean();
    const [nearest, farthest] = [meanOf(lists.length, lists.length + count), meanOf(lists.length + count)];
    return { loss: loss.sub(nearest.sub(farthest).mul(options.contrastWeight)) };
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

/** The order of the pointwise ranker's best list that OCPM expects most of, among those that FPSM keeps. */
export function byPermutations(
  model: PermutationInterest,
  pointwise: PointwiseRanker,
  listLength: number,
  keptShare = DEFAULT_PIER.keptShare,
): Answering {
  const together = judgedTogether(topPermutations(listLength).length);
  return byChoice(together, listLength, async (batch, length) => {
    using held = heldScope();
    const permutations = topPermutations(length);
    const kept = Math.ceil(permutations.length * keptShare);
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
  hyperparameters: {
    mixedLists: {
      default: DEFAULT_PIER.mixedLists,
      values: [0, 1, 2],
      summary: "Lists with unshown candidates that the context model learns from, where what was not shown counts 0",
    },
    contrastWeight: {
      default: DEFAULT_PIER.contrastWeight,
      values: [0, 0.01, 0.1],
      summary: "What the orders that resemble liked lists count in the loss, against those that least do",
    },
    keptShare: {
      default: DEFAULT_PIER.keptShare,
      values: [DEFAULT_PIER.keptShare, 0.5, 1],
      summary: "Share of the orders that the hash of liked lists leaves to the context model",
    },
  },
  create(context) {
    const { seed } = context;
    const { mixedLists, contrastWeight, keptShare } = hyperparametersOf(PIER, context);
    const model = new PermutationInterest(context.catalogue, context, initialWeights(context, "pier"));
    const answering = byPermutations(model, sharedModel(context, "pointwise"), context.listLength, keptShare);
    return instanceOf({ pier: model }, answering, {
      learn: ({ training, unexposed, train }) =>
        train(pierTask(model, training, { unexposed, mixedLists, contrastWeight, seed })),
    });
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
