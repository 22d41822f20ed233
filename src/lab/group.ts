/** The lab's group: which lists are compared, drawn by the library's methods of appendix C. */
import { mergeGroups } from "../goalrank/groups/build.ts";
import { diverseLists } from "../goalrank/groups/diverse.ts";
import type { SourceLists } from "../goalrank/groups/lists.ts";
import { loggedLists } from "../goalrank/groups/logged.ts";
import { markovLists } from "../goalrank/groups/markov.ts";
import { randomLists } from "../goalrank/groups/random.ts";
import { substitutedLists } from "../goalrank/groups/substitution.ts";
import { gumbelTopK, Random, type RandomKey, scope, tensor } from "../tensor/index.ts";
import { type PrefixNode, pathTo, prefixTree } from "./generator.ts";
import { drawIndex, type LabLog } from "./judge.ts";
import { ITEM_COUNT, type LabState, LIST_LENGTH, SOURCES, type Source } from "./state.ts";
import { indexOfList, listAt, placeOfBest, SPACE } from "./world.ts";

/** A list of a group. */
export interface GroupList {
  /** Its place among all lists. */
  readonly index: number;
  readonly source: Source;
  /** False where an earlier list of the group is the same: it does not count. */
  readonly isDistinct: boolean;
}

/** What a group is drawn from. */
export interface GroupContext {
  /** pi of every list, of the policy that is sampled: [S]. */
  readonly policy: Float64Array;
  /** The judge's rewards of every list: [S]. */
  readonly rewards: Float64Array;
  readonly log: LabLog;
  readonly step: number;
}

/** Sources that read the group so far, in the order in which they are drawn: after all others. */
const READS_GROUP: readonly Source[] = ["logged", "substitution", "diverse"];

const SIZES = { candidates: ITEM_COUNT, length: LIST_LENGTH };

/** The group of a step. A source that needs lists to start from gives none where there are none. */
export function drawGroup({ counts, seed }: Pick<LabState, "counts" | "seed">, context: GroupContext): GroupList[] {
  const entries = SOURCES.map((source, at) => ({ source, count: counts[at] })).filter(({ count }) => count > 0);
  const order = (source: Source) => READS_GROUP.indexOf(source);
  const drawn: SourceLists[] = [];
  const sources: Source[] = [];
  for (const { source, count } of entries.toSorted((a, b) => order(a.source) - order(b.source))) {
    const key = { seed, stream: `lab group ${source}`, step: context.step };
    if (source === "substitution" && drawn.length === 0) continue;
    const own = drawSource(source, count, context, drawn, key);
    drawn.push(own);
    sources.push(...new Array<Source>(own.count).fill(source));
  }
  const groups = mergeGroups(drawn, 1, LIST_LENGTH);
  return Array.from({ length: groups.groupSize }, (_, place) => ({
    index: indexOfList(groups.lists.subarray(place * LIST_LENGTH, (place + 1) * LIST_LENGTH)),
    source: sources[place],
    isDistinct: groups.distinct[place] === 1,
  }));
}

/** All lists there are, for exact steps. */
export const WHOLE_SPACE: readonly GroupList[] = Array.from({ length: SPACE.listCount }, (_, index) => ({
  index,
  source: "policy",
  isDistinct: true,
}));

function drawSource(
  source: Source,
  count: number,
  { policy, rewards, log }: GroupContext,
  existing: readonly SourceLists[],
  key: RandomKey,
): SourceLists {
  const options = { ...SIZES, key };
  switch (source) {
    case "policy": {
      const random = new Random(key);
      return ofIndices(
        source,
        Array.from({ length: count }, () => drawIndex(policy, random)),
      );
    }
    case "tree":
      return ofIndices(source, likeliestByFirst(policy, count));
    case "pointwise": {
      using _ = scope();
      const logits = tensor(Float32Array.from(itemLogits(rewards)), [1, ITEM_COUNT]);
      const lists = gumbelTopK(logits, { lists: count, length: LIST_LENGTH, key }).dataSync();
      return { source, count, lists };
    }
    case "markov":
      return markovLists(pairLogits(policy), 1, count, { ...options, temperature: 1 });
    case "random":
      return randomLists(1, count, options);
    case "substitution":
      return substitutedLists(existing, 1, count, options);
    case "diverse":
      return diverseLists(itemLogits(rewards), existing, 1, count, { ...options, penalty: 1 });
    case "logged": {
      const random = new Random(key);
      const total = log.shown.reduce((sum, shown) => sum + shown, 0);
      const one = (): Int32Array => {
        const index = drawIndex(
          log.shown.map((shown) => shown / total),
          random,
        );
        return loggedLists(listAt(index), existing, 1, LIST_LENGTH).lists;
      };
      const lists = Int32Array.from(Array.from({ length: count }, () => [...one()]).flat());
      return { source, count, lists };
    }
  }
}

function ofIndices(source: Source, indices: readonly number[]): SourceLists {
  return { source, count: indices.length, lists: Int32Array.from(indices.flatMap((index) => [...listAt(index)])) };
}

/** Method 2, parallel tree: a branch for each first item, gone on greedily; the likeliest first, the best repeated. */
function likeliestByFirst(policy: Float64Array, count: number): number[] {
  const levels = prefixTree(policy);
  const finished = levels[0].map(({ prefix }) => {
    let list: readonly number[] = prefix;
    for (let t = 1; t < LIST_LENGTH; t++) {
      const next = levels[t].filter((node) => list.every((item, at) => node.prefix[at] === item));
      list = next[placeOfBest(next.map(({ edge }) => edge))].prefix;
    }
    return indexOfList(list);
  });
  const ranked = finished.sort((a, b) => policy[b] - policy[a]);
  return Array.from({ length: count }, (_, n) => ranked[n] ?? ranked[0]);
}

/** Logits of a scorer of single items: how much the judge's mean reward rises with the item in the list, sharpened. */
export function itemLogits(rewards: Float64Array): number[] {
  const mean = rewards.reduce((sum, reward) => sum + reward, 0) / rewards.length;
  return Array.from({ length: ITEM_COUNT }, (_, item) => {
    const own = [...rewards].filter((_reward, index) => listAt(index).includes(item));
    return 4 * (own.reduce((sum, reward) => sum + reward, 0) / own.length - mean);
  });
}

/** Scores of first items and of pairs from the generator, as method 4 of appendix C reads them. */
function pairLogits(policy: Float64Array) {
  const [firsts, seconds] = prefixTree(policy);
  const pairs = new Float32Array(ITEM_COUNT ** 2);
  for (const { prefix, edge } of seconds) pairs[prefix[0] * ITEM_COUNT + prefix[1]] = Math.log(Math.max(edge, 1e-30));
  return { items: Float32Array.from(firsts, ({ edge }) => Math.log(Math.max(edge, 1e-30))), pairs };
}

/** log pi of a list as a sum: each item after those before it. */
export function logFactors(policy: Float64Array, index: number): readonly PrefixNode[] {
  return pathTo(prefixTree(policy), index);
}
