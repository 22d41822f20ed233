/**
 * The embedded world: users and items with hidden tastes, and a feedback model in which a list is more than the sum
 * of its items. The expected reward of every list is known in closed form, so that what a ranker reaches can be set
 * against what was possible. The world is ours, not the paper's; it is a pure function of its settings.
 *
 * The item at position t (from 0) of list l, shown to user u, gets positive feedback with probability
 *
 *     p_t = decay^t * sigmoid(base + affinity(u, l_t) - satiation * (earlier items of the same topic)
 *                             + complement * [the topic of some earlier item has this item's topic as partner])
 *
 * independently of the other positions, given the list; the expected reward of the list is the sum of the p_t.
 */
import type { Catalogue, FeatureTable } from "../data/dataset.ts";
import { Random } from "../kernels/index.ts";
import {
  checkSetting as check,
  checkRequestSettings,
  type GrowingList,
  isIndex,
  type RequestSettings,
  World,
} from "./world.ts";

/** Everything that defines a world, its retriever and its logging policy. */
export interface WorldSettings extends RequestSettings {
  /** Topics, at least 2. Partners form one cycle through all of them. */
  readonly topicCount: number;
  /** Width d of the hidden vectors of users and items. Topic centres are standard normal in d dimensions. */
  readonly latentWidth: number;
  /** Topic centres that are mixed into a user's vector, with weights uniform on the simplex. */
  readonly interestsPerUser: number;
  /** Standard deviation, in each dimension, of users around the mixture of their interests. */
  readonly userSpread: number;
  /** Standard deviation, in each dimension, of items around their topic's centre. */
  readonly itemSpread: number;

  /** `scale` in affinity(u, i) = scale * <u, i> / sqrt(d) + bias(i), in logits. */
  readonly affinityScale: number;
  /** Standard deviation of the item biases, in logits. */
  readonly itemBiasSpread: number;
  /** Logit of an item of no affinity at the top of a list. */
  readonly baseLogit: number;
  /** Logits lost for each earlier item of the same topic. */
  readonly satiation: number;
  /** Logits won when an earlier item's topic has this item's topic as its partner. */
  readonly complement: number;

  /** Width of the random unit vectors that stand for topics in the items' features. */
  readonly topicCodeWidth: number;
  /** Standard deviation of the noise on every observed feature. */
  readonly featureNoise: number;

  /** Standard deviation, in logits, of the retriever's error on the affinity of a user and an item. */
  readonly retrieverNoise: number;
  /** Standard deviation, in logits, of the logging policy's error on the affinity of a user and an item. */
  readonly policyNoise: number;
}

/** Settings of a world that differ from the default's. */
export type WorldOptions = Partial<WorldSettings>;

/**
 * Over all users and items, affinity has a standard deviation of about 1.3 logits. Of the 6 positions of a list, about
 * 1.5 are positive if it is random, 1.7 as logged, 1.9 in the logging policy's greedy list, and 3.8 in the best list
 * (expected, over seeds 1 to 5): with few topics, a list of a user's favourites tires the user.
 */
export const DEFAULT_WORLD: WorldSettings = {
  seed: 1,
  userCount: 1000,
  itemCount: 500,
  topicCount: 6,
  latentWidth: 8,
  interestsPerUser: 3,
  userSpread: 0.4,
  itemSpread: 1,
  affinityScale: 1,
  itemBiasSpread: 0.3,
  baseLogit: -2.25,
  satiation: 1.6,
  complement: 1.8,
  positionDecay: 0.95,
  topicCodeWidth: 8,
  featureNoise: 0.1,
  candidateCount: 50,
  listLength: 6,
  historyLength: 0,
  retrieverNoise: 1,
  candidateTemperature: 2,
  policyNoise: 0.5,
  policyTemperature: 2.5,
};

/** What nobody observes. U users, I items, T topics, d latent dimensions. */
export interface Latents {
  /** [U, d] */
  readonly users: Float64Array;
  /** [I, d] */
  readonly items: Float64Array;
  /** In logits: [I] */
  readonly itemBiases: Float64Array;
  /** Topic of each item: [I] */
  readonly itemTopics: Int32Array;
  /** The topic that each topic makes more welcome later in the list: [T] */
  readonly topicPartners: Int32Array;
}

/**
 * Draws a world; the same options give the same world, to the bit.
 * @throws RangeError for an option outside its range, or options that contradict each other.
 * @example
 * const world = createWorld({ seed: 7 });
 * world.expectedReward(0, [3, 14, 15]);
 */
export function createWorld(options: WorldOptions = {}): EmbeddedWorld {
  const settings = { ...DEFAULT_WORLD, ...options };
  checkSettings(settings);
  return new EmbeddedWorld(settings, drawLatents(settings));
}

