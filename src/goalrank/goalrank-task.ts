/**
 * GoalRank's training (section 3.3): each step builds a group of lists for every request, scores them with a judge,
 * turns the rewards into the reference policy (Eq. 4), and moves the generator towards it by cross-entropy (Eq. 5).
 */
import type { FeedbackBatch } from "../data/batch.ts";
import type { ListDataset } from "../data/dataset.ts";
import { groupCrossEntropy, noGrad, type RandomKey, type Tensor, tensor } from "../tensor/index.ts";
import type { BatchLoss, TrainingTask } from "../training/trainer.ts";
import { feedbackTask, partStream } from "./feedback-task.ts";
import type { Generator, GeneratorMemory } from "./generator.ts";
import { describeGroups, type GroupObjective, type ScoredGroups } from "./group-metrics.ts";
import { buildGroups } from "./groups/build.ts";
import { helpersOf } from "./groups/group-set.ts";
import { checkGroups, type GroupOptions } from "./groups/group-settings.ts";
import type { Helper, HelperAnswer } from "./groups/helper.ts";
import { keepGaps, selectSpaced } from "./groups/select-spaced.ts";
import { imitationLoss } from "./imitation-task.ts";
import type { CandidateScorer, ListJudge } from "./judge.ts";

/** Models that take part; only the generator learns. */
export interface GoalRankModels {
  readonly generator: Generator;
  readonly judge: ListJudge;
  /** Gives the logits of the sources pointwise and diverse. */
  readonly pointwise: CandidateScorer;
  /** Methods that were trained before, by the names under which the set of sources has them. */
  readonly helpers?: ReadonlyMap<string, Helper> | undefined;
  /** Of the generator's shape: holds the copy that lists are sampled from; needed for `refreshEvery` over 1. */
  readonly sampler?: Generator | undefined;
}

/** What each request loses on its group, [B], given its candidates as the generator encoded them. */
export type GroupLoss = (scored: ScoredGroups, batch: FeedbackBatch, memory: GeneratorMemory) => Tensor;

/** Of {@link goalRankTask}. */
export interface GoalRankTaskOptions {
  readonly seed: number;
  /** "GoalRank" unless given. */
  readonly stage?: string;
  /** Learned in place of Eq. 5, for comparison. */
  readonly groupLoss?: GroupLoss | undefined;
}

/**
 * The task of training `models.generator` on the requests of `dataset`. Its exposed lists are looked at only by the
 * group source `logged` and where `imitationWeight` is over 0; its feedback only by the imitation of positives.
 * @throws RangeError for an option out of range, or one that needs a sampler
 */
export function goalRankTask(
  models: GoalRankModels,
  dataset: ListDataset,
  options: GroupOptions,
  { seed, stage = "GoalRank", groupLoss }: GoalRankTaskOptions,
): TrainingTask {
  const { generator, sampler } = models;
  const { refreshEvery } = options;
  checkGroups(options);
  if (refreshEvery > 1 && sampler === undefined) {
    throw new RangeError(`groups: refreshEvery ${refreshEvery} needs a sampler, a generator of the same shape`);
  }
  const task = feedbackTask(stage, generator, dataset, async (batch, step, part) => {
    const isDue = part === 0 && step % refreshEvery === 0;
    if (refreshEvery > 1 && isDue) sampler?.loadStateDict(await generator.stateDict());
    const scored = await scoreGroups(models, batch, options, { seed, stream: partStream(stage, part), step });
    return lossOfGroups(scored, generator, batch, options, groupLoss);
  });
  return { ...task, ...(refreshEvery > 1 && sampler && { companions: new Map([["sampler", sampler]]) }) };
}

/** What decides which lists a group holds. */
type GroupChoice = Pick<GroupOptions, "set" | "spaced" | "refreshEvery"> & Partial<Pick<GroupOptions, "minimumGap">>;

/** Draws the groups of a batch and has the judge score them; nothing is recorded. */
export async function scoreGroups(
  { generator, sampler, judge, pointwise, helpers }: GoalRankModels,
  batch: FeedbackBatch,
  { set, spaced, minimumGap = 0, refreshEvery }: GroupChoice,
  key: RandomKey,
): Promise<ScoredGroups> {
  const { size: requests, listLength: length, candidateCount: candidates, exposed: logged } = batch;
  const policy = refreshEvery > 1 && sampler !== undefined ? sampler : generator;
  policy.train(false);
  const [memory, logits] = noGrad(() => [policy.encode(batch), pointwise.forward(batch)]);
  const sizes = { requests, candidates, length };
  const said = new Map<string, HelperAnswer>();
  for (const name of helpersOf(set)) {
    const helper = helpers?.get(name);
    if (helper !== undefined) said.set(name, await helper.rank(batch, length, key.step));
  }
  const isJudgeAsked = set.some(({ source, count }) => source === "judge" && count > 0);
  const judgeLogits = isJudgeAsked ? noGrad(() => judge.candidateLogits?.(batch)) : undefined;
  const context = { ...sizes, key, policy: { generator: policy, memory }, logits, judgeLogits, logged, helpers: said };
  const pool = await buildGroups(set, context);
  const judged = noGrad(() => judge.rewards(batch, tensor(pool.lists, [requests, pool.groupSize, length])));
  const rewards = (await judged.data()) as Float32Array;
  const drawn = minimumGap === 0 ? pool : { ...pool, distinct: keepGaps(pool, rewards, minimumGap) };
  const sourceOf = (place: number) => drawn.sources[place];
  if (spaced === undefined) {
    const sources = Array.from(rewards, (_, at) => sourceOf(at % drawn.groupSize));
    return { groups: drawn, rewards, sources };
  }
  const { rewards: kept, places, ...groups } = selectSpaced(drawn, rewards, spaced);
  return { groups, rewards: kept, sources: Array.from(places, sourceOf) };
}

/** Eq. 4 and 5 on the groups, whose requests are encoded in `memory`. */
export function groupObjective(
  { groups, rewards }: ScoredGroups,
  generator: Generator,
  memory: GeneratorMemory,
  temperature: number,
): GroupObjective {
  const shape = [groups.requests, groups.groupSize];
  const logProbabilities = generator.logProbabilities(memory, groups.lists, groups.groupSize);
  const mask = tensor(groups.distinct, shape);
  return { ...groupCrossEntropy(tensor(rewards, shape), logProbabilities, { mask, temperature }), logProbabilities };
}

/** Eq. 5, or what is learned in its place, and perhaps the likelihood of the logged lists. */
function lossOfGroups(
  scored: ScoredGroups,
  generator: Generator,
  batch: FeedbackBatch,
  { referenceTemperature, imitationWeight, imitation }: GroupOptions,
  groupLoss: GroupLoss | undefined,
): BatchLoss {
  generator.train();
  const memory = generator.encode(batch);
  const objective = () => groupObjective(scored, generator, memory, referenceTemperature);
  // Where another objective is learned, Eq. 5 is only reported.
  const reported = groupLoss === undefined ? objective() : noGrad(objective);
  const loss = (groupLoss?.(scored, batch, memory) ?? reported.loss).mean();
  return {
    loss:
      imitationWeight === 0 ? loss : loss.add(imitationLoss(generator, memory, batch, imitation).mul(imitationWeight)),
    describe: () => describeGroups(reported, scored),
  };
}
