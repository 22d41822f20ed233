/** The methods of a run: which they are, how each is trained, and their weights. */
import type { ListDataset } from "../data/dataset.ts";
import { mean } from "../evaluation/statistics.ts";
import { Generator } from "../goalrank/generator.ts";
import { helpersOf } from "../goalrank/groups/group-set.ts";
import { predictedRewards } from "../goalrank/judge.ts";
import { type Answering, rankRequests } from "../methods/answering.ts";
import { GOAL_RANK } from "../methods/goalrank.ts";
import { findMethod, METHODS } from "../methods/index.ts";
import { type Method, type MethodInstance, sharedModel } from "../methods/method.ts";
import type { PolicySettings } from "../methods/objectives/policy-task.ts";
import { namedSharedModels, type SharedSet } from "../methods/shared-models.ts";
import type { Module, StateDict } from "../nn/index.ts";
import type { StepMetrics } from "../training/listener.ts";
import type { TrainingContext } from "../training/trainer.ts";
import type { RunData } from "./data.ts";
import { evaluatorNames, type RunSettings } from "./settings.ts";
import { chosenLoss, createRunModels, policyShape } from "./shared-models.ts";
import { tunedHyperparameters, tunedTraining } from "./tuning.ts";
import { trainValidated, validationMetrics } from "./validated-training.ts";

/** A method of a run that can answer. */
export interface TrainedMethod {
  readonly method: Method;
  readonly instance: MethodInstance;
}

/**
 * What a run compares, in the order of its table: references that anyone could reach, the methods that were asked for,
 * generator-evaluators of the plain kind, GoalRank, and the oracle where there is one.
 */
export function comparedMethods(
  settings: RunSettings,
  { world, training }: Pick<RunData, "world" | "training">,
): Method[] {
  const { methods } = settings;
  const isLog = world === undefined;
  const trained = METHODS.map(({ name }) => name).filter((name) => methods.includes(name) && name !== "goalrank");
  const names = [
    "random",
    ...(isLog ? (isScored(training) ? ["retriever"] : []) : ["logging-policy"]),
    "dnn",
    ...trained,
    ...evaluatorNames(settings),
    ...(methods.includes("goalrank") ? ["goalrank"] : []),
    ...(isLog ? [] : ["oracle"]),
  ];
  return [...new Set(names)].map(findMethod);
}

/** Whether something scored the candidates before: of queries whose candidates have features alone nothing did. */
function isScored({ retrieverScores }: ListDataset): boolean {
  return retrieverScores.some((score) => score !== 0);
}

/** Trains one method on what all share. @param trained methods that are trained already, of which it may need some */
export async function trainMethod(
  method: Method,
  models: SharedSet,
  data: RunData,
  settings: RunSettings,
  training: TrainingContext,
  trained: readonly TrainedMethod[] = [],
): Promise<TrainedMethod> {
  const { rewardModels } = models;
  const context = { ...models.context, ...policyShape(settings), ...tunedHyperparameters(settings) };
  const instance = method.create(context);
  const isPolicy = method.name === "goalrank";
  const { policyTraining, feedbackTraining, seed } = settings;
  const options = { ...tunedTraining(settings, method.name, isPolicy ? policyTraining : feedbackTraining), seed };
  const judgeBy = async (held: ListDataset, answering: Answering | undefined): Promise<StepMetrics> => {
    if (answering === undefined) return {};
    const ranked = await rankRequests(answering, held);
    const metrics = validationMetrics(held, ranked);
    if (!isPolicy) return metrics;
    const rewards = await predictedRewards(sharedModel(context, "judge"), held, ranked.lists);
    return { ...metrics, predicted: mean(rewards) };
  };
  const helpers = isPolicy ? await trainHelpers(models, data, settings, training, trained) : new Map();
  await instance.learn?.({
    helpers,
    training: data.training,
    unexposed: data.unexposed,
    loss: chosenLoss(settings),
    rewardModel: rewardModels[0],
    policy: tunedPolicy(settings),
    train: (task, answering = instance.answering) =>
      trainValidated(task, options, data, (held) => judgeBy(held, answering), training),
  });
  return { method, instance };
}

