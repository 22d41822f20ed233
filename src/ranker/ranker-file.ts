/**
 * A ranker as a file: a method's weights, the names and features of users and items, and the retriever, in the
 * safetensors layout. Metadata `goalrank` is JSON that says how they fit together, with a checksum of every tensor.
 */
import type { Catalogue } from "../data/dataset.ts";
import {
  catalogueTensors,
  describeCatalogue,
  isCatalogueTensor,
  restoreCatalogue,
} from "../data/features/catalogue-tensors.ts";
import { restoreRetriever } from "../data/retrievers/restore.ts";
import type { Retriever } from "../data/retrievers/retriever.ts";
import { UserPasts } from "../data/user-pasts.ts";
import { crc32c } from "../files/crc32c.ts";
import type { ModelShape } from "../goalrank/model-shape.ts";
import type { Method, MethodContext, MethodInstance } from "../methods/method.ts";
import { type JudgeShape, namedSharedModels, type SharedSet } from "../methods/shared-models.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  type Module,
  type SafetensorsEntry,
  SafetensorsError,
} from "../nn/index.ts";
import { excerpt } from "../text/excerpt.ts";
import { parsedJson } from "../text/parsed-json.ts";
import { type RankerMetadata, rankerMetadataSchema } from "./ranker-metadata.ts";

/** Of the layout: a reader refuses any other. */
export const RANKER_VERSION = 3;

const METADATA_KEY = "goalrank";
const CHECKSUM_KEY = "goalrank_crc32c";
/** Of a method's own models, and of the shared ones that it answers with. */
const MODEL_PREFIX = "model.";
const SHARED_PREFIX = "shared.";
const RETRIEVER_PREFIX = "retriever.";
const PAST_PREFIX = "past.";

/** A file that holds no ranker that this program can use. */
export class RankerFileError extends Error {
  override readonly name = "RankerFileError";

  constructor(message: string, options?: ErrorOptions) {
    super(excerpt(message, 1000), options);
  }
}

type Tensors = ReadonlyMap<string, SafetensorsEntry>;

/** Weights by model, and in each by name. */
export type ModelWeights = ReadonlyMap<string, Tensors>;

/** All that a ranker is made of, as it is read back. */
export interface RankerContent {
  /** The method, by its name. */
  readonly method: string;
  readonly shape: ModelShape;
  readonly judge: JudgeShape;
  /** The method's hyperparameters that are not what they are by default. */
  readonly hyperparameters?: Readonly<Record<string, number>> | undefined;
  /** What the method chose besides weights. */
  readonly choices: Readonly<Record<string, unknown>> | undefined;
  /** Of the method's own models, and of the shared ones that it answers with. */
  readonly models: ModelWeights;
  readonly shared: ModelWeights;
  readonly catalogue: Catalogue;
  readonly retriever: Retriever | undefined;
  /** What each known user has met; undefined where that is not known. */
  readonly pasts?: UserPasts | undefined;
  /** Items that the training knew, which are the first. Others were added to the file since. */
  readonly learnedItems: number;
  /** Where it comes from, such as the seed and a fingerprint of the data: as JSON holds it. */
  readonly training: Readonly<Record<string, unknown>>;
  /** The checksum of everything: eight hexadecimal digits, the same for the same ranker. */
  readonly fingerprint: string;
}

/** A method that has learned, to be written. */
export interface RankerSource extends Pick<RankerContent, "retriever" | "pasts" | "training"> {
  readonly method: Pick<Method, "name" | "answersWith">;
  readonly instance: MethodInstance;
  /** What it was created with. */
  readonly models: SharedSet;
}

/**
 * The bytes of a ranker's file.
 * @example
 * writeFileSync("ranker.safetensors", await encodeRanker({ method, instance, models, retriever, training }));
 */
