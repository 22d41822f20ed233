/** The work of most experiments: a method learns from a dataset, answers its test requests, and is measured. */
import { join } from "node:path";
import { findMethod, METHODS, type MethodContext } from "../goalrank/baselines/index.ts";
import {
  bestLists,
  chooseProposer,
  DEFAULT_EXPERIMENT,
  type ExperimentData,
  type ExperimentOptions,
  generatorEvaluatorRanking,
  generatorRanking,
  type RankedLists,
  randomRanking,
  rankingByScores,
  redrawLists,
  scorerProposals,
  selectRows,
  type TrainingTask,
  train,
  trainGenerator,
} from "../goalrank/index.ts";
import type { Module } from "../nn/index.ts";
import type { DatasetChoice, PolicyOptions } from "./datasets.ts";
import type { Surroundings } from "./experiment.ts";
import { fileName, writeWhole } from "./files.ts";
import { NoisyJudge, rewardSpread } from "./noisy-judge.ts";
import { measureLists } from "./request-measures.ts";
import { loadShared, type Shared, type SharedWork, sharedTrial } from "./shared-work.ts";
import { formatQrels, formatRun } from "./trec.ts";
import type { Trial, TrialLabel, TrialOutcome, Work } from "./trial.ts";

/** What answers the requests; all but the rows of Table 1 (`method`) are known here. */
export type Contender =
  | { readonly name: "random" | "retriever" | "logging policy" | "oracle" | "imitation" }
  /** One of `METHODS`, by its name. */
  | { readonly name: "method"; readonly method: string }
  /** The best, by the judge, of lists drawn from the pointwise ranker. */
  | { readonly name: "generator-evaluator"; readonly lists: number }
  | { readonly name: "goalrank"; readonly policy: PolicyOptions; readonly bias?: number };

export interface RankingWork extends Work {
  readonly kind: "ranking";
  readonly shared: SharedWork;
  readonly contender: Contender;
}

/** A method's name in tables, where it is not its own. */
export const GOAL_RANK = "GoalRank";

/** A trial of a contender on a dataset. */
export function rankingTrial(
  label: Pick<TrialLabel, "experiment" | "method" | "seed"> & { readonly variant?: string },
  dataset: DatasetChoice,
  contender: Contender,
): Trial {
  const needs = sharedTrial(dataset, label.seed);
  const work: RankingWork = { kind: "ranking", shared: needs.work as SharedWork, contender };
  return { variant: "", ...label, dataset: dataset.label, work, needs };
}

/** Rows that are no methods of the comparison: what anyone could do, and the best there is. */
export function landmarks({ settings }: DatasetChoice): readonly Contender[] {
  return settings.source === "world"
    ? [{ name: "random" }, { name: "logging policy" }, { name: "imitation" }, { name: "oracle" }]
    : [{ name: "random" }, { name: "retriever" }, { name: "imitation" }];
}

/** A contender's name in tables. */
export function contenderTitle(contender: Contender): string {
  if (contender.name === "method") return findMethod(contender.method).title;
  if (contender.name === "goalrank") return GOAL_RANK;
  return contender.name;
}

/** All methods of the paper's Table 1 but GoalRank, in its order. */
export function tableMethods(): readonly Contender[] {
  return METHODS.map(({ name }) => ({ name: "method", method: name }));
}

/** Its CPU seconds are those of the contender alone, without what is shared. */
export async function runRankingWork(work: RankingWork, surroundings: Surroundings): Promise<TrialOutcome> {
  const shared = await loadShared(work.shared, surroundings);
  const before = process.cpuUsage();
  const { ranked, models } = await answer(work.contender, shared, work.shared.data.seed, surroundings);
  const { user, system } = process.cpuUsage(before);
  exportRankings(shared.data, ranked.lists, surroundings);
  const { metrics, values } = await measureLists(shared.data, shared.learned.judge, ranked);
  const parameters = models.reduce((sum, model) => sum + model.parameterCount(), 0);
  for (const model of models) model.dispose();
  const cost = { ...(models.length > 0 && { parameters }), cpuSeconds: (user + system) / 1e6 };
  return { metrics: { ...metrics, ...cost }, ...(values && { values }) };
}

