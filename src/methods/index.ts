/** Everything that answers requests, in the order of tables, and how to find a method by its name. */
import { noSuchName } from "../text/nearest-name.ts";
import { ASSIGNMENT } from "./assignment.ts";
import { DLCM } from "./dlcm.ts";
import { EG_RERANK } from "./eg-rerank/eg-rerank.ts";
import { generatorEvaluator, imitationEvaluator } from "./generator-evaluator.ts";
import { GOAL_RANK } from "./goalrank.ts";
import { GROUP_SORT } from "./group-sort.ts";
import { ITERATIVE_DPO } from "./iterative-dpo.ts";
import { LIST_NET } from "./list-net.ts";
import type { Method } from "./method.ts";
import { MG_E_3, MG_E_20, MG_E_100 } from "./mg-e/mg-e.ts";
import { MIR } from "./mir.ts";
import { NAR4REC } from "./nar4rec.ts";
import { NLGR } from "./nlgr.ts";
import { PIER, PIER_PERMUTATIONS } from "./pier/pier.ts";
import { PREFIX_COMPARISON } from "./prefix-comparison.ts";
import { PRM, PRM_AS_THEY_COME } from "./prm.ts";
import { prmEvaluator } from "./prm-evaluator.ts";
import { RANK_MIXER } from "./rank-mixer.ts";
import {
  AS_THEY_COME,
  DNN,
  GOAL_RANK_START,
  IMITATION,
  JUDGE,
  LOGGING_POLICY,
  ORACLE,
  RANDOM,
  RETRIEVER,
} from "./references.ts";
import { SEQ2SLATE } from "./seq2slate.ts";
import { SET_RANK, SET_RANK_INDUCED } from "./set-rank.ts";
import { TSP_RANK } from "./tsp-rank.ts";

export type { ScoreLoss } from "../goalrank/listwise-loss.ts";
export { type Answering, byPolicy, byScores, type RankedLists, rankRequests } from "./answering.ts";
export { goalRankInstance } from "./goalrank-policy.ts";
export { generatorSource, type ListSource } from "./list-sources.ts";
export type {
  Hyperparameter,
  Lesson,
  Method,
  MethodContext,
  MethodFamily,
  MethodInstance,
  SharedModelName,
  SharedModels,
} from "./method.ts";
export { hyperparametersOf } from "./method.ts";
export { PointwiseRanker, pointwiseTask } from "./pointwise-ranker.ts";
export { type ScoringModel, scoringMethod } from "./scoring/scoring-method.ts";

/** The rows of the paper's Table 1 that GoalRank is compared with; those of one family stand together. */
export const BASELINES: readonly Method[] = [
  DNN,
  DLCM,
  SET_RANK,
  SET_RANK_INDUCED,
  PRM,
  MIR,
  RANK_MIXER,
  EG_RERANK,
  PIER,
  PIER_PERMUTATIONS,
  NAR4REC,
  MG_E_3,
  MG_E_20,
  MG_E_100,
];

/** Rerankers of the wider literature that the paper does not compare with (docs/relatives.md). */
export const RELATIVES: readonly Method[] = [
  GROUP_SORT,
  SEQ2SLATE,
  TSP_RANK,
  ASSIGNMENT,
  NLGR,
  PREFIX_COMPARISON,
  ITERATIVE_DPO,
];

/** What can be trained in a run, or is there without training, by its own name. */
export const METHODS: readonly Method[] = [
  RANDOM,
  RETRIEVER,
  LOGGING_POLICY,
  IMITATION,
  ...BASELINES,
  LIST_NET,
  ...RELATIVES,
  JUDGE,
  GOAL_RANK_START,
  GOAL_RANK,
  ORACLE,
];

/** Methods that an experiment asks for by name, to show what the order of candidates gives away. */
const OTHERS: readonly Method[] = [AS_THEY_COME, PRM_AS_THEY_COME];

/** Families of methods that a number tells apart, such as `generator-evaluator-20`: the lists that are drawn, under a million. */
const NUMBERED: readonly (readonly [prefix: string, make: (lists: number) => Method])[] = [
  ["generator-evaluator-", generatorEvaluator],
  ["imitation-evaluator-", imitationEvaluator],
  ["prm-evaluator-", prmEvaluator],
];

/** The method called `name`, if there is one. */
export function methodNamed(name: string): Method | undefined {
  const found = [...METHODS, ...OTHERS].find((method) => method.name === name);
  if (found !== undefined) return found;
  const [prefix, make] = NUMBERED.find(([own]) => name.startsWith(own)) ?? [];
  const lists = name.slice(prefix?.length);
  return make !== undefined && /^[1-9]\d{0,5}$/.test(lists) ? make(Number(lists)) : undefined;
}

/** The method called `name`. @throws RangeError that names the nearest and all methods, for an unknown one */
export function findMethod(name: string): Method {
  const found = methodNamed(name);
  if (found !== undefined) return found;
  const names = [...METHODS.map((method) => method.name), ...NUMBERED.map(([prefix]) => `${prefix}20`)];
  throw new RangeError(`methods: ${noSuchName("method", name, names)}`);
}
