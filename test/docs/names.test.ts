/** Every file, folder and symbol that a document names in its text is there. */
import { readdirSync, readFileSync } from "node:fs";
import { sep } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type CodeSpan, markdownFiles, parseMarkdown } from "./markdown.ts";

/** `src/nn/layers.ts`, `layers.ts`, `*.test.ts`. */
const FILE = /^[\w.-]+(?:\/[\w.-]+)*\.ts$/;
/** `src/nn`, `test/kernels/bounds/`. */
const FOLDER = /^(?:bench|docs|examples|src|test)\/(?:[\w-]+\/?)*$/;
/** `loadRanker`, `CpuDevice`, `chooseDevice("auto")`: letters of both cases within a word. */
const SYMBOL = /^(?:[a-z]+[A-Z]|[A-Z][a-z]+[A-Z])[A-Za-z]*(?=$|\(|<)/;

/** `src/NAME.ts` is whatever its reader makes it; what is installed is no part of the repository. */
const STAND_IN = /NAME|node_modules/;

/** What is in the repository: paths, and all words of its code, settings, and documents' programs. */
interface Repository {
  readonly paths: readonly string[];
  readonly words: ReadonlySet<string>;
}

const FOLDERS = ["bench", "docs", "examples", "src", "test"];

function readRepository(): Repository {
  const paths = FOLDERS.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => !name.includes("node_modules"))
      .map((name) => `${folder}/${name.split(sep).join("/")}`),
  );
  const code = paths.filter((path) => path.endsWith(".ts") && !path.startsWith("test/docs/"));
  const settings = readdirSync(".").filter((name) => name.endsWith(".json"));
  const blocks = markdownFiles().flatMap((file) => file.blocks.map(({ text }) => text));
  const texts = [...[...code, ...settings].map((path) => readFileSync(path, "utf8")), ...blocks];
  const words = texts.flatMap((text) => text.match(/[A-Za-z]+/g) ?? []);
  return { paths, words: new Set(words) };
}

function problemOf(text: string, { paths, words }: Repository): string | undefined {
  if (STAND_IN.test(text)) return undefined;
  if (FILE.test(text)) {
    return paths.some((path) => path === text || path.endsWith(`/${text}`)) ? undefined : "is no file";
  }
  if (FOLDER.test(text)) {
    const start = text.endsWith("/") ? text : `${text}/`;
    return paths.some((path) => path.startsWith(start)) ? undefined : "is no folder";
  }
  const [symbol] = SYMBOL.exec(text) ?? [];
  return symbol === undefined || words.has(symbol) ? undefined : "occurs nowhere in the code";
}

function unknownNames(spans: readonly CodeSpan[], repository: Repository): string[] {
  return spans.flatMap(({ file, line, text }) => {
    const problem = problemOf(text, repository);
    return problem === undefined ? [] : [`${file}:${line}: ${text} ${problem}`];
  });
}

test("every file, folder and symbol that a document names is there", () => {
  const spans = markdownFiles().flatMap((file) => file.spans);
  assert.ok(spans.length > 500);
  assert.equal(unknownNames(spans, readRepository()), []);
});

test("names of what is not there are found", () => {
  const text = [
    "`src/nn/layers.ts`, `layers.ts`, `src/nn/`, `src/nn` and `loadRanker(source)` are there, `goalrank.yaml` is no code;",
    "`src/nn/layer.ts`, `layer.ts`, `src/none/`, `src/n` and `loadRankers()` are not.",
    "```",
    "`noSuchName` in a block is not looked at.",
    "```",
  ];
  const { spans } = parseMarkdown("a.md", text.join("\n"));
  assert.equal(unknownNames(spans, { paths: ["src/nn/layers.ts"], words: new Set(["loadRanker"]) }), [
    "a.md:2: src/nn/layer.ts is no file",
    "a.md:2: layer.ts is no file",
    "a.md:2: src/none/ is no folder",
    "a.md:2: src/n is no folder",
    "a.md:2: loadRankers() occurs nowhere in the code",
  ]);
});

test.run();