/** A world out of latents. Made by {@link createWorld}, or from latents by hand. */
export class EmbeddedWorld extends World {
  /** What models may see: users are [d] wide, items [d + topic code + bias] wide, all with noise. */
  readonly catalogue: Catalogue;
  /** The topic whose partner each topic is, the inverse of `latents.topicPartners`: [T] */
  readonly topicPredecessors: Int32Array;

  /** @throws RangeError for a setting out of range, or latents whose lengths or topics do not fit the settings. */
  constructor(
    readonly settings: WorldSettings,
    readonly latents: Latents,
  ) {
    super();
    checkSettings(settings);
    checkLatents(settings, latents);
    this.catalogue = observe(settings, latents);
    this.topicPredecessors = new Int32Array(settings.topicCount);
    latents.topicPartners.forEach((partner, topic) => {
      this.topicPredecessors[partner] = topic;
    });
  }

  /** How much `user` likes `item` on its own, in logits; the numbers are not checked. */
  affinity(user: number, item: number): number {
    const { latentWidth, affinityScale } = this.settings;
    const { users, items, itemBiases } = this.latents;
    let product = 0;
    for (let k = 0; k < latentWidth; k++) product += users[user * latentWidth + k] * items[item * latentWidth + k];
    return (affinityScale * product) / Math.sqrt(latentWidth) + itemBiases[item];
  }

  /**
   * The probability p_t of positive feedback on an item at `position` (from 0), when the items before it hold
   * `repeats` items of its topic and, if `complemented`, one whose topic has the item's topic as partner.
   */
  feedbackProbability(affinity: number, position: number, repeats: number, complemented: boolean): number {
    const { baseLogit, satiation, complement, positionDecay } = this.settings;
    const logit = baseLogit + affinity - satiation * repeats + (complemented ? complement : 0);
    return positionDecay ** position / (1 + Math.exp(-logit));
  }

  growList(user: number, candidates: ArrayLike<number>): GrowingList {
    const affinities = Float64Array.from({ length: candidates.length }, (_, n) => this.affinity(user, candidates[n]));
    const topics = Int32Array.from({ length: candidates.length }, (_, n) => this.latents.itemTopics[candidates[n]]);
    const counts = new Int32Array(this.settings.topicCount);
    let length = 0;
    return {
      probability: (n) => {
        const complemented = counts[this.topicPredecessors[topics[n]]] > 0;
        return this.feedbackProbability(affinities[n], length, counts[topics[n]], complemented);
      },
      push(n) {
        length++;
        counts[topics[n]]++;
      },
      pop(n) {
        length--;
        counts[topics[n]]--;
      },
    };
  }

  /** Its affinity with the retriever's error, which is fixed for a user and an item, as a trained model's would be. */
  retrieverScores(user: number): Float32Array<ArrayBuffer> {
    return this.noisyAffinities(user, "retriever", this.settings.retrieverNoise);
  }

  /** Its affinity with the logging policy's error, which is fixed, too. */
  policyScores(user: number): Float32Array<ArrayBuffer> {
    return this.noisyAffinities(user, "logging policy", this.settings.policyNoise);
  }

  private noisyAffinities(user: number, scorer: string, noise: number) {
    const { seed, itemCount } = this.settings;
    const random = new Random({ seed, stream: `world ${scorer}`, step: user });
    const score = (item: number) => this.affinity(user, item) + noise * random.normal();
    return new Float32Array(itemCount).map((_, item) => score(item));
  }
}

function drawLatents(settings: WorldSettings): Latents {
  const { userCount, itemCount, topicCount, latentWidth, interestsPerUser } = settings;
  const { userSpread, itemSpread, itemBiasSpread } = settings;
  const centres = normals(worldRandom(settings, "topic centres"), topicCount * latentWidth, 1);
  const addCentre = (rows: Float64Array, row: number, topic: number, weight: number) => {
    for (let k = 0; k < latentWidth; k++) rows[row * latentWidth + k] += weight * centres[topic * latentWidth + k];
  };

  const userRandom = worldRandom(settings, "users");
  const users = normals(userRandom, userCount * latentWidth, userSpread);
  for (let user = 0; user < userCount; user++) {
    const interests = userRandom.permutation(topicCount).subarray(0, interestsPerUser);
    const weights = simplexPoint(userRandom, interestsPerUser);
    interests.forEach((topic, j) => {
      addCentre(users, user, topic, weights[j]);
    });
  }

  const itemRandom = worldRandom(settings, "items");
  const items = normals(itemRandom, itemCount * latentWidth, itemSpread);
  const itemBiases = normals(itemRandom, itemCount, itemBiasSpread);
  const itemTopics = Int32Array.from({ length: itemCount }, () => itemRandom.integer(topicCount));
  itemTopics.forEach((topic, item) => {
    addCentre(items, item, topic, 1);
  });
  const topicPartners = randomCycle(worldRandom(settings, "topic partners"), topicCount);
  return { users, items, itemBiases, itemTopics, topicPartners };
}

