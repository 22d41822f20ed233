/**
 * TSPRank (Li et al. 2024): a ranking as a tour, every pair of neighbours worth something, of which the best is found
 * exactly.
 *
 *   m = encoder(candidates), edges e_ij = m_i W m_j / sqrt(D), from a learned start too         [B, 1 + L, L]
 *   list = argmax over orders of sum_t e(l_{t-1}, l_t)
 *
 * It learns each step of the right order by itself (the publication's local learning): the cross-entropy of the next item
 * among those that are left, weighted by 1 / log2(t + 1). The right order of what was shown is by feedback, the shown order
 * among equals (ours).
 *
 * Ours besides: what stands in the list is chosen by scores of candidates, learned list-wise, since a tour over all N is
 * beyond reach; the best order of the L chosen is found by dynamic programming over subsets (Held and Karp 1962), of the
 * top eight where L is more; and the tour is open, from a start, where the publication closes it.
 */
import type { FeedbackBatch, RequestBatch } from "../data/batch.ts";
import type { Catalogue, ListDataset } from "../data/dataset.ts";
import { candidateLabelTensor, showableLists, type UnexposedCandidates } from "../data/labels.ts";
import { itemsOf } from "../goalrank/candidate-encoder.ts";
import { feedbackTask } from "../goalrank/feedback-task.ts";
import { listwiseLoss } from "../goalrank/listwise-loss.ts";
import { type BlockStack, Linear, Module, normal, parameter } from "../nn/index.ts";
import { concat, heldScope, noGrad, type Random, type Tensor, tensor } from "../tensor/index.ts";
import type { TrainingTask } from "../training/trainer.ts";
import { type Answering, byChoice, topLists } from "./answering.ts";
import { initialWeights, instanceOf, type Method } from "./method.ts";
import { countedCandidates } from "./scoring/counted-candidates.ts";
import { MemoryScorer } from "./scoring/memory-scorer.ts";

/** The most items whose best order is found: 2^8 subsets of them. */
const MOST_ORDERED = 8;

export class TourRanker extends Module {
  readonly scorer: MemoryScorer;
  private readonly start: Tensor;
  private readonly pair: Linear;

  constructor(
    catalogue: Catalogue,
    private readonly options: BlockStack,
    random: Random,
  ) {
    super();
    const { width } = options;
    this.scorer = new MemoryScorer(catalogue, options, random);
    this.start = parameter(normal([1, 1, width], 0.1, random), [1, 1, width]);
    this.pair = new Linear(width, width, random);
  }

  encode(batch: RequestBatch): Tensor {
    return this.scorer.memory.forward(batch);
  }

  /** What each item of lists i32 [B, L] is worth after each other one, and first of all in row 0: [B, 1 + L, L]. */
  edges(rows: Tensor, lists: Tensor): Tensor {
    const [requests, length] = lists.shape;
    const items = itemsOf(rows, lists.reshape([requests, 1, length]));
    const { width } = this.options;
    const before = concat([this.start.broadcastTo([requests, 1, width]), items], 1);
    return this.pair
      .forward(before)
      .matmul(items, { transposeB: true })
      .mul(1 / Math.sqrt(width));
  }
}

/** The list-wise loss of scores, and what the steps of the right order lose. */
export function tourLoss(model: TourRanker, batch: FeedbackBatch, unexposed: UnexposedCandidates): Tensor {
  const { size, listLength: length } = batch;
  const rows = model.encode(batch);
  const counted = countedCandidates(batch, unexposed);
  const chosen = listwiseLoss(model.scorer.score(rows), candidateLabelTensor(batch).mul(counted), counted.cast("i32"));
  const { lists, counts } = rightOrders(batch);
  const edges = model.edges(rows, tensor(lists, [size, length])).slice(1, 0, length);
  const square = (isSet: (t: number, j: number) => boolean) =>
    Int32Array.from({ length: length ** 2 }, (_, at) => Number(isSet(Math.floor(at / length), at % length)));
  const left = tensor(
    square((t, j) => j >= t),
    [1, length, length],
  ).broadcastTo(edges.shape);
  const next = tensor(
    square((t, j) => j === t),
    [length, length],
  ).cast("f32");
  const steps = edges.logSoftmax(left).mul(next).sum(2);
  return chosen.sub(
    steps
      .mul(tensor(counts, [size, length]))
      .sum(1)
      .mean(),
  );
}

