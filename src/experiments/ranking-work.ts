/** The work of most experiments: a method learns from a dataset, answers its test requests, and is measured. */
import { join } from "node:path";
import { selectRows } from "../data/dataset.ts";
import { fileName, writeWhole } from "../files/write-whole.ts";
import {
  chooseProposer,
  generatorEvaluatorRanking,
  generatorRanking,
  type RankedLists,
  randomRanking,
  rankingByScores,
  scorerProposals,
} from "../methods/answers.ts";
import type { Module } from "../nn/index.ts";
import type { ExperimentData } from "../run/data.ts";
import { redrawLists } from "../world/logging-policy.ts";
import { bestLists } from "../world/oracle.ts";
import { exposedFirst } from "./candidate-order.ts";
import { type Contender, learn } from "./contenders.ts";
import type { DatasetChoice } from "./datasets.ts";
import type { Surroundings } from "./experiment.ts";
import { measureLists } from "./request-measures.ts";
import { loadShared, type Shared, type SharedWork, sharedTrial } from "./shared-work.ts";
import { formatQrels, formatRun } from "./trec.ts";
import type { Trial, TrialLabel, TrialOutcome, Work } from "./trial.ts";

export interface RankingWork extends Work {
  readonly kind: "ranking";
  readonly shared: SharedWork;
  readonly contender: Contender;
  /** How candidates stand in test requests, where that is not as in training. */
  readonly testOrder?: "exposed first";
}

/** A trial of a contender on a dataset. */
export function rankingTrial(
  label: Pick<TrialLabel, "experiment" | "method" | "seed"> & { readonly variant?: string },
  dataset: DatasetChoice,
  contender: Contender,
  order: Pick<RankingWork, "testOrder"> = {},
): Trial {
  const needs = sharedTrial(dataset, label.seed);
  const work: RankingWork = { kind: "ranking", shared: needs.work as SharedWork, contender, ...order };
  return { variant: "", ...label, dataset: dataset.label, work, needs };
}

/** Its CPU seconds are those of the contender alone, without what is shared. */
export async function runRankingWork(work: RankingWork, surroundings: Surroundings): Promise<TrialOutcome> {
  const shared = ordered(await loadShared(work.shared, surroundings), work);
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

function ordered(shared: Shared, { testOrder }: RankingWork): Shared {
  if (testOrder === undefined) return shared;
  return { ...shared, data: { ...shared.data, test: exposedFirst(shared.data.test) } };
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
    case "candidates as they come":
      return {
        ranked: rankingByScores(
          test,
          Float32Array.from(test.candidates, (_, at) => -at),
        ),
        models: [],
      };
    case "generator-evaluator":
      return evaluateProposals(shared, seed, contender.lists);
    default: {
      const trained = await learn(contender, shared, seed, context);
      return { ranked: await trained.rank(test), models: trained.models };
    }
  }
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
  // Variants may differ in what is exposed among the candidates.
  writeWhole(join(folder, `${fileName(dataset, variant)}-seed-${seed}.qrels`), formatQrels(test));
  const run = formatRun(test, lists, tag);
  writeWhole(join(folder, `${fileName(dataset, method, variant)}-seed-${seed}.run`), run);
}
