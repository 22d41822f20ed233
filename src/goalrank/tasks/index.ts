/** What each model is trained to do, as a task for the training loop. */
export {
  checkGroups,
  DEFAULT_GROUPS,
  type GoalRankModels,
  type GroupObjective,
  type GroupOptions,
  goalRankTask,
  groupObjective,
  type ScoredGroups,
  scoreGroups,
} from "./goalrank-task.ts";
export { IMITATIONS, type Imitation, imitationTask } from "./imitation-task.ts";
export { isGroupObjective } from "./objective-loss.ts";
export { pointwiseTask } from "./pointwise-task.ts";
export { type RewardTaskOptions, rewardTask, type UnseenLists } from "./reward-task.ts";
