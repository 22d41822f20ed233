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
 * logged and not generated. Both are trained as `eg-rerank-task.ts` says; the generator's greedy list is the answer, as
 * published: the evaluator takes part in learning alone.
 *
 * Ours: the shared judge is the evaluator, where the published one is a recurrent network of its own, so that all
 * methods climb the same; the widths are those at D = 128, and in proportion to D otherwise; the pointer's one hidden
 * layer. There are no blocks to stack, and no dropout, which would shake the ratio of PPO.
 */

import { candidateBatch, type RequestBatch } from "../../data/batch.ts";
import type { Catalogue, RequestColumns } from "../../data/dataset.ts";
import { CandidateEncoder } from "../../goalrank/candidate-encoder.ts";
import { GRU, Linear, LSTM, MLP, Module, type RecurrentState } from "../../nn/index.ts";
import {
  chooseNext,
  concat,
  full,
  noGrad,
  type Random,
  type RandomKey,
  scope,
  type Tensor,
  zeros,
} from "../../tensor/index.ts";
import { evaluationBatches } from "../../training/batches.ts";
import type { RankedLists } from "../answers.ts";
import { initialWeights, type Method } from "../method.ts";
import { DEFAULT_EG_RERANK, egRerankTask } from "./task.ts";

/** The published widths at D = 128, in proportion to D. */
function itemWidths(width: number): [hidden: number, comparison: number] {
  const scaled = (published: number) => Math.ceil((published * width) / 128);
  return [scaled(200), scaled(80)];
}

/** The encoded candidates of B requests. */
interface PointerMemory {
  /** What the LSTM reads: [B, N, D]. */
  readonly features: Tensor;
  /** e: [B, N, A] */
  readonly keys: Tensor;
}

/** S lists of each of B requests, with what they were chosen from. */
export interface DecodedTrajectories {
  /** Candidate positions: i32 [B, S, L]. */
  readonly lists: Tensor;
  /** The candidates that were left at each position: i32 [B, S * L, N]. */
  readonly free: Tensor;
  /** log pi of each item after those before it: [B, S, L]. */
  readonly logProbabilities: Tensor;
  /** Logits of the first position: [B, N]. */
  readonly firstLogits: Tensor;
}

export interface TrajectoryOptions {
  /** S */
  readonly lists: number;
  /** L */
  readonly length: number;
  /** Draws from pi; greedy without it. */
  readonly key?: RandomKey;
}

export class PointerGenerator extends Module {
  private readonly encoder: CandidateEncoder;
  private readonly items: MLP;
  private readonly chosen: LSTM;
  private readonly fromState: Linear;
  private readonly pointer: Linear;

  constructor(catalogue: Catalogue, width: number, random: Random) {
    super();
    const [hidden, comparison] = itemWidths(width);
    this.encoder = new CandidateEncoder(catalogue, width, random);
    this.items = new MLP([width, hidden, comparison], random);
    this.chosen = new LSTM(width, width, random);
    this.fromState = new Linear(width, comparison, random);
    this.pointer = new Linear(comparison, 1, random);
  }

