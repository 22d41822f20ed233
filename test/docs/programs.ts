/** The TypeScript blocks of documents as programs, and as files that can be checked and run. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import type { CodeBlock } from "./markdown.ts";

/** A block and those that continue it. */
export interface Program {
  readonly place: string;
  readonly text: string;
  readonly notRun: string | undefined;
  /** From its first line, `// src/…`: the file of the repository that it would be. */
  readonly path: string | undefined;
}

const FILE = /^\/\/ ((?:bench|examples|src|test)\/\S+\.ts)\n/;

/** Excerpts of files are no programs. */
export function programsOf(blocks: readonly CodeBlock[]): Program[] {
  const programs: Program[] = [];
  const own = blocks.filter(({ language, excerptOf }) => language === "ts" && excerptOf === undefined);
  for (const { file, line, text, continues, notRun } of own) {
    const last = continues ? programs.pop() : undefined;
    if (continues && last?.place.startsWith(`${file}:`) !== true) {
      throw new Error(`${file}:${line}: there is no block that this one could continue`);
    }
    programs.push({
      place: last?.place ?? `${file}:${line}`,
      text: (last?.text ?? "") + text,
      notRun: last?.notRun ?? notRun,
      path: last?.path ?? FILE.exec(text)?.[1],
    });
  }
  return programs;
}

/**
 * Writes programs into `folder`; by their names there. Those that would be files of the repository, at `root`, find each
 * other and all other files of it.
 */
export function writePrograms(
  programs: readonly Program[],
  folder: string,
  root: string,
): ReadonlyMap<string, Program> {
  const paths = new Set(programs.flatMap(({ path }) => path ?? []));
  const files = new Map(programs.map((program, n) => [program.path ?? `program-${n}.ts`, program]));
  for (const [name, { path, text }] of files) {
    const resolved = text.replaceAll(/ from "(\.[^"]+)"/g, (unchanged, specifier: string) => {
      const target = posix.join(posix.dirname(path ?? ""), specifier);
      return path === undefined || paths.has(target) ? unchanged : ` from "${root}/${target}"`;
    });
    mkdirSync(join(folder, dirname(name)), { recursive: true });
    writeFileSync(join(folder, name), `export {};\n${resolved}`);
  }
  return files;
}
