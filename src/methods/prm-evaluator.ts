/**
 * The best of many lists of a ranker, by the judge (ours, for comparison): PRM's own list and others that are drawn from
 * its scores, without replacement and at temperature 1. PRM learns as it does by itself, and its scores are logits.
 */
import { concat, gumbelTopK } from "../tensor/index.ts";
import { byEvaluator, type ListSource } from "./list-sources.ts";
import { instanceOf, type Method } from "./method.ts";
import { PRM } from "./prm.ts";
import type { ScoringModel } from "./scoring/scoring-method.ts";

/** Scores in this many times their size are drawn in their order, but for ties. */
const GREEDY = 1e6;

/** PRM's list, the first, and lists drawn from its scores. */
export function rankerSource(scorer: ScoringModel): ListSource {
  return (batch, count, length, key) => {
    const scores = scorer.forward(batch);
    const greedy = gumbelTopK(scores.mul(GREEDY), { lists: 1, length, key });
    if (count === 1) return { lists: greedy, scores };
    const drawn = gumbelTopK(scores, { lists: count - 1, length, key });
    return { lists: concat([greedy, drawn], 1), scores };
  };
}

/** @param lists PRM's own among them */
export function prmEvaluator(lists: number): Method {
  return {
    name: `prm-evaluator-${lists}`,
    title: `PRM-evaluator, ${lists} lists`,
    family: "generator-evaluator",
    answersWith: [...PRM.answersWith, "judge"],
    create(context) {
      const { models, learn } = PRM.create({ ...context, tuned: {} });
      const model = models.prm as ScoringModel;
      return instanceOf({ prm: model }, byEvaluator(rankerSource(model), lists, context), learn && { learn });
    },
  };
}
