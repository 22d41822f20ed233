/** What a run trains and compares, and how: every setting of its models, declared once. */
import * as z from "zod";
import type { CandidateProtocol } from "../data/protocols.ts";
import { helpersOf } from "../goalrank/groups/group-set.ts";
import { IMITATIONS } from "../goalrank/imitation-task.ts";
import { REWARD_HEADS } from "../goalrank/reward-model.ts";
import { REWARD_LOSSES } from "../goalrank/reward-task.ts";
import { BASELINES, RELATIVES } from "../methods/index.ts";
import { LIST_NET } from "../methods/list-net.ts";
import { policySchema } from "../methods/objectives/objective-settings.ts";
import { GENERATOR_STARTS } from "../methods/objectives/policy-task.ts";
import { GOAL_RANK_START, JUDGE } from "../methods/references.ts";
import { SCORE_LOSSES, type ScoreLossName } from "../methods/scoring/score-losses.ts";
import { JUDGE_KINDS } from "../methods/shared-models.ts";
import { checkSettings } from "../settings/check-settings.ts";
import { count, countOrNone, name, nonNegative, type Settings } from "../settings/setting-kinds.ts";
import { noSuchName } from "../text/nearest-name.ts";
import { type StageOptions, trainingSchema } from "../training/options.ts";
import { PAPER_RUN } from "./preset.ts";
import { tunedSchema } from "./tuning.ts";

/** Methods that a run can train, by name. */
export const TRAINABLE: readonly string[] = [
  "imitation",
  ...[...BASELINES, LIST_NET, ...RELATIVES, JUDGE, GOAL_RANK_START].map(({ name }) => name),
  "goalrank",
];

/** Methods whose lists may stand in GoalRank's groups. */
const HELPERS = TRAINABLE.filter((name) => name !== "goalrank");

/** Those that every run has, and can serve. */
const ALWAYS_SERVED = ["dnn", "retriever"];

/** Stages whose training is set by itself. */
export const TRAININGS = ["feedbackTraining", "rewardTraining", "imitationTraining", "policyTraining"] as const;

/** Which judge the generator learns from, and how it is made; see `JudgeShape`. */
const rewardSchema = z.strictObject({
  kind: z
    .enum(JUDGE_KINDS)
    .default("list")
    .describe(
      "A model of whole lists; one that scores candidates in the light of the others, discounted by position; or the " +
        "DNN's probabilities discounted by position: of each item, or over a request's candidates where `loss` is " +
        "`list-wise`",
    ),
  contextLayers: countOrNone
    .default(0)
    .describe("Blocks over all candidates before a list is read; 0 encodes items by themselves"),
  head: z
    .enum(REWARD_HEADS)
    .default("positions")
    .describe("Whether feedback is predicted at each position and summed, or for the list as a whole"),
  loss: z
    .enum(REWARD_LOSSES)
    .default("own")
    .describe(
      "What reward models learn: ours, or the paper's alone, the squared error of the feedback on shown lists, without " +
        "mixedLists and policyLists",
    ),
  members: count.default(1).describe("Reward models, or contextual judges, trained from different weights"),
  pessimism: nonNegative.default(0).describe("Standard deviations that are taken off the mean of several"),
  start: z
    .enum(["scratch", "imitation"])
    .default("scratch")
    .describe("Where the weights come from; `imitation` needs as many contextLayers as layers"),
  mixedLists: countOrNone
    .default(1)
    .describe("Lists of shown and other candidates that each step draws for a request, on a log"),
  policyLists: countOrNone
    .default(0)
    .describe("Lists that each step samples from the generator that imitates the log, on a log"),
});

/** Another ranker, whose scores are known. */
const rivalSchema = z.strictObject({
  title: name.describe("What tables and the verdict call it, such as LambdaMART"),
  validation: name
    .exactOptional()
    .describe(
      "Its scores of `data.validationFile`, one a line for each document, by which the verdict weighs it against ours; " +
        "relative to the configuration file",
    ),
  test: name.describe(
    "Its scores of `data.testFile`, one a line for each document; relative to the configuration file",
  ),
});

export type RivalSettings = z.output<typeof rivalSchema>;

/** `ndcg10` is by grade, of data that has any. */
const ranking = ["hit", "ndcg", "map", "ndcg10"] as const;

