/** What a method was given to learn with, and what it took: the budget that stands beside its figures. */
import type { ListJudge } from "../goalrank/judge.ts";
import { findMethod } from "../methods/index.ts";
import { hyperparametersOf, type Method } from "../methods/method.ts";
import type { RunSettings } from "../run/settings.ts";
import { tunedHyperparameters, tunedTraining } from "../run/tuning.ts";
import type { TrainingListener } from "../training/listener.ts";
import type { StageOptions } from "../training/options.ts";
import type { TrialOutcome } from "./trial.ts";

/** Counts the lists that a judge is asked about. */
export class JudgedLists {
  count = 0;

  /** The same judge, whose questions are counted. */
  counting(judge: ListJudge): ListJudge {
    const counted =
      <Answer>(answer: ListJudge["rewards"] | ((...asked: Parameters<ListJudge["rewards"]>) => Answer)) =>
      (...[batch, lists]: Parameters<ListJudge["rewards"]>) => {
        this.count += lists.shape[0] * lists.shape[1];
        return answer(batch, lists);
      };
    const { positionRewards } = judge;
    // Whoever asks what kind of judge it is gets the same answer, and so does a judge that asks itself.
    return Object.create(judge, {
      rewards: { value: counted(judge.rewards.bind(judge)) },
      ...(positionRewards && { positionRewards: { value: counted(positionRewards.bind(judge)) } }),
    });
  }
}

/** Counts the updates of all stages, and notes what each took of the processor. */
export class StageCosts implements TrainingListener {
  private readonly stages = new Map<string, { readonly steps: number; readonly cpuSeconds: number }>();
  private started = process.cpuUsage();
  private steps = 0;

  begin(_stage: string, totalSteps: number): void {
    this.started = process.cpuUsage();
    this.steps = totalSteps;
  }

  step(): void {}

  end(stage: string): void {
    this.stages.set(stage, { steps: this.steps, cpuSeconds: cpuSecondsSince(this.started) });
  }

  /** Of all stages whose name is wanted. */
  total(isWanted: (stage: string) => boolean = () => true): { readonly steps: number; readonly cpuSeconds: number } {
    const wanted = [...this.stages].filter(([stage]) => isWanted(stage)).map(([, cost]) => cost);
    const sum = (of: "steps" | "cpuSeconds") => wanted.reduce((total, cost) => total + cost[of], 0);
    return { steps: sum("steps"), cpuSeconds: sum("cpuSeconds") };
  }
}

/** Of all threads of this process. */
export function cpuSecondsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** Settings that a method learns with. */
export type LearningSettings = Pick<
  RunSettings,
  | "tuned"
  | "groups"
  | "generatorStart"
  | "reward"
  | "feedbackTraining"
  | "imitationTraining"
  | "rewardTraining"
  | "policyTraining"
>;

/** How a method is trained, or the shared model that it answers with. */
export function trainingOf(method: string, settings: LearningSettings): StageOptions {
  const { feedbackTraining, imitationTraining, rewardTraining, policyTraining } = settings;
  const own: Readonly<Record<string, StageOptions>> = {
    goalrank: policyTraining,
    imitation: imitationTraining,
    judge: rewardTraining,
  };
  return tunedTraining(settings, method, own[method] ?? feedbackTraining);
}

/**
 * The budget of a method that learned, in numbers and in words.
 * @param steps updates of its own models, or of the shared one that it answers with
 */
export function budgetOf(
  method: string,
  settings: LearningSettings,
  steps: number,
): Required<Pick<TrialOutcome, "metrics" | "facts">> {
  if (steps === 0) return { metrics: {}, facts: {} };
  const { learningRate, batchSize, epochs, weightDecay } = trainingOf(method, settings);
  const own = hyperparametersOf(findMethod(method), tunedHyperparameters(settings));
  const referenceTemperature =
    settings.tuned?.goalrank?.hyperparameters?.referenceTemperature ?? settings.groups.referenceTemperature;
  const isPolicy = method === "goalrank";
  const named = Object.entries({ ...own, ...(isPolicy && { referenceTemperature }) });
  return {
    metrics: { learningRate, batchSize, epochs, weightDecay, steps, ...(isPolicy && { referenceTemperature }) },
    facts: {
      start: isPolicy ? settings.generatorStart : own.warmStart === 1 ? "judge" : "scratch",
      ...(named.length > 0 && { hyperparameters: named.map(([name, value]) => `${name} ${value}`).join(", ") }),
    },
  };
}

/** Shared models whose cost is known by itself. */
export const COSTED = ["pointwise", "imitation", "judge"] as const;
/** One of {@link COSTED}. */
export type CostedModel = (typeof COSTED)[number];

/** The shared models that a method learns or answers with, with those that these need in turn. */
export function sharedNeeds(method: Method, { reward, generatorStart }: LearningSettings): readonly CostedModel[] {
  const named = [...method.answersWith, ...(method.learnsWith ?? [])];
  // What is neither of the others is a part of the judge.
  const needs = new Set(named.map((name) => COSTED.find((costed) => costed === name) ?? "judge"));
  if (method.name === "goalrank" && generatorStart === "imitation") needs.add("imitation");
  if (needs.has("judge")) {
    if (reward.kind.startsWith("item")) needs.add("pointwise");
    else if (reward.start === "imitation" || reward.policyLists > 0) needs.add("imitation");
  }
  return [...needs];
}
