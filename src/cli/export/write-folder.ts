/** Writes a folder of files so that nothing half-written is ever seen in it. */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { writeWhole } from "../../files/write-whole.ts";
import { UsageError } from "../usage-error.ts";

/**
 * Writes `files`, by their names, to the folder at `path`: first to a temporary folder beside it, which then takes its
 * name. Where the folder is there already, each file is renamed into it whole, and whatever else it holds stays.
 * @param replaceable names that an earlier export may have left there: with `force` they give way to the new files
 * @throws UsageError when there is something already and not `force`, or what is there is no folder
 */
export async function writeFolder(
  path: string,
  files: ReadonlyMap<string, string | Uint8Array>,
  replaceable: readonly string[],
  force: boolean,
): Promise<void> {
  const target = resolve(path);
  const present = await contentOf(target);
  if (present.length > 0 && !force) {
    throw new UsageError(
      `${path}: the folder is not empty; choose another with --out, or replace an export with --force`,
    );
  }
  await mkdir(dirname(target), { recursive: true });
  const temporary = await mkdtemp(join(dirname(target), `.${basename(target)}.writing-`));
  try {
    for (const [name, content] of files) writeWhole(join(temporary, name), content);
    if (!existsSync(target)) {
      await rename(temporary, target);
      return;
    }
    for (const name of files.keys()) await rename(join(temporary, name), join(target, name));
    const outdated = replaceable.filter((name) => present.includes(name) && !files.has(name));
    for (const name of outdated) await rm(join(target, name));
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Names in a folder; none when there is no such folder. */
async function contentOf(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return [];
    if (code === "ENOTDIR") throw new UsageError(`${path}: there is a file of this name; expected a folder`);
    throw error;
  }
}
