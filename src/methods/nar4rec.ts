/**
 * NAR4Rec (Ren et al. 2024): a generator that is not autoregressive. All positions of a list are matched with all
 * candidates at once:
 *
 *   X = encoder(candidates), without positions                       [B, N, D]
 *   T = decoder(learned position queries, X), each sees all others   [B, L, D]
 *   P = softmax(T X^T / sqrt(D)) over the candidates                 [B, L, N]
 *
 * It learns lists, not items: the likelihood of a list of high utility, the unlikelihood of one of low utility (Welleck et
 * al. 2020),
 *
 *   loss = - sum_t log P[t, l_t]   or   - w sum_t log(1 - P[t, l_t])
 *
 * Since positions do not see what the others choose, decoding is contrastive (Su et al. 2022): from the top, without
 * repetitions, with a penalty a for what resembles the items above,
 *
 *   l_t = argmax_n (1 - a) P[t, n] - a max_{j<t} cos(X_n, X_{l_j})
 *
 * Known from secondary descriptions in part. Ours: what low utility is, no positive feedback, or less of it than a share of
 * the mean of the lists of the batch, since a log that is cut by what people liked has a positive in every list; the
 * weight w; the division by sqrt(D), which a row's unit variance calls for; the
 * blocks, which are those of the other generators; and that a list for each of ten penalties is proposed, of which the
 * shared judge chooses, since the published penalty is not known and the published system has an evaluator choose, too.
 */
import type { FeedbackBatch, RequestBatch } from "../data/batch.ts";
import type { Catalogue, ListDataset } from "../data/dataset.ts";
import { showableLists } from "../data/labels.ts";
import { mean } from "../evaluation/statistics.ts";
import { CandidateMemory } from "../goalrank/candidate-memory.ts";
import { decodeLists, type ListPolicy, type PolicyMemory, type PolicyState } from "../goalrank/decoding/decode.ts";
import { feedbackTask } from "../goalrank/feedback-task.ts";
import type { ModelShape, ModelStream } from "../goalrank/model-shape.ts";
import { DecoderBlock, LayerNorm, Module, normal, parameter, stackBlocks } from "../nn/index.ts";
import { full, matmul, type Random, type Tensor, tensor, where } from "../tensor/index.ts";
import type { TrainingTask } from "../training/trainer.ts";
import type { RequestPolicy } from "./answering.ts";
import { byEvaluator, type ListSource } from "./list-sources.ts";
import { hyperparametersOf, initialWeights, instanceOf, type Method, type MethodContext } from "./method.ts";

/** `layers` are blocks of the encoder, and of the decoder. */
export type MatchingGeneratorOptions = Omit<ModelShape, "candidateCount" | "historyLength"> & ModelStream;

/** How the positions of B lists match the candidates, whose rows are X: [B, N, D]. */
export interface Matching extends PolicyMemory {
  /** log P up to a constant of each position: [B, L, N]. */
  readonly logits: Tensor;
}

/** One position of S lists of each request; without contrastive decoding, the same for all of them. */
interface MatchingState extends PolicyState {
  readonly position: number;
}

export class MatchingGenerator extends Module implements RequestPolicy<Matching, MatchingState> {
  readonly listLength: number;
  private readonly candidates: CandidateMemory;
  /** [L, D] */
  private readonly queries: Tensor;
  private readonly blocks: DecoderBlock[];
  private readonly norm: LayerNorm;

  constructor(catalogue: Catalogue, options: MatchingGeneratorOptions, random: Random) {
    super();
    const { width, listLength, stream } = options;
    this.listLength = listLength;
    this.candidates = new CandidateMemory(catalogue, options, random);
    this.queries = parameter(normal([listLength, width], 0.1, random), [listLength, width]);
    this.blocks = stackBlocks(DecoderBlock, { ...options, stream: `${stream} decoder dropout` }, random);
    this.norm = new LayerNorm(width);
  }

  encode(batch: RequestBatch): Matching {
    const rows = this.candidates.forward(batch);
    const [length, width] = this.queries.shape;
    let hidden = this.queries.broadcastTo([batch.size, length, width]);
    for (const block of this.blocks) {
      hidden = block.forward(hidden, block.projectMemory(rows), undefined, undefined).output;
    }
    const logits = matmul(this.norm.forward(hidden), rows, { transposeB: true });
    return { rows, logits: logits.mul(1 / Math.sqrt(width)) };
  }

  begin(matching: Matching, lists: number): MatchingState {
    return this.at(0, matching, lists);
  }

  advance(matching: Matching, { position }: MatchingState, choices: Tensor): MatchingState {
    return this.at(position + 1, matching, choices.shape[1]);
  }

  private at(position: number, { logits }: Matching, lists: number): MatchingState {
    const [requests, , candidates] = logits.shape;
    const own = logits.slice(1, position, position + 1).broadcastTo([requests, lists, candidates]);
    return { position, logits: own.reshape([requests * lists, candidates]) };
  }
}

/** With initial weights; the stream names it. */
export function createMatchingGenerator(context: MethodContext, stream: string): MatchingGenerator {
  return new MatchingGenerator(context.catalogue, { ...context, stream }, initialWeights(context, stream));
}

/** Which lists are pushed down, and how hard. */
export interface Unlikelihood {
  /** Share of the batch's mean feedback under which a list has low utility; at 0 only one without any has. */
  readonly lowUtility: number;
  /** w */
  readonly weight: number;
}

const DEFAULT_UNLIKELIHOOD: Unlikelihood = { lowUtility: 0, weight: 1 };

/**
 * Mean over requests of the loss of the lists that were shown. An item that is not a candidate has no place in P, and
 * its position does not count.
 */
