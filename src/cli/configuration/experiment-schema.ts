/** The section `experiment` of a configuration: which models are trained and compared, and how. */
import { z } from "zod";
import { IMITATIONS } from "../../goalrank/imitation-task.ts";
import { REWARD_HEADS } from "../../goalrank/reward-model.ts";
import { OBJECTIVES } from "../../methods/objectives/index.ts";
import { SCHEDULES } from "../../nn/index.ts";
import {
  DEFAULT_EXPERIMENT,
  EXTRA_METHODS,
  GENERATOR_STARTS,
  REWARD_STARTS,
  type StageOptions,
} from "../../run/settings.ts";
import { count } from "./values.ts";

const positive = z.number().gt(0);
const nonNegative = z.number().min(0);

/** Training of one kind of model; `metrics` are those that its validation gives. */
function trainingSchema<const Metrics extends readonly [string, ...string[]]>(
  defaults: StageOptions,
  metrics: Metrics,
) {
  const earlyStopping = z.strictObject({
    metric: z.enum(metrics).describe("Of the validation; the weights of its best value are kept"),
    better: z.enum(["higher", "lower"]).describe("Which values of the metric are better"),
    patience: count.describe("Validations without improvement after which training ends"),
  });
  return z
    .strictObject({
      epochs: count.default(defaults.epochs).describe("Passes over the training lists"),
      batchSize: count.default(defaults.batchSize).describe("Requests in a batch"),
      accumulation: count
        .default(defaults.accumulation)
        .describe("Batches whose gradients are averaged for one update"),
      learningRate: positive.default(defaults.learningRate).describe("Of AdamW, at the end of warm-up"),
      schedule: z
        .enum(SCHEDULES)
        .default(defaults.schedule)
        .describe("How the learning rate falls after warm-up"),
      warmup: nonNegative
        .max(1)
        .default(defaults.warmup)
        .describe("Share of the updates over which the learning rate grows"),
      weightDecay: nonNegative.default(defaults.weightDecay).describe("Of AdamW"),
      clipNorm: positive.default(defaults.clipNorm).describe("Largest norm of all gradients together"),
      validateEvery: count
        .exactOptional()
        .describe("Updates between two validations; without early stopping none unless given"),
      earlyStopping: earlyStopping.exactOptional().describe("When to stop early, and which weights to keep"),
      checkpointEvery: count.default(defaults.checkpointEvery).describe("Updates between two checkpoints"),
    })
    .prefault({});
}

const { reward, groups } = DEFAULT_EXPERIMENT;

const rewardSchema = z
  .strictObject({
    kind: z
      .enum(["list", "item-bce-discounted"])
      .default(reward.kind)
      .describe("A model of whole lists, or the DNN's probabilities discounted by position"),
    contextLayers: z
      .int()
      .min(0)
      .default(reward.contextLayers)
      .describe("Blocks over all candidates before a list is read; 0 encodes items by themselves"),
    head: z
      .enum(REWARD_HEADS)
      .default(reward.head)
      .describe("Whether feedback is predicted at each position and summed, or for the list as a whole"),
    members: count.default(reward.members).describe("Reward models, trained from different weights"),
    pessimism: nonNegative
      .default(reward.pessimism)
      .describe("Standard deviations that are taken off the mean of several"),
    start: z
      .enum(REWARD_STARTS)
      .default(reward.start)
      .describe(
        "Where the weights come from; `imitation` needs the method imitation and as many contextLayers as layers",
      ),
    mixedLists: z
      .int()
      .min(0)
      .default(reward.mixedLists)
      .describe("Lists of shown and other candidates that each step draws for a request, on a log"),
    policyLists: z
      .int()
      .min(0)
      .default(reward.policyLists)
      .describe("Lists that each step samples from the generator that imitates the log, on a log"),
  })
  .prefault({});

const listCount = z.int().min(0).describe("Lists of this source in a group");
const temperature = positive.exactOptional().describe("Of the softmax that lists are drawn from");

const groupEntry = z.discriminatedUnion("source", [
  z.strictObject({
    source: z.literal("policy").describe("Sampled from the generator"),
    count: listCount,
    temperature,
    topP: positive
      .max(1)
      .exactOptional()
      .describe("Draw from the likeliest items that hold this probability"),
  }),
  z.strictObject({
    source: z.literal("tree").describe("The likeliest of the generator's tree over the first positions"),
    count: listCount,
    steps: count.exactOptional().describe("Positions of the tree"),
    branches: count.exactOptional().describe("Branches of each position"),
  }),
  z.strictObject({
    source: z.literal("pointwise").describe("Drawn from the DNN's logits without replacement"),
    count: listCount,
    temperature,
  }),
  z.strictObject({
    source: z.literal("markov").describe("Drawn from the chain of the generator's pair scores"),
    count: listCount,
    temperature,
  }),
  z.strictObject({ source: z.literal("random").describe("Uniformly random"), count: listCount }),
  z.strictObject({
    source: z.literal("substitution").describe("Lists of the group so far with up to two items replaced"),
    count: listCount,
  }),
  z.strictObject({
    source: z.literal("diverse").describe("From the DNN's logits less a penalty for items that are taken"),
    count: listCount,
    temperature,
    penalty: nonNegative.exactOptional().describe("For each list of the group that holds the item"),
  }),
  z.strictObject({
    source: z.literal("logged").describe("The list that was shown"),
    count: listCount.max(1),
  }),
]);

