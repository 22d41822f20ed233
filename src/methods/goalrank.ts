/** GoalRank as a method: its generator, trained on groups that the judge has scored (`src/goalrank/goalrank-task.ts`). */
import { type ListDataset, selectRows } from "../data/dataset.ts";
import type { Generator } from "../goalrank/generator.ts";
import { DEFAULT_GROUPS } from "../goalrank/groups/group-settings.ts";
import type { RewardModel } from "../goalrank/reward-model.ts";
import { Random } from "../tensor/index.ts";
import { createPolicy, goalRankInstance } from "./goalrank-policy.ts";
import { type Lesson, type Method, type MethodContext, sharedModel } from "./method.ts";
import { easiestFirst, withCurriculum } from "./objectives/curriculum.ts";
import { isGroupObjective } from "./objectives/objective-settings.ts";
import { policyTask } from "./objectives/policy-task.ts";

export const GOAL_RANK: Method = {
  name: "goalrank",
  title: "GoalRank",
  family: "generator",
  answersWith: [],
  learnsWith: ["pointwise", "judge"],
  hyperparameters: {
    referenceTemperature: {
      default: DEFAULT_GROUPS.referenceTemperature,
      values: [0.5, 1],
      summary: "Temperature of the reference policy (Eq. 4), over that of `groups`",
    },
  },
  create(context) {
    const generator = createPolicy(context, "generator");
    return goalRankInstance(generator, (lesson) => learn(generator, context, lesson));
  },
};

async function learn(generator: Generator, context: MethodContext, lesson: Lesson): Promise<void> {
  const { seed } = context;
  const { training, rewardModel, policy, helpers, train } = lesson;
  const { generatorStart, groups, policyRequests } = policy;
  if (generatorStart === "imitation") generator.loadStateDict(await sharedModel(context, "imitation").stateDict());
  if (generatorStart === "judge") await generator.startFrom(sharedModel(context, "contextual"));
  if (generatorStart === "reward" && rewardModel !== undefined) await startFromReward(generator, rewardModel);
  const sampler = groups.refreshEvery > 1 ? createPolicy(context, "sampler") : undefined;
  const reference = isGroupObjective(groups.objective) ? createPolicy(context, "reference") : undefined;
  reference?.train(false).loadStateDict(await generator.stateDict());
  const judge = sharedModel(context, "judge");
  const pointwise = sharedModel(context, "pointwise");
  const models = { generator, judge, pointwise, helpers, sampler, reference };
  const requests = drawRequests(training, policyRequests, seed);
  const task = policyTask(models, requests, groups, { seed });
  const { curriculum } = groups;
  const paced = curriculum && withCurriculum(task, await easiestFirst(curriculum, models, requests, groups, seed));
  await train(paced ?? task);
  sampler?.dispose();
  reference?.dispose();
}

/** The policy starts from what the reward model knows of users and items, and learns what makes a list (ours). */
async function startFromReward(generator: Generator, { memory, encoder }: RewardModel): Promise<void> {
  if (memory === undefined) generator.memory.encoder.loadStateDict(await encoder.stateDict());
  else generator.memory.loadStateDict(await memory.stateDict());
}

/** The training requests that the policy learns from, drawn with the seed. */
export function drawRequests(training: ListDataset, most: number, seed: number): ListDataset {
  if (most >= training.size) return training;
  const order = new Random({ seed, stream: "policy requests", step: 0 }).permutation(training.size);
  return selectRows(training, order.subarray(0, most));
}
