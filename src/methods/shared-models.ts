/** The models that all methods share: how they are made, with initial weights or with those of a file. */
import { Generator } from "../goalrank/generator.ts";
import { DiscountedItemJudge, JudgeEnsemble, type ListJudge } from "../goalrank/judge.ts";
import { RewardModel, type RewardModelOptions } from "../goalrank/reward-model.ts";
import { createGenerator } from "./goalrank.ts";
import { initialWeights, type MethodContext } from "./method.ts";
import { PointwiseRanker } from "./pointwise-ranker.ts";

/** What a judge is made of: plain data, which a ranker's file holds. */
export interface JudgeShape extends Pick<RewardModelOptions, "contextLayers" | "head" | "reading"> {
  /**
   * `list`: the list-level reward model; `item-bce-discounted`: the DNN's probabilities, discounted by position, as in
   * the authors' published code.
   */
  readonly kind: "list" | "item-bce-discounted";
  /** Reward models, trained from different weights. */
  readonly members: number;
  /** Standard deviations that are taken off the mean of several. */
  readonly pessimism: number;
}

export function createPointwise(context: MethodContext): PointwiseRanker {
  return new PointwiseRanker(context.catalogue, context.width, initialWeights(context, "pointwise"));
}

export function createImitation(context: MethodContext): Generator {
  return createGenerator(context, "imitation");
}

/** The reward models of a judge; none for `item-bce-discounted`. */
export function createRewardModels(context: MethodContext, judge: JudgeShape): RewardModel[] {
  const members = judge.kind === "item-bce-discounted" ? 0 : judge.members;
  return Array.from({ length: members }, (_, member) => {
    const stream = member === 0 ? "reward model" : `reward model ${member + 1}`;
    return new RewardModel(
      context.catalogue,
      { ...context, ...judge, stream },
      initialWeights(context, stream),
    );
  });
}

/** The judge that a pointwise ranker or reward models make. */
export function createJudge(
  pointwise: PointwiseRanker,
  rewardModels: readonly RewardModel[],
  { pessimism }: Pick<JudgeShape, "pessimism">,
): ListJudge {
  return rewardModels.length === 0
    ? new DiscountedItemJudge(pointwise)
    : new JudgeEnsemble(rewardModels, pessimism);
}
