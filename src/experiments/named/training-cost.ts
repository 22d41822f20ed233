/**
 * What it costs to train a method: parameters, and floating-point operations, which are counted over the first lists and
 * taken times the lists that there are, since every list costs the same.
 */

import type { Module } from "../../nn/index.ts";
import type { JudgeModels } from "../../run/models.ts";
import { SILENT, type TrainingListener } from "../../training/listener.ts";
import { GOAL_RANK, learn, namedLearner } from "../contenders.ts";
import type { PolicyOptions, SharedOptions } from "../datasets.ts";
import type { Surroundings } from "../experiment.ts";
import { loadShared, type SharedWork } from "../shared-work.ts";
import type { TrialOutcome, Work } from "../trial.ts";
import { trainBriefly } from "./brief-training.ts";
import { countingOperations } from "./operation-counter.ts";

export interface TrainingCostWork extends Work {
  readonly kind: "training-cost";
  readonly shared: SharedWork;
  readonly policy: PolicyOptions;
  /** `GOAL_RANK`, or a method by its name. */
  readonly contestant: string;
  /** Training lists, at most, over which operations are counted. */
  readonly requests: number;
}

/** What is trained for all methods alike, and only used by some. */
interface SharedPart {
  /** Whether a stage of training is its. */
  isTrainedIn(stage: string): boolean;
  readonly training: "feedbackTraining" | "imitationTraining" | "rewardTraining";
  models(learned: JudgeModels): readonly Module[];
}

const POINTWISE: SharedPart = {
  isTrainedIn: (stage) => stage === "DNN",
  training: "feedbackTraining",
  models: ({ pointwise }) => [pointwise],
};
const IMITATION: SharedPart = {
  isTrainedIn: (stage) => stage === "imitation",
  training: "imitationTraining",
  models: ({ imitation }) => (imitation === undefined ? [] : [imitation]),
};
const JUDGE: SharedPart = {
  isTrainedIn: (stage) => stage.startsWith("reward model"),
  training: "rewardTraining",
  models: ({ rewardModels }) => rewardModels,
};
const PARTS = [POINTWISE, IMITATION, JUDGE];

/** The shared parts that a method cannot do without, in training or later. */
function partsOf(contestant: string, { reward }: SharedOptions, policy: PolicyOptions): SharedPart[] {
  const isGoalRank = contestant === GOAL_RANK;
  const asksJudge = isGoalRank || contestant.startsWith("mg-e");
  const isImitated =
    (asksJudge && (reward.start === "imitation" || reward.policyLists > 0)) ||
    (isGoalRank && policy.generatorStart === "imitation");
  return [
    ...(contestant === "rank-mixer" ? [] : [POINTWISE]),
    ...(asksJudge ? [JUDGE] : []),
    ...(isImitated ? [IMITATION] : []),
  ];
}

/** The shared parts that read a request before it is answered. */
function readersOf(contestant: string): SharedPart[] {
  if (contestant.startsWith("mg-e")) return [POINTWISE, JUDGE];
  return contestant === "pier" || contestant === "dnn" ? [POINTWISE] : [];
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
    const method = await learn(namedLearner(contestant, brief.policy), brief.shared, seed, context);
    const parts = partsOf(contestant, options, policy);
    const counted = brief.shared.data.training.size;
    const lists = data.training.size;
    const own = sum(byStage.values());
    const ownLists =
      contestant === GOAL_RANK
        ? Math.min(policy.policyRequests, lists) * policy.policyTraining.epochs
        : lists * options.feedbackTraining.epochs;
    const sharedOperations = [...sharedStages].map(([stage, operations]) => {
      const part = PARTS.find((own) => own.isTrainedIn(stage));
      if (part === undefined) throw new Error(`training cost: nothing is known of the stage "${stage}"`);
      const { epochs } = options[part.training];
      return parts.includes(part) ? (operations / counted) * lists * epochs : 0;
    });
    const parametersOf = (shared: readonly SharedPart[]) =>
      parametersIn([...method.models, ...shared.flatMap((part) => part.models(brief.shared.learned))]);
    return {
      metrics: {
        trainedParameters: parametersOf(parts),
        answeringParameters: parametersOf(readersOf(contestant)),
        trainingOperations: (own / counted) * ownLists + sum(sharedOperations),
      },
    };
  });
}

function parametersIn(models: readonly Module[]): number {
  return sum(models.map((model) => model.parameterCount()));
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
