/** How a reward model is trained: on the lists that were shown, and on lists that were not (section 3.3, appendix B). */
import type { FeedbackBatch } from "../data/batch.ts";
import type { ListDataset } from "../data/dataset.ts";
import {
  candidateLabelTensor,
  labelsOfLists,
  mixedLists,
  showableLists,
  type UnexposedCandidates,
} from "../data/labels.ts";
import {
  binaryCrossEntropyWithLogits,
  meanSquaredError,
  noGrad,
  type RandomKey,
  type Tensor,
  tensor,
} from "../tensor/index.ts";
import type { TrainingTask } from "../training/trainer.ts";
import { feedbackTask, partStream } from "./feedback-task.ts";
import type { Generator } from "./generator.ts";
import { policyLists } from "./groups/policy.ts";
import { listwiseLoss } from "./listwise-loss.ts";
import type { ListReading, RewardModel } from "./reward-model.ts";

/** Lists, besides the exposed one of each request, that the model learns from when what was not shown counts 0. */
export interface UnseenLists {
  /** Lists of exposed and unexposed candidates in random order. */
  readonly mixed: number;
  /** Lists that a policy draws: those that the reward model will be asked about. */
  readonly policy?: { readonly generator: Generator; readonly count: number; readonly temperature: number } | undefined;
}

/** What a reward model learns: our losses together, or the one of appendix B alone. */
export const REWARD_LOSSES = ["own", "appendix-b"] as const;
/** One of {@link REWARD_LOSSES}. */
export type RewardLoss = (typeof REWARD_LOSSES)[number];

/** What a reward model learns beside the lists of the log. */
export interface RewardTaskOptions {
  /** `own` unless given; with `appendix-b` nothing but shown lists is learned from. */
  readonly loss?: RewardLoss;
  readonly unexposed: UnexposedCandidates;
  readonly unseen: UnseenLists;
  readonly seed: number;
  readonly stage: string;
}

/**
 * loss = cross-entropy of the feedback at each position (ours: it says which item earned it), plus the squared error of
 * the list's reward, by the sum of the positions and by the head of its own (appendix B), each over L. Where what was
 * not shown counts 0, a request has several lists, and the model also learns their order (ours, `groupContrast`); one
 * with a memory learns from every candidate too, list-wise (ours): a list teaches the memory little.
 */
export function rewardTask(model: RewardModel, dataset: ListDataset, options: RewardTaskOptions): TrainingTask {
  const { stage, seed, unexposed } = options;
  if (options.loss === "appendix-b") return shownListsTask(model, dataset, stage);
  return feedbackTask(stage, model, dataset, async (batch, step, part) => {
    const { size, listLength: length } = batch;
    const key = { seed, stream: partStream(`${stage} lists`, part), step };
    const { lists, labels } = await labelledLists(batch, options, key);
    const reading = model.readLists(batch, lists, length);
    const observed = tensor(labels, [size, lists.length / (size * length), length]);
    const loss = rewardLoss(reading, observed.reshape([-1, length]));
    if (unexposed === "ignore") return { loss };
    const contrasted = loss.add(groupContrast(model.rewardsOf(reading), observed.sum(2)));
    const { candidateLogits } = reading;
    if (candidateLogits === undefined) return { loss: contrasted };
    return { loss: contrasted.add(listwiseLoss(candidateLogits, candidateLabelTensor(batch))) };
  });
}

/** Eq. 6 as it is printed: the squared error of the reward that a shown list got, and nothing besides. */
function shownListsTask(model: RewardModel, dataset: ListDataset, stage: string): TrainingTask {
  return feedbackTask(stage, model, dataset, async (batch) => {
    const lists = showableLists(batch);
    const observed = tensor(labelsOfLists(batch, lists), [batch.size, batch.listLength]).sum(1);
    return { loss: meanSquaredError(model.rewardsOf(model.readLists(batch, lists, batch.listLength)), observed) };
  });
}

function rewardLoss({ positionLogits, totals }: ListReading, labels: Tensor): Tensor {
  const rewards = labels.sum(1);
  const ofPositions = meanSquaredError(positionLogits.sigmoid().sum(1), rewards);
  const listError = ofPositions.add(meanSquaredError(totals, rewards)).mul(1 / labels.shape[1]);
  return binaryCrossEntropyWithLogits(positionLogits, labels).mean().add(listError);
}

/**
 * - sum_l softmax(y)_l log softmax(r)_l over the G lists of each request, mean over requests (ours): Eq. 4 only looks at
 * how the rewards of one request's lists differ, and the errors above mostly at how requests differ.
 *
 * @param rewards predicted: [B * G]
 * @param observed [B, G]
 */
function groupContrast(rewards: Tensor, observed: Tensor): Tensor {
  const predicted = rewards.reshape(observed.shape).logSoftmax();
  return observed.softmax().mul(predicted).sum(1).mean().neg();
}

/** Lists of B requests with the feedback that each of their items got or would have got: both [B, G, L], flat. */
async function labelledLists(
  batch: FeedbackBatch,
  { unexposed, unseen }: RewardTaskOptions,
  key: RandomKey,
): Promise<{ readonly lists: Int32Array; readonly labels: Float32Array }> {
  if (unexposed === "ignore") return { lists: batch.exposed, labels: batch.feedback };
  const named = (name: string) => ({ ...key, stream: `${key.stream} ${name}` });
  const sources = [showableLists(batch)];
  for (let copy = 0; copy < unseen.mixed; copy++) sources.push(mixedLists(batch, named(`mixed ${copy}`)));
  if (unseen.policy !== undefined) {
    const { generator, count, temperature } = unseen.policy;
    const memory = noGrad(() => generator.train(false).encode(batch));
    const drawn = await policyLists(generator, memory, count, {
      length: batch.listLength,
      temperature,
      key: named("policy"),
    });
    sources.push(drawn.lists);
  }
  const lists = sideBySide(sources, batch.size);
  return { lists, labels: labelsOfLists(batch, lists) };
}

/** Lists [B, G_k, L] of several sources as one [B, sum G_k, L]. */
function sideBySide(sources: readonly Int32Array[], requests: number): Int32Array {
  const total = sources.reduce((sum, { length }) => sum + length, 0);
  const joined = new Int32Array(total);
  let at = 0;
  for (let request = 0; request < requests; request++) {
    for (const source of sources) {
      const share = source.length / requests;
      joined.set(source.subarray(request * share, (request + 1) * share), at);
      at += share;
    }
  }
  return joined;
}
