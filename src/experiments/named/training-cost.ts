/**
 * What it costs to train a method: parameters, and floating-point operations, which are counted over the first lists and
 * taken times the lists that there are, since every list costs the same.
 */
import type { Method, SharedModelName } from "../../methods/method.ts";
import type { SharedSet } from "../../methods/shared-models.ts";
import type { Module } from "../../nn/index.ts";
import { SILENT, type TrainingListener } from "../../training/listener.ts";
import { contender, learn } from "../contenders.ts";
import type { PolicyOptions, SharedOptions } from "../datasets.ts";
import type { Surroundings } from "../experiment.ts";
import { loadShared, type SharedWork } from "../shared-work.ts";
import type { TrialOutcome, Work } from "../trial.ts";
import { countingOperations, trainBriefly } from "./brief-training.ts";

export interface TrainingCostWork extends Work {
  readonly kind: "training-cost";
  readonly shared: SharedWork;
  readonly policy: PolicyOptions;
  /** A method by its name. */
  readonly contestant: string;
  /** Training lists, at most, over which operations are counted. */
  readonly requests: number;
}

/** A shared model: how the stages that train it begin, with whose budget, and what it is made of. */
interface SharedPart {
  readonly stage: string;
  readonly training: "feedbackTraining" | "imitationTraining" | "rewardTraining";
  models(shared: SharedSet): readonly (Module | undefined)[];
}

const membersOf = ({ rewardModels, contextualJudges }: SharedSet) => [...rewardModels, ...contextualJudges];

const PARTS: Readonly<Record<SharedModelName, SharedPart>> = {
  pointwise: { stage: "DNN", training: "feedbackTraining", models: ({ context }) => [context.shared.pointwise] },
  imitation: { stage: "imitation", training: "imitationTraining", models: ({ context }) => [context.shared.imitation] },
  judge: { stage: "reward model", training: "rewardTraining", models: membersOf },
  contextual: { stage: "reward model", training: "rewardTraining", models: membersOf },
};

const SHARED_MODEL_NAMES = Object.keys(PARTS) as SharedModelName[];

/** The shared models that a method cannot do without, in training or later. */
function neededBy(
  { name, answersWith, learnsWith = [] }: Method,
  { reward }: SharedOptions,
  { generatorStart }: PolicyOptions,
): SharedModelName[] {
  const needed = [...answersWith, ...learnsWith];
  const judgeImitates = reward.start === "imitation" || reward.policyLists > 0;
  const isImitated =
    (needed.includes("judge") && judgeImitates) || (name === "goalrank" && generatorStart === "imitation");
  return isImitated ? [...needed, "imitation"] : needed;
}

export async function measureTrainingCost(work: TrainingCostWork, surroundings: Surroundings): Promise<TrialOutcome> {
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
    const learner = contender(contestant, brief.policy);
    const { method, instance } = await learn(learner, brief.shared, seed, context);
    const needed = neededBy(method, options, policy);
    const counted = brief.shared.data.training.size;
    const lists = data.training.size;
    const ownOperations = sum([...byStage.values()]);
    const ownLists =
      contestant === "goalrank"
        ? Math.min(policy.policyRequests, lists) * policy.policyTraining.epochs
        : lists * options.feedbackTraining.epochs;
    const sharedOperations = [...sharedStages].map(([stage, operations]) => {
      const name = SHARED_MODEL_NAMES.find((own) => stage.startsWith(PARTS[own].stage));
      if (name === undefined) throw new Error(`training cost: nothing is known of the stage "${stage}"`);
      const { epochs } = options[PARTS[name].training];
      return needed.includes(name) ? (operations / counted) * lists * epochs : 0;
    });
    const parametersOf = (names: readonly SharedModelName[]) => {
      const shared = [...new Set(names)].flatMap((name) => PARTS[name].models(brief.shared.models));
      return sum([...Object.values(instance.models), ...shared].map((model) => model?.parameterCount() ?? 0));
    };
    return {
      metrics: {
        trainedParameters: parametersOf(needed),
        answeringParameters: parametersOf(method.answersWith),
        trainingOperations: (ownOperations / counted) * ownLists + sum(sharedOperations),
      },
    };
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
