/** The files of `src` and what they import: what the architecture test and `npm run size` look at. */
import { readdirSync, readFileSync } from "node:fs";
import { posix, sep } from "node:path";
import { fileURLToPath } from "node:url";

export interface SourceFile {
  /** From the root of the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

export interface Import {
  readonly specifier: string;
  readonly line: number;
}

const root = fileURLToPath(new URL("../", import.meta.url));

/** Every TypeScript file of `src`, by path. */
export function readSource(): readonly SourceFile[] {
  return readdirSync(`${root}src`, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => `src/${name.split(sep).join("/")}`)
    .sort()
    .map((path) => ({ path, text: readFileSync(root + path, "utf8") }));
}

export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}

export function lineCount(text: string): number {
  return text.replace(/\n$/, "").split("\n").length;
}

/** `import "x"`, `import … from "x"` and `export … from "x"`, over several lines too. */
const STATIC_IMPORT = /^(?:import\s*|(?:import|export)\b[^;"'=()]*\bfrom\s*)["']([^"'\n]+)["']/gm;

/** `import("x")`, also in types, outside of comment lines. */
const DYNAMIC_IMPORT = /^(?!\s*(?:\*|\/[/*])).*\bimport\s*\(\s*["'`]([^"'`\n]+)["'`]/gm;

/** What a file imports, for types too. */
export function importsOf({ text }: SourceFile): Import[] {
  return [STATIC_IMPORT, DYNAMIC_IMPORT]
    .flatMap((pattern) => [...text.matchAll(pattern)])
    .map((match) => ({ specifier: match[1], line: lineAt(text, match.index + match[0].length) }));
}

/** The path of the file that a relative import of `path` names. */
export function targetOf(path: string, specifier: string): string {
  return posix.join(posix.dirname(path), specifier);
}

/** Sets of files that import each other, directly or through others (Tarjan 1972). */
export function findCircles(files: readonly SourceFile[]): string[][] {
  const targets = new Map(
    files.map((file) => [
      file.path,
      importsOf(file)
        .filter(({ specifier }) => specifier.startsWith("."))
        .map(({ specifier }) => targetOf(file.path, specifier)),
    ]),
  );
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const circles: string[][] = [];
  const visit = (path: string): number => {
    const number = order.size;
    order.set(path, number);
    open.push(path);
    let low = number;
    for (const target of targets.get(path) ?? []) {
      if (!targets.has(target)) continue;
      if (!order.has(target)) low = Math.min(low, visit(target));
      else if (open.includes(target)) low = Math.min(low, lowest.get(target) ?? order.get(target) ?? low);
    }
    lowest.set(path, low);
    if (low === number) {
      const members = open.splice(open.indexOf(path));
      if (members.length > 1 || targets.get(path)?.includes(path)) circles.push(members.sort());
    }
    return low;
  };
  for (const path of targets.keys()) if (!order.has(path)) visit(path);
  return circles;
}