export async function encodeRanker(source: RankerSource): Promise<Uint8Array> {
  const { method, instance, models, ...rest } = source;
  const { context, judge } = models;
  return encodeContent({
    ...rest,
    method: method.name,
    shape: shapeOf(context),
    judge,
    hyperparameters: context.tuned?.[method.name],
    choices: instance.choices?.get(),
    models: await weightsOf(Object.entries(instance.models)),
    shared: await weightsOf(sharedModelsOf(method, models)),
    catalogue: context.catalogue,
    learnedItems: context.catalogue.itemCount,
  });
}

async function weightsOf(models: readonly [string, Module][]): Promise<ModelWeights> {
  const weights = new Map<string, Tensors>();
  for (const [name, model] of models) weights.set(name, await model.stateDict());
  return weights;
}

/** The bytes of the file that has this content: what {@link decodeRanker} gives but the fingerprint, which follows. */
export function encodeContent(content: Omit<RankerContent, "fingerprint">): Uint8Array {
  const { method, shape, judge, hyperparameters, choices, catalogue, retriever, pasts, learnedItems, training } =
    content;
  const tensors = new Map<string, SafetensorsEntry>([
    ...withPrefix(RETRIEVER_PREFIX, retriever?.tensors() ?? []),
    ...withPrefix(PAST_PREFIX, pasts?.tensors() ?? []),
    ...catalogueTensors(catalogue),
    ...[...content.models].flatMap(([name, own]) => withPrefix(`${MODEL_PREFIX}${name}.`, own)),
    ...[...content.shared].flatMap(([name, own]) => withPrefix(`${SHARED_PREFIX}${name}.`, own)),
  ]);
  const metadata: RankerMetadata = {
    kind: "ranker",
    version: RANKER_VERSION,
    method,
    shape,
    judge,
    ...(hyperparameters && { hyperparameters }),
    ...(choices && { choices }),
    catalogue: describeCatalogue(catalogue),
    ...(retriever && { retriever: retriever.name }),
    ...(pasts && { pasts: { repeats: pasts.repeats } }),
    ...(learnedItems !== catalogue.itemCount && { learnedItems }),
    training,
    crc32c: Object.fromEntries([...tensors].map(([name, { data }]) => [name, checksum(bytesOf(data))])),
  };
  const text = JSON.stringify(metadata);
  return encodeSafetensors(tensors, { [METADATA_KEY]: text, [CHECKSUM_KEY]: textChecksum(text) });
}

/** The shared models that a method answers with, by name. */
function sharedModelsOf({ answersWith }: Pick<Method, "answersWith">, models: SharedSet): [string, Module][] {
  const needsJudge = answersWith.includes("judge");
  const isPointwiseJudge = needsJudge && models.rewardModels.length + models.contextualJudges.length === 0;
  return namedSharedModels(models).filter(([name, model]) => {
    if (name === "pointwise") return answersWith.includes("pointwise") || isPointwiseJudge;
    if (name === "imitation") return answersWith.includes("imitation");
    return needsJudge || (answersWith.includes("contextual") && model === models.context.shared.contextual);
  });
}

function shapeOf(context: MethodContext): ModelShape {
  const { listLength, candidateCount, historyLength, width, heads, layers, dropoutRate, seed } = context;
  const { residual, entireSpace, judgeStart } = context;
  return {
    ...{ listLength, candidateCount, historyLength, width, heads, layers, dropoutRate, seed },
    ...(residual && { residual }),
    ...(entireSpace && { entireSpace }),
    ...(judgeStart && { judgeStart }),
  };
}

