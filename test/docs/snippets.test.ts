/**
 * Every TypeScript block of the documents is checked against the types of `goalrank` and run, in a folder that holds a
 * small log, `log.csv`, and a run with a ranker of GoalRank, `runs/first`. A comment before a block says what else it is:
 * `<!-- continues -->`: one program with the block before it; `<!-- not run: REASON -->`: it is only checked;
 * `<!-- from FILE -->`: an excerpt. A block whose first line is `// src/…` is run as if it were that file.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../src/kernels/index.ts";
import { publicEntries } from "../public-entries.ts";
import { smallRanker } from "../small-ranker.ts";
import { markdownFiles, parseMarkdown } from "./markdown.ts";
import { type Program, programsOf, writePrograms } from "./programs.ts";

/** Blocks that need what a test does not have, such as a page or a GPU. */
const MOST_NOT_RUN = 4;

/** What `goalrank` and its subpaths are. */
const SOURCES = publicEntries().filter(({ isForPages }) => !isForPages);

const root = resolve(".");
const folder = mkdtempSync(join(tmpdir(), "goalrank-snippets-"));
test.after(() => {
  process.chdir(root);
  rmSync(folder, { recursive: true });
});

const users = Array.from({ length: 60 }, (_, n) => `${n + 1}`);
const items = ["1193", "661", "914", "3408", ...Array.from({ length: 76 }, (_, n) => `${n + 1}`)];

/** Every user rates 30 items, one each minute. */
function writeLog(path: string): void {
  const draw = new Random({ seed: 1, stream: "log", step: 0 });
  const rows = users.flatMap((user, n) =>
    [...draw.permutation(items.length).subarray(0, 30)].map((item, m) =>
      [user, items[item], 1 + draw.integer(5), 60 * (30 * n + m)].join(),
    ),
  );
  writeFileSync(path, ["user,item,rating,timestamp", ...rows, ""].join("\n"));
}

async function prepareFolder(): Promise<void> {
  writeLog(join(folder, "log.csv"));
  const ranker = await smallRanker({ users, items });
  mkdirSync(join(folder, "runs/first/rankers"), { recursive: true });
  for (const name of ["ranker", "rankers/goalrank"]) {
    writeFileSync(join(folder, `runs/first/${name}.safetensors`), ranker);
  }
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  const configuration = {
    extends: join(root, "tsconfig.json"),
    compilerOptions: {
      noUnusedLocals: false,
      paths: Object.fromEntries(SOURCES.map(({ name, source }) => [name, [join(root, source)]])),
      types: [join(root, "node_modules/@types/node"), join(root, "node_modules/@webgpu/types")],
    },
    include: ["**/*.ts"],
  };
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(configuration));
}

/** What the compiler says of programs that were written, each by its place; lines are those of the program. */
function typeErrors(files: ReadonlyMap<string, Program>): string[] {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  let output = "";
  try {
    execFileSync(process.execPath, [tsc, "--noEmit", "--pretty", "false"], { cwd: folder, encoding: "utf8" });
  } catch (error) {
    output = (error as { readonly stdout: string }).stdout;
  }
  return [...output.matchAll(/^([\w./-]+\.ts)\((\d+),\d+\): (.*)$/gm)].flatMap(([, name, line, message]) => {
    const place = files.get(name)?.place;
    return place === undefined ? [] : [`${place}, line ${Number(line) - 1}: ${message}`];
  });
}

await prepareFolder();
const blocks = markdownFiles().flatMap((file) => file.blocks);
const programs = programsOf(blocks);
const files = writePrograms(programs, folder, root);

test("the programs of the documents are well typed", () => {
  assert.ok(programs.length > 0);
  assert.equal(typeErrors(files), []);
});

test("excerpts are what stands in their files", () => {
  const lines = (text: string) => text.split("\n").map((line) => line.trim());
  const excerpts = blocks.filter(({ excerptOf }) => excerptOf !== undefined);
  assert.ok(excerpts.length > 0);
  for (const { file, line, text, excerptOf = "" } of excerpts) {
    const whole = lines(readFileSync(join(root, excerptOf), "utf8")).join("\n");
    assert.ok(whole.includes(lines(text).join("\n")), `${file}:${line}: this is not in ${excerptOf}`);
  }
});

test("few programs are not run, and each says why", () => {
  const notRun = programs.filter((program) => program.notRun !== undefined);
  assert.ok(notRun.length <= MOST_NOT_RUN, notRun.map(({ place }) => place).join());
});

for (const [name, { place, notRun }] of files) {
  if (notRun !== undefined) continue;
  test(`the program at ${place} runs`, async () => {
    process.chdir(folder);
    const { log } = console;
    // What it prints is for its reader.
    console.log = () => {};
    try {
      await import(pathToFileURL(join(folder, name)).href);
    } finally {
      console.log = log;
    }
  });
}

test("blocks are joined, and mistakes in them are found", () => {
  const lines = [
    "```ts",
    "// src/tensor/a.ts",
    'import { tensor } from "./create.ts";',
    "const x = tensor([1], [1]);",
    "```",
    "<!-- continues -->",
    "",
    "```ts",
    "x.noSuchMethod();",
    "```",
    "<!-- not run: it never ends -->",
    "```ts",
    "for (;;);",
    "```",
  ];
  const broken = programsOf(parseMarkdown("a.md", lines.join("\n")).blocks);
  assert.equal(
    broken.map(({ place, notRun, path }) => [place, notRun, path]),
    [
      ["a.md:2", undefined, "src/tensor/a.ts"],
      ["a.md:13", "it never ends", undefined],
    ],
  );
  const [error, ...others] = typeErrors(writePrograms(broken, folder, root));
  assert.match(error, /^a\.md:2, line 4: .*noSuchMethod/);
  assert.equal(others, []);
});

test.run();
