/** Keeps two processes from writing one run: a file that holds the id of the process that does. */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { RunFolderError } from "./run-folder-error.ts";

/** Locks of this process: after a restart in a container, a killed process's id may be its own. */
const held = new Set<string>();

export class RunLock {
  private constructor(private readonly file: string) {
    held.add(file);
  }

  /** Takes the lock, also one that a killed process left. @throws RunFolderError when a living process holds it */
  static take(file: string): RunLock {
    const own = `${file}.${process.pid}`;
    writeFileSync(own, `${process.pid}\n`);
    try {
      while (!linked(own, file)) removeStale(file);
    } finally {
      rmSync(own);
    }
    return new RunLock(file);
  }

  release(): void {
    rmSync(this.file, { force: true });
    held.delete(this.file);
  }
}

/** Makes `target` another name of a file, which unlike writing a file is done whole or not at all. */
function linked(file: string, target: string): boolean {
  try {
    linkSync(file, target);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function removeStale(file: string): void {
  const holder = readHolder(file);
  if (holder === undefined) return;
  if (isAlive(Number(holder), file)) {
    throw new RunFolderError(
      `process ${holder} writes this run; wait for it or end it (if it is another program, remove ${file})`,
    );
  }
  // Moved before it is removed: of two processes that find the lock stale, one moves it and the other finds it gone.
  const moved = `${file}.${process.pid}.stale`;
  try {
    renameSync(file, moved);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  if (readHolder(moved) === holder) rmSync(moved);
  else renameSync(moved, file);
}

/** The process id that a lock holds; undefined where it is gone. */
function readHolder(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function isAlive(id: number, file: string): boolean {
  if (id === process.pid) return held.has(file);
  try {
    // Signal 0 sends nothing; it only asks.
    process.kill(id, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
