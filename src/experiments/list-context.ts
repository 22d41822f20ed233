/**
 * Whether the list around an item tells anything of its feedback: one small model of exposed items by themselves, and two
 * that also hear of the items around them. All are log-bilinear, so that an effect that adds up over pairs of items, such as
 * fatigue by a topic, is theirs to find:
 *
 *     logit(u, i, t) = base + c_u + d_i + e_t + <p_u, q_i> + sum over the others j that stand in of <a_i, b_j>
 *
 * U users, I items, D numbers in a vector; fitted by stochastic gradient descent in double precision.
 */
import { itemsOfList, type ListDataset } from "../data/dataset.ts";
import { mean, meanHalfWidth } from "../evaluation/statistics.ts";
import { Random } from "../tensor/index.ts";

/** Which other items of the list an item's model hears of. */
export const READINGS = ["item alone", "whole list", "top-down"] as const;
export type Reading = (typeof READINGS)[number];

const WIDTH = 8;
const EPOCHS = 8;
const LEARNING_RATE = 0.05;
const PENALTY = 0.01;
/** The most lists that a model learns from and is measured on. */
const MAX_TRAINING_LISTS = 50_000;

/** How well a reading foresees held-out feedback. */
export interface ReadingResult {
  /** Mean over items, in nats. */
  readonly logLoss: number;
  /** Less than without the list by this much, and half of its 95% interval over lists; 0 for the item alone. */
  readonly gain: number;
  readonly halfWidth: number;
  /** The chance of so low a loss where other lists' items stand in for the own ones; 1 for the item alone. */
  readonly pValue: number;
}

/** A list of exposed items in the numbering of the catalogue, and its feedback: [L] each. */
interface ShownList {
  readonly user: number;
  readonly items: Int32Array;
  readonly liked: Float32Array;
}

/** Learns on `training` and measures on `held`; what counts is feedback over 0. */
export function measureListEffects(
  { training, held }: { readonly training: ListDataset; readonly held: ListDataset },
  { userCount, itemCount }: { readonly userCount: number; readonly itemCount: number },
  { seed, permutations = 99 }: { readonly seed: number; readonly permutations?: number },
): Readonly<Record<Reading, ReadingResult>> {
  const learned = shownLists(training).slice(0, MAX_TRAINING_LISTS);
  const tested = shownLists(held);
  const measure = (reading: Reading) => {
    const model = new ContextModel(userCount, itemCount, training.listLength, reading, seed);
    model.learn(learned, seed);
    return model;
  };
  const models = READINGS.map((reading) => measure(reading));
  const [alone] = models.map((model) => tested.map((list) => model.loss(list, list.items)));
  const results = models.map((model, at): [Reading, ReadingResult] => {
    const losses = at === 0 ? alone : tested.map((list) => model.loss(list, list.items));
    const gains = losses.map((loss, list) => alone[list] - loss);
    const pValue = at === 0 ? 1 : permutationTest(model, tested, mean(losses), seed, permutations);
    return [READINGS[at], { logLoss: mean(losses), gain: mean(gains), halfWidth: meanHalfWidth(gains) ?? 0, pValue }];
  });
  return Object.fromEntries(results) as Record<Reading, ReadingResult>;
}

/** Under no effect, the items around are exchangeable between lists, and the own ones' loss is one of many like it. */
function permutationTest(
  model: ContextModel,
  lists: readonly ShownList[],
  observed: number,
  seed: number,
  permutations: number,
): number {
  let asLow = 1;
  for (let round = 0; round < permutations; round++) {
    const order = new Random({ seed, stream: "list effects permutation", step: round }).permutation(lists.length);
    const losses = lists.map((list, at) => model.loss(list, lists[order[at]].items));
    if (mean(losses) <= observed) asLow++;
  }
  return asLow / (permutations + 1);
}

/** The lists of which all was shown among the candidates. */
function shownLists(dataset: ListDataset): ShownList[] {
  const { size, users, exposed, feedback, listLength } = dataset;
  return Array.from({ length: size }, (_, row) => {
    const length = dataset.listLengths?.[row] ?? listLength;
    return {
      user: users[row],
      places: exposed.subarray(row * listLength, row * listLength + length),
      items: itemsOfList(dataset, exposed, row).subarray(0, length),
      liked: feedback.subarray(row * listLength, row * listLength + length).map((value) => (value > 0 ? 1 : 0)),
    };
  }).filter(({ places }) => places.every((place) => place >= 0));
}

