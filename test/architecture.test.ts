/** The rules that hold the source tree together: who may import whom, and what every file must look like. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { findCircles, importsOf, lineAt, lineCount, readSource, type SourceFile, targetOf } from "./source-tree.ts";

/** Folders of src from the bottom up: a file imports from its own folder and from those before it. */
const LAYERS = [
  "text",
  "settings",
  "files",
  "kernels",
  "tensor",
  "nn",
  "evaluation",
  "training",
  "data",
  "world",
  "goalrank",
  "methods",
  "impressions",
  "ranker",
  "run",
  "experiments",
  "onnx",
  "report",
  "server",
  "lab",
  "cli",
];

/** What packages import: it gathers from every layer. */
const ENTRIES = ["src/index.ts", "src/browser.ts"];

/** What must also run in a browser, whole. */
const BROWSER_LAYERS = ["text", "settings", "kernels", "tensor", "nn", "evaluation", "world", "goalrank", "methods"];

const MAX_LINES = 400;

/** A rule lists what breaks it, as `path:line: what is wrong`. */
type Rule = (file: SourceFile) => string[];

/** The folder of src that a path lies in: "" for files of src itself, undefined outside of src. */
function layerOf(path: string): string | undefined {
  const [root, ...rest] = path.split("/");
  if (root !== "src") return undefined;
  return rest.length > 1 ? rest[0] : "";
}

const importsGoDown: Rule = (file) => {
  const from = layerOf(file.path) ?? "";
  if (ENTRIES.includes(file.path)) return [];
  if (!LAYERS.includes(from)) {
    return [`${file.path}:1: lies in none of src/${LAYERS.join(", src/")}; move it, or place its folder in LAYERS`];
  }
  return importsOf(file)
    .filter(({ specifier }) => specifier.startsWith("."))
    .map(({ specifier, line }) => ({ line, target: targetOf(file.path, specifier) }))
    .filter(({ target }) => {
      const level = LAYERS.indexOf(layerOf(target) ?? "");
      return layerOf(target) !== undefined && (level === -1 || level > LAYERS.indexOf(from));
    })
    .map(({ line, target }) => `${file.path}:${line}: src/${from} must not import ${target}, which is above it`);
};

const importsStayInSource: Rule = (file) =>
  importsOf(file)
    .filter(({ specifier }) => specifier.startsWith(".") || specifier.startsWith("/"))
    .filter(({ specifier }) => {
      return specifier.startsWith("/") || layerOf(targetOf(file.path, specifier)) === undefined;
    })
    .map(({ specifier, line }) => `${file.path}:${line}: imports ${specifier}, which lies outside of src`);

