/** The lab's world: one user, six items of three topics, and the true reward of each of the 120 lists of three. */
import { enumerateLists, type ListSpace } from "../goalrank/paper.ts";
import { DEFAULT_WORLD, EmbeddedWorld } from "../world/index.ts";
import { ITEM_COUNT, type LabState, LIST_LENGTH, TOPIC_COUNT } from "./state.ts";

/** All lists of three of the six items, and their prefixes. */
export const SPACE: ListSpace = enumerateLists(ITEM_COUNT, LIST_LENGTH);

/** What of the state every world of the lab is made of. */
export type UserState = Pick<LabState, "taste" | "fatigue" | "complement" | "attention">;

/** The same of the world of six items. */
export type WorldState = UserState & Pick<LabState, "topics" | "appeal">;

/** Logit of an item of no appeal at the top of a list. */
export const BASE_LOGIT = -0.4;

/**
 * The library's world with these latents: each topic is a dimension, the user's taste for it a coordinate, so that
 * affinity is the taste for an item's topic and the item's own appeal.
 * @param topics of each item
 * @param appeal of each item
 */
export function worldOf(
  { taste, fatigue, complement, attention }: UserState,
  topics: ArrayLike<number>,
  appeal: ArrayLike<number>,
): EmbeddedWorld {
  const itemCount = topics.length;
  const settings = {
    ...DEFAULT_WORLD,
    userCount: 1,
    itemCount,
    topicCount: TOPIC_COUNT,
    latentWidth: TOPIC_COUNT,
    interestsPerUser: 1,
    candidateCount: ITEM_COUNT,
    listLength: LIST_LENGTH,
    baseLogit: BASE_LOGIT,
    satiation: fatigue,
    complement,
    positionDecay: attention,
  };
  const items = new Float64Array(itemCount * TOPIC_COUNT);
  for (let item = 0; item < itemCount; item++) items[item * TOPIC_COUNT + topics[item]] = 1;
  return new EmbeddedWorld(settings, {
    users: Float64Array.from(taste, (value) => value * Math.sqrt(TOPIC_COUNT)),
    items,
    itemBiases: Float64Array.from(appeal),
    itemTopics: Int32Array.from(topics),
    // 0 prepares the ground for 1, 1 for 2, 2 for 0.
    topicPartners: Int32Array.from({ length: TOPIC_COUNT }, (_, topic) => (topic + 1) % TOPIC_COUNT),
  });
}

/** The world of the six items. */
export function makeWorld(state: WorldState): EmbeddedWorld {
  return worldOf(state, state.topics, state.appeal);
}

/** Items of list `index` of the space: [L]. */
export function listAt(index: number): Int32Array {
  return SPACE.lists.subarray(index * LIST_LENGTH, (index + 1) * LIST_LENGTH);
}

const INDEX_OF = new Map(Array.from({ length: SPACE.listCount }, (_, index) => [listAt(index).join(), index]));

/** The place of a list among all. @throws RangeError for one that is not in the space */
export function indexOfList(list: ArrayLike<number>): number {
  const index = INDEX_OF.get(Array.from(list).join());
  if (index === undefined) throw new RangeError(`lab: ${Array.from(list).join()} is no list of the space`);
  return index;
}

/** The true expected reward of every list: [S]. */
export function trueRewards(world: EmbeddedWorld): Float64Array {
  return Float64Array.from({ length: SPACE.listCount }, (_, index) => world.expectedReward(0, listAt(index)));
}

/** One position of a list: everything that its probability is made of. */
export interface PositionReward {
  readonly item: number;
  readonly affinity: number;
  /** Earlier items of its topic. */
  readonly repeats: number;
  /** Whether an earlier item's topic prepares the ground for this one's. */
  readonly complemented: boolean;
  /** Attention at its position. */
  readonly attention: number;
  readonly logit: number;
  readonly probability: number;
}

/** A list's true reward by position. */
export function explainReward(world: EmbeddedWorld, list: ArrayLike<number>): readonly PositionReward[] {
  const { satiation, complement, positionDecay, baseLogit } = world.settings;
  const { itemTopics } = world.latents;
  const probabilities = world.expectedFeedback(0, list);
  return Array.from(list, (item, t) => {
    const earlier = Array.from(list)
      .slice(0, t)
      .map((other) => itemTopics[other]);
    const repeats = earlier.filter((topic) => topic === itemTopics[item]).length;
    const complemented = earlier.includes(world.topicPredecessors[itemTopics[item]]);
    const affinity = world.affinity(0, item);
    const logit = baseLogit + affinity - satiation * repeats + (complemented ? complement : 0);
    return {
      item,
      affinity,
      repeats,
      complemented,
      attention: positionDecay ** t,
      logit,
      probability: probabilities[t],
    };
  });
}

/** Sum over lists of policy times value: an expectation. */
export function expectation(policy: ArrayLike<number>, values: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < policy.length; index++) sum += policy[index] * values[index];
  return sum;
}

/** The place of the greatest value, the first of equals. */
export function placeOfBest(values: ArrayLike<number>): number {
  return Array.from(values).reduce((best, value, index) => (value > values[best] ? index : best), 0);
}