const modelsSchema = z.strictObject({
  preset: z
    .enum(["paper"])
    .exactOptional()
    .describe(
      "Defaults for all that is not set: `paper` is everything as the paper prints it, and where it says nothing as its " +
        "authors' code has it",
    ),
  width: count.default(32).describe("Width D of all models, a multiple of `heads`"),
  heads: count.default(2).describe("Heads of attention"),
  layers: count
    .default(1)
    .describe("Blocks of the reward model, of PRM, and of the generator's encoder and decoder each"),
  dropoutRate: nonNegative.lt(1).default(0).describe("Of all models"),
  residual: z
    .boolean()
    .default(false)
    .describe("Whether scores begin as the retriever's, and models learn what is added to them"),
  loss: z
    .enum(["own", ...(Object.keys(SCORE_LOSSES) as ScoreLossName[])])
    .default("own")
    .describe(
      "What methods that score candidates learn: each its own loss, or all the softmax over a request's candidates " +
        "(list-wise), or another loss of their order (docs/relatives.md)",
    ),
  methods: z
    .array(z.enum(TRAINABLE))
    .default(["goalrank"])
    .describe("Methods that are trained and compared, beside the DNN and the references"),
  deploy: z
    .string()
    .exactOptional()
    .describe(
      "Method that is served, whatever the verdict; the one that the verdict of `train all` names unless given",
    ),
  rival: rivalSchema
    .exactOptional()
    .describe("Another ranker of the same queries, set beside ours; where it is better the verdict says to take it"),
  reward: rewardSchema.prefault({}).describe("The reward model"),
  generatorStart: z
    .enum(GENERATOR_STARTS)
    .default("reward")
    .describe("Where the weights of GoalRank's generator come from; `judge` needs a contextual one"),
  imitation: z
    .enum(IMITATIONS)
    .default("list")
    .describe("What the generator that imitates the log learns: whole lists or their positives"),
  policyRequests: z
    .union([count, z.literal("all")])
    .exactOptional()
    .describe("Requests that GoalRank learns from; 4800 of an embedded world and 10,000 of a log unless given"),
  generatorEvaluatorLists: z
    .array(count)
    .default([20])
    .describe("Lists that generator-evaluators propose: one row of the table each"),
  groups: policySchema.prefault({}).describe("The groups that GoalRank learns from"),
  tuned: tunedSchema.exactOptional(),
  feedbackTraining: trainingSchema({ batchSize: 64, learningRate: 5e-3, metric: z.enum(ranking) })
    .prefault({})
    .describe("Training of the DNN, and of every method but GoalRank"),
  rewardTraining: trainingSchema({ batchSize: 64, learningRate: 5e-3, metric: z.enum(["meanSquaredError", "pearson"]) })
    .prefault({})
    .describe("Training of the reward model"),
  imitationTraining: trainingSchema({ batchSize: 64, learningRate: 3e-3, metric: z.enum(ranking) })
    .prefault({})
    .describe("Training of the generator that imitates the log"),
  policyTraining: trainingSchema({ batchSize: 16, learningRate: 3e-3, metric: z.enum([...ranking, "predicted"]) })
    .prefault({})
    .describe("Training of GoalRank's generator"),
});

/** The section of a configuration that says which models are trained and compared, and how. */
export const runSchema = modelsSchema.superRefine((settings, { addIssue }) => {
  for (const [message, ...path] of contradictions(settings)) addIssue({ code: "custom", path, message });
});

/**
 * Every setting of a run's models and their training. `policyRequests` are requests of the training lists that GoalRank
 * learns from; they need no feedback. A rival is part of a run's data.
 */
export type RunSettings = Omit<Settings<typeof runSchema>, "policyRequests" | "rival" | (typeof TRAININGS)[number]> &
  Readonly<Record<(typeof TRAININGS)[number], StageOptions>> & {
    readonly seed: number;
    readonly policyRequests: number;
  };

/** For the embedded world. */
export const DEFAULT_RUN: RunSettings = { ...runSchema.parse({}), seed: 1, policyRequests: 4800 };

/** For logs, where what was not shown counts 0: what came out best on MovieLens-1M and KuaiRand-Pure. */
const OF_LOG = {
  generatorStart: "judge",
  imitation: "positives",
  policyRequests: 10_000,
  reward: { kind: "contextual", members: 2 },
  groups: {
    set: [
      { source: "policy", count: 6, temperature: 1 },
      { source: "judge", count: 1, temperature: 0.01 },
      { source: "judge", count: 4, temperature: 1 },
      { source: "substitution", count: 5 },
    ],
    referenceTemperature: 1,
    imitation: "positives",
  },
  feedbackTraining: { epochs: 2, batchSize: 128, learningRate: 3e-3, leastSteps: 100 },
  imitationTraining: { epochs: 3, batchSize: 128, learningRate: 3e-3, leastSteps: 100 },
  rewardTraining: { epochs: 3, batchSize: 128, learningRate: 3e-3, weightDecay: 1, leastSteps: 100 },
  policyTraining: { batchSize: 64, learningRate: 5e-4, leastSteps: 100 },
} as const;

/**
 * Where candidates are what the retriever found: few of them are liked, and most that are not will be. So models add to
 * the retriever's scores and learn the order of a request's candidates, as does the judge, in few passes, of enough
 * steps (docs/experiments.md).
 */
const OF_RETRIEVED = {
  ...OF_LOG,
  generatorStart: "imitation",
  residual: true,
  loss: "list-wise",
  reward: { kind: "item-softmax-discounted" },
  groups: { imitation: "positives" },
  feedbackTraining: { epochs: 4, batchSize: 128, learningRate: 3e-3, weightDecay: 0.3, leastSteps: 200 },
  imitationTraining: { epochs: 4, batchSize: 128, learningRate: 3e-3, weightDecay: 0.3, leastSteps: 200 },
  rewardTraining: { epochs: 2, batchSize: 128, learningRate: 3e-3, leastSteps: 100 },
  policyTraining: { batchSize: 64, learningRate: 1e-3, leastSteps: 200 },
} as const;

