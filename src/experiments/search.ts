/**
 * The search that every method gets before it is compared: as many settings for each, of its training and of its own
 * hyperparameters, on one seed that is not in the table, chosen by what validation requests say. The shared models are
 * methods of their own here, and are chosen first, since the others learn from them.
 */
import { findMethod } from "../methods/index.ts";
import type { Hyperparameter, SharedModelName } from "../methods/method.ts";
import { DEFAULT_RUN } from "../run/settings.ts";
import { TUNABLE, type Tuned, type Tuning } from "../run/tuning.ts";
import { Random } from "../tensor/index.ts";
import type { StageOptions } from "../training/options.ts";
import { trainingOf } from "./budget.ts";
import { contender, methodTitle } from "./contenders.ts";
import { type DatasetChoice, SHARED_METHODS, withTuned } from "./datasets.ts";
import type { RankingWork } from "./ranking-work.ts";
import { VALIDATION } from "./ranking-work.ts";
import { sharedTrial } from "./shared-work.ts";
import type { Trial, TrialOutcome } from "./trial.ts";

/** The name under which results of searches are kept. */
export const SEARCH = "search";

/** Settings that are tried of each method unless said otherwise. */
export const DEFAULT_SEARCH = 6;

/** Share of the training lists that searches learn from. */
export const SEARCH_SHARE = 1 / 3;

/** Of learning rates: from this part of the usual one to as many times it. */
const RATE_FACTOR = 3;
const EPOCH_FACTORS = [1, 2];
const WEIGHT_DECAYS = [1e-4, 1e-2, 0.3, 1];

/** Methods whose settings change nothing: they train no model of their own. */
const WITHOUT_TRAINING: readonly string[] = ["pier-permutations", "goalrank-start"];

/** Shared models that a search of one of them needs: nothing else is trained for it. */
const ONLY: Readonly<Record<string, readonly SharedModelName[]>> = { dnn: ["pointwise"], imitation: ["imitation"] };

/** A search of one method: its trials, and what each of them tries. */
export interface MethodSearch {
  readonly method: string;
  readonly candidates: readonly { readonly tuning: Tuning; readonly trial: Trial }[];
}

/** Whether there is something to search for. */
export function isSearched(method: string): boolean {
  return TUNABLE.includes(method) && !WITHOUT_TRAINING.includes(method);
}

/** The settings that are tried of a method: the usual ones, and others drawn at random. */
export function drawTunings(
  method: string,
  hyperparameters: Readonly<Record<string, Hyperparameter>>,
  { learningRate, epochs }: Pick<StageOptions, "learningRate" | "epochs">,
  count: number,
): Tuning[] {
  const random = new Random({ seed: 0, stream: `search ${method}`, step: 0 });
  const oneOf = (values: readonly number[]) => values[random.integer(values.length)];
  return Array.from({ length: count }, (_, n) => {
    if (n === 0) return {};
    const rate = learningRate * RATE_FACTOR ** (2 * random.uniform() - 1);
    const own = Object.entries(hyperparameters).map(([name, { values }]) => [name, oneOf(values)] as const);
    return {
      learningRate: Number(rate.toPrecision(2)),
      epochs: epochs * oneOf(EPOCH_FACTORS),
      weightDecay: oneOf(WEIGHT_DECAYS),
      ...(own.length > 0 && { hyperparameters: Object.fromEntries(own) }),
    };
  });
}

/** The searches of methods on a dataset whose shared models are tuned as it says. @param seed none of the table's */
export function searchesOf(
  dataset: DatasetChoice,
  methods: readonly string[],
  { count, seed }: { readonly count: number; readonly seed: number },
): MethodSearch[] {
  const smaller = withFewerLists(dataset);
  const settings = { ...DEFAULT_RUN, ...dataset.shared, ...dataset.policy };
  return methods.map((method) => {
    const { hyperparameters = {} } = findMethod(method);
    const tunings = drawTunings(method, hyperparameters, trainingOf(method, withoutTuned(settings)), count);
    return {
      method,
      candidates: tunings.map((tuning) => ({ tuning, trial: searchTrial(smaller, method, tuning, seed) })),
    };
  });
}

function withoutTuned<Some extends { readonly tuned?: Tuned }>({ tuned: _, ...settings }: Some): Omit<Some, "tuned"> {
  return settings;
}

function searchTrial(dataset: DatasetChoice, method: string, tuning: Tuning, seed: number): Trial<RankingWork> {
  const isShared = SHARED_METHODS.includes(method);
  const own = isShared ? withTuned(dataset, { ...dataset.tuned, [method]: tuning }) : dataset;
  const needs = { ...sharedTrial(own, seed, ONLY[method]), variant: SEARCH };
  const place = { experiment: SEARCH, dataset: dataset.label, seed, variant: describeTuning(tuning) };
  const tried = contender(method, dataset.policy, isShared ? {} : { [method]: tuning });
  return {
    ...place,
    method: methodTitle(method),
    work: { kind: "ranking", shared: needs.work, contender: tried, split: "validation" },
    needs,
  };
}

/** For labels and tables: `learningRate 0.002, epochs 2`. */
export function describeTuning({ hyperparameters = {}, ...training }: Tuning): string {
  const parts = Object.entries({ ...training, ...hyperparameters }).map(([name, value]) => `${name} ${value}`);
  return parts.length === 0 ? "as usual" : parts.join(", ");
}

/** The dataset as searches see it: what they learn from is a part of its lists, and is called by its name. */
function withFewerLists(dataset: DatasetChoice): DatasetChoice {
  const { settings, policy } = dataset;
  const part = (lists: number) => Math.max(1, Math.round(SEARCH_SHARE * lists));
  const fewer = { ...dataset, policy: { ...policy, policyRequests: part(policy.policyRequests) } };
  if (settings.source === "world") {
    return { ...fewer, settings: { ...settings, trainingLists: part(settings.trainingLists) } };
  }
  const { maxLists } = settings.options;
  if (maxLists === undefined) return fewer;
  return { ...fewer, settings: { ...settings, options: { ...settings.options, maxLists: part(maxLists) } } };
}

/** What a search found best; the usual settings where nothing is known. */
export function chooseTuning(
  { candidates }: MethodSearch,
  metricsOf: (trial: Trial) => TrialOutcome["metrics"] | undefined,
): Tuning {
  let best: { readonly tuning: Tuning; readonly worth: number } | undefined;
  for (const { tuning, trial } of candidates) {
    const worth = worthOf(metricsOf(trial));
    if (worth !== undefined && (best === undefined || worth > best.worth)) best = { tuning, worth };
  }
  return best?.tuning ?? {};
}

/** By the truth where it is known, else by NDCG. */
function worthOf(metrics: TrialOutcome["metrics"] = {}): number | undefined {
  return metrics[`${VALIDATION}trueReward`] ?? metrics[`${VALIDATION}ndcg`];
}

/** What is searched after what: shared models before those who learn from them. */
export function searchStages(methods: readonly string[]): readonly (readonly string[])[] {
  const others = methods.filter((method) => isSearched(method) && !SHARED_METHODS.includes(method));
  return [["dnn", "imitation"], ["judge"], others];
}
