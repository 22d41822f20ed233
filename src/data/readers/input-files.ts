/** The files that a log lies in: one, those of a folder, or those whose names fit a pattern. */
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { DataError, explainFileError } from "../errors.ts";

/**
 * The files of a log in the order of their names. A folder stands for the files in it, without those that are hidden or
 * marks of the program that wrote them, such as `_SUCCESS`; `*` and `?` in a path stand for any characters but `/`.
 * @throws DataError when there is no such file, or a folder holds none, or others
 */
export async function inputFiles(path: string): Promise<string[]> {
  try {
    const isThere = await exists(path);
    if (!isThere && /[*?]/.test(path)) return await matchingFiles(path);
    if (!isThere || !(await stat(path)).isDirectory()) return [path];
    return await filesIn(path);
  } catch (error) {
    throw explainFileError(error, path);
  }
}

/** What a log is called, for files that are named after it: without folders, endings and characters of a pattern. */
export function nameOfLog(path: string): string {
  const named = path.split(/[\\/]/).filter((part) => part !== "" && !/^\.+$/.test(part) && !/[*?]/.test(part));
  const name = (named.at(-1) ?? "").replace(/\.(gz|zst)$/i, "");
  return basename(name, extname(name)) || "log";
}

/** Whether a file is read with those beside it: not if it is hidden, or a mark of its writer. */
const isVisible = (name: string) => !name.startsWith(".") && !name.startsWith("_");

async function filesIn(folder: string): Promise<string[]> {
  const entries = (await readdir(folder, { withFileTypes: true })).filter(({ name }) => isVisible(name));
  const inner = entries.find((entry) => entry.isDirectory());
  if (inner !== undefined) {
    const pattern = join(folder, "*", "*");
    throw new DataError(folder, `there are folders in it, such as "${inner.name}"; name the files, as in ${pattern}`);
  }
  if (entries.length === 0) throw new DataError(folder, "the folder holds no file that could be read");
  return entries.map(({ name }) => join(folder, name)).sort();
}

async function matchingFiles(pattern: string): Promise<string[]> {
  const found = (await matches(pattern)).sort();
  const files: string[] = [];
  for (const path of found) files.push(...((await stat(path)).isDirectory() ? await filesIn(path) : [path]));
  if (files.length === 0) throw new DataError(pattern, "no file has such a name");
  return files;
}

/** The paths that a pattern fits. */
async function matches(pattern: string): Promise<string[]> {
  if (!/[*?]/.test(pattern)) return (await exists(pattern)) ? [pattern] : [];
  const folder = dirname(pattern);
  const name = pattern.slice(folder === "/" ? 1 : pattern.startsWith(`${folder}/`) ? folder.length + 1 : 0);
  const folders = await matches(folder);
  const own = expressionOf(name);
  const found: string[] = [];
  for (const path of folders) {
    if (!(await stat(path)).isDirectory()) continue;
    const names = await readdir(path);
    const fitting = names.filter((entry) => own.test(entry) && (isVisible(entry) || !isVisible(name)));
    found.push(...fitting.map((entry) => join(path, entry)));
  }
  return found;
}

function expressionOf(pattern: string): RegExp {
  const escaped = pattern.replaceAll(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`, "s");
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}