/** What a run on a log has for defaults, by how the candidates are chosen: the one place where these differ. */
export function logDefaults(protocol: CandidateProtocol): typeof OF_LOG | typeof OF_RETRIEVED {
  return protocol === "retrieved" ? OF_RETRIEVED : OF_LOG;
}

/** The same as settings. */
export function logRun(protocol: CandidateProtocol): RunSettings {
  const { policyRequests, ...defaults } = logDefaults(protocol);
  return { ...runSchema.parse(defaults), seed: 1, policyRequests };
}

/** Of a log whose candidates are injected, or logged. */
export const LOG_RUN: RunSettings = logRun("injected");

/**
 * What queries with grades have other than the usual, under what is set: there are few of them, and a request is one step
 * of many (docs/data.md).
 */
export const QUERY_RUN = {
  methods: ["list-net", "set-rank", "goalrank"],
  generatorEvaluatorLists: [],
  generatorStart: "imitation",
  imitation: "positives",
  groups: { imitation: "positives" },
  dropoutRate: 0.5,
  reward: { contextLayers: 1, start: "imitation" },
  feedbackTraining: { epochs: 30, batchSize: 8, learningRate: 3e-3, weightDecay: 0.01 },
  imitationTraining: { epochs: 10, batchSize: 8, learningRate: 3e-3, weightDecay: 0.01 },
  rewardTraining: { epochs: 5, batchSize: 8, learningRate: 3e-3, weightDecay: 0.01 },
  policyTraining: { epochs: 2, batchSize: 8, learningRate: 1e-3, weightDecay: 0.01 },
} as const;

/** The same as all settings of a run. */
export const QUERY_SETTINGS: RunSettings = {
  ...runSchema.parse(QUERY_RUN),
  seed: 1,
  policyRequests: Number.MAX_SAFE_INTEGER,
};

/** `preset: paper` as all settings of a run. */
export const PAPER_SETTINGS: RunSettings = {
  ...runSchema.parse(PAPER_RUN),
  seed: 1,
  policyRequests: Number.MAX_SAFE_INTEGER,
};

/** @throws SettingsError that says which settings are out of range or need each other, before anything is trained */
export function checkRun({ seed: _, ...settings }: RunSettings): void {
  checkSettings("run", runSchema, settings);
}

/** The method that stage `generator` trains: the one to serve, if that is said, else goalrank, or the first. */
export function mainMethod({ deploy, methods }: Pick<RunSettings, "deploy" | "methods">): string {
  const [first = "dnn"] = methods;
  return deploy ?? (methods.includes("goalrank") ? "goalrank" : first);
}

/** Generators of lists with an evaluator, by name: those that the settings ask for. */
export function evaluatorNames({
  methods,
  generatorEvaluatorLists,
}: Pick<RunSettings, "methods" | "generatorEvaluatorLists">): string[] {
  return generatorEvaluatorLists.flatMap((lists) => [
    `generator-evaluator-${lists}`,
    ...(methods.includes("imitation") ? [`imitation-evaluator-${lists}`] : []),
  ]);
}

/** Settings that need each other: what is wrong, and the path of the one to change. */
function* contradictions(settings: Settings<typeof modelsSchema>): Generator<[string, ...(string | number)[]]> {
  const { width, heads, reward, layers, deploy } = settings;
  if (width % heads !== 0) yield [`must be a multiple of the ${heads} heads, got ${width}`, "width"];
  const served = [...settings.methods, ...ALWAYS_SERVED, ...evaluatorNames(settings)];
  if (deploy !== undefined && !served.includes(deploy)) {
    yield [`"${deploy}" is not trained; expected one of ${served.join(", ")}`, "deploy"];
  }
  const stranger = helpersOf(settings.groups.set).find((helper) => !HELPERS.includes(helper));
  if (stranger !== undefined) yield [noSuchName("method", stranger, HELPERS), "groups", "set"];
  if (settings.generatorStart === "judge" && reward.kind !== "contextual") {
    yield [`a generator can start from a contextual judge alone, got the kind ${reward.kind}`, "generatorStart"];
  }
  if (settings.methods.includes(GOAL_RANK_START.name) && reward.kind !== "contextual") {
    yield [`${GOAL_RANK_START.name} is a contextual judge's ranking, got the kind ${reward.kind}`, "methods"];
  }
  const judgeEntry = settings.groups.set.findIndex(({ source, count }) => source === "judge" && count > 0);
  if (judgeEntry >= 0 && reward.kind === "list") {
    const problem = "source judge draws by a judge's scores of candidates, which the kind list has not";
    yield [problem, "groups", "set", judgeEntry];
  }
  if (reward.start === "imitation" && reward.contextLayers !== layers) {
    const problem =
      "a reward model that starts from imitation needs as many context layers as the generator's encoder has, " +
      `${layers}; got ${reward.contextLayers}`;
    yield [problem, "reward", "contextLayers"];
  }
}
