/** What a method of the comparison is: how it learns from the shared data, and how it answers requests. */

import type { Catalogue, ListDataset, RequestColumns } from "../data/dataset.ts";
import type { UnexposedCandidates } from "../data/labels.ts";
import type { ListJudge } from "../goalrank/judge.ts";
import type { Module } from "../nn/index.ts";
import { Random } from "../tensor/index.ts";
import type { TrainingTask } from "../training/trainer.ts";
import type { RankedLists } from "./answers.ts";
import type { PointwiseRanker } from "./dnn.ts";

/** What all methods are given alike: data, width, depth, and the evaluator. */
export interface MethodContext {
  readonly catalogue: Catalogue;
  readonly training: ListDataset;
  readonly unexposed: UnexposedCandidates;
  /** D */
  readonly width: number;
  readonly heads: number;
  /** Blocks, or layers of whatever kind a method stacks. */
  readonly layers: number;
  readonly dropoutRate: number;
  readonly seed: number;
  /** Trained before on the same data: gives initial rankings, personal vectors and proposals. */
  readonly pointwise: PointwiseRanker;
  /** The reward model, which evaluates lists for every method alike. */
  readonly judge: ListJudge;
  /** Trains with the run's budget: epochs, batches, optimiser, checkpoints. The stage names the method. */
  train(task: TrainingTask): Promise<void>;
}

/** A method that has learned. */
export interface TrainedMethod {
  /** What was trained for it; neither the shared pointwise ranker nor the judge. */
  readonly models: readonly Module[];
  /** Answers requests. */
  rank(requests: RequestColumns): Promise<RankedLists>;
}

/** Generators answer by themselves; the others propose lists, of which the judge chooses. */
export type MethodFamily = "generator" | "generator-evaluator" | "multi-generator-evaluator";

/** A row of the comparison. */
export interface Method {
  /** For options and files, such as `set-rank`. */
  readonly name: string;
  /** For tables, such as `PRS (SetRank)`. */
  readonly title: string;
  readonly family: MethodFamily;
  learn(context: MethodContext): Promise<TrainedMethod>;
}

/** Draws a method's initial weights. */
export function initialWeights({ seed }: MethodContext, name: string): Random {
  return new Random({ seed, stream: `${name} initial weights`, step: 0 });
}
