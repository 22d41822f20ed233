/**
 * NLGR (Wang et al. 2024): a generator that fills all positions at once (`nar4rec.ts`) learns from the neighbours of its
 * own lists. For a list l that it draws, a neighbour has another candidate at one position, drawn from that position's
 * distribution, and is worth a_tc = what the evaluator says of it less what it says of l; a = 0 for l itself. With q the
 * generator's shares of l_t and the K others that were tried at position t,
 *
 *   loss = - mean over positions of sum_c q_tc a_tc / std a        (the expected relative worth)
 *
 * so that every position hears what its choice alone is worth, which a reward for whole lists does not say.
 *
 * Written from what is generally known of it, not from the text of the publication. Ours, so far as is known: the shared judge is the evaluator; K = 4; the loss in this
 * form, whose gradient is exact over what was tried; std over a request's neighbours, floored.
 */
import type { FeedbackBatch } from "../data/batch.ts";
import type { ListDataset } from "../data/dataset.ts";
import { decodeLists } from "../goalrank/decoding/decode.ts";
import { feedbackTask, partStream } from "../goalrank/feedback-task.ts";
import type { ListJudge } from "../goalrank/judge.ts";
import { full, gumbelTopK, noGrad, type RandomKey, type Tensor, tensor } from "../tensor/index.ts";
import type { TrainingTask } from "../training/trainer.ts";
import { byPolicy } from "./answering.ts";
import { instanceOf, type Method, sharedModel } from "./method.ts";
import { createMatchingGenerator, type MatchingGenerator } from "./nar4rec.ts";

/** Other candidates that are tried at each position: K. */
const TRIED = 4;

/** Lists and what was tried at each of their positions: i32 [B, L, 1 + K], the lists' own items first. */
export async function drawNeighbours(
  model: MatchingGenerator,
  batch: FeedbackBatch,
  key: RandomKey,
): Promise<Int32Array> {
  const { size, listLength: length, candidateCount: candidates } = batch;
  const tried = Math.min(TRIED, candidates - length);
  const matching = noGrad(() => model.encode(batch));
  const drawn = noGrad(() => decodeLists(model, matching, { lists: 1, length, sampling: { temperature: 1, key } }));
  const lists = await drawn.data();
  if (tried === 0) return Int32Array.from(lists);
  const left = new Int32Array(size * length * candidates).fill(1);
  lists.forEach((item, at) => {
    const request = Math.floor(at / length);
    for (let t = 0; t < length; t++) left[(request * length + t) * candidates + item] = 0;
  });
  const others = await noGrad(() => {
    const mask = tensor(left, [size, length, candidates]);
    const otherKey = { ...key, stream: `${key.stream}, neighbours` };
    return gumbelTopK(matching.logits.slice(1, 0, length), { lists: 1, length: tried, key: otherKey, mask });
  }).data();
  const width = 1 + tried;
  return Int32Array.from({ length: size * length * width }, (_, at) => {
    const [position, choice] = [Math.floor(at / width), at % width];
    return choice === 0 ? lists[position] : others[position * tried + choice - 1];
  });
}

/**
 * What each choice at each position is worth more than the list's own item there, standardised: [B, L, 1 + K].
 * @param choices i32 [B, L, 1 + K], flat
 */
export function relativeWorths(judge: ListJudge, batch: FeedbackBatch, choices: Int32Array): Tensor {
  const { size, listLength: length } = batch;
  const width = choices.length / (size * length);
  const neighbours = Int32Array.from({ length: size * length * width * length }, (_, at) => {
    const [list, t] = [Math.floor(at / length), at % length];
    const [position, choice] = [Math.floor(list / width) % length, list % width];
    const request = Math.floor(list / (length * width));
    return choices[(request * length + t) * width + (t === position ? choice : 0)];
  });
  const rewards = judge.rewards(batch, tensor(neighbours, [size, length * width, length]));
  const relative = rewards.sub(rewards.slice(1, 0, 1));
  const deviation = relative.square().mean(1, true).sqrt();
  return relative.div(deviation.maximum(full([1], 1e-4, relative))).reshape([size, length, width]);
}

/** - the mean over requests and positions of the worth that the generator's shares of the choices expect: a scalar. */
export function neighbourLoss(
  model: MatchingGenerator,
  batch: FeedbackBatch,
  choices: Int32Array,
  worths: Tensor,
): Tensor {
  const { logits } = model.encode(batch);
  const own = logits.slice(1, 0, batch.listLength);
  return own.takeAlongLast(tensor(choices, worths.shape)).softmax().mul(worths).sum(2).mean().neg();
}

export function neighbourTask(
  model: MatchingGenerator,
  judge: ListJudge,
  dataset: ListDataset,
  seed: number,
): TrainingTask {
  return feedbackTask("nlgr", model, dataset, async (batch, step, part) => {
    const choices = await drawNeighbours(model, batch, { seed, stream: partStream("nlgr", part), step });
    const worths = noGrad(() => relativeWorths(judge, batch, choices));
    return { loss: neighbourLoss(model, batch, choices, worths) };
  });
}

export const NLGR: Method = {
  name: "nlgr",
  title: "NLGR",
  family: "generator",
  answersWith: [],
  learnsWith: ["judge"],
  create(context) {
    const model = createMatchingGenerator(context, "nlgr");
    return instanceOf({ nlgr: model }, byPolicy(model), {
      learn: ({ training, train }) =>
        train(neighbourTask(model, sharedModel(context, "judge"), training, context.seed)),
    });
  },
};
