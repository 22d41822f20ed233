/** Sizes of models: how a dataset's models are made as wide and as deep as asked. */
import type { DatasetChoice } from "../datasets.ts";

export interface Size {
  /** D */
  readonly width: number;
  readonly layers: number;
}

export const SIZES: readonly Size[] = [
  { width: 8, layers: 1 },
  { width: 16, layers: 1 },
  { width: 32, layers: 1 },
  { width: 64, layers: 1 },
  { width: 64, layers: 2 },
  { width: 128, layers: 2 },
];

/** The width that the learning rates of the datasets are for. */
export const TUNED_WIDTH = 32;

export function titleOf({ width, layers }: Size): string {
  return `width ${width}, ${layers} ${layers === 1 ? "layer" : "layers"}`;
}

/**
 * All models of one size, the judge too. Wider models learn at rates that fall with the root of the width: at the rates of
 * narrow ones the widest do not learn well.
 *
 * @param rate what all learning rates are multiplied with besides
 */
export function atSize(dataset: DatasetChoice, { width, layers }: Size, rate = 1): DatasetChoice {
  const factor = rate * Math.sqrt(TUNED_WIDTH / Math.max(width, TUNED_WIDTH));
  const scaled = <Training extends { readonly learningRate: number }>(training: Training): Training => ({
    ...training,
    learningRate: training.learningRate * factor,
  });
  const { shared, policy } = dataset;
  // A judge that starts from the imitation has as many layers.
  const contextLayers = shared.reward.start === "imitation" ? layers : shared.reward.contextLayers;
  return {
    ...dataset,
    shared: {
      ...shared,
      width,
      layers,
      reward: { ...shared.reward, contextLayers },
      feedbackTraining: scaled(shared.feedbackTraining),
      rewardTraining: scaled(shared.rewardTraining),
      imitationTraining: scaled(shared.imitationTraining),
    },
    policy: { ...policy, policyTraining: scaled(policy.policyTraining) },
  };
}