class ContextModel {
  private base = 0;
  private readonly ofUsers: Float64Array;
  private readonly ofItems: Float64Array;
  private readonly ofPlaces: Float64Array;
  /** p, q, a and b, row by row. */
  private readonly users: Float64Array;
  private readonly items: Float64Array;
  private readonly affected: Float64Array;
  private readonly affecting: Float64Array;

  constructor(
    userCount: number,
    itemCount: number,
    listLength: number,
    private readonly reading: Reading,
    seed: number,
  ) {
    const random = new Random({ seed, stream: "list effects weights", step: 0 });
    const draw = (count: number) => Float64Array.from({ length: count * WIDTH }, () => 0.1 * random.normal());
    this.ofUsers = new Float64Array(userCount);
    this.ofItems = new Float64Array(itemCount);
    this.ofPlaces = new Float64Array(listLength);
    [this.users, this.items, this.affected, this.affecting] = [userCount, itemCount, itemCount, itemCount].map(draw);
  }

  learn(lists: readonly ShownList[], seed: number): void {
    const random = new Random({ seed, stream: "list effects order", step: 0 });
    let step = 0;
    for (let epoch = 0; epoch < EPOCHS; epoch++) {
      for (const at of random.permutation(lists.length)) {
        const list = lists[at];
        const rate = LEARNING_RATE * (1 - step++ / (EPOCHS * lists.length));
        for (let t = 0; t < list.items.length; t++) this.update(list, t, rate);
      }
    }
  }

  /** The mean log-loss of a list's items, where those of `around` stand in for the others. */
  loss({ user, items, liked }: ShownList, around: Int32Array): number {
    let sum = 0;
    for (let t = 0; t < items.length; t++) {
      const logit = this.logit(user, items[t], t, this.context(around, t));
      sum += Math.log1p(Math.exp(liked[t] === 1 ? -logit : logit));
    }
    return sum / items.length;
  }

  private update({ user, items, liked }: ShownList, t: number, rate: number): void {
    const item = items[t];
    const context = this.context(items, t);
    const slope = liked[t] - 1 / (1 + Math.exp(-this.logit(user, item, t, context)));
    this.base += (rate / 50) * slope;
    this.ofPlaces[t] += (rate / 50) * slope;
    this.ofUsers[user] += rate * (slope - PENALTY * this.ofUsers[user]);
    this.ofItems[item] += rate * (slope - PENALTY * this.ofItems[item]);
    for (let k = 0; k < WIDTH; k++) {
      const [p, q] = [this.users[user * WIDTH + k], this.items[item * WIDTH + k]];
      this.users[user * WIDTH + k] += rate * (slope * q - PENALTY * p);
      this.items[item * WIDTH + k] += rate * (slope * p - PENALTY * q);
    }
    if (this.reading === "item alone") return;
    for (let k = 0; k < WIDTH; k++) {
      const a = this.affected[item * WIDTH + k];
      this.affected[item * WIDTH + k] += rate * (slope * context[k] - PENALTY * a);
      for (let s = 0; s < items.length; s++) {
        if (!this.hears(s, t)) continue;
        const b = this.affecting[items[s] * WIDTH + k];
        this.affecting[items[s] * WIDTH + k] += rate * (slope * a - PENALTY * b);
      }
    }
  }

  private logit(user: number, item: number, t: number, context: Float64Array): number {
    let logit = this.base + this.ofUsers[user] + this.ofItems[item] + this.ofPlaces[t];
    for (let k = 0; k < WIDTH; k++) {
      logit += this.users[user * WIDTH + k] * this.items[item * WIDTH + k];
      logit += this.affected[item * WIDTH + k] * context[k];
    }
    return logit;
  }

  /** The sum of b over the items that position `t` hears of: [D] */
  private context(items: Int32Array, t: number): Float64Array {
    const sum = new Float64Array(WIDTH);
    for (let s = 0; s < items.length; s++) {
      if (!this.hears(s, t)) continue;
      for (let k = 0; k < WIDTH; k++) sum[k] += this.affecting[items[s] * WIDTH + k];
    }
    return sum;
  }

  private hears(other: number, t: number): boolean {
    if (this.reading === "item alone") return false;
    return this.reading === "top-down" ? other < t : other !== t;
  }
}
