/** From the content of a ranker's file to a method that answers. */
import type { Device } from "../kernels/index.ts";
import type { Answering } from "../methods/answering.ts";
import { createPolicy, goalRankInstance } from "../methods/goalrank-policy.ts";
import type { Method } from "../methods/method.ts";
import { createSharedModels, namedSharedModels } from "../methods/shared-models.ts";
import type { Module } from "../nn/index.ts";
import { outsideScopes, withDefaultDevice } from "../tensor/index.ts";
import { type ModelWeights, type RankerContent, RankerFileError } from "./ranker-file.ts";
import { ITEM_EMBEDDING, withMeanRows, withUnknownItem, withUnknownUser } from "./unknown.ts";

/** A method at work. */
export interface RestoredMethod {
  readonly title: string;
  readonly answering: Answering;
  /** All that it holds. */
  readonly models: readonly Module[];
}

/** What of a method makes an instance out of a file. */
type Maker = Pick<Method, "title" | "answersWith" | "create">;

/** A method with its file's weights. @throws RankerFileError for an unknown method, and for weights not the method's */
export async function restoreMethod(content: RankerContent, device: Device): Promise<RestoredMethod> {
  const maker = await findMaker(content.method);
  return outsideScopes(() => withDefaultDevice(device, () => restore(content, maker)));
}

/** Other methods than GoalRank are loaded when they are asked for: a page that ranks with GoalRank needs none of them. */
async function findMaker(name: string): Promise<Maker> {
  if (name === "goalrank") {
    const create: Maker["create"] = (context) => goalRankInstance(createPolicy(context, "generator"));
    return { title: "GoalRank", answersWith: [], create };
  }
  const { findMethod } = await import("../methods/index.ts");
  try {
    return findMethod(name);
  } catch (cause) {
    const problem = `ranker: ${(cause as Error).message}; this program may be older than the file`;
    throw new RankerFileError(problem, { cause });
  }
}

function restore(content: RankerContent, { title, answersWith, create }: Maker): RestoredMethod {
  const { method, shape, judge, hyperparameters, choices, catalogue, learnedItems } = content;
  const models: Module[] = [];
  try {
    checkSizes(content);
    const tuned = hyperparameters && { tuned: { [method]: hyperparameters } };
    const context = { ...shape, ...tuned, dropoutRate: 0, catalogue: withUnknownItem(withUnknownUser(catalogue)) };
    const set = createSharedModels(context, judge, answersWith);
    const shared = namedSharedModels(set);
    models.push(...shared.map(([, model]) => model));
    const instance = create(set.context);
    models.push(...Object.values(instance.models));
    for (const [name, model] of shared) load(name, model, content.shared, learnedItems);
    for (const [name, model] of Object.entries(instance.models)) load(name, model, content.models, learnedItems);
    if (choices !== undefined) instance.choices?.set(choices);
    if (instance.answering === undefined) throw new RangeError(`${title} answers with the help of a world`);
    return { title, answering: instance.answering, models };
  } catch (cause) {
    for (const model of models) model.dispose();
    const reason = (cause as Error).message;
    throw new RankerFileError(`ranker: the weights are not those of its method (${reason})`, { cause });
  }
}

function load(name: string, model: Module, weights: ModelWeights, learnedItems: number): void {
  const own = [...(weights.get(name) ?? [])];
  const embedded = own.map(([key, entry]) => {
    return [key, key.endsWith(ITEM_EMBEDDING) ? withMeanRows(entry, learnedItems) : entry] as const;
  });
  model.loadStateDict(new Map(embedded));
  model.train(false);
}

/** Before memory is taken for models of these sizes: the weights must have them too. */
function checkSizes({ models, shared, shape, catalogue }: RankerContent): void {
  const { width, heads, layers } = shape;
  const weights = [...models.values(), ...shared.values()].flatMap((own) => [...own]);
  if (weights.length === 0) return;
  // Every model reads its candidates through one encoder.
  const expected: [string, number[]][] = [
    ...(catalogue.itemCount === 0 ? [] : [[ITEM_EMBEDDING, [catalogue.itemCount, width]] as [string, number[]]]),
    ["fromItem.weight", [width, width]],
  ];
  for (const [end, sizes] of expected) {
    const found = weights.filter(([name]) => name.endsWith(end));
    const wrong = found.find(([, entry]) => `${entry.shape}` !== `${sizes}`);
    if (found.length > 0 && wrong === undefined) continue;
    throw new RangeError(`an encoder's ${end} is [${wrong?.[1].shape ?? "missing"}], expected [${sizes}]`);
  }
  if (width % heads !== 0) throw new RangeError(`${heads} heads do not divide the width ${width}`);
  if (weights.length < layers) throw new RangeError(`${weights.length} tensors for ${layers} layers`);
}