export function matchingLoss(
  model: MatchingGenerator,
  batch: FeedbackBatch,
  { lowUtility, weight }: Unlikelihood = DEFAULT_UNLIKELIHOOD,
): Tensor {
  const { size, listLength: length, candidateCount: candidates } = batch;
  const { logits: ofPositions } = model.encode(batch);
  const logits = length < model.listLength ? ofPositions.slice(1, 0, length) : ofPositions;
  const shape = [size, length];
  const lists = showableLists(batch);
  const own = tensor(lists, [...shape, 1]);
  const likelihood = logits.logSoftmax().takeAlongLast(own).reshape(shape);
  const others = new Int32Array(lists.length * candidates).fill(1);
  lists.forEach((position, at) => {
    others[at * candidates + position] = 0;
  });
  // log(1 - p) as the others' share of the sum, which stays exact where p comes near 1.
  const unlikelihood = logits.logSumExp(tensor(others, [...shape, candidates])).sub(logits.logSumExp());
  const isLiked = tensor(usefulLists(batch, lowUtility), [size, 1]);
  const counted = Float32Array.from(batch.exposed, (position) => (position < 0 ? 0 : 1));
  return where(isLiked, likelihood, unlikelihood.mul(weight)).mul(tensor(counted, shape)).sum(1).mean().neg();
}

/** 1 for each list that was shown and got feedback, as much as this share of the batch's mean: i32 [B]. */
function usefulLists({ size, listLength: length, feedback }: FeedbackBatch, lowUtility: number): Int32Array {
  const utilities = Float64Array.from({ length: size }, (_, i) =>
    feedback.subarray(i * length, (i + 1) * length).reduce((sum, label) => sum + label, 0),
  );
  const least = lowUtility * mean(utilities);
  return Int32Array.from(utilities, (utility) => (utility > 0 && utility >= least ? 1 : 0));
}

export function matchingTask(
  model: MatchingGenerator,
  dataset: ListDataset,
  stage: string,
  unlikelihood = DEFAULT_UNLIKELIHOOD,
): TrainingTask {
  return feedbackTask(stage, model, dataset, (batch) => ({ loss: matchingLoss(model, batch, unlikelihood) }));
}

/**
 * Contrastive decoding: one list for each request and penalty.
 * @param penalties a, from 0, which ignores resemblance, to under 1: [S]
 * @param length of the lists; L unless given
 * @returns candidate positions i32 [B, S, length]
 */
export function contrastiveLists({ rows, logits }: Matching, penalties: readonly number[], length?: number): Tensor {
  const [, most, candidates] = logits.shape;
  const lists = penalties.length;
  const penalty = tensor(Float32Array.from(penalties), [lists, 1], { device: logits.device });
  const resemblance = cosines(rows);
  const probabilities = logits.softmax();
  /** @param closest how much each candidate resembles the nearest of the items above: [B, S, N] */
  const stateAt = (position: number, closest?: Tensor) => {
    const wanted = probabilities.slice(1, position, position + 1).mul(penalty.neg().add(1));
    const score = closest === undefined ? wanted : wanted.sub(closest.mul(penalty));
    return { position, closest, logits: score.reshape([-1, candidates]) };
  };
  const policy: ListPolicy<PolicyMemory, ReturnType<typeof stateAt>> = {
    listLength: most,
    begin: () => stateAt(0),
    advance(_memory, { position, closest }, choices) {
      const resembling = resemblance.takeRows(choices);
      return stateAt(position + 1, closest?.maximum(resembling) ?? resembling);
    },
  };
  return decodeLists(policy, { rows }, { lists, length: length ?? most });
}

/** cos(x_n, x_m): x [B, N, D] -> [B, N, N]. */
function cosines(x: Tensor): Tensor {
  const lengths = x.square().sum(2, true).sqrt();
  // A row of zeros resembles nothing.
  const units = x.div(lengths.maximum(full([1], 1e-12, { device: x.device })));
  return matmul(units, units, { transposeB: true });
}

/** Penalties that NAR4Rec proposes a list for: 0, 0.1, ..., 0.9. */
export const PENALTIES: readonly number[] = Array.from({ length: 10 }, (_, i) => i / 10);

export const NAR4REC: Method = {
  name: "nar4rec",
  title: "NAR4Rec",
  family: "generator-evaluator",
  answersWith: ["judge"],
  hyperparameters: {
    lowUtility: {
      default: DEFAULT_UNLIKELIHOOD.lowUtility,
      values: [0, 0.5, 1],
      summary: "Share of the mean feedback on the lists of a batch under which a list is pushed down; 0: without any",
    },
    unlikelihoodWeight: {
      default: DEFAULT_UNLIKELIHOOD.weight,
      values: [0.1, 0.3, 1],
      summary: "What lists that are pushed down count beside the others",
    },
  },
  create(context) {
    const model = createMatchingGenerator(context, "nar4rec");
    // A list for each penalty; with scores of all candidates by the first position.
    const source: ListSource = (batch, count, length) => {
      const matching = model.encode(batch);
      const { logits: scores } = model.begin(matching, 1);
      return { lists: contrastiveLists(matching, PENALTIES.slice(0, count), length), scores };
    };
    const answering = byEvaluator(source, PENALTIES.length, context);
    return instanceOf({ nar4rec: model }, answering, {
      learn({ training, train }) {
        const { lowUtility, unlikelihoodWeight: weight } = hyperparametersOf(NAR4REC, context);
        return train(matchingTask(model, training, "nar4rec", { lowUtility, weight }));
      },
    });
  },
};
