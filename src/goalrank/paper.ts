/**
 * The paper, "GoalRank: Group-Relative Optimization for a Large Ranking Model" (arXiv 2509.22046), by its own numbers: a
 * table of where each numbered thing is in this code, what is missing, and the method's own parts to import.
 */
export { CandidateEncoder } from "./candidate-encoder.ts";
export { CandidateMemory } from "./candidate-memory.ts";
export { decodeLists, decodeScoredLists, type ListPolicy } from "./decoding/decode.ts";
export { decodeBeam, decodeTree } from "./decoding/search.ts";
export { Generator, type GeneratorOptions } from "./generator.ts";
export {
  type GoalRankModels,
  goalRankTask,
  groupObjective,
  scoreGroups,
} from "./goalrank-task.ts";
export type { GroupObjective, ScoredGroups } from "./group-metrics.ts";
export { buildGroups, type GroupContext } from "./groups/build.ts";
export { DEFAULT_GROUP_SET, type GroupEntry, type GroupSet } from "./groups/group-set.ts";
export { DEFAULT_GROUPS, type GroupOptions } from "./groups/group-settings.ts";
export { imitationTask } from "./imitation-task.ts";
export { type CandidateScorer, JudgeEnsemble, type ListJudge, predictedRewards } from "./judge.ts";
export { boltzmannPolicy, logPartition, regularisedReward } from "./optimal-policy.ts";
export { type ListReading, RewardModel, type RewardModelOptions } from "./reward-model.ts";
export { type RewardTaskOptions, rewardTask } from "./reward-task.ts";
export { approximate, divergence, randomTargets } from "./theorem/approximation.ts";
export { type MixtureDimension, mixtureDimension } from "./theorem/dimension.ts";
export { type Embedding, embedMixture, networkLogits } from "./theorem/embedding.ts";
export { GeneratorMixtures } from "./theorem/generator-mixtures.ts";
export { enumerateLists, type ListSpace } from "./theorem/list-space.ts";

/** Something that the paper numbers. */
export interface PaperItem {
  /** As the paper calls it, such as `Eq. 4`. */
  readonly number: string;
  /** What it says, in our words. */
  readonly says: string;
  /** The symbols that are it, as `FILE#SYMBOL` in `src`; none where it is missing. */
  readonly at: readonly string[];
  /** What is missing, where something is. */
  readonly missing?: string;
}

const item = (number: string, says: string, at: readonly string[], missing?: string): PaperItem => ({
  number,
  says,
  at,
  ...(missing !== undefined && { missing }),
});

