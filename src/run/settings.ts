/** What an experiment trains and compares, and how: every setting of a run. */

import { checkGroups, DEFAULT_GROUPS, type GroupOptions } from "../goalrank/goalrank-task.ts";
import type { Imitation } from "../goalrank/imitation-task.ts";
import type { RewardHead } from "../goalrank/reward-model.ts";
import { checkTraining, DEFAULT_TRAINING, type TrainingOptions } from "../training/options.ts";

/** Methods that are trained for a comparison besides those that everything else needs. */
export const EXTRA_METHODS = ["prm", "imitation"] as const;
/** One of {@link EXTRA_METHODS}. */
export type ExtraMethod = (typeof EXTRA_METHODS)[number];

/** Where a model's weights come from before its first step. */
export const REWARD_STARTS = ["scratch", "imitation"] as const;
/** Where the generator's weights come from before its first step. */
export const GENERATOR_STARTS = ["scratch", "reward", "imitation"] as const;

/** Which judge the generator learns from, and how it is made. */
export interface RewardOptions {
  /**
   * `list`: the list-level reward model; `item-bce-discounted`: the DNN's probabilities, discounted by position, as in
   * the authors' published code.
   */
  readonly kind: "list" | "item-bce-discounted";
  /** Blocks over all candidates before a list is read; 0: items are encoded by themselves. */
  readonly contextLayers: number;
  readonly head: RewardHead;
  /** Reward models, trained from different weights. */
  readonly members: number;
  /** Standard deviations that are taken off the mean of several. */
  readonly pessimism: number;
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
export interface ExperimentOptions {
  readonly seed: number;
  /** Width D of all models. */
  readonly width: number;
  readonly heads: number;
  /** Blocks of the reward model, of PRM, and of the generator's encoder and of its decoder. */
  readonly layers: number;
  readonly dropoutRate: number;
  readonly methods: readonly ExtraMethod[];
  readonly reward: RewardOptions;
  /** What the policy knows before GoalRank's first step. */
  readonly generatorStart: (typeof GENERATOR_STARTS)[number];
  readonly imitation: Imitation;
  /** Requests of the training lists that GoalRank learns from; they need no feedback. */
  readonly policyRequests: number;
  /** Lists that generator-evaluators propose: one row of the table each. */
  readonly generatorEvaluatorLists: readonly number[];
  readonly groups: GroupOptions;
  /** For the models that learn from feedback. */
  readonly feedbackTraining: StageOptions;
  readonly rewardTraining: StageOptions;
  readonly imitationTraining: StageOptions;
  readonly policyTraining: StageOptions;
}

const FEEDBACK_TRAINING: StageOptions = { ...DEFAULT_TRAINING, batchSize: 64, learningRate: 5e-3 };

/** For the embedded world. */
export const DEFAULT_EXPERIMENT: ExperimentOptions = {
  seed: 1,
  width: 32,
  heads: 2,
  layers: 1,
  dropoutRate: 0,
  methods: [],
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
  groups: DEFAULT_GROUPS,
  feedbackTraining: FEEDBACK_TRAINING,
  rewardTraining: FEEDBACK_TRAINING,
  imitationTraining: { ...DEFAULT_TRAINING, batchSize: 64, learningRate: 3e-3 },
  policyTraining: { ...DEFAULT_TRAINING, batchSize: 16, learningRate: 3e-3 },
};

/** Settings that do not go together. */
export class ExperimentOptionsError extends RangeError {
  override readonly name = "ExperimentOptionsError";

  constructor(
    /** The setting to change, such as `["reward", "start"]`. */
    readonly path: readonly string[],
    /** What is wrong with it. */
    readonly problem: string,
  ) {
    super(`experiment: ${problem}`);
  }
}

/** Settings that need each other. @throws ExperimentOptionsError that says which, before anything is trained */
export function checkExperiment(options: ExperimentOptions): void {
  const { methods, reward, layers, generatorStart, groups } = options;
  for (const stage of [
    "feedbackTraining",
    "rewardTraining",
    "imitationTraining",
    "policyTraining",
  ] as const) {
    checkPart([stage], () => checkTraining({ ...options[stage], seed: options.seed }));
  }
  checkPart(["groups"], () => checkGroups(groups));
  const imitates = methods.includes("imitation");
  const needs = (condition: boolean, path: readonly string[], what: string) => {
    if (condition && !imitates) {
      throw new ExperimentOptionsError(
        path,
        `${what} needs the generator that imitates the log; add the method imitation`,
      );
    }
  };
  needs(reward.start === "imitation", ["reward", "start"], "a reward model that starts from imitation");
  needs(
    reward.policyLists > 0,
    ["reward", "policyLists"],
    "a reward model that learns from the policy's lists",
  );
  needs(generatorStart === "imitation", ["generatorStart"], "a policy that starts from imitation");
  if (reward.start === "imitation" && reward.contextLayers !== layers) {
    throw new ExperimentOptionsError(
      ["reward", "contextLayers"],
      `a reward model that starts from imitation needs as many context layers as the generator's encoder has, ` +
        `${layers}; got ${reward.contextLayers}`,
    );
  }
  if (!Number.isInteger(reward.members) || reward.members < 1) {
    throw new ExperimentOptionsError(
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
    throw new ExperimentOptionsError(path, error.message);
  }
}
