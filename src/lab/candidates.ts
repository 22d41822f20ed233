/**
 * Where candidates come from, in a world of 120 items: what injected candidates flatter, and why what a retriever likes best
 * may hold worse lists than what chance brings.
 */
import { mean, rankByScore, rankingMetrics } from "../evaluation/index.ts";
import { Random } from "../tensor/index.ts";
import { type EmbeddedWorld, enumerateBest } from "../world/index.ts";
import { ITEM_COUNT, type LabState, LIST_LENGTH, TOPIC_COUNT } from "./state.ts";
import { type UserState, worldOf } from "./world.ts";

const CATALOGUE = 120;
const REQUESTS = 200;

/** What of the state a large world is made of. */
export type CatalogueState = UserState & Pick<LabState, "seed">;

/** 120 items, as many of each topic, for the user of the lab. */
function makeCatalogue(state: CatalogueState): EmbeddedWorld {
  const random = new Random({ seed: state.seed, stream: "lab catalogue", step: 0 });
  const topics = Int32Array.from({ length: CATALOGUE }, (_, item) => item % TOPIC_COUNT);
  return worldOf(
    state,
    topics,
    Float64Array.from(topics, () => 0.3 * random.normal()),
  );
}

/** The retriever: affinity with some noise, which is nearly right about single items. [I] */
function retrieverScores(world: EmbeddedWorld, random: Random): number[] {
  return Array.from({ length: CATALOGUE }, (_, item) => world.affinity(0, item) + 0.3 * random.normal());
}

/** Truth of the best list that six candidates hold, on average. */
export interface SupplyReport {
  readonly retrieved: number;
  readonly random: number;
  /** Three retrieved and three by chance. */
  readonly mixed: number;
}

/** The best lists of three kinds of candidates. */
export function supplyReport(state: CatalogueState): SupplyReport {
  const world = makeCatalogue(state);
  const random = new Random({ seed: state.seed, stream: "lab supply", step: 0 });
  const best = (candidates: readonly number[]) => enumerateBest(world, 0, candidates).expectedReward;
  const rounds = Array.from({ length: 40 }, () => {
    const retrieved = [...rankByScore(retrieverScores(world, random))].slice(0, ITEM_COUNT);
    const chance = [...random.permutation(CATALOGUE)].slice(0, ITEM_COUNT);
    const others = chance.filter((item) => !retrieved.slice(0, 3).includes(item)).slice(0, 3);
    return { retrieved: best(retrieved), random: best(chance), mixed: best([...retrieved.slice(0, 3), ...others]) };
  });
  const meanOf = (kind: keyof SupplyReport) => mean(rounds.map((round) => round[kind]));
  return { retrieved: meanOf("retrieved"), random: meanOf("random"), mixed: meanOf("mixed") };
}

/** How a ranker that knows nothing of the user does under two protocols. */
export interface InjectionReport {
  /** H@3: share of requests with a liked item among the first three. */
  readonly injectedHit: number;
  readonly retrievedHit: number;
  /** The same of a random order. */
  readonly injectedRandomHit: number;
  readonly retrievedRandomHit: number;
  /** True reward of its lists among retrieved candidates, and of random ones. */
  readonly truth: number;
  readonly randomTruth: number;
}

/**
 * Three items were shown, drawn by chance. Injected: they and the retriever's best three of the rest are the candidates.
 * Retrieved: the retriever's best six are. The ranker puts first what the retriever likes least.
 */
export function injectionReport(state: CatalogueState): InjectionReport {
  const world = makeCatalogue(state);
  const random = new Random({ seed: state.seed, stream: "lab injection", step: 0 });
  const totals = { injectedHit: 0, retrievedHit: 0, injectedRandomHit: 0, retrievedRandomHit: 0 };
  const truths: number[] = [];
  const randomTruths: number[] = [];
  const counted = { injected: 0, retrieved: 0 };
  for (let request = 0; request < REQUESTS; request++) {
    const scores = retrieverScores(world, random);
    const shown = [...random.permutation(CATALOGUE)].slice(0, LIST_LENGTH);
    const liked = shown.filter((_, t) => world.drawFeedback(0, shown, random)[t] === 1);
    const ranked = [...rankByScore(scores)];
    const injected = [...shown, ...ranked.filter((item) => !shown.includes(item)).slice(0, ITEM_COUNT - LIST_LENGTH)];
    const retrieved = ranked.slice(0, ITEM_COUNT);
    const byDislike = (candidates: readonly number[]) => candidates.toSorted((a, b) => scores[a] - scores[b]);
    const shuffled = (candidates: readonly number[]) => [...random.permutation(6)].map((at) => candidates[at]);
    const hit = (ranking: readonly number[]) => hitOf(ranking, liked);
    if (liked.length > 0) {
      counted.injected++;
      totals.injectedHit += hit(byDislike(injected));
      totals.injectedRandomHit += hit(shuffled(injected));
    }
    if (liked.some((item) => retrieved.includes(item))) {
      counted.retrieved++;
      totals.retrievedHit += hit(byDislike(retrieved));
      totals.retrievedRandomHit += hit(shuffled(retrieved));
    }
    truths.push(world.expectedReward(0, byDislike(retrieved).slice(0, LIST_LENGTH)));
    randomTruths.push(world.expectedReward(0, shuffled(retrieved).slice(0, LIST_LENGTH)));
  }
  return {
    injectedHit: totals.injectedHit / counted.injected,
    injectedRandomHit: totals.injectedRandomHit / counted.injected,
    retrievedHit: totals.retrievedHit / counted.retrieved,
    retrievedRandomHit: totals.retrievedRandomHit / counted.retrieved,
    truth: mean(truths),
    randomTruth: mean(randomTruths),
  };
}

/** 1 where a liked item is among the first three, by the library's H. */
function hitOf(ranking: readonly number[], liked: readonly number[]): number {
  const labels = Float32Array.from({ length: CATALOGUE }, (_, item) => (liked.includes(item) ? 1 : 0));
  const order = [
    ...ranking,
    ...Array.from({ length: CATALOGUE }, (_, item) => item).filter((i) => !ranking.includes(i)),
  ];
  return (rankingMetrics({ ranking: Int32Array.from(order), labels, k: LIST_LENGTH })?.hit ?? 0) > 0 ? 1 : 0;
}