/** Every numbered thing of the paper, in its order. */
export const PAPER: readonly PaperItem[] = [
  item("Section 2", "the task: of N candidates an ordered list of L, written by an autoregressive policy", [
    "goalrank/generator.ts#Generator",
    "goalrank/decoding/decode.ts#ListPolicy",
  ]),
  item("Eq. 1", "the optimal policy: Boltzmann's, which maximises expected reward plus entropy", [
    "goalrank/optimal-policy.ts#boltzmannPolicy",
  ]),
  item("Definition 1", "generator-only policies of a size", [
    "goalrank/generator.ts#Generator",
    "goalrank/theorem/generator-mixtures.ts#GeneratorMixtures",
  ]),
  item("Definition 2", "multi-generator-evaluator policies: k generators propose, an evaluator chooses", [
    "goalrank/theorem/generator-mixtures.ts#GeneratorMixtures",
    "methods/list-sources.ts#byEvaluator",
    "methods/mg-e/mg-e.ts#byFleet",
  ]),
  item("Definition 3", "the error of a class of policies: its least divergence from the optimal one", [
    "goalrank/theorem/approximation.ts#divergence",
  ]),
  item(
    "Theorem 1",
    "a larger generator comes strictly nearer to the optimal policy than any finite mixture of small ones",
    ["goalrank/theorem/approximation.ts#approximate", "experiments/named/theorem1.ts#theorem1"],
    "a program cannot prove it; it is measured on enumerated spaces, by width and by depth, and where its hypothesis holds",
  ),
  item(
    "Theorem 2",
    "the error goes to zero as the generator grows",
    ["goalrank/theorem/approximation.ts#approximate", "experiments/named/figure3.ts#figure3"],
    "a program cannot prove it; it is measured by width and depth on enumerated spaces, and by size on data",
  ),
  item("Eq. 2", "the regularised reward is minus the divergence from the optimal policy, up to a constant", [
    "goalrank/optimal-policy.ts#regularisedReward",
    "goalrank/optimal-policy.ts#logPartition",
  ]),
  item("Eq. 3", "a reward model is enough that orders lists with a gap between them", [
    "evaluation/reward-report.ts#gapAccuracy",
    "goalrank/groups/select-spaced.ts#keepGaps",
    "experiments/named/reward-gap.ts#rewardGap",
  ]),
  item("Eq. 4", "the reference policy: softmax of the rewards, standardised within their group", [
    "kernels/ops/group-cross-entropy.ts#groupCrossEntropy",
    "goalrank/goalrank-task.ts#groupObjective",
  ]),
  item("Eq. 5", "the objective: cross-entropy of the policy towards the reference policy over the group", [
    "goalrank/goalrank-task.ts#groupObjective",
    "goalrank/goalrank-task.ts#goalRankTask",
  ]),
  item("Section 3.3", "training: groups from helpers and the policy, the reward model's judgement, the update", [
    "goalrank/groups/build.ts#buildGroups",
    "goalrank/goalrank-task.ts#scoreGroups",
  ]),
  item("Section 4.1", "data, protocol, metrics, and the methods that are compared", [
    "data/prepare.ts#prepare",
    "evaluation/ranking-metrics.ts#rankingMetrics",
    "methods/index.ts#BASELINES",
    "experiments/named/table1.ts#table1",
  ]),
  item(
    "Section 4.2",
    "scaling, group size, reward bias, and the online test",
    [
      "experiments/named/figure3.ts#figure3",
      "experiments/named/table2.ts#table2",
      "experiments/named/table3.ts#table3",
      "experiments/named/table4.ts#table4",
    ],
    "the online test is simulated, since there is no product to test in; sizes grow in figure 3 with budgets that do not",
  ),
  item(
    "Lemma 1",
    "mixtures of k small generators have too few dimensions to be all policies",
    ["goalrank/theorem/dimension.ts#mixtureDimension"],
    "the words are ours (docs/theorem.md), as of all lemmas and facts",
  ),
  item("Lemma 2", "a generator that is wider and deeper contains the mixtures, and more", [
    "goalrank/theorem/embedding.ts#embedMixture",
    "goalrank/theorem/approximation.ts#approximate",
  ]),
  item("Lemma 3", "a step towards the target brings a policy strictly nearer to it", [
    "goalrank/theorem/approximation.ts#divergence",
  ]),
  item("Fact 1", "log-sum-exp lies above the maximum by at most tau log k", ["evaluation/statistics.ts#logSumExp"]),
  item("Fact 2", "logits that are nearly the same give policies that are nearly the same", [
    "goalrank/theorem/small-generators.ts#stepLogProbabilities",
  ]),
  item("Proposition 1", "k small generators and their evaluator, embedded in the weights of one larger generator", [
    "goalrank/theorem/embedding.ts#embedMixture",
    "experiments/named/theorem1-embedding.ts#embed",
  ]),
  item("Appendix B", "the reward model, learned from lists that were shown", [
    "goalrank/reward-model.ts#RewardModel",
    "goalrank/reward-task.ts#rewardTask",
  ]),
  item("Eq. 6", "the reward model's loss: squared error of a list's observed feedback", [
    "goalrank/reward-task.ts#rewardTask",
  ]),
  item("Appendix C, helpers", "lists of lightweight neural helpers, trained before", [
    "goalrank/groups/helper.ts#helperLists",
    "run/methods.ts#trainHelpers",
    "experiments/named/sources.ts#sources",
  ]),
  item("Appendix C, 1", "autoregressive sampling", ["goalrank/groups/policy.ts#policyLists"]),
  item("Appendix C, 2", "parallel tree", ["goalrank/groups/tree.ts#treeLists"]),
  item("Appendix C, 3", "softmax sampling without replacement", ["goalrank/groups/softmax.ts#softmaxLists"]),
  item("Appendix C, 4", "Markov chain", [
    "goalrank/groups/markov.ts#pairScores",
    "goalrank/groups/markov.ts#markovLists",
  ]),
  item("Appendix C, 5", "random lists", ["goalrank/groups/random.ts#randomLists"]),
  item("Appendix C, 6", "heuristic substitution", ["goalrank/groups/substitution.ts#substitutedLists"]),
  item("Appendix C, 7", "diversity-oriented lists", ["goalrank/groups/diverse.ts#diverseLists"]),
  item(
    "Appendix D.1",
    "datasets, their preparation and statistics",
    ["data/cut-log.ts#cutLog", "data/report/data-report.ts#createDataReport"],
    "the paper's Industry data, which is not public; its counts of Amazon-Book, whose reviews are read, are not checked",
  ),
  item("Appendix D.2", "the generator's architecture", [
    "goalrank/generator.ts#Generator",
    "goalrank/candidate-memory.ts#CandidateMemory",
  ]),
  item(
    "Appendix D.3",
    "groups built in parallel; latency and utilisation against the multi-generator pipeline",
    ["goalrank/groups/build.ts#buildGroups", "experiments/named/latency.ts#latency"],
    "what groups gain that are drawn side by side is not measured",
  ),
  item("All settings", "everything as the paper prints it", ["run/preset.ts#PAPER_RUN"]),
];
