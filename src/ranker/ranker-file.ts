/**
 * A ranker as a file: the generator's weights, the names and features of users and items, and the retriever, in the
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
import { crc32c } from "../files/crc32c.ts";
import type { Generator, GeneratorOptions } from "../goalrank/generator.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafetensorsEntry,
  SafetensorsError,
} from "../nn/index.ts";
import { excerpt } from "../text/excerpt.ts";
import { type RankerMetadata, rankerMetadataSchema } from "./ranker-metadata.ts";

/** Of the layout: a reader refuses any other. */
export const RANKER_VERSION = 1;

const METADATA_KEY = "goalrank";
const CHECKSUM_KEY = "goalrank_crc32c";
const GENERATOR_PREFIX = "generator.";
const RETRIEVER_PREFIX = "retriever.";

/** A file that holds no ranker that this program can use. */
export class RankerFileError extends Error {
  override readonly name = "RankerFileError";

  constructor(message: string, options?: ErrorOptions) {
    super(excerpt(message, 1000), options);
  }
}

/** All that a ranker is made of. */
export interface RankerContent {
  readonly generatorOptions: GeneratorOptions;
  /** The generator's weights. */
  readonly weights: ReadonlyMap<string, SafetensorsEntry>;
  readonly catalogue: Catalogue;
  readonly retriever: Retriever | undefined;
  /** N and H of the requests that the generator learned from. */
  readonly candidateCount: number;
  readonly historyLength: number;
  /** Where it comes from, such as the seed and a fingerprint of the data: as JSON holds it. */
  readonly training: Readonly<Record<string, unknown>>;
}

/** What is read back, with the checksum of everything: eight hexadecimal digits, the same for the same ranker. */
export type RestoredRanker = RankerContent & { readonly fingerprint: string };

/**
 * The bytes of a ranker's file.
 *
 * @example
 * writeFileSync("ranker.safetensors", await encodeRanker({ generator, catalogue, retriever, ...shape }));
 */
export async function encodeRanker({
  generator,
  ...content
}: Omit<RankerContent, "generatorOptions" | "weights"> & {
  readonly generator: Generator;
}): Promise<Uint8Array> {
  const { catalogue, retriever, candidateCount, historyLength, training } = content;
  const tensors = new Map<string, SafetensorsEntry>([
    ...withPrefix(GENERATOR_PREFIX, await generator.stateDict()),
    ...withPrefix(RETRIEVER_PREFIX, retriever?.tensors() ?? new Map()),
    ...catalogueTensors(catalogue),
  ]);
  const metadata: RankerMetadata = {
    kind: "ranker",
    version: RANKER_VERSION,
    generator: generator.options,
    catalogue: describeCatalogue(catalogue),
    ...(retriever && { retriever: retriever.name }),
    candidateCount,
    historyLength,
    training,
    crc32c: Object.fromEntries([...tensors].map(([name, { data }]) => [name, checksum(bytesOf(data))])),
  };
  const text = JSON.stringify(metadata);
  return encodeSafetensors(tensors, { [METADATA_KEY]: text, [CHECKSUM_KEY]: textChecksum(text) });
}

/** @throws RankerFileError for bytes that are cut short, damaged, of another kind or of another version */
export function decodeRanker(bytes: Uint8Array): RestoredRanker {
  const { tensors, metadata: entries } = decodeFile(bytes);
  const text = entries[METADATA_KEY];
  if (text === undefined) throw new RankerFileError("ranker: this is a safetensors file, but no ranker");
  const fingerprint = textChecksum(text);
  if (fingerprint !== entries[CHECKSUM_KEY]) throw damaged("its description does not have its checksum");
  const metadata = readMetadata(text);
  checkTensors(tensors, metadata.crc32c);
  const { catalogue: description, retriever, generator, candidateCount, historyLength, training } = metadata;
  try {
    return {
      generatorOptions: generator,
      weights: ofPrefix(GENERATOR_PREFIX, tensors),
      catalogue: restoreCatalogue(
        description,
        new Map([...tensors].filter(([name]) => isCatalogueTensor(name))),
      ),
      retriever:
        retriever === undefined
          ? undefined
          : restoreRetriever(retriever, ofPrefix(RETRIEVER_PREFIX, tensors), description),
      candidateCount,
      historyLength,
      training,
      fingerprint,
    };
  } catch (cause) {
    if (cause instanceof RangeError) throw damaged(cause.message, cause);
    throw cause;
  }
}

/** The description, once it is known to be one. */
function readMetadata(text: string): RankerMetadata {
  const value = parsedJson(text);
  const { kind, version }: { readonly kind?: unknown; readonly version?: unknown } = Object(value);
  if (kind !== "ranker") {
    throw new RankerFileError(`ranker: this file is a ${JSON.stringify(kind)}; expected a ranker`);
  }
  if (version !== RANKER_VERSION) {
    throw new RankerFileError(
      `ranker: the file is of version ${JSON.stringify(version)}; this program reads version ${RANKER_VERSION}; export it anew`,
    );
  }
  const metadata = rankerMetadataSchema.safeParse(value);
  if (metadata.success) return metadata.data;
  const [{ path, message }] = metadata.error.issues;
  throw damaged(`its description is wrong at ${path.join(".")}: ${message}`);
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function decodeFile(bytes: Uint8Array): ReturnType<typeof decodeSafetensors> {
  try {
    return decodeSafetensors(bytes);
  } catch (cause) {
    if (!(cause instanceof SafetensorsError)) throw cause;
    throw damaged(cause.message, cause);
  }
}

function checkTensors(
  tensors: ReadonlyMap<string, SafetensorsEntry>,
  expected: Readonly<Record<string, string>>,
): void {
  const missing = Object.keys(expected).find((name) => !tensors.has(name));
  if (missing !== undefined) throw damaged(`there is no tensor ${missing}`);
  for (const [name, { data }] of tensors) {
    if (expected[name] !== checksum(bytesOf(data))) {
      throw damaged(`the tensor ${name} does not have the checksum that the description gives`);
    }
  }
}

function damaged(problem: string, cause?: unknown): RankerFileError {
  return new RankerFileError(
    `ranker: the file is damaged, or was cut short (${problem}); copy or export it again`,
    { cause },
  );
}

function withPrefix(
  prefix: string,
  tensors: ReadonlyMap<string, SafetensorsEntry>,
): [string, SafetensorsEntry][] {
  return [...tensors].map(([name, tensor]) => [`${prefix}${name}`, tensor]);
}

function ofPrefix(
  prefix: string,
  tensors: ReadonlyMap<string, SafetensorsEntry>,
): Map<string, SafetensorsEntry> {
  const own = [...tensors].filter(([name]) => name.startsWith(prefix));
  return new Map(own.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
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
