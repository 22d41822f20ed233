/** Every symbol that the package exports says what it is, in a doc comment right before its declaration. */
import { readFileSync } from "node:fs";
import { posix } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { publicEntries } from "../public-entries.ts";

/** The sources of what package.json exports, for Node and for pages. */
const ENTRIES = publicEntries().map(({ source }) => source);

type ReadFile = (path: string) => string;

/** A symbol where it is declared. */
interface Declaration {
  readonly name: string;
  readonly path: string;
  readonly line: number;
  readonly isDocumented: boolean;
}

const DECLARATION =
  /^export\s+(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?(?:function\*?|class|interface|type|const|let)\s+(\w+)/gm;
const REEXPORT = /^export\s+(?:type\s+)?\{([^}]*)\}\s+from\s+"([^"]+)"/gm;
const IMPORT = /^import\s+(?:type\s+)?\{([^}]*)\}\s+from\s+"([^"]+)"/gm;
const LOCAL = /^export\s+(?:type\s+)?\{([^}]*)\};/gm;
const STAR = /^export\s+\*\s+from\s+"([^"]+)"/gm;

/** Overloads are told by their first; `const` by the comment before it. */
function declarationsIn(path: string, text: string): Declaration[] {
  const seen = new Set<string>();
  return [...text.matchAll(DECLARATION)].flatMap(({ 1: name, index }) => {
    if (seen.has(name)) return [];
    seen.add(name);
    const before = text.slice(0, index);
    return [{ name, path, line: before.split("\n").length, isDocumented: endsInDocumentation(before) }];
  });
}

/** Whether the text ends in a doc comment that is not the file's own: a blank line or code parts that from the rest. */
function endsInDocumentation(before: string): boolean {
  if (!before.endsWith("*/\n")) return false;
  const start = before.lastIndexOf("/*");
  return before.startsWith("/**", start) && start > 0;
}

/** The names of a list between braces, as they are called where they come from. */
function namesIn(list: string): string[] {
  return list.split(",").flatMap(
    (part) =>
      part
        .trim()
        .replace(/^type\s+/, "")
        .split(/\s+as\s+/)[0] || [],
  );
}

/** The symbols that a file exports, its own and others', by where they are declared. */
function exportsOf(path: string, read: ReadFile, known = new Map<string, Declaration[]>()): Declaration[] {
  const found = known.get(path);
  if (found !== undefined) return found;
  const text = read(path);
  const own = declarationsIn(path, text);
  known.set(path, own);
  const from = (specifier: string) => exportsOf(posix.join(posix.dirname(path), specifier), read, known);
  const pick = ([, list, specifier]: RegExpMatchArray) => {
    const names = namesIn(list);
    return from(specifier).filter(({ name }) => names.includes(name));
  };
  const named = [...text.matchAll(REEXPORT)].flatMap(pick);
  // Imported above, and exported in a list of its own.
  const local = [...text.matchAll(LOCAL)].flatMap(([, list]) => namesIn(list));
  const imports = [...text.matchAll(IMPORT)].filter(([, list]) => namesIn(list).some((name) => local.includes(name)));
  const passedOn = imports.flatMap(pick).filter(({ name }) => local.includes(name));
  const all = [...text.matchAll(STAR)].flatMap(([, specifier]) => from(specifier));
  const exported = [...own, ...named, ...passedOn, ...all];
  known.set(path, exported);
  return exported;
}

function undocumented(entries: readonly string[], read: ReadFile): string[] {
  const symbols = entries.flatMap((entry) => exportsOf(entry, read));
  const problems = symbols
    .filter(({ isDocumented }) => !isDocumented)
    .map(({ name, path, line }) => `${path}:${line}: ${name}`);
  return [...new Set(problems)].sort();
}

test("every symbol that the package exports is documented", () => {
  const read = (path: string) => readFileSync(path, "utf8");
  assert.ok(ENTRIES.flatMap((entry) => exportsOf(entry, read)).length > 200);
  const problems = undocumented(ENTRIES, read);
  assert.ok(problems.length === 0, `${problems.length} without a doc comment:\n${problems.join("\n")}`);
});

/** What programs import from an entry, types marked as such: names as they are called outside. */
function publicNames(text: string): string[] {
  return [...text.matchAll(REEXPORT)]
    .flatMap(([whole, list]) => {
      const prefix = whole.startsWith("export type") ? "type " : "";
      return list.split(",").map((part) => prefix + part.trim().replace(/\w+\s+as\s+/, ""));
    })
    .filter((name) => name.trim() !== "")
    .sort();
}

test("goalrank has the same names in Node and in a page, at most 20", () => {
  const [forNode, forPages] = publicEntries()
    .filter(({ name }) => name === "goalrank")
    .map(({ source }) => publicNames(readFileSync(source, "utf8")));
  assert.equal(forNode, forPages);
  assert.ok(forNode.length >= 10 && forNode.length <= 20, forNode.join(", "));
});

test("names are read as they are called outside", () => {
  const text = [
    'export { b, type C as D } from "./b.ts";',
    'export type { A } from "./a.ts";',
    'export {\n  inside as outside,\n} from "./c.ts";',
  ];
  assert.equal(publicNames(text.join("\n")), ["b", "outside", "type A", "type D"]);
});

test("symbols without a doc comment are found, wherever they are exported from", () => {
  const files: Readonly<Record<string, string>> = {
    "src/index.ts": [
      'import { e, f } from "./c.ts";',
      'export * from "./a/index.ts";',
      'export { b, type C as D } from "./b.ts";',
      "export { e };",
    ].join("\n"),
    "src/c.ts": "// About c.\nexport const e = 1;\nexport const f = 2;",
    "src/a/index.ts": "/** All of a. */\nexport class A {}\n\n/** A number. */\nexport const one = 1;\n",
    "src/b.ts": [
      "/** About b. */",
      "",
      "export function b(): void;",
      "export function b(x?: number): void {}",
      "// No doc comment.",
      "export interface C {}",
      "export type NotExported = string;",
    ].join("\n"),
  };
  assert.equal(
    undocumented(["src/index.ts"], (path) => files[path]),
    ["src/a/index.ts:2: A", "src/b.ts:3: b", "src/b.ts:6: C", "src/c.ts:2: e"],
  );
});

test.run();