/** The methods whose lists stand in GoalRank's groups, each trained before it. */
export async function trainHelpers(
  models: SharedSet,
  data: RunData,
  settings: RunSettings,
  training: TrainingContext,
  trained: readonly TrainedMethod[],
): Promise<Map<string, Answering>> {
  const helpers = new Map<string, Answering>();
  for (const name of helpersOf(settings.groups.set)) {
    const known = trained.find(({ method }) => method.name === name);
    const { instance } = known ?? (await trainMethod(findMethod(name), models, data, settings, training));
    if (instance.answering !== undefined) helpers.set(name, instance.answering);
  }
  return helpers;
}

/** How GoalRank's policy learns, with the temperature of the reference that is tuned, where one is. */
function tunedPolicy({ tuned, generatorStart, policyRequests, groups }: RunSettings): PolicySettings {
  const referenceTemperature = tuned?.goalrank?.hyperparameters?.referenceTemperature ?? groups.referenceTemperature;
  return { generatorStart, policyRequests, groups: { ...groups, referenceTemperature } };
}

/** Trains all that a run compares, or what is left to train of it. */
export async function trainMethods(
  models: SharedSet,
  data: RunData,
  settings: RunSettings,
  training: TrainingContext,
): Promise<TrainedMethod[]> {
  const trained: TrainedMethod[] = [];
  for (const method of comparedMethods(settings, data)) {
    trained.push(await trainMethod(method, models, data, settings, training, trained));
  }
  return trained;
}

/** Models with weights that were trained before, by the names of {@link runWeights}. */
export async function restoreRun(
  data: RunData,
  settings: RunSettings,
  weights: ReadonlyMap<string, StateDict>,
): Promise<{ readonly models: SharedSet; readonly methods: TrainedMethod[] }> {
  const models = createRunModels(data, settings);
  for (const [name, model] of namedSharedModels(models)) restore(name, model, weights);
  const methods: TrainedMethod[] = [];
  for (const method of comparedMethods(settings, data)) {
    // What is not kept as weights, such as a temperature, is found again as it was found before.
    const instance = method.create(models.context);
    const isKept = Object.keys(instance.models).length > 0;
    const own = isKept ? { method, instance } : await trainMethod(method, models, data, settings, {});
    for (const [name, model] of namedModels(own)) restore(name, model, weights);
    if (isKept) await instance.choose?.(data.training);
    methods.push(own);
  }
  return { models, methods };
}

/** @throws RangeError when the weights of a model are missing; Error of `loadStateDict` for those of another shape */
function restore(name: string, model: Module, weights: ReadonlyMap<string, StateDict>): void {
  const state = weights.get(name);
  if (state === undefined) throw new RangeError(`run: there are no weights of ${name}`);
  model.loadStateDict(state);
  model.train(false);
}

/** A method's own models by the names under which their weights are kept: `mir`, `mg-e-20-judged`. */
function namedModels({ method, instance }: TrainedMethod): [string, Module][] {
  return Object.entries(instance.models).map(([name, model]) => [
    name === method.name ? name : `${method.name}-${name.replaceAll(" ", "-")}`,
    model,
  ]);
}

/** Weights of all models, by the name of a file. */
export async function runWeights(
  models: SharedSet,
  methods: readonly TrainedMethod[],
): Promise<Map<string, StateDict>> {
  const weights = new Map<string, StateDict>();
  for (const [name, model] of [...namedSharedModels(models), ...methods.flatMap(namedModels)]) {
    weights.set(name, await model.stateDict());
  }
  return weights;
}

/** GoalRank's generator; undefined where it was not trained. */
export function generatorOf(methods: readonly TrainedMethod[]): Generator | undefined {
  const model = methods.find(({ method }) => method === GOAL_RANK)?.instance.models.goalrank;
  return model instanceof Generator ? model : undefined;
}