const groupsSchema = z
  .strictObject({
    set: z
      .array(groupEntry)
      .default([...groups.set])
      .describe("Where the lists of a group come from, and how many of each source"),
    spaced: z
      .int()
      .min(2)
      .exactOptional()
      .describe("Keep this many of the lists drawn, uniformly spaced by reward; all unless given"),
    referenceTemperature: positive
      .default(groups.referenceTemperature)
      .describe("Temperature of the reference policy"),
    imitationWeight: nonNegative
      .default(groups.imitationWeight)
      .describe("Weight of the likelihood of the logged list beside GoalRank's loss"),
    imitation: z
      .enum(IMITATIONS)
      .default(groups.imitation)
      .describe("Whether that is of the whole list or of its positives"),
    refreshEvery: count
      .default(groups.refreshEvery)
      .describe("Batches between two copies of the policy that lists are sampled from"),
    objective: z
      .enum(OBJECTIVES)
      .default(groups.objective)
      .describe("What is made of the groups; goalrank is the paper's, the others are for comparison"),
    clip: positive
      .default(groups.clip)
      .describe("How far a probability ratio may leave 1, for grpo and rank-grpo"),
    beta: nonNegative
      .default(groups.beta)
      .describe(
        "Weight of staying near the start, for grpo and rank-grpo; strength of preferences, for the others",
      ),
  })
  .prefault({});

const rankingMetrics = ["hit", "ndcg", "map"] as const;

export const experimentSchema = z.strictObject({
  width: count.default(DEFAULT_EXPERIMENT.width).describe("Width D of all models, a multiple of `heads`"),
  heads: count.default(DEFAULT_EXPERIMENT.heads).describe("Heads of attention"),
  layers: count
    .default(DEFAULT_EXPERIMENT.layers)
    .describe("Blocks of the reward model, of PRM, and of the generator's encoder and decoder each"),
  dropoutRate: nonNegative.lt(1).default(DEFAULT_EXPERIMENT.dropoutRate).describe("Of all models"),
  methods: z
    .array(z.enum(EXTRA_METHODS))
    .default([...DEFAULT_EXPERIMENT.methods])
    .describe("Methods that are trained besides those that GoalRank needs"),
  reward: rewardSchema.describe("The reward model"),
  generatorStart: z
    .enum(GENERATOR_STARTS)
    .default(DEFAULT_EXPERIMENT.generatorStart)
    .describe("Where the generator's weights come from; `imitation` needs the method imitation"),
  imitation: z
    .enum(IMITATIONS)
    .default(DEFAULT_EXPERIMENT.imitation)
    .describe("What the method imitation learns: whole lists or their positives"),
  policyRequests: z
    .union([count, z.literal("all")])
    .exactOptional()
    .describe("Requests that GoalRank learns from; 4800 of an embedded world and all of a log unless given"),
  generatorEvaluatorLists: z
    .array(count)
    .default([...DEFAULT_EXPERIMENT.generatorEvaluatorLists])
    .describe("Lists that generator-evaluators propose: one row of the table each"),
  groups: groupsSchema.describe("The groups that GoalRank learns from"),
  feedbackTraining: trainingSchema(DEFAULT_EXPERIMENT.feedbackTraining, rankingMetrics).describe(
    "Training of the DNN and of PRM",
  ),
  rewardTraining: trainingSchema(DEFAULT_EXPERIMENT.rewardTraining, ["meanSquaredError", "pearson"]).describe(
    "Training of the reward model",
  ),
  imitationTraining: trainingSchema(DEFAULT_EXPERIMENT.imitationTraining, rankingMetrics).describe(
    "Training of the generator that imitates the log",
  ),
  policyTraining: trainingSchema(DEFAULT_EXPERIMENT.policyTraining, [
    ...rankingMetrics,
    "predicted",
  ]).describe("Training of GoalRank's generator"),
});

/** Stages whose training is set by itself. */
export const TRAININGS = [
  "feedbackTraining",
  "rewardTraining",
  "imitationTraining",
  "policyTraining",
] as const;
