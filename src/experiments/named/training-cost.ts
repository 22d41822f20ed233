/**
 * What it costs to train a method: parameters, and floating-point operations, which are counted over the first lists and
 * taken times the lists that there are, since every list costs the same.
 */

import type { SharedModelName } from "../../methods/method.ts";
import type { Module } from "../../nn/index.ts";
import { SILENT, type TrainingListener } from "../../training/listener.ts";
import { contender, learn } from "../contenders.ts";
import type { PolicyOptions, SharedOptions } from "../datasets.ts";
import type { Surroundings } from "../experiment.ts";
import { loadShared, type Shared, type SharedWork } from "../shared-work.ts";
import type { TrialOutcome, Work } from "../trial.ts";
import { trainBriefly } from "./brief-training.ts";
import { countingOperations } from "./operation-counter.ts";

export interface TrainingCostWork extends Work {
  readonly kind: "training-cost";
  readonly shared: SharedWork;
  readonly policy: PolicyOptions;
  /** A method by its name. */
  readonly contestant: string;
  /** Training lists, at most, over which operations are counted. */
  readonly requests: number;
}

/** The shared parts that a method cannot do without, in training or later. */
function partsOf(contestant: string, { reward }: SharedOptions, policy: PolicyOptions): Set<SharedModelName> {
  const parts = new Set<SharedModelName>();
  if (contestant !== "rank-mixer") parts.add("pointwise");
  if (contestant.startsWith("mg-e") || contestant === "goalrank") {
    parts.add("judge");
    if (reward.start === "imitation" || reward.policyLists > 0) parts.add("imitation");
  }
  if (contestant === "goalrank" && policy.generatorStart === "imitation") parts.add("imitation");
  return parts;
}

export async function measureTrainingCost(
  work: TrainingCostWork,
  surroundings: Surroundings,
): Promise<TrialOutcome> {
  const { data, options } = await loadShared(work.shared, surroundings);
  const { seed } = work.shared.data;
  const { contestant, policy, requests } = work;
  const { signal, listener = SILENT } = surroundings.context;
  return countingOperations(async (device) => {
    const byStage = new Map<string, number>();
    let before = 0;
    const counter: TrainingListener = {
      begin(...event) {
        before = device.operations;
        listener.begin(...event);
      },
      step: (...event) => listener.step(...event),
      end(stage) {
        byStage.set(stage, device.operations - before);
        listener.end(stage);
      },
    };
    const context = { signal, listener: counter };
    const brief = await trainBriefly(data, { options, policy, seed, requests }, context);
    const sharedStages = new Map(byStage);
    byStage.clear();
    const { instance } = await learn(contender(contestant, brief.policy), brief.shared, seed, context);
    const own = Object.values(instance.models);
    const parts = partsOf(contestant, options, policy);
    const counted = brief.shared.data.training.size;
    const lists = data.training.size;
    const ownOperations = sum(byStage.values());
    const ownLists =
      contestant === "goalrank"
        ? Math.min(policy.policyRequests, lists) * policy.policyTraining.epochs
        : lists * options.feedbackTraining.epochs;
    const sharedOperations = [...sharedStages].map(([stage, operations]) => {
      const part = partOf(stage);
      return parts.has(part) ? (operations / counted) * lists * epochsOf(part, options) : 0;
    });
    return {
      metrics: {
        trainedParameters: parametersOf(brief.shared, parts) + parametersIn(own),
        answeringParameters: answeringParameters(contestant, brief.shared, own),
        trainingOperations: (ownOperations / counted) * ownLists + sum(sharedOperations),
      },
    };
  });
}

/** The shared part that a training stage belongs to. */
function partOf(stage: string): SharedModelName {
  if (stage === "DNN") return "pointwise";
  if (stage === "imitation") return "imitation";
  if (stage.startsWith("reward model")) return "judge";
  throw new Error(`training cost: nothing is known of the stage "${stage}"`);
}

function epochsOf(part: SharedModelName, options: SharedOptions): number {
  const { feedbackTraining, imitationTraining, rewardTraining } = options;
  const training = { pointwise: feedbackTraining, imitation: imitationTraining, judge: rewardTraining };
  return training[part].epochs;
}

function modelsOf({ models: { context, rewardModels } }: Shared, part: SharedModelName): readonly Module[] {
  if (part === "judge") return rewardModels;
  const model = context.shared[part];
  return model === undefined ? [] : [model];
}

function parametersOf(shared: Shared, parts: Iterable<SharedModelName>): number {
  return sum([...parts].map((part) => parametersIn(modelsOf(shared, part))));
}

/** Of all that reads a request before it is answered. */
function answeringParameters(contestant: string, shared: Shared, own: readonly Module[]): number {
  const readers: SharedModelName[] = contestant.startsWith("mg-e")
    ? ["pointwise", "judge"]
    : contestant === "pier" || contestant === "dnn"
      ? ["pointwise"]
      : [];
  return parametersIn(own) + parametersOf(shared, readers);
}

function parametersIn(models: readonly Module[]): number {
  return sum(models.map((model) => model.parameterCount()));
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