interface Answer {
  readonly ranked: RankedLists;
  /** What was trained for it, and is of no more use. */
  readonly models: readonly Module[];
}

async function answer(
  contender: Contender,
  shared: Shared,
  seed: number,
  { context }: Surroundings,
): Promise<Answer> {
  const { data, learned } = shared;
  const { test } = data;
  switch (contender.name) {
    case "random":
      return { ranked: randomRanking(test, seed), models: [] };
    case "retriever":
      return { ranked: rankingByScores(test, test.retrieverScores), models: [] };
    case "logging policy":
      return { ranked: unscored(data, redrawLists(knownWorld(data), test, seed)), models: [] };
    case "oracle":
      return { ranked: unscored(data, bestLists(knownWorld(data), test)), models: [] };
    case "imitation": {
      const { imitation } = learned;
      if (imitation === undefined) throw new Error("experiment: the log was not imitated");
      return { ranked: await generatorRanking(imitation, test), models: [] };
    }
    case "generator-evaluator":
      return evaluateProposals(shared, seed, contender.lists);
    case "method": {
      const trained = await findMethod(contender.method).learn(methodContext(shared, seed, context));
      return { ranked: await trained.rank(test), models: trained.models };
    }
    case "goalrank": {
      const { policy, bias = 0 } = contender;
      const options: ExperimentOptions = { ...DEFAULT_EXPERIMENT, ...shared.options, ...policy, seed };
      const spread = await rewardSpread(learned.judge, data.training);
      const judge = bias === 0 ? learned.judge : new NoisyJudge(learned.judge, { bias, ...spread, seed });
      const generator = await trainGenerator({ ...learned, judge }, data, options, context);
      return { ranked: await generatorRanking(generator, test), models: [generator] };
    }
  }
}

/** What every method of the comparison is given alike. */
function methodContext(
  { data, learned, options }: Shared,
  seed: number,
  context: Surroundings["context"],
): MethodContext {
  const { catalogue, training, unexposed } = data;
  const { width, heads, layers, dropoutRate, feedbackTraining } = options;
  const { pointwise, judge } = learned;
  return {
    ...{ catalogue, training, unexposed, width, heads, layers, dropoutRate, seed, pointwise, judge },
    train: (task: TrainingTask) => train(task, { ...feedbackTraining, seed }, context),
  };
}

/** Training requests on which the temperature of proposals is chosen. */
const TUNING_REQUESTS = 256;
/** Lists for each of them at most; proposals of more lists are drawn at the temperature that is best for these. */
const TUNING_LISTS = 100;

async function evaluateProposals({ data, learned }: Shared, seed: number, lists: number): Promise<Answer> {
  const { pointwise, judge } = learned;
  const rows = Int32Array.from({ length: Math.min(TUNING_REQUESTS, data.training.size) }, (_, row) => row);
  const tuning = { lists: Math.min(lists, TUNING_LISTS), seed };
  const proposer = await chooseProposer(
    (temperature) => scorerProposals(pointwise, temperature),
    judge,
    selectRows(data.training, rows),
    tuning,
  );
  const ranked = await generatorEvaluatorRanking(proposer, judge, data.test, { lists, seed });
  return { ranked, models: [] };
}

/** Lists without an opinion on the candidates outside of them. */
function unscored({ test }: ExperimentData, lists: Int32Array): RankedLists {
  return { lists, scores: new Float32Array(test.candidates.length) };
}

function knownWorld({ world }: ExperimentData): NonNullable<ExperimentData["world"]> {
  if (world === undefined) throw new Error("experiment: only a world knows that");
  return world;
}

/** Writes the lists, and what they are judged by, for programs of others. */
function exportRankings({ test }: ExperimentData, lists: Int32Array, { root, label }: Surroundings): void {
  const { experiment, dataset, method, variant, seed } = label;
  const folder = join(root, experiment, "trec");
  const tag = fileName(method, variant);
  writeWhole(join(folder, `${fileName(dataset)}-seed-${seed}.qrels`), formatQrels(test));
  const run = formatRun(test, lists, tag);
  writeWhole(join(folder, `${fileName(dataset, method, variant)}-seed-${seed}.run`), run);
}