/** Noisy views of the latents: enough to rank users and items that no model has met. */
function observe(settings: WorldSettings, latents: Latents): Catalogue {
  const { userCount, itemCount, topicCount, latentWidth, topicCodeWidth, featureNoise } = settings;
  const topicCodes = unitVectors(worldRandom(settings, "topic codes"), topicCount, topicCodeWidth);
  const userNoise = normals(worldRandom(settings, "user features"), latents.users.length, featureNoise);
  const userFeatures: FeatureTable = {
    width: latentWidth,
    data: Float32Array.from(latents.users, (value, index) => value + userNoise[index]),
  };

  const width = latentWidth + topicCodeWidth + 1;
  const data = new Float32Array(itemCount * width);
  const itemNoise = normals(worldRandom(settings, "item features"), data.length, featureNoise);
  for (let item = 0; item < itemCount; item++) {
    const topic = latents.itemTopics[item];
    const row = data.subarray(item * width, (item + 1) * width);
    row.set(latents.items.subarray(item * latentWidth, (item + 1) * latentWidth));
    row.set(topicCodes.subarray(topic * topicCodeWidth, (topic + 1) * topicCodeWidth), latentWidth);
    row[width - 1] = latents.itemBiases[item];
    for (let k = 0; k < width; k++) row[k] += itemNoise[item * width + k];
  }
  return { userCount, itemCount, userFeatures, itemFeatures: { width, data } };
}

function worldRandom({ seed }: WorldSettings, part: string): Random {
  return new Random({ seed, stream: `world ${part}`, step: 0 });
}

function normals(random: Random, count: number, standardDeviation: number): Float64Array {
  return Float64Array.from({ length: count }, () => standardDeviation * random.normal());
}

/** A uniform point of the simplex: exponential variates, which are exp(-gumbel), over their sum. */
function simplexPoint(random: Random, length: number): Float64Array {
  const exponentials = Float64Array.from({ length }, () => Math.exp(-random.gumbel()));
  const sum = exponentials.reduce((total, value) => total + value, 0);
  return exponentials.map((value) => value / sum);
}

/** `count` directions, uniform on the sphere: [count, width]. */
function unitVectors(random: Random, count: number, width: number): Float64Array {
  const vectors = normals(random, count * width, 1);
  for (let row = 0; row < count; row++) {
    const vector = vectors.subarray(row * width, (row + 1) * width);
    const norm = Math.hypot(...vector);
    for (let k = 0; k < width; k++) vector[k] /= norm;
  }
  return vectors;
}

/** The successor of each number from 0 to `length` - 1 on a random cycle through all of them. */
function randomCycle(random: Random, length: number): Int32Array {
  const order = random.permutation(length);
  const successors = new Int32Array(length);
  for (let i = 0; i < length; i++) successors[order[i]] = order[(i + 1) % length];
  return successors;
}

function checkSettings(settings: WorldSettings): void {
  const { topicCount, interestsPerUser } = settings;
  type Name = keyof WorldSettings;
  const checkEach = (names: readonly Name[], expected: string, holds: (value: number) => boolean) => {
    for (const name of names) check(holds(settings[name]), name, expected, settings[name]);
  };
  const isCount = (value: number) => Number.isInteger(value) && value >= 1;
  checkRequestSettings(settings);
  checkEach(["latentWidth", "topicCodeWidth", "interestsPerUser"], "a positive integer", isCount);
  const spreads = ["userSpread", "itemSpread", "itemBiasSpread", "featureNoise"] as const;
  const isSpread = (value: number) => Number.isFinite(value) && value >= 0;
  checkEach([...spreads, "retrieverNoise", "policyNoise"], "finite and at least 0", isSpread);
  checkEach(["affinityScale", "baseLogit", "satiation", "complement"], "a finite number", Number.isFinite);
  checkEach(["topicCount"], "an integer of at least 2", (count) => Number.isInteger(count) && count >= 2);
  check(interestsPerUser <= topicCount, "interestsPerUser", `at most the ${topicCount} topics`, interestsPerUser);
}

function checkLatents(settings: WorldSettings, latents: Latents): void {
  const { userCount, itemCount, topicCount, latentWidth } = settings;
  const { itemTopics, topicPartners } = latents;
  const lengths: Readonly<Record<keyof Latents, number>> = {
    users: userCount * latentWidth,
    items: itemCount * latentWidth,
    itemBiases: itemCount,
    itemTopics: itemCount,
    topicPartners: topicCount,
  };
  for (const name of Object.keys(lengths) as (keyof Latents)[]) {
    const { length } = latents[name];
    check(length === lengths[name], `the length of latents.${name}`, `${lengths[name]}`, length);
  }
  for (const topic of [...itemTopics, ...topicPartners]) {
    check(isIndex(topic, topicCount), "a topic", `an integer from 0 to ${topicCount - 1}`, topic);
  }
  const distinct = new Set(topicPartners).size;
  check(distinct === topicCount, "the number of distinct latents.topicPartners", `${topicCount}`, distinct);
}
