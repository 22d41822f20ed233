/** What package.json exports: the subpaths, and the source files behind them. */
import { readFileSync } from "node:fs";

/** Where an import leads: to one file, or to others by conditions. */
type Target = string | { readonly [condition: string]: Target };

export interface PublicEntry {
  /** As it is imported: `goalrank`, `goalrank/nn`. */
  readonly name: string;
  /** The source behind it. */
  readonly source: string;
  /** Whether it is what pages are given, where that differs. */
  readonly isForPages: boolean;
}

/** Every module of the package, those for pages after those of the same name. Files that are no modules are left out. */
export function publicEntries(): PublicEntry[] {
  const { name, exports } = JSON.parse(readFileSync("package.json", "utf8")) as {
    readonly name: string;
    readonly exports: Readonly<Record<string, Target>>;
  };
  return Object.entries(exports).flatMap(([path, target]) => {
    if (typeof target === "string") return [];
    const entry = (own: Target, isForPages: boolean): PublicEntry => ({
      name: path.replace(".", name),
      source: sourceOf(own, path),
      isForPages,
    });
    const { browser, ...others } = target;
    return [entry(others, false), ...(browser === undefined ? [] : [entry(browser, true)])];
  });
}

function sourceOf(target: Target, path: string): string {
  const file = typeof target === "string" ? target : target.default;
  if (typeof file !== "string") throw new Error(`package.json: exports["${path}"] has no default`);
  return file.replace("./dist/", "src/").replace(/\.js$/, ".ts");
}