const webGpuStaysInKernels: Rule = (file) => {
  if (layerOf(file.path) === "kernels") return [];
  const imports = importsOf(file)
    .filter(({ specifier }) => /^[@#]?webgpu(\/|$)/.test(specifier))
    .map(({ specifier, line }) => `${file.path}:${line}: imports ${specifier}; only src/kernels may`);
  const mentions = [...file.text.matchAll(/\bGPU(?:Device|Buffer)\b/g)].map(
    (match) => `${file.path}:${lineAt(file.text, match.index)}: mentions ${match[0]}; only src/kernels may know WebGPU`,
  );
  return [...imports, ...mentions];
};

const browserLayersImportNoNodeModule: Rule = (file) => {
  const layer = layerOf(file.path) ?? "";
  if (!BROWSER_LAYERS.includes(layer)) return [];
  return importsOf(file)
    .filter(({ specifier }) => specifier.startsWith("node:"))
    .map(
      ({ specifier, line }) => `${file.path}:${line}: imports ${specifier}; src/${layer} must also run in a browser`,
    );
};

const filesAreShort: Rule = ({ path, text }) => {
  const lines = lineCount(text);
  return lines <= MAX_LINES
    ? []
    : [`${path}:${lines}: has ${lines} lines, at most ${MAX_LINES} are allowed; move a subject out`];
};

const filesSayWhatTheyAreFor: Rule = ({ path, text }) =>
  /^(?:#!.*\n)?\/(?:\*\*|\/)\s*(?:\*\s*)?[\w`]/.test(text)
    ? []
    : [`${path}:1: must start with a comment, /** or //, that says what the file is for`];

const source = readSource();

/** Asserts that every source file keeps the rule, and that the rule finds the places in the files that break it. */
function checkRule(name: string, rule: Rule, broken: readonly (readonly [place: string, text: string])[]): void {
  test(name, () => {
    const problems = source.flatMap(rule);
    assert.ok(problems.length === 0, `\n${problems.join("\n")}`);
  });
  test(`a file that breaks it is found: ${name}`, () => {
    for (const [place, text] of broken) {
      const [path] = place.split(":");
      const found = rule({ path, text }).map((problem) => problem.split(": ")[0]);
      assert.equal(found, [place], text);
    }
  });
}

checkRule("imports go down", importsGoDown, [
  ["src/kernels/a.ts:1", 'import { Tensor } from "../tensor/index.ts";'],
  ["src/tensor/a.ts:4", 'import { b } from "./b.ts";\nimport {\n  Linear,\n} from "../nn/index.ts";'],
  ["src/nn/a.ts:2", '\nexport * from "../goalrank/index.ts";'],
  ["src/tensor/a.ts:3", '// lazily\nasync function load() {\n  return await import("../nn/layers.ts");\n}'],
  ["src/nn/a.ts:1", 'export type Model = import("../goalrank/generator.ts").Generator;'],
  ["src/goalrank/groups/a.ts:1", 'import "../../index.ts";'],
  ["src/goalrank/groups/a.ts:1", 'import "../../elsewhere/a.ts";'],
  ["src/goalrank/a.ts:1", 'import type { Method } from "../methods/method.ts";'],
  ["src/elsewhere/a.ts:1", "export const one = 1;"],
]);

checkRule("nothing in src imports from outside of src", importsStayInSource, [
  ["src/kernels/a.ts:1", 'import { test } from "../../test/run.ts";'],
  ["src/index.ts:1", 'export * from "../bench/report.ts";'],
  ["src/goalrank/a.ts:1", "const train = await import('../../examples/train.ts');"],
]);

checkRule("WebGPU is known to src/kernels alone", webGpuStaysInKernels, [
  ["src/tensor/a.ts:1", 'import { create } from "webgpu";'],
  ["src/nn/a.ts:2", "\nlet device: GPUDevice;"],
  ["src/index.ts:1", "export type Buffers = readonly GPUBuffer[];"],
]);

checkRule("engine, world, paper and methods import no module of Node.js", browserLayersImportNoNodeModule, [
  ["src/kernels/a.ts:1", 'import { cpus } from "node:os";'],
  ["src/nn/a.ts:1", 'const { readFile } = await import("node:fs/promises");'],
  ["src/goalrank/a.ts:1", 'import { join } from "node:path";'],
]);

checkRule(`no source file has over ${MAX_LINES} lines`, filesAreShort, [
  [`src/nn/a.ts:${MAX_LINES + 1}`, "line\n".repeat(MAX_LINES + 1)],
]);

checkRule("every source file starts with a comment that says what it is for", filesSayWhatTheyAreFor, [
  ["src/nn/a.ts:1", 'import { b } from "./b.ts";\n/** What it is for. */'],
  ["src/nn/a.ts:1", "/** */\nexport const one = 1;"],
]);

/** Imports that are there for types alone are gone when the program runs. */
const TYPE_IMPORT = /^(?:import|export) type\b[^;]*;/gm;

/** `path:line: imports x` of each module of Node that is loaded with `entry`, through any number of files. */
function nodeImportsBehind(entry: string, files: readonly SourceFile[]): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const seen = new Set([entry]);
  const found: string[] = [];
  // The set grows while it is walked.
  for (const path of seen) {
    const file = byPath.get(path);
    if (file === undefined) continue;
    const text = file.text.replaceAll(TYPE_IMPORT, (erased) => erased.replaceAll(/[^\n]/g, ""));
    for (const { specifier, line } of importsOf({ path, text })) {
      if (specifier.startsWith(".")) seen.add(targetOf(path, specifier));
      if (specifier.startsWith("node:")) found.push(`${path}:${line}: imports ${specifier}`);
    }
  }
  return found;
}

test("no files import each other in a circle", () => {
  const circles = findCircles(source);
  assert.equal(circles, [], circles.map((circle) => circle.join(" - ")).join("\n"));
});

test("a circle of files is found, through any number of them and by types too", () => {
  const files = [
    { path: "src/a/one.ts", text: '/** 1 */\nimport { two } from "./two.ts";' },
    { path: "src/a/two.ts", text: '/** 2 */\nexport { three } from "../b/three.ts";' },
    { path: "src/b/three.ts", text: '/** 3 */\nimport type { One } from "../a/one.ts";' },
    { path: "src/b/four.ts", text: '/** 4 */\nimport { one } from "../a/one.ts";' },
    { path: "src/b/self.ts", text: '/** 5 */\nimport { self } from "./self.ts";' },
  ];
  assert.equal(findCircles(files), [["src/a/one.ts", "src/a/two.ts", "src/b/three.ts"], ["src/b/self.ts"]]);
});

test("src/browser.ts loads no module of Node.js, whatever it imports", () => {
  const problems = nodeImportsBehind("src/browser.ts", source);
  assert.ok(problems.length === 0, `a page cannot load src/browser.ts:\n${problems.join("\n")}`);
  assert.is.not(nodeImportsBehind("src/index.ts", source).length, 0);
});

test("an import of Node.js behind others is found, one of its types is not", () => {
  const files = [
    { path: "src/browser.ts", text: 'export * from "./a/index.ts";' },
    { path: "src/a/index.ts", text: '/** a */\nexport { b } from "./b.ts";\nimport type { C } from "./c.ts";' },
    { path: "src/a/b.ts", text: 'import "./index.ts";\nimport { join } from "node:path";' },
    { path: "src/a/c.ts", text: 'import { open } from "node:fs";' },
  ];
  assert.equal(nodeImportsBehind("src/browser.ts", files), ["src/a/b.ts:2: imports node:path"]);
});

test("a file that keeps the rules breaks none", () => {
  const file = {
    path: "src/nn/a.ts",
    text: [
      "/**",
      " * Layers.",
      ' * @example const { Generator } = await import("../goalrank/index.ts");',
      " */",
      'import { Random } from "../kernels/index.ts";',
      'import type { Tensor } from "../tensor/index.ts";',
      'export { b } from "./b.ts";',
      'export const name = "../goalrank/index.ts";',
      "",
    ].join("\n"),
  };
  const rules = [
    importsGoDown,
    importsStayInSource,
    webGpuStaysInKernels,
    browserLayersImportNoNodeModule,
    filesAreShort,
    filesSayWhatTheyAreFor,
  ];
  assert.equal(
    rules.flatMap((rule) => rule(file)),
    [],
  );
  assert.equal(
    importsOf(file).map(({ specifier }) => specifier),
    ["../kernels/index.ts", "../tensor/index.ts", "./b.ts"],
  );
});

test("no import in src escapes the patterns: a search line by line finds as many", () => {
  for (const file of source) {
    const likely = file.text.match(/^(?!\s*(?:\*|\/[/*])).*\b(?:from|import) ?\(?"[\w@#./:-]+"/gm) ?? [];
    assert.is(importsOf(file).length, likely.length, file.path);
  }
});

test.run();
