/**
 * EG-Rerank (Huzhang et al. 2021): a generator that learns by trial what an evaluator likes, while a discriminator keeps
 * it near the lists that the log knows. An LSTM reads the items chosen so far, and a pointer network (Vinyals et al.
 * 2015) compares its state with every candidate that is left:
 *
 *   e_n = MLP(features of candidate n), widths 200 and 80                 [N, A]
 *   h_t = LSTM(features of l_0, ..., l_{t-1}), which begins with zeros    [D]
 *   pi(l_t = n | l_<t) = softmax over what is left of w . tanh(e_n + W h_t)
 *
 * The discriminator is a GRU over the items of a list in their order, whose last state gives the logit d of its being
 * logged and not generated. Both are trained as `eg-rerank.ts` says; the generator's greedy list is the answer, as
 * published: the evaluator takes part in learning alone.
 *
 * Ours: the shared judge is the evaluator, where the published one is a recurrent network of its own, so that all
 * methods climb the same; the widths are those at D = 128, and in proportion to D otherwise; the pointer's one hidden
 * layer. There are no blocks to stack, and no dropout, which would shake the ratio of PPO.
 */
import type { RequestBatch } from "../../data/batch.ts";
import type { Catalogue } from "../../data/dataset.ts";
import { CandidateEncoder, itemsOf } from "../../goalrank/candidate-encoder.ts";
import {
  type DecodedLists,
  decodePositions,
  type PolicyState,
  scorePositions,
} from "../../goalrank/decoding/decode.ts";
import { GRU, Linear, LSTM, MLP, Module, type RecurrentState } from "../../nn/index.ts";
import { concat, type Random, type RandomKey, type Tensor, zeros } from "../../tensor/index.ts";
import type { RequestPolicy } from "../answering.ts";

/** The encoded candidates of B requests. */
export interface PointerMemory {
  /** What the LSTM reads: [B, N, D]. */
  readonly rows: Tensor;
  /** e: [B, N, A] */
  readonly keys: Tensor;
}

/** What the LSTM has read of S lists of each request, and the logits of the next position: [B * S, N]. */
export interface PointerState extends PolicyState {
  readonly read: RecurrentState;
}

/** S lists of each of B requests, with what they were chosen from. */
export interface DecodedTrajectories extends DecodedLists {
  /** The candidates that were left at each position: i32 [B, S * L, N]. */
  readonly free: Tensor;
}

export class PointerGenerator extends Module implements RequestPolicy<PointerMemory, PointerState> {
  /** May start from another model's of the same width. */
  readonly encoder: CandidateEncoder;
  private readonly items: MLP;
  private readonly chosen: LSTM;
  private readonly fromState: Linear;
  private readonly pointer: Linear;

  /** @param listLength L, the most items of a list */
  constructor(
    catalogue: Catalogue,
    width: number,
    readonly listLength: number,
    random: Random,
  ) {
    super();
    // The published widths at D = 128, in proportion to D.
    const [hidden, comparison] = [200, 80].map((published) => Math.ceil((published * width) / 128));
    this.encoder = new CandidateEncoder(catalogue, width, random);
    this.items = new MLP([width, hidden, comparison], random);
    this.chosen = new LSTM(width, width, random);
    this.fromState = new Linear(width, comparison, random);
    this.pointer = new Linear(comparison, 1, random);
  }

  /** Encodes the N candidates of B requests. */
  encode(batch: RequestBatch): PointerMemory {
    const rows = this.encoder.forward(batch);
    return { rows, keys: this.items.forward(rows) };
  }

  begin(memory: PointerMemory, lists: number): PointerState {
    const [requests, , width] = memory.rows.shape;
    const input = zeros([requests * lists, width], memory.rows);
    return this.read(memory, lists, input, this.chosen.begin(input));
  }

  advance(memory: PointerMemory, { read }: PointerState, choices: Tensor): PointerState {
    const [requests, lists] = choices.shape;
    const input = memory.rows.takeRows(choices).reshape([requests * lists, -1]);
    return this.read(memory, lists, input, read);
  }

  private read(memory: PointerMemory, lists: number, input: Tensor, before: RecurrentState): PointerState {
    const [requests, candidates, width] = memory.rows.shape;
    const read = this.chosen.step(input, before);
    const logits = this.point(memory, read[0].reshape([requests, lists, width]));
    return { read, logits: logits.reshape([requests * lists, candidates]) };
  }

  /** Draws S lists of each request from pi, of L items unless given, with what the update reads of them. */
  sample(batch: RequestBatch, lists: number, key: RandomKey, length = this.listLength): DecodedTrajectories {
    const memory = this.encode(batch);
    const [requests, candidates] = memory.rows.shape;
    const positions = [...decodePositions(this, memory, { lists, length, sampling: { temperature: 1, key } })];
    const left = positions.map(({ free }) => free.reshape([requests * lists, 1, candidates]));
    const free = concat(left, 1).reshape([requests, -1, candidates]);
    return { ...scorePositions(positions, lists), free };
  }

  /** log pi of every candidate at each position of given lists, all at once: [B, S * L, N], -1e9 for those not left. */
  stepLogProbabilities(batch: RequestBatch, { lists, free }: Pick<DecodedTrajectories, "lists" | "free">): Tensor {
    const memory = this.encode(batch);
    const [requests, count, length] = lists.shape;
    const width = memory.rows.shape[2];
    const before = itemsOf(memory.rows, lists).slice(1, 0, length - 1);
    const start = zeros([requests * count, 1, width], memory.rows);
    const { outputs } = this.chosen.forward(concat([start, before], 1));
    return this.point(memory, outputs.reshape([requests, count * length, width])).logSoftmax(free);
  }

  /** States [B, T, D] -> logits of all candidates [B, T, N]. */
  private point({ keys }: PointerMemory, states: Tensor): Tensor {
    const [requests, candidates, comparison] = keys.shape;
    const steps = states.shape[1];
    const queries = this.fromState.forward(states).reshape([requests, steps, 1, comparison]);
    // A sum in which both sides are repeated has no kernel of its own; one side is repeated first.
    const repeated = queries.broadcastTo([requests, steps, candidates, comparison]);
    const compared = repeated.add(keys.reshape([requests, 1, candidates, comparison])).tanh();
    return this.pointer.forward(compared).reshape([requests, steps, candidates]);
  }
}

/** Tells logged lists from generated ones. */
export class ListDiscriminator extends Module {
  private readonly encoder: CandidateEncoder;
  private readonly list: GRU;
  private readonly head: Linear;

  constructor(catalogue: Catalogue, width: number, random: Random) {
    super();
    this.encoder = new CandidateEncoder(catalogue, width, random);
    this.list = new GRU(width, width, random);
    this.head = new Linear(width, 1, random);
  }

  /** d of lists i32 [B, G, L] of candidate positions: [B, G]. */
  forward(batch: RequestBatch, lists: Tensor): Tensor {
    const { last } = this.list.forward(itemsOf(this.encoder.forward(batch), lists));
    return this.head.forward(last).reshape(lists.shape.slice(0, 2));
  }
}

/** What is trained together. */
export class EgRerank extends Module {
  readonly generator: PointerGenerator;
  readonly discriminator: ListDiscriminator;

  constructor(catalogue: Catalogue, width: number, listLength: number, random: Random) {
    super();
    this.generator = new PointerGenerator(catalogue, width, listLength, random);
    this.discriminator = new ListDiscriminator(catalogue, width, random);
  }
}