/** @throws RankerFileError for bytes that are cut short, damaged, of another kind or of another version */
export function decodeRanker(bytes: Uint8Array): RankerContent {
  const { tensors, metadata: entries } = orDamaged(SafetensorsError, () => decodeSafetensors(bytes));
  const text = entries[METADATA_KEY];
  if (text === undefined) throw new RankerFileError("ranker: this is a safetensors file, but no ranker");
  const fingerprint = textChecksum(text);
  if (fingerprint !== entries[CHECKSUM_KEY]) throw damaged("its description does not have its checksum");
  const metadata = readMetadata(text);
  checkTensors(tensors, metadata.crc32c);
  const {
    method,
    shape,
    judge,
    hyperparameters,
    choices,
    catalogue: description,
    retriever,
    pasts,
    training,
  } = metadata;
  const { learnedItems = description.itemCount } = metadata;
  if (learnedItems > description.itemCount)
    throw damaged(`${learnedItems} items of ${description.itemCount} were learned`);
  const ofCatalogue = new Map([...tensors].filter(([name]) => isCatalogueTensor(name)));
  const ofRetriever = ofPrefix(RETRIEVER_PREFIX, tensors);
  return orDamaged(RangeError, () => ({
    method,
    shape,
    judge,
    hyperparameters,
    choices,
    models: byModel(MODEL_PREFIX, tensors),
    shared: byModel(SHARED_PREFIX, tensors),
    catalogue: restoreCatalogue(description, ofCatalogue),
    retriever: retriever === undefined ? undefined : restoreRetriever(retriever, ofRetriever, description),
    pasts: pasts && UserPasts.restore(pasts.repeats, description, ofPrefix(PAST_PREFIX, tensors)),
    learnedItems,
    training,
    fingerprint,
  }));
}

/** The description, once it is known to be one. */
function readMetadata(text: string): RankerMetadata {
  const value = parsedJson(text);
  const { kind, version }: { readonly kind?: unknown; readonly version?: unknown } = Object(value);
  if (kind !== "ranker") throw new RankerFileError(`ranker: this file is a ${JSON.stringify(kind)}; expected a ranker`);
  if (version !== RANKER_VERSION) {
    throw new RankerFileError(
      `ranker: the file is of version ${JSON.stringify(version)}; this program reads version ${RANKER_VERSION}; train it anew`,
    );
  }
  const metadata = rankerMetadataSchema.safeParse(value);
  if (metadata.success) return metadata.data;
  const [{ path, message }] = metadata.error.issues;
  throw damaged(`its description is wrong at ${path.join(".")}: ${message}`);
}

/** What `read` gives; an error of `kind` says that the file is damaged. */
function orDamaged<Result>(kind: typeof RangeError | typeof SafetensorsError, read: () => Result): Result {
  try {
    return read();
  } catch (cause) {
    throw cause instanceof kind ? damaged(cause.message, cause) : cause;
  }
}

function checkTensors(tensors: Tensors, expected: Readonly<Record<string, string>>): void {
  const missing = Object.keys(expected).find((name) => !tensors.has(name));
  if (missing !== undefined) throw damaged(`there is no tensor ${missing}`);
  for (const [name, { data }] of tensors) {
    if (expected[name] !== checksum(bytesOf(data))) {
      throw damaged(`the tensor ${name} does not have the checksum that the description gives`);
    }
  }
}

function damaged(problem: string, cause?: unknown): RankerFileError {
  return new RankerFileError(`ranker: the file is damaged, or was cut short (${problem}); copy or export it again`, {
    cause,
  });
}

function withPrefix(prefix: string, tensors: Iterable<[string, SafetensorsEntry]>): [string, SafetensorsEntry][] {
  return [...tensors].map(([name, tensor]) => [`${prefix}${name}`, tensor]);
}

function ofPrefix(prefix: string, tensors: Tensors): Tensors {
  const own = [...tensors].filter(([name]) => name.startsWith(prefix));
  return new Map(own.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
}

/** `model.mir.scorer.weight` is `scorer.weight` of the model `mir`. */
function byModel(prefix: string, tensors: Tensors): ModelWeights {
  const models = new Map<string, Map<string, SafetensorsEntry>>();
  for (const [path, entry] of ofPrefix(prefix, tensors)) {
    const end = path.indexOf(".");
    const own = models.get(path.slice(0, end)) ?? new Map<string, SafetensorsEntry>();
    models.set(path.slice(0, end), own.set(path.slice(end + 1), entry));
  }
  return models;
}

function bytesOf({ buffer, byteOffset, byteLength }: SafetensorsEntry["data"]): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function textChecksum(text: string): string {
  return checksum(new TextEncoder().encode(text));
}

function checksum(bytes: Uint8Array): string {
  return crc32c(bytes).toString(16).padStart(8, "0");
}
