/** Loads a ranker in Node, out of a file. */
import { existsSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { nearestName } from "../text/nearest-name.ts";
import { parsedJson } from "../text/parsed-json.ts";
import { Ranker, type RankerOptions } from "./ranker.ts";
import { RankerFileError } from "./ranker-file.ts";

/** The file of the ranker that a run deploys, in its folder. */
export const RANKER_FILE = "ranker.safetensors";

/** The file of one of a run's methods, in its folder. */
export function rankerFileOf(method: string): string {
  return join("rankers", `${method}.safetensors`);
}

/** Of {@link loadRanker}. */
export interface LoadOptions extends RankerOptions {
  /** Of a run's folder: the method to rank with, by its name; the one that the run deploys unless given. */
  readonly method?: string | undefined;
}

/**
 * Loads a trained ranker.
 * @param source a ranker's file or the folder of a run, or the bytes of such a file
 * @throws RankerFileError when there is no such file, or it is damaged, cut short or of another version
 * @example
 * import { loadRanker } from "goalrank";
 *
 * const ranker = await loadRanker("runs/first");
 * const { items, scores } = await ranker.rank({ user: "42", history: ["1193"], candidates: ["661", "914", "3408"], length: 2 });
 */
export async function loadRanker(
  source: string | URL | Uint8Array,
  { method, ...options }: LoadOptions = {},
): Promise<Ranker> {
  if (source instanceof Uint8Array) return Ranker.create(source, options);
  const path = source instanceof URL ? fileURLToPath(source) : source;
  try {
    return await Ranker.create(await readRankerFile(path, method), options);
  } catch (error) {
    if (!(error instanceof RankerFileError)) throw error;
    throw new RankerFileError(`${path}: ${error.message}`, { cause: error });
  }
}

/** The bytes of a ranker's file. @throws RankerFileError where there is none */
export async function readRankerFile(path: string, method?: string): Promise<Uint8Array> {
  try {
    return await readFile(await findRankerFile(path, method));
  } catch (cause) {
    if (cause instanceof RankerFileError) throw cause;
    throw new RankerFileError(
      `there is no ranker that can be read (${(cause as Error).message}); \`goalrank train\` makes one`,
      { cause },
    );
  }
}

/**
 * Where a ranker's file is: `path` itself, or in the run's folder `path`.
 * @throws RankerFileError for a method that is not there, naming those that are; where a run deploys none, saying why
 */
export async function findRankerFile(path: string, method?: string): Promise<string> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder && method === undefined) return path;
  if (!isFolder) throw new RankerFileError("this is no folder of a run, of which alone a method can be chosen");
  const names = (await readdir(join(path, "rankers")).catch(() => []))
    .filter((name) => name.endsWith(".safetensors"))
    .map((name) => name.slice(0, -".safetensors".length));
  if (method === undefined) {
    const file = join(path, RANKER_FILE);
    if (existsSync(file) || names.length === 0) return file;
    throw new RankerFileError(await whyNone(path, names));
  }
  if (names.includes(method)) return join(path, rankerFileOf(method));
  throw new RankerFileError(
    names.length === 0
      ? `the run has no rankers yet; \`goalrank train all --resume ${path}\` goes on with it`
      : `the run has no ranker of "${method}"; did you mean "${nearestName(method, names)}"? It has ${names.join(", ")}`,
  );
}

/** What is read of a run's `result.json`. */
const judgedRun = z.object({ verdict: z.object({ text: z.string() }) });

/** Why a run that has rankers deploys none of them. */
async function whyNone(path: string, names: readonly string[]): Promise<string> {
  const text = await readFile(join(path, "result.json"), "utf8").catch(() => "");
  const run = judgedRun.safeParse(parsedJson(text));
  const reason = run.success
    ? `the run deploys no ranker. ${run.data.verdict.text}`
    : `the run has not compared its methods yet; \`goalrank train all --resume ${path}\` ends with a verdict.`;
  return `${reason} To use one all the same name it with --method: ${names.join(", ")}`;
}
