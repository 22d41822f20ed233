/** Loads a ranker in Node, out of a file. */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ranker, type RankerOptions } from "./ranker.ts";
import { RankerFileError } from "./ranker-file.ts";

/** The ranker's file in the folder of a run. */
export const RANKER_FILE = "ranker.safetensors";

/**
 * Loads a trained ranker.
 *
 * @param source a ranker's file or the folder of a run, or the bytes of such a file
 * @throws RankerFileError when there is no such file, or it is damaged, cut short or of another version
 *
 * @example
 * import { loadRanker } from "goalrank";
 *
 * const ranker = await loadRanker("runs/first");
 * const { items, scores } = await ranker.rank({ user: "42", history: ["1193"], candidates: ["661", "914", "3408"], length: 2 });
 */
export async function loadRanker(
  source: string | URL | Uint8Array,
  options?: RankerOptions,
): Promise<Ranker> {
  if (source instanceof Uint8Array) return Ranker.create(source, options);
  const path = source instanceof URL ? fileURLToPath(source) : source;
  try {
    return await Ranker.create(await readRankerFile(path), options);
  } catch (error) {
    if (!(error instanceof RankerFileError)) throw error;
    throw new RankerFileError(`${path}: ${error.message}`, { cause: error });
  }
}

async function readRankerFile(path: string): Promise<Uint8Array> {
  try {
    const isFolder = (await stat(path)).isDirectory();
    return await readFile(isFolder ? join(path, RANKER_FILE) : path);
  } catch (cause) {
    throw new RankerFileError(
      `there is no ranker that can be read (${(cause as Error).message}); \`goalrank train\` makes one`,
      { cause },
    );
  }
}
