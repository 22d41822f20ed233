/** The models that all methods share: how they are made, with initial weights or with those of a file. */
import { ContextualJudge } from "../goalrank/contextual-judge.ts";
import { DiscountedItemJudge, JudgeEnsemble } from "../goalrank/judge.ts";
import { RewardModel, type RewardModelOptions } from "../goalrank/reward-model.ts";
import type { Module } from "../nn/index.ts";
import { createGenerator } from "./goalrank-policy.ts";
import { initialWeights, type MethodContext, type SharedModelName, type SharedModels } from "./method.ts";
import { PointwiseRanker } from "./pointwise-ranker.ts";

export const JUDGE_KINDS = ["list", "contextual", "item-bce-discounted", "item-softmax-discounted"] as const;
/** One of {@link JUDGE_KINDS}; see {@link JudgeShape}. */
export type JudgeKind = (typeof JUDGE_KINDS)[number];

/** What a judge is made of: plain data, which a ranker's file holds. */
export interface JudgeShape extends Pick<RewardModelOptions, "contextLayers" | "head" | "reading"> {
  /**
   * `list`: the list-level reward model; `contextual`: every candidate scored in the light of the others, discounted by
   * position; `item-bce-discounted`: the DNN's probabilities, discounted by position, as in
   * the authors' published code, and `item-softmax-discounted` those over a request's candidates, for a DNN that was
   * trained list-wise.
   */
  readonly kind: JudgeKind;
  /** Reward models or contextual judges, trained from different weights. */
  readonly members: number;
  /** Standard deviations that are taken off the mean of several. */
  readonly pessimism: number;
}

/** The shared models that there are, with what the judge is made of. */
export interface SharedSet {
  /** What methods are given: these models among it. */
  readonly context: MethodContext;
  readonly judge: JudgeShape;
  /** What a judge of whole lists is made of. */
  readonly rewardModels: readonly RewardModel[];
  /** What a contextual judge is made of. */
  readonly contextualJudges: readonly ContextualJudge[];
}

/** The shared models of these names, with initial weights. */
export function createSharedModels(
  context: Omit<MethodContext, "shared">,
  judge: JudgeShape,
  names: readonly SharedModelName[],
): SharedSet {
  const bare = { ...context, shared: {} };
  const { kind } = judge;
  const isItemJudge = kind !== "list" && kind !== "contextual";
  const needsJudge = names.includes("judge");
  const pointwise =
    names.includes("pointwise") || (needsJudge && isItemJudge)
      ? new PointwiseRanker(bare.catalogue, bare.width, initialWeights(bare, "pointwise"), bare.residual)
      : undefined;
  // A method may read the first member alone.
  const members = needsJudge ? judge.members : names.includes("contextual") ? 1 : 0;
  const streams = Array.from({ length: members }, (_, member) => memberStage(member));
  const rewardModels = (kind === "list" ? streams : []).map((stream) => {
    return new RewardModel(bare.catalogue, { ...bare, ...judge, stream }, initialWeights(bare, stream));
  });
  const contextualJudges = (kind === "contextual" ? streams : []).map((stream) => {
    return new ContextualJudge(bare.catalogue, { ...bare, stream }, initialWeights(bare, stream));
  });
  const judges = [...rewardModels, ...contextualJudges];
  const shared: Partial<SharedModels> = {
    ...(pointwise && { pointwise }),
    ...(names.includes("imitation") && { imitation: createGenerator(bare, "imitation") }),
    ...(needsJudge && judges.length > 0 && { judge: new JudgeEnsemble(judges, judge.pessimism) }),
    ...(contextualJudges.length > 0 && { contextual: contextualJudges[0] }),
    ...(needsJudge &&
      pointwise &&
      isItemJudge && {
        judge: new DiscountedItemJudge(pointwise, judge.kind === "item-bce-discounted" ? "item" : "candidates"),
      }),
  };
  return { context: { ...bare, shared }, judge, rewardModels, contextualJudges };
}

/** What the training of a reward model, or of a contextual judge, is called: "reward model", "reward model 2", ... */
export function memberStage(member: number): string {
  return member === 0 ? "reward model" : `reward model ${member + 1}`;
}

/** The shared models by the names under which their weights are kept. */
export function namedSharedModels({
  context: { shared },
  rewardModels,
  contextualJudges,
}: SharedSet): [string, Module][] {
  const { pointwise, imitation } = shared;
  const named: [string, Module][] = [];
  if (pointwise !== undefined) named.push(["pointwise", pointwise]);
  if (imitation !== undefined) named.push(["imitation", imitation]);
  [...rewardModels, ...contextualJudges].forEach((model, member) => {
    named.push([memberStage(member).replaceAll(" ", "-"), model]);
  });
  return named;
}
