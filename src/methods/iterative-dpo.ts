/**
 * Iterative preference alignment, as OneRec has it (Deng et al. 2025): a generator that imitates the log draws lists, the
 * judge picks the best and the worst of them, and DPO (`objectives/preference.ts`) tells them apart; then the generator
 * that came of it is the reference of the next round.
 *
 * Ours: three rounds, each on a third of the requests and with a third of the updates, so that the whole has one budget;
 * a request's lists are as many as a group of GoalRank's; no supervised loss beside DPO's but where `imitationWeight` has one.
 */
import { selectRows } from "../data/dataset.ts";
import { groupSizeOf } from "../goalrank/groups/group-set.ts";
import { Random } from "../tensor/index.ts";
import { byPolicy } from "./answering.ts";
import { createGenerator } from "./goalrank-policy.ts";
import { instanceOf, type Lesson, type Method, type MethodContext, sharedModel } from "./method.ts";
import type { PolicyOptions } from "./objectives/objective-settings.ts";
import { type PolicyModels, policyTask } from "./objectives/policy-task.ts";

const NAME = "iterative-dpo";
const ROUNDS = 3;

export const ITERATIVE_DPO: Method = {
  name: NAME,
  title: "iterative DPO (OneRec)",
  family: "generator",
  answersWith: [],
  learnsWith: ["pointwise", "imitation", "judge"],
  create(context) {
    const generator = createGenerator(context, NAME);
    return instanceOf({ [NAME]: generator }, byPolicy(generator), {
      async learn(lesson) {
        generator.loadStateDict(await sharedModel(context, "imitation").stateDict());
        const reference = createGenerator(context, `${NAME} reference`).train(false);
        const [judge, pointwise] = [sharedModel(context, "judge"), sharedModel(context, "pointwise")];
        await learnInRounds({ generator, reference, judge, pointwise }, context, lesson);
        reference.dispose();
      },
    });
  },
};

async function learnInRounds(
  models: PolicyModels,
  { seed }: Pick<MethodContext, "seed">,
  { training, policy, train }: Pick<Lesson, "training" | "policy" | "train">,
): Promise<void> {
  const order = new Random({ seed, stream: `${NAME} requests`, step: 0 }).permutation(training.size);
  const drawn = order.subarray(0, policy.policyRequests);
  const count = Math.ceil(drawn.length / ROUNDS);
  for (let round = 0; round * count < drawn.length; round++) {
    const requests = selectRows(training, drawn.subarray(round * count, (round + 1) * count));
    models.reference?.loadStateDict(await models.generator.stateDict());
    const stage = `${NAME} round ${round + 1}`;
    await train(policyTask(models, requests, preferences(policy.groups), { seed, stage }));
  }
}

/** DPO on lists of the generator itself, all of which are judged. */
function preferences({ spaced: _, ...groups }: PolicyOptions): PolicyOptions {
  const count = groupSizeOf(groups.set);
  return { ...groups, objective: "dpo", set: [{ source: "policy", count, temperature: 1 }], refreshEvery: 1 };
}