  /** Decodes lists, position by position. */
  decode(batch: RequestBatch, { lists, length, key }: TrajectoryOptions): DecodedTrajectories {
    const memory = this.encode(batch);
    const [requests, candidates, width] = memory.features.shape;
    const { device } = memory.features;
    const rows = requests * lists;
    let free = full([rows, candidates], 1, { dtype: "i32", device });
    let input = zeros([rows, width], memory.features);
    let state: RecurrentState = this.chosen.begin(input);
    const steps: { logits: Tensor; free: Tensor; choice: Tensor }[] = [];
    for (let position = 0; position < length; position++) {
      state = this.chosen.step(input, state);
      const logits = this.point(memory, state[0].reshape([requests, lists, width]));
      const own = logits.reshape([rows, candidates]);
      const sampling = key && {
        temperature: 1,
        key: { ...key, stream: `${key.stream} position ${position}` },
      };
      const { choice, free: left } = chooseNext(own, free, sampling);
      steps.push({ logits: own, free, choice });
      free = left;
      input = memory.features.takeRows(choice.reshape([requests, lists])).reshape([rows, width]);
    }
    /** One column of all steps: [R, L, K]. */
    const gather = (column: (step: (typeof steps)[number]) => Tensor) =>
      concat(
        steps.map((step) => column(step).reshape([rows, 1, -1])),
        1,
      );
    const logProbabilities = gather((step) =>
      step.logits.logSoftmax(step.free).takeAlongLast(step.choice.reshape([rows, 1])),
    );
    const first = steps[0].logits.reshape([requests, lists, candidates]).slice(1, 0, 1);
    return {
      lists: gather(({ choice }) => choice).reshape([requests, lists, length]),
      free: gather((step) => step.free).reshape([requests, lists * length, candidates]),
      logProbabilities: logProbabilities.reshape([requests, lists, length]),
      firstLogits: first.reshape([requests, candidates]),
    };
  }

  /** log pi of every candidate at each position of given lists, all at once: [B, S * L, N], -1e9 for those not left. */
  stepLogProbabilities(
    batch: RequestBatch,
    { lists, free }: Pick<DecodedTrajectories, "lists" | "free">,
  ): Tensor {
    const memory = this.encode(batch);
    const [requests, count, length] = lists.shape;
    const width = memory.features.shape[2];
    const items = memory.features.takeRows(lists.reshape([requests, count * length]));
    const before = items.reshape([requests * count, length, width]).slice(1, 0, length - 1);
    const start = zeros([requests * count, 1, width], memory.features);
    const { outputs } = this.chosen.forward(concat([start, before], 1));
    return this.point(memory, outputs.reshape([requests, count * length, width])).logSoftmax(free);
  }

  private encode(batch: RequestBatch): PointerMemory {
    const features = this.encoder.forward(batch);
    return { features, keys: this.items.forward(features) };
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
    const [requests, group, length] = lists.shape;
    const items = this.encoder.forward(batch).takeRows(lists.reshape([requests, group * length]));
    const { last } = this.list.forward(items.reshape([requests * group, length, -1]));
    return this.head.forward(last).reshape([requests, group]);
  }
}

/** What is trained together. */
export class EgRerank extends Module {
  readonly generator: PointerGenerator;
  readonly discriminator: ListDiscriminator;

  constructor(catalogue: Catalogue, width: number, random: Random) {
    super();
    this.generator = new PointerGenerator(catalogue, width, random);
    this.discriminator = new ListDiscriminator(catalogue, width, random);
  }
}

/** The generator's greedy lists. */
export async function pointerRanking(
  generator: PointerGenerator,
  requests: RequestColumns,
): Promise<RankedLists> {
  const { size, listLength: length, candidateCount } = requests;
  const lists = new Int32Array(size * length);
  const scores = new Float32Array(size * candidateCount);
  for (const rows of evaluationBatches(size)) {
    using _ = scope();
    const decoded = noGrad(() => generator.decode(candidateBatch(requests, rows), { lists: 1, length }));
    lists.set(await decoded.lists.data(), rows[0] * length);
    scores.set(await decoded.firstLogits.data(), rows[0] * candidateCount);
  }
  return { lists, scores };
}

export const EG_RERANK: Method = {
  name: "eg-rerank",
  title: "EGRerank",
  family: "generator-evaluator",
  async learn(context) {
    const { catalogue, training, judge, width, seed } = context;
    const model = new EgRerank(catalogue, width, initialWeights(context, "eg-rerank"));
    const sampler = new PointerGenerator(catalogue, width, initialWeights(context, "eg-rerank sampler"));
    await context.train(egRerankTask({ model, sampler, judge }, training, DEFAULT_EG_RERANK, seed));
    sampler.dispose();
    return { models: [model], rank: (requests) => pointerRanking(model.generator, requests) };
  },
};
