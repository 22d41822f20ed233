/** What `goalrank export` writes: the files, in memory. */
import { exportGenerator, generatorOf, obstacleToOnnx } from "../../onnx/generator.ts";
import type { LoopFacts } from "../../onnx/loops.ts";
import { namesOf } from "../../ranker/known-names.ts";
import { Ranker, type RankerDescription } from "../../ranker/ranker.ts";
import { decodeRanker } from "../../ranker/ranker-file.ts";
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
 * @throws RangeError when an ONNX file would have 2 GiB or more, and for `onnx` of a ranker that has no such form
 */
export async function exportFiles(bytes: Uint8Array, format: ExportFormat, version: string): Promise<RankerExport> {
  // What it says of itself, once it is known to load.
  const loaded = await Ranker.create(bytes, { threads: 1 });
  loaded.dispose();
  const ranker = loaded.description;
  const content = decodeRanker(bytes);
  const { userFeatures, userCategories, userCount, userIds, itemCount, itemIds, itemTitles } = content.catalogue;
  const loop: LoopFacts = {
    listLength: ranker.listLength,
    readsUsers: userFeatures !== undefined || userCategories !== undefined,
    readsHistory: ranker.historyLength > 0,
  };
  const hasOnnx = obstacleToOnnx(content) === undefined;
  const holds = { safetensors: format !== "onnx", onnx: format === "onnx" || (format === "all" && hasOnnx) };
  const files = new Map<ExportFile, string | Uint8Array>();
  if (holds.safetensors) files.set("ranker.safetensors", bytes);
  if (holds.onnx) {
    const origin = { producer: { name: "goalrank", version }, metadata: metadataOf(ranker) };
    const { encoder, decoderStep } = exportGenerator(generatorOf(content), origin);
    files.set("encoder.onnx", encoder);
    files.set("decoder-step.onnx", decoderStep);
  }
  const items = namesOf(itemCount, itemIds).map((id, number) => {
    const title = itemTitles?.[number];
    return { id, ...(title && { title }) };
  });
  files.set("items.json", linesJson(items));
  if (loop.readsUsers) files.set("users.json", linesJson(namesOf(userCount, userIds)));
  files.set("README.md", exportReadme({ ranker, loop, holds }));
  return { ranker, files };
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

/** One entry a line. */
function linesJson(entries: readonly unknown[]): string {
  return `[\n${entries.map((entry) => JSON.stringify(entry)).join(",\n")}\n]\n`;
}
