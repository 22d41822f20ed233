/**
 * Decoding by comparison: whether one beginning of a list is better than another is learned from pairs, and a list is
 * written item by item, each time with the candidate whose prefix wins most comparisons against those of all others.
 *
 *   h = GRU(encoded items of a prefix)                                              [D]
 *   c(a, b) = w . tanh(V h_a - V h_b),   P(a better than b) = sigmoid(c),   c(b, a) = -c(a, b)
 *   score of n after a prefix p = mean over candidates m of sigmoid(c(p n, p m))
 *
 * Of four lists drawn by the DNN for each request, all prefixes of one length are compared in pairs, by RankNet's logistic
 * loss (Burges et al. 2005): the better one is that whose whole list the judge likes better. Ours as a whole; comparing by
 * wins is Copeland's rule, and comparisons in place of scores are those of pairwise rankers.
 */
import type { RequestBatch } from "../data/batch.ts";
import type { Catalogue, ListDataset } from "../data/dataset.ts";
import { itemsOf } from "../goalrank/candidate-encoder.ts";
import { CandidateMemory } from "../goalrank/candidate-memory.ts";
import type { PolicyMemory, PolicyState } from "../goalrank/decoding/decode.ts";
import { feedbackTask, partStream } from "../goalrank/feedback-task.ts";
import type { CandidateScorer, ListJudge } from "../goalrank/judge.ts";
import type { ModelShape } from "../goalrank/model-shape.ts";
import { GRU, Linear, Module, normal, parameter, type RecurrentState } from "../nn/index.ts";
import { binaryCrossEntropyWithLogits, gumbelTopK, noGrad, type Random, type Tensor } from "../tensor/index.ts";
import type { TrainingTask } from "../training/trainer.ts";
import { byPolicy, type RequestPolicy } from "./answering.ts";
import { initialWeights, instanceOf, type Method, sharedModel } from "./method.ts";
import { asColumns, asRows } from "./ranking-losses.ts";

const NAME = "prefix-comparison";
/** Lists of each request whose prefixes are compared. */
const COMPARED = 4;

/** What the GRU has read of S lists of each request. */
interface PrefixState extends PolicyState {
  readonly read: RecurrentState;
}

export class PrefixComparator extends Module implements RequestPolicy<PolicyMemory, PrefixState> {
  readonly listLength: number;
  private readonly memory: CandidateMemory;
  private readonly prefix: GRU;
  private readonly value: Linear;
  /** w: [D, 1] */
  private readonly weights: Tensor;

  constructor(
    catalogue: Catalogue,
    options: Pick<ModelShape, "width" | "heads" | "layers" | "dropoutRate" | "seed" | "listLength">,
    random: Random,
  ) {
    super();
    const { width, listLength } = options;
    this.listLength = listLength;
    this.memory = new CandidateMemory(catalogue, { ...options, stream: NAME }, random);
    this.prefix = new GRU(width, width, random);
    this.value = new Linear(width, width, random);
    this.weights = parameter(normal([width, 1], width ** -0.5, random), [width, 1]);
  }

  encode(batch: RequestBatch): PolicyMemory {
    return { rows: this.memory.forward(batch) };
  }

  begin(memory: PolicyMemory, lists: number): PrefixState {
    const [requests, , width] = memory.rows.shape;
    const like = memory.rows
      .slice(1, 0, 1)
      .broadcastTo([requests, lists, width])
      .reshape([requests * lists, width]);
    return this.compareExtensions(memory, this.prefix.begin(like));
  }

  advance(memory: PolicyMemory, { read }: PrefixState, choices: Tensor): PrefixState {
    const [requests, lists] = choices.shape;
    const input = memory.rows.takeRows(choices).reshape([requests * lists, -1]);
    return this.compareExtensions(memory, this.prefix.step(input, read));
  }

  /** The share of comparisons that each candidate's prefix wins. */
  private compareExtensions({ rows }: PolicyMemory, read: RecurrentState): PrefixState {
    const [requests, candidates, width] = rows.shape;
    const lists = read[0].shape[0] / requests;
    const extended = requests * lists * candidates;
    const items = rows
      .reshape([requests, 1, candidates, width])
      .broadcastTo([requests, lists, candidates, width])
      .reshape([extended, width]);
    const before = read.map((state) =>
      state
        .reshape([requests * lists, 1, width])
        .broadcastTo([requests * lists, candidates, width])
        .reshape([extended, width]),
    );
    const [states] = this.prefix.step(items, before);
    const wins = this.compare(states.reshape([requests * lists, candidates, width])).sigmoid();
    return { read, logits: wins.mean(2) };
  }

  /** The comparisons c of K prefixes with each other, of states [R, K, D]: [R, K, K]. */
  compare(states: Tensor): Tensor {
    const [rows, count, width] = states.shape;
    const values = this.value.forward(states);
    const first = values.reshape([rows, count, 1, width]).broadcastTo([rows, count, count, width]);
    const differences = first.sub(values.reshape([rows, 1, count, width])).tanh();
    return differences.matmul(this.weights).reshape([rows, count, count]);
  }

  /** Comparisons of the G lists of each request, at every length of their prefixes: lists i32 [B, G, L] -> [B * L, G, G]. */
  comparePrefixes(batch: RequestBatch, lists: Tensor): Tensor {
    const [requests, group, length] = lists.shape;
    const { outputs } = this.prefix.forward(itemsOf(this.encode(batch).rows, lists));
    const states = outputs.reshape([requests, group, length, -1]).permute([0, 2, 1, 3]);
    return this.compare(states.reshape([requests * length, group, -1]));
  }
}

export function prefixTask(
  model: PrefixComparator,
  { judge, pointwise }: { readonly judge: ListJudge; readonly pointwise: CandidateScorer },
  dataset: ListDataset,
  seed: number,
): TrainingTask {
  return feedbackTask(NAME, model, dataset, (batch, step, part) => {
    const key = { seed, stream: partStream(NAME, part), step };
    const { size, listLength: length } = batch;
    const [lists, isBetter] = noGrad(() => {
      const drawn = gumbelTopK(pointwise.forward(batch), { lists: COMPARED, length, key });
      return [drawn, preferences(judge.rewards(batch, drawn))];
    });
    const shape = [size, length, COMPARED, COMPARED];
    const targets = isBetter.reshape([size, 1, COMPARED, COMPARED]).broadcastTo(shape);
    const comparisons = model.comparePrefixes(batch, lists).reshape(shape);
    return { loss: binaryCrossEntropyWithLogits(comparisons, targets).mean() };
  });
}

/** 1 where list i is worth more than list j, 1/2 where they are worth the same: rewards [B, G] -> [B, G, G]. */
function preferences(rewards: Tensor): Tensor {
  const wins = asRows(rewards).greater(asColumns(rewards)).cast(rewards.dtype);
  const draws = asRows(rewards).equal(asColumns(rewards)).cast(rewards.dtype);
  return wins.add(draws.mul(0.5));
}

export const PREFIX_COMPARISON: Method = {
  name: NAME,
  title: "prefix comparison",
  family: "generator",
  answersWith: [],
  learnsWith: ["pointwise", "judge"],
  create(context) {
    const model = new PrefixComparator(context.catalogue, context, initialWeights(context, NAME));
    const learnsFrom = () => ({ judge: sharedModel(context, "judge"), pointwise: sharedModel(context, "pointwise") });
    return instanceOf({ [NAME]: model }, byPolicy(model), {
      learn: ({ training, train }) => train(prefixTask(model, learnsFrom(), training, context.seed)),
    });
  },
};
