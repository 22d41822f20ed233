/**
 * How EG-Rerank (`model.ts`) learns, and the method that it is (Huzhang et al. 2021). For each request, five lists are
 * drawn from a copy pi_old of the generator. Position t of a list l returns what the judge expects of it and of those
 * below, and what the discriminator thinks of the list (d, its logit of being logged):
 *
 *   R_t = sum over s >= t of g^(s - t) r_s + w log sigmoid(d(l)),   advantage a_t = (R_t - mean R_t) / std R_t over the five
 *   generator:      - mean over positions of min(q a, clip(q, 0.9, 1.1) a),   q = pi(l_t | l_<t) / pi_old(l_t | l_<t)
 *                   - 0.001 * mean entropy of pi                              (PPO, Schulman et al. 2017)
 *   discriminator:  - log sigmoid(d(logged)) - mean of log(1 - sigmoid(d(drawn)))
 *
 * A judge that cannot say what single positions earn (`positionRewards`) gives all of them the reward of the list.
 *
 * The published discount g is 0.01, which makes a position answer for little but itself. Ours: that g is 1 unless it is
 * tuned, since in a list it matters what an item leaves to those below; that d counts at every position alike; its weight
 * w, 0.1 unless tuned; that the copy is renewed every four batches, so that there is something to clip; and the warm
 * start, by which the generator's encoder of users and items begins as the judge's.
 */
import type { RequestBatch } from "../../data/batch.ts";
import type { ListDataset } from "../../data/dataset.ts";
import { showableLists } from "../../data/labels.ts";
import { feedbackTask, partStream } from "../../goalrank/feedback-task.ts";
import type { ListJudge } from "../../goalrank/judge.ts";
import { binaryCrossEntropyWithLogits, concat, full, noGrad, type Tensor, tensor } from "../../tensor/index.ts";
import type { TrainingTask } from "../../training/trainer.ts";
import { byPolicy } from "../answering.ts";
import { hyperparametersOf, initialWeights, instanceOf, type Method, sharedModel } from "../method.ts";
import { clippedGain, returnsToGo } from "../objectives/policy-gradient.ts";
import { trainedEncoder } from "../warm-start.ts";
import { type DecodedTrajectories, EgRerank, PointerGenerator } from "./model.ts";

export const DEFAULT_EG_RERANK = {
  /** Lists that are drawn for each request. */
  samples: 5,
  /** How far the ratio of probabilities may move a step. */
  clip: 0.1,
  entropyWeight: 0.001,
  /** w: what log sigmoid(d) counts beside the judge's reward, in positives. */
  discriminatorWeight: 0.1,
  /** g: what the reward of a position counts at the one above it. */
  discount: 1,
  /** Batches between two copies of the generator that lists are drawn from. */
  refreshEvery: 4,
};
export type EgRerankOptions = Readonly<typeof DEFAULT_EG_RERANK>;

export interface EgRerankModels {
  readonly model: EgRerank;
  /** Of the generator's shape: holds the copy that lists are drawn from. */
  readonly sampler: PointerGenerator;
  readonly judge: ListJudge;
}

/** Returns that differ by less are taken for equal: their differences are rounding. */
const LEAST_DEVIATION = 1e-4;

export function egRerankTask(
  { model, sampler, judge }: EgRerankModels,
  dataset: ListDataset,
  options: EgRerankOptions,
  seed: number,
): TrainingTask {
  const { generator, discriminator } = model;
  const { samples, refreshEvery, discriminatorWeight, discount } = options;
  const task = feedbackTask("eg-rerank", model, dataset, async (batch, step, part) => {
    if (part === 0 && step % refreshEvery === 0) sampler.loadStateDict(await generator.stateDict());
    const key = { seed, stream: partStream("eg-rerank", part), step };
    const drawn = noGrad(() => sampler.sample(batch, samples, key, batch.listLength));
    const logged = tensor(showableLists(batch), [batch.size, 1, batch.listLength]);
    const told = discriminator.forward(batch, concat([logged, drawn.lists], 1));
    const [ofLogged, ofDrawn] = [told.slice(1, 0, 1), told.slice(1, 1)];
    const rewards = noGrad(() => earnings(judge, batch, drawn.lists));
    const strangeness = ofDrawn.detach().neg().softplus().mul(discriminatorWeight);
    const returns = returnsToGo(rewards, discount).sub(strangeness.reshape([batch.size, samples, 1]));
    const { surrogate, entropy } = policyTerms(generator, batch, drawn, advantages(returns), options.clip);
    const mistaken = answerLoss(ofLogged, 1).add(answerLoss(ofDrawn, 0));
    return {
      loss: mistaken.sub(surrogate).sub(entropy.mul(options.entropyWeight)),
      describe: async () => ({
        reward: await rewards.sum(2).mean().item(),
        entropy: await entropy.item(),
        discriminatorLoss: await mistaken.item(),
      }),
    };
  });
  return { ...task, companions: new Map([["sampler", sampler]]) };
}

