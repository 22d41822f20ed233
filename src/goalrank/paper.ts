/** The paper (arXiv 2509.22046) by its parts. */
export { CandidateEncoder } from "./candidate-encoder.ts";
export { Generator, type GeneratorOptions } from "./generator.ts";
export {
  type GoalRankModels,
  type GroupObjective,
  goalRankTask,
  groupObjective,
  type ScoredGroups,
  scoreGroups,
} from "./goalrank-task.ts";
export { DEFAULT_GROUP_SET, type GroupEntry, type GroupSet } from "./groups/group-set.ts";
export { JudgeEnsemble, type ListJudge } from "./judge.ts";
export { listwiseLoss } from "./listwise-loss.ts";
export { type ListReading, RewardModel, type RewardModelOptions } from "./reward-model.ts";
export { type RewardTaskOptions, rewardTask } from "./reward-task.ts";