/** What was shown, the most liked first, and what the step to each counts, 0 for what is no candidate: [B, L] each. */
function rightOrders(batch: FeedbackBatch): { lists: Int32Array; counts: Float32Array } {
  const { size, listLength: length, exposed, feedback } = batch;
  const shown = showableLists(batch);
  const lists = new Int32Array(shown.length);
  const counts = new Float32Array(shown.length);
  for (let row = 0; row < size; row++) {
    const worth = (at: number) => (exposed[at] < 0 ? -1 : feedback[at]);
    const places = Array.from({ length }, (_, t) => row * length + t).sort((a, b) => worth(b) - worth(a) || a - b);
    places.forEach((at, t) => {
      lists[row * length + t] = shown[at];
      counts[row * length + t] = exposed[at] < 0 ? 0 : 1 / Math.log2(t + 2);
    });
  }
  return { lists, counts };
}

/**
 * The order of `count` items of the highest sum of edges, by dynamic programming over subsets and their last items.
 * @param edges [1 + count, count], flat; row 0 for the first item, row 1 + i for what follows item i
 */
export function bestOrder(edges: ArrayLike<number>, count: number): number[] {
  const subsets = 1 << count;
  const best = new Float64Array(subsets * count).fill(Number.NEGATIVE_INFINITY);
  const before = new Int32Array(subsets * count).fill(-1);
  for (let item = 0; item < count; item++) best[(1 << item) * count + item] = edges[item];
  for (let subset = 1; subset < subsets; subset++) {
    for (let last = 0; last < count; last++) {
      const worth = best[subset * count + last];
      if (worth === Number.NEGATIVE_INFINITY) continue;
      for (let next = 0; next < count; next++) {
        if ((subset >> next) & 1) continue;
        const at = (subset | (1 << next)) * count + next;
        const longer = worth + edges[(1 + last) * count + next];
        if (longer > best[at]) [best[at], before[at]] = [longer, last];
      }
    }
  }
  return tracedBack(best, before, count);
}

/** The order that ends where the whole set is worth the most. */
function tracedBack(best: Float64Array, before: Int32Array, count: number): number[] {
  let subset = (1 << count) - 1;
  const ends = best.subarray(subset * count);
  let last = ends.indexOf(Math.max(...ends));
  const order: number[] = [];
  while (last >= 0) {
    order.unshift(last);
    const previous = before[subset * count + last];
    subset &= ~(1 << last);
    last = previous;
  }
  return order;
}

/** The candidates of the highest scores, in the best order. */
function byTour(model: TourRanker, listLength: number): Answering {
  return byChoice(128, listLength, async (batch, length) => {
    using held = heldScope();
    const [rows, scored] = held.run(() =>
      noGrad(() => {
        const encoded = model.encode(batch);
        return [encoded, model.scorer.score(encoded)] as const;
      }),
    );
    const scores = Float32Array.from(await scored.data());
    const top = topLists(scores, batch.size, length);
    const ordered = Math.min(length, MOST_ORDERED);
    const edgesOfTop = () => {
      const lists = tensor(top.lists, [batch.size, length], { device: rows.device });
      return noGrad(() => model.edges(rows, lists.slice(1, 0, ordered)));
    };
    const edges = await held.run(edgesOfTop).data();
    const lists = top.lists.slice();
    const stride = (1 + ordered) * ordered;
    for (let row = 0; row < batch.size; row++) {
      bestOrder(edges.subarray(row * stride, (row + 1) * stride), ordered).forEach((item, t) => {
        lists[row * length + t] = top.lists[row * length + item];
      });
    }
    return { lists, scores };
  });
}

export function tourTask(model: TourRanker, dataset: ListDataset, unexposed: UnexposedCandidates): TrainingTask {
  return feedbackTask("tsp-rank", model, dataset, (batch) => ({ loss: tourLoss(model, batch, unexposed) }));
}

export const TSP_RANK: Method = {
  name: "tsp-rank",
  title: "TSPRank",
  family: "generator",
  answersWith: [],
  create(context) {
    const blocks = { ...context, stream: "tsp-rank" };
    const model = new TourRanker(context.catalogue, blocks, initialWeights(context, "tsp-rank"));
    return instanceOf({ "tsp-rank": model }, byTour(model, context.listLength), {
      learn: ({ training, unexposed, train }) => train(tourTask(model, training, unexposed)),
    });
  },
};