/** Mean cross-entropy of logits d with one answer, 1 for logged and 0 for drawn: a scalar. */
function answerLoss(logits: Tensor, answer: number): Tensor {
  return binaryCrossEntropyWithLogits(logits, full(logits.shape, answer, logits)).mean();
}

/** What each position of lists i32 [B, S, L] earns, [B, S, L], or, where the judge cannot say, the whole list: [B, S, 1]. */
function earnings(judge: ListJudge, batch: RequestBatch, lists: Tensor): Tensor {
  const ofPositions = judge.positionRewards?.(batch, lists);
  return ofPositions ?? judge.rewards(batch, lists).reshape([...lists.shape.slice(0, 2), 1]);
}

/** (R - mean R) / std R over the lists of each request, at each position: [B, S, L] -> [B, S, L]. */
function advantages(returns: Tensor): Tensor {
  const centred = returns.sub(returns.mean(1, true));
  const deviation = centred.square().mean(1, true).sqrt();
  return centred.div(deviation.maximum(full([1], LEAST_DEVIATION, returns)));
}

/** What the generator climbs, by given advantages [B, S, L], or [B, S, 1] for all positions: both scalars, means over all positions. */
function policyTerms(
  generator: PointerGenerator,
  batch: RequestBatch,
  drawn: DecodedTrajectories,
  gains: Tensor,
  clip: number,
): { surrogate: Tensor; entropy: Tensor } {
  const [requests, samples, length] = drawn.lists.shape;
  const logs = generator.stepLogProbabilities(batch, drawn);
  const chosen = logs.takeAlongLast(drawn.lists.reshape([requests, samples * length, 1]));
  const ratio = chosen.reshape(drawn.lists.shape).sub(drawn.stepLogProbabilities).exp();
  const surrogate = clippedGain(ratio, gains, clip).mean();
  const entropy = logs.exp().mul(logs).sum(2).mean().neg();
  return { surrogate, entropy };
}

export const EG_RERANK: Method = {
  name: "eg-rerank",
  title: "EGRerank",
  family: "generator-evaluator",
  answersWith: [],
  learnsWith: ["judge"],
  hyperparameters: {
    discriminatorWeight: {
      default: DEFAULT_EG_RERANK.discriminatorWeight,
      values: [0, 0.03, 0.1, 0.3],
      summary: "What being taken for a logged list counts beside the judge's reward, in positives",
    },
    discount: {
      default: DEFAULT_EG_RERANK.discount,
      values: [0.01, 1],
      summary: "What the reward of a position counts at the one above it",
    },
    warmStart: {
      default: 0,
      values: [0, 1],
      summary: "1: the generator's encoder of users and items begins as the judge's",
    },
  },
  create(context) {
    const { catalogue, width, listLength, seed } = context;
    const model = new EgRerank(catalogue, width, listLength, initialWeights(context, "eg-rerank"));
    const { generator } = model;
    return instanceOf({ "eg-rerank": model }, byPolicy(generator), {
      async learn(lesson) {
        const { discriminatorWeight, discount, warmStart } = hyperparametersOf(EG_RERANK, context);
        if (warmStart === 1) generator.encoder.loadStateDict(await trainedEncoder(context, lesson).stateDict());
        const weights = initialWeights(context, "eg-rerank sampler");
        const sampler = new PointerGenerator(catalogue, width, listLength, weights);
        const models = { model, sampler, judge: sharedModel(context, "judge") };
        const options = { ...DEFAULT_EG_RERANK, discriminatorWeight, discount };
        await lesson.train(egRerankTask(models, lesson.training, options, seed));
        sampler.dispose();
      },
    });
  },
};
