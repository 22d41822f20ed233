/**
 * Which method to serve, by validation lists: the simplest of those that are within noise of the best, and none below the
 * retriever. The test lists take no part, so that what they say afterwards is of a choice that they did not make.
 */
import { holm, mean, meanHalfWidth } from "../../evaluation/statistics.ts";
import { GOAL_RANK } from "../../methods/goalrank.ts";
import { RANDOM, RETRIEVER } from "../../methods/references.ts";
import { bySimplicity } from "../../methods/simplicity.ts";
import { pairedDifference } from "../evaluate-lists.ts";
import type { Choice } from "../result-schema.ts";

/** What a method's lists are worth: the same V validation requests for all methods. */
export interface MethodWorth {
  readonly name: string;
  readonly title: string;
  /** Whether it can answer requests besides those of a dataset. */
  readonly isServable: boolean;
  /** By what counts: [V]. */
  readonly values: ArrayLike<number>;
}

/** What another ranker is called among the methods, of which none has that name. */
export const RIVAL = "rival";

/** Chances under which a difference is taken for one. */
export const SIGNIFICANCE = 0.05;
/** Lists without which there is nothing to compare. */
export const LEAST_LISTS = 2;

/**
 * Differences are judged by paired randomisation tests over requests, at 5%; those between the best and each of the others
 * are adjusted for being many (Holm 1979). Where the best is above the retriever, what is chosen must be, too; where the
 * best is not below a rival, neither may that be.
 */
export function choose(worths: readonly MethodWorth[], measure: Choice["measure"], seed: number): Choice {
  const servable = bySimplicity(worths.filter(({ name, isServable }) => isServable && name !== RANDOM.name));
  const lists = worths[0]?.values.length ?? 0;
  if (servable.length === 0 || lists < LEAST_LISTS) return { measure, lists, methods: [] };
  const difference = (a: MethodWorth, b: MethodWorth | undefined) =>
    b && a !== b ? { over: b.name, ...pairedDifference(a.values, b.values, seed) } : undefined;
  const best = bestOf(servable);
  const others = servable.filter((worth) => worth !== best);
  const behind = others.map((worth) => pairedDifference(worth.values, best.values, seed));
  const adjusted = holm(behind.map(({ pValue }) => pValue));
  const toBest = new Map(others.map((worth, i) => [worth, { ...behind[i], pValue: adjusted[i] }]));
  const isWithinNoise = (worth: MethodWorth) => (toBest.get(worth)?.pValue ?? 1) >= SIGNIFICANCE;
  const find = (name: string) => worths.find((worth) => worth.name === name);
  const retriever = servable.find(({ name }) => name === RETRIEVER.name);
  const rival = find(RIVAL);
  const isAllowed = (worth: MethodWorth) =>
    isWithinNoise(worth) &&
    (worth === best || worth === retriever || isAbove(difference(worth, retriever))) &&
    (rival === undefined || !isAbove(difference(rival, worth)));
  const chosen = servable.find(isAllowed) ?? best;
  const goalRank = servable.find(({ name }) => name === GOAL_RANK.name);
  const simpler = goalRank && servable.slice(0, servable.indexOf(goalRank));
  return {
    measure,
    lists,
    best: best.name,
    chosen: chosen.name,
    overRandom: difference(chosen, find(RANDOM.name)),
    overRetriever: difference(chosen, retriever),
    goalRank: goalRank && simpler && simpler.length > 0 ? difference(goalRank, bestOf(simpler)) : undefined,
    methods: servable.map((worth) => ({
      name: worth.name,
      method: worth.title,
      mean: mean(worth.values),
      halfWidth: meanHalfWidth(worth.values),
      toBest: toBest.get(worth),
      isWithinNoise: isWithinNoise(worth),
    })),
  };
}

/** Whether a difference is one, and in favour of the first; nothing to compare with counts as that. */
export function isAbove(difference: { readonly mean: number; readonly pValue: number } | undefined): boolean {
  return difference === undefined || (difference.mean > 0 && difference.pValue < SIGNIFICANCE);
}

/** Of equal ones the simplest. */
function bestOf(worths: readonly MethodWorth[]): MethodWorth {
  return worths.reduce((best, worth) => (mean(worth.values) > mean(best.values) ? worth : best));
}
