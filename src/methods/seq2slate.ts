/**
 * Seq2Slate (Bello et al. 2018): an LSTM reads the candidates in their initial order, a second one reads what was chosen,
 * and a pointer network (Vinyals et al. 2015) compares its state with every candidate that is left:
 *
 *   e_n = LSTM(features of the candidates, by rank)                               [B, N, D]
 *   d_t = LSTM(the last e, then e of l_1, ..., l_{t-1})                           [D]
 *   pi(l_t = n | l_<t) = softmax over what is left of w . tanh(W e_n + V d_t)
 *
 * Trained with feedback alone, on lists that it draws itself: the cross-entropy at each position of what is liked among
 * what is left, positions weighted by 1 / log2(t + 1). Ours: those weights, which the publication leaves open; the second
 * LSTM's state begins with zeros, and with the last e as its input.
 */
import type { FeedbackBatch, RequestBatch } from "../data/batch.ts";
import type { Catalogue, ListDataset } from "../data/dataset.ts";
import { candidateLabelTensor, type UnexposedCandidates } from "../data/labels.ts";
import { CandidateEncoder } from "../goalrank/candidate-encoder.ts";
import { decodePositions, type PolicyState } from "../goalrank/decoding/decode.ts";
import { feedbackTask, partStream } from "../goalrank/feedback-task.ts";
import type { ModelShape } from "../goalrank/model-shape.ts";
import { Linear, LSTM, Module, type RecurrentState } from "../nn/index.ts";
import { full, type Random, type RandomKey, type Tensor } from "../tensor/index.ts";
import type { TrainingTask } from "../training/trainer.ts";
import { byPolicy, type RequestPolicy } from "./answering.ts";
import { initialWeights, instanceOf, type Method } from "./method.ts";
import { countedCandidates } from "./scoring/counted-candidates.ts";
import { initialOrder } from "./scoring/initial-ranking.ts";

/** The candidates as the first LSTM read them. */
interface SlateMemory {
  /** e: [B, N, D] */
  readonly rows: Tensor;
  /** W e: [B, N, D] */
  readonly keys: Tensor;
  /** e of the candidate that was read last: [B, 1, D]. */
  readonly last: Tensor;
}

/** What the second LSTM has read of S lists of each request. */
interface SlateState extends PolicyState {
  readonly read: RecurrentState;
}

export class Seq2Slate extends Module implements RequestPolicy<SlateMemory, SlateState> {
  readonly listLength: number;
  private readonly encoder: CandidateEncoder;
  private readonly candidates: LSTM;
  private readonly chosen: LSTM;
  private readonly fromCandidate: Linear;
  private readonly fromState: Linear;
  private readonly pointer: Linear;

  constructor(catalogue: Catalogue, { width, listLength }: Pick<ModelShape, "width" | "listLength">, random: Random) {
    super();
    this.listLength = listLength;
    this.encoder = new CandidateEncoder(catalogue, width, random);
    this.candidates = new LSTM(width, width, random);
    this.chosen = new LSTM(width, width, random);
    this.fromCandidate = new Linear(width, width, random);
    this.fromState = new Linear(width, width, random);
    this.pointer = new Linear(width, 1, random);
  }

  encode(batch: RequestBatch): SlateMemory {
    const { ranks, places } = initialOrder(batch);
    const { outputs, last } = this.candidates.forward(this.encoder.forward(batch).takeRows(places));
    const rows = outputs.takeRows(ranks);
    return { rows, keys: this.fromCandidate.forward(rows), last: last.reshape([batch.size, 1, -1]) };
  }

  begin(memory: SlateMemory, lists: number): SlateState {
    const [requests, , width] = memory.rows.shape;
    const input = memory.last.broadcastTo([requests, lists, width]).reshape([requests * lists, width]);
    return this.read(memory, lists, input, this.chosen.begin(input));
  }

  advance(memory: SlateMemory, { read }: SlateState, choices: Tensor): SlateState {
    const [requests, lists] = choices.shape;
    const input = memory.rows.takeRows(choices).reshape([requests * lists, -1]);
    return this.read(memory, lists, input, read);
  }

  private read({ keys }: SlateMemory, lists: number, input: Tensor, before: RecurrentState): SlateState {
    const [requests, candidates, width] = keys.shape;
    const read = this.chosen.step(input, before);
    const queries = this.fromState.forward(read[0]).reshape([requests, lists, 1, width]);
    // A sum in which both sides are repeated has no kernel of its own; one side is repeated first.
    const repeated = queries.broadcastTo([requests, lists, candidates, width]);
    const compared = repeated.add(keys.reshape([requests, 1, candidates, width])).tanh();
    return { read, logits: this.pointer.forward(compared).reshape([requests * lists, candidates]) };
  }
}

/** Mean over requests of what is lost at the positions of a list that the model draws. */
export function slateLoss(
  model: Seq2Slate,
  batch: FeedbackBatch,
  unexposed: UnexposedCandidates,
  key: RandomKey,
): Tensor {
  const labels = candidateLabelTensor(batch);
  const counted = countedCandidates(batch, unexposed);
  const sampling = { temperature: 1, key };
  const memory = model.encode(batch);
  let loss = full([], 0);
  let position = 0;
  for (const { logits, free } of decodePositions(model, memory, { lists: 1, length: batch.listLength, sampling })) {
    const left = free.cast("f32").mul(counted);
    const liked = labels.mul(left);
    const total = liked.sum(1, true);
    const targets = liked.div(total.add(total.equal(0).cast("f32")));
    const lost = logits.logSoftmax(left.cast("i32")).mul(targets).sum(1).mean();
    loss = loss.sub(lost.mul(1 / Math.log2(position + 2)));
    position++;
  }
  return loss;
}

export function slateTask(
  model: Seq2Slate,
  dataset: ListDataset,
  unexposed: UnexposedCandidates,
  seed: number,
): TrainingTask {
  return feedbackTask("seq2slate", model, dataset, (batch, step, part) => ({
    loss: slateLoss(model, batch, unexposed, { seed, stream: partStream("seq2slate", part), step }),
  }));
}

export const SEQ2SLATE: Method = {
  name: "seq2slate",
  title: "Seq2Slate",
  family: "generator",
  answersWith: [],
  create(context) {
    const model = new Seq2Slate(context.catalogue, context, initialWeights(context, "seq2slate"));
    return instanceOf({ seq2slate: model }, byPolicy(model), {
      learn: ({ training, unexposed, train }) => train(slateTask(model, training, unexposed, context.seed)),
    });
  },
};
