/** What a method is: everything that answers requests, how it learns, and what it is made of once it has learned. */
import type { Catalogue, ListDataset, RequestColumns } from "../data/dataset.ts";
import type { UnexposedCandidates } from "../data/labels.ts";
import type { ContextualJudge } from "../goalrank/contextual-judge.ts";
import type { Generator } from "../goalrank/generator.ts";
import type { ListJudge } from "../goalrank/judge.ts";
import type { ScoreLoss } from "../goalrank/listwise-loss.ts";
import type { ModelShape } from "../goalrank/model-shape.ts";
import type { RewardModel } from "../goalrank/reward-model.ts";
import type { Module } from "../nn/index.ts";
import { Random } from "../tensor/index.ts";
import type { TrainingTask } from "../training/trainer.ts";
import type { World } from "../world/world.ts";
import { type Answering, type RankedLists, rankRequests } from "./answering.ts";
import type { PolicySettings } from "./objectives/policy-task.ts";
import type { PointwiseRanker } from "./pointwise-ranker.ts";

/** Models that are trained once, before any method, and that all methods read alike. */
export interface SharedModels {
  /** Gives initial rankings, personal vectors and proposals. */
  readonly pointwise: PointwiseRanker;
  /** A generator that imitates the log. */
  readonly imitation: Generator;
  /** Evaluates lists. */
  readonly judge: ListJudge;
  /** The first member of a contextual judge; missing where the judge is of another kind. */
  readonly contextual: ContextualJudge;
}
/** One of {@link SharedModels}. */
export type SharedModelName = keyof SharedModels;

/** Something of its own that a method can be told, and what a fair comparison tries for it; yes and no are 1 and 0. */
export interface Hyperparameter {
  readonly default: number;
  readonly values: readonly number[];
  readonly summary: string;
}

/** What all methods are given alike. */
export interface MethodContext extends ModelShape {
  readonly catalogue: Catalogue;
  /** Those that were trained. */
  readonly shared: Partial<SharedModels>;
  /** The world that the requests come from; undefined for a log. */
  readonly world?: World | undefined;
  /** Hyperparameters that are not what they are by default, by the name of the method and their own. */
  readonly tuned?: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** What a method learns from. */
export interface Lesson {
  readonly training: ListDataset;
  readonly unexposed: UnexposedCandidates;
  /** What every method that scores candidates learns in place of its own loss, where it is given. */
  readonly loss?: ScoreLoss | undefined;
  /** What a policy may start from; undefined where the judge is no reward model. */
  readonly rewardModel: RewardModel | undefined;
  /** How GoalRank's policy learns. */
  readonly policy: PolicySettings;
  /** The trained methods whose lists stand in its groups, by name. */
  readonly helpers?: ReadonlyMap<string, Answering>;
  /**
   * Trains with the method's budget: epochs, batches, optimiser, checkpoints. The stage names the method.
   * @param validated what is judged on held-out requests meanwhile; the method itself unless given
   */
  train(task: TrainingTask, validated?: Answering): Promise<void>;
}

/** A method over one catalogue: with initial weights, then with those that it learned or was restored with. */
export interface MethodInstance {
  /** What is trained for it alone, by name; empty for one that reads shared models only. */
  readonly models: Readonly<Record<string, Module>>;
  /** Learns; missing where there is nothing to learn. */
  learn?(lesson: Lesson): Promise<void>;
  /** Answers the requests of a dataset. */
  rank(requests: RequestColumns): Promise<RankedLists>;
  /** How it answers any request; missing where only a world knows the answers. */
  readonly answering?: Answering;
  /** Chooses again what it chose besides weights as it learned, where the weights are there. */
  choose?(training: ListDataset): Promise<void>;
  /** What it chose besides weights, as JSON holds it, and how it takes that up again. */
  readonly choices?: { get(): JsonObject; set(choices: JsonObject): void };
}

type JsonObject = Readonly<Record<string, unknown>>;

/** Generators answer by themselves; the others propose lists, of which an evaluator chooses. `reference`: nobody learned. */
export type MethodFamily = "reference" | "generator" | "generator-evaluator" | "multi-generator-evaluator";

/** Everything that answers requests: one file each, listed in `index.ts`. */
export interface Method {
  /** For options and files, such as `set-rank`. */
  readonly name: string;
  /** For tables, such as `PRS (SetRank)`. */
  readonly title: string;
  readonly family: MethodFamily;
  /** The shared models that it answers with. */
  readonly answersWith: readonly SharedModelName[];
  /** Those that it needs besides while it learns. */
  readonly learnsWith?: readonly SharedModelName[];
  /** What it alone can be told, by name. */
  readonly hyperparameters?: Readonly<Record<string, Hyperparameter>>;
  /** With initial weights, which the context's seed draws. */
  create(context: MethodContext): MethodInstance;
}

/** An instance that answers as `answering` says. */
export function instanceOf(
  models: MethodInstance["models"],
  answering: Answering,
  rest: Pick<MethodInstance, "learn" | "choose" | "choices"> = {},
): MethodInstance {
  return { models, answering, rank: (requests) => rankRequests(answering, requests), ...rest };
}

/** A method's hyperparameters by name: the defaults, under those that are tuned. */
export function hyperparametersOf(
  { name, hyperparameters = {} }: Pick<Method, "name" | "hyperparameters">,
  { tuned = {} }: Pick<MethodContext, "tuned">,
): Readonly<Record<string, number>> {
  const defaults = Object.entries(hyperparameters).map(([key, own]) => [key, own.default] as const);
  return { ...Object.fromEntries(defaults), ...tuned[name] };
}

/** Draws a method's initial weights. */
export function initialWeights({ seed }: Pick<ModelShape, "seed">, name: string): Random {
  return new Random({ seed, stream: `${name} initial weights`, step: 0 });
}

/** @throws Error where a shared model was not trained, though the method names it */
export function sharedModel<Name extends SharedModelName>(
  { shared }: Pick<MethodContext, "shared">,
  name: Name,
): SharedModels[Name] {
  const model: SharedModels[Name] | undefined = shared[name];
  if (model === undefined) throw new Error(`methods: the shared model ${name} was not trained`);
  return model;
}
