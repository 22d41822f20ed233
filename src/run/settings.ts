/** What an experiment trains and compares, and how: every setting of a run. */

import { DEFAULT_GROUPS } from "../goalrank/goalrank-task.ts";
import type { Imitation } from "../goalrank/imitation-task.ts";
import { findMethod } from "../methods/index.ts";
import { DEFAULT_OBJECTIVE_OPTIONS } from "../methods/objectives/evidence.ts";
import { checkPolicy, type PolicySettings } from "../methods/objectives/policy-task.ts";
import type { JudgeShape } from "../methods/shared-models.ts";
import { checkTraining, DEFAULT_TRAINING, type TrainingOptions } from "../training/options.ts";

/** Where a model's weights come from before its first step. */
export const REWARD_STARTS = ["scratch", "imitation"] as const;

/** Which judge the generator learns from, and how it is made and trained. */
export interface RewardOptions extends Omit<JudgeShape, "reading"> {
  /** `imitation`: the memory of the generator that imitates the log, of as many layers. */
  readonly start: (typeof REWARD_STARTS)[number];
  /** Lists of exposed and unexposed candidates that each step draws for a request, where those count 0. */
  readonly mixedLists: number;
  /** Lists that each step samples from the generator that imitates the log, where what was not shown counts 0. */
  readonly policyLists: number;
}

/** How long a model is trained, and how: seed and epochs may be the experiment's. */
export type StageOptions = Omit<TrainingOptions, "seed">;

/** Every setting of an experiment's models and their training. */
export interface RunSettings extends PolicySettings {
  readonly seed: number;
  /** Width D of all models. */
  readonly width: number;
  readonly heads: number;
  /** Blocks of the reward model, of PRM, and of the generator's encoder and of its decoder. */
  readonly layers: number;
  readonly dropoutRate: number;
  /** Methods that are trained and compared, by their names; the references need not be named. */
  readonly methods: readonly string[];
  readonly reward: RewardOptions;
  readonly imitation: Imitation;
  /** Lists that generator-evaluators propose: one row of the table each. */
  readonly generatorEvaluatorLists: readonly number[];
  /** For the models that learn from feedback. */
  readonly feedbackTraining: StageOptions;
  readonly rewardTraining: StageOptions;
  readonly imitationTraining: StageOptions;
  readonly policyTraining: StageOptions;
}

const FEEDBACK_TRAINING: StageOptions = { ...DEFAULT_TRAINING, batchSize: 64, learningRate: 5e-3 };

/** For the embedded world. */
export const DEFAULT_RUN: RunSettings = {
  seed: 1,
  width: 32,
  heads: 2,
  layers: 1,
  dropoutRate: 0,
  methods: ["goalrank"],
  reward: {
    kind: "list",
    contextLayers: 0,
    head: "positions",
    members: 1,
    pessimism: 0,
    start: "scratch",
    mixedLists: 1,
    policyLists: 0,
  },
  generatorStart: "reward",
  imitation: "list",
  policyRequests: 4800,
  generatorEvaluatorLists: [20],
  groups: { ...DEFAULT_GROUPS, objective: "goalrank", ...DEFAULT_OBJECTIVE_OPTIONS },
  feedbackTraining: FEEDBACK_TRAINING,
  rewardTraining: FEEDBACK_TRAINING,
  imitationTraining: { ...DEFAULT_TRAINING, batchSize: 64, learningRate: 3e-3 },
  policyTraining: { ...DEFAULT_TRAINING, batchSize: 16, learningRate: 3e-3 },
};

/** Settings that do not go together. */
export class RunSettingsError extends RangeError {
  override readonly name = "RunSettingsError";

  constructor(
    /** The setting to change, such as `["reward", "start"]`. */
    readonly path: readonly string[],
    /** What is wrong with it. */
    readonly problem: string,
  ) {
    super(`experiment: ${problem}`);
  }
}

/** Settings that need each other. @throws RunSettingsError that says which, before anything is trained */
export function checkRun(options: RunSettings): void {
  const { methods, reward, layers, groups } = options;
  for (const stage of [
    "feedbackTraining",
    "rewardTraining",
    "imitationTraining",
    "policyTraining",
  ] as const) {
    checkPart([stage], () => checkTraining({ ...options[stage], seed: options.seed }));
  }
  checkPart(["groups"], () => checkPolicy(groups));
  checkPart(["methods"], () => methods.forEach(findMethod));
  if (reward.start === "imitation" && reward.contextLayers !== layers) {
    throw new RunSettingsError(
      ["reward", "contextLayers"],
      `a reward model that starts from imitation needs as many context layers as the generator's encoder has, ` +
        `${layers}; got ${reward.contextLayers}`,
    );
  }
  if (!Number.isInteger(reward.members) || reward.members < 1) {
    throw new RunSettingsError(
      ["reward", "members"],
      `reward members must be a positive integer, got ${reward.members}`,
    );
  }
}

/** What a part's own check finds, placed. */
function checkPart(path: readonly string[], check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new RunSettingsError(path, error.message);
  }
}
