/** What `goalrank export` writes: the files, in memory. */
import { EXPORTED_METHODS, exportGenerator, generatorOf } from "../../onnx/generator.ts";
import type { LoopFacts } from "../../onnx/loops.ts";
import { Ranker, type RankerDescription } from "../../ranker/ranker.ts";
import { decodeRanker, type RankerContent } from "../../ranker/ranker-file.ts";
import { exportReadme } from "./readme.ts";

export const EXPORT_FORMATS = ["safetensors", "onnx", "all"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Every name that an export may write. */
export const EXPORT_FILES = [
  "ranker.safetensors",
  "encoder.onnx",
  "decoder-step.onnx",
  "items.json",
  "users.json",
  "README.md",
] as const;
export type ExportFile = (typeof EXPORT_FILES)[number];

export interface RankerExport {
  readonly ranker: RankerDescription;
  readonly files: ReadonlyMap<ExportFile, string | Uint8Array>;
}

/**
 * @param bytes of a ranker's file
 * @param version of the program that exports
 * @throws RankerFileError for bytes that are damaged, or no ranker
 * @throws RangeError when an ONNX file would have 2 GiB or more, and for `onnx` of a method that has no such form
 */
export async function exportFiles(
  bytes: Uint8Array,
  format: ExportFormat,
  version: string,
): Promise<RankerExport> {
  const ranker = await describeChecked(bytes);
  const content = decodeRanker(bytes);
  const { userFeatures, userCategories } = content.catalogue;
  const loop: LoopFacts = {
    listLength: ranker.listLength,
    readsUsers: userFeatures !== undefined || userCategories !== undefined,
    readsHistory: ranker.historyLength > 0,
  };
  const isGenerator = EXPORTED_METHODS.includes(content.method);
  const holds = {
    safetensors: format !== "onnx",
    onnx: format === "onnx" || (format === "all" && isGenerator),
  };
  const files = new Map<ExportFile, string | Uint8Array>();
  if (holds.safetensors) files.set("ranker.safetensors", bytes);
  if (holds.onnx) {
    const producer = { name: "goalrank", version };
    const { encoder, decoderStep } = exportGenerator(generatorOf(content), {
      producer,
      metadata: metadataOf(ranker),
    });
    files.set("encoder.onnx", encoder);
    files.set("decoder-step.onnx", decoderStep);
  }
  files.set("items.json", itemsJson(content));
  if (loop.readsUsers) files.set("users.json", namesJson(userNames(content)));
  files.set("README.md", exportReadme({ ranker, loop, holds }));
  return { ranker, files };
}

/** What a ranker says of itself, once it is known to load. */
async function describeChecked(bytes: Uint8Array): Promise<RankerDescription> {
  const ranker = await Ranker.create(bytes, { threads: 1 });
  ranker.dispose();
  return ranker.description;
}

/** What the ONNX files carry as text. */
function metadataOf(ranker: RankerDescription): Record<string, string> {
  const { fingerprint, listLength, candidateCount, historyLength, itemCount, userCount } = ranker;
  const numbers = { listLength, candidateCount, historyLength, itemCount, userCount };
  return {
    fingerprint,
    ...Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, String(value)])),
    ...(ranker.retriever !== undefined && { retriever: ranker.retriever }),
    training: JSON.stringify(ranker.training),
  };
}

/** One item a line. */
function itemsJson({ catalogue: { itemCount, itemIds, itemTitles } }: RankerContent): string {
  const items = Array.from({ length: itemCount }, (_, number) => {
    const title = itemTitles?.[number];
    return { id: itemIds?.[number] ?? String(number), ...(title && { title }) };
  });
  return namesJson(items);
}

function userNames({ catalogue: { userCount, userIds } }: RankerContent): string[] {
  return Array.from({ length: userCount }, (_, number) => userIds?.[number] ?? String(number));
}

function namesJson(entries: readonly unknown[]): string {
  return `[\n${entries.map((entry) => JSON.stringify(entry)).join(",\n")}\n]\n`;
}
