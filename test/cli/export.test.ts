/** `goalrank export` writes a folder whole, and replaces nothing unless told. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { exportCommand } from "../../src/cli/commands/export.ts";
import { writeFolder } from "../../src/cli/export/write-folder.ts";
import { UsageError } from "../../src/cli/usage-error.ts";
import { RANKER_FILE } from "../../src/ranker/load-ranker.ts";
import { trainRanker } from "../../src/run/train-ranker.ts";
import { gradedQueries } from "../graded-queries.ts";
import { rankerFile, temporaryFolder } from "../onnx/exported-folder.ts";

const test = suite("goalrank export");

const bytes = await rankerFile({
  seed: 2,
  width: 8,
  heads: 2,
  layers: 1,
  listLength: 3,
  historyLength: 4,
  users: { features: false, categories: false },
  items: { features: true, categories: true },
});
const ONNX = ["README.md", "decoder-step.onnx", "encoder.onnx", "items.json"];
const ALL = [...ONNX, RANKER_FILE].sort();

/** A folder with the ranker of a run in `run`; `out` is not there yet. */
function runFolder() {
  const folder = temporaryFolder();
  const [run, out] = [join(folder.path, "run"), join(folder.path, "out")];
  mkdirSync(run);
  writeFileSync(join(run, RANKER_FILE), bytes);
  return { run, out, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

/** Runs the command -> what it printed. */
async function goalrankExport(...words: string[]): Promise<string> {
  const { log } = console;
  const printed: string[] = [];
  console.log = (line: string) => printed.push(line);
  try {
    await exportCommand().exitOverride().parseAsync(words, { from: "user" });
  } finally {
    console.log = log;
  }
  return printed.join("\n");
}

async function isRefused(run: Promise<unknown>, message: RegExp): Promise<void> {
  const outcome = await run.then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.instance(outcome, UsageError);
  assert.match((outcome as Error).message, message);
  assert.not.match((outcome as Error).message, /\n/);
}

const listed = (folder: string) => readdirSync(folder).sort();

test("everything is written, and told with its size", async () => {
  using folder = runFolder();
  const printed = await goalrankExport(folder.run, "--out", folder.out);
  assert.equal(listed(folder.out), ALL);
  assert.equal(new Uint8Array(readFileSync(join(folder.out, RANKER_FILE))), bytes);
  for (const name of ALL) assert.ok(printed.includes(join(folder.out, name)), name);
});

test("a ranker's file may be named instead of its run; folders above the output are made", async () => {
  using folder = runFolder();
  const deep = join(folder.out, "a", "b");
  const printed = await goalrankExport(join(folder.run, RANKER_FILE), "--out", deep, "--format", "onnx", "--json");
  assert.equal(listed(deep), ONNX);
  const { fingerprint, written } = JSON.parse(printed);
  assert.match(fingerprint, /^[0-9a-f]{8}$/);
  assert.equal(
    written.map(({ file, bytes }: { file: string; bytes: number }) => [file, bytes]),
    [...new Set(written.map(({ file }: { file: string }) => file))].map((file) => [
      file,
      readFileSync(String(file)).length,
    ]),
  );
});

test("a folder that holds something is replaced with --force alone, and keeps what is not of an export", async () => {
  using folder = runFolder();
  await goalrankExport(folder.run, "--out", folder.out);
  writeFileSync(join(folder.out, "own.txt"), "kept");
  writeFileSync(join(folder.out, "encoder.onnx"), "old");
  await isRefused(goalrankExport(folder.run, "--out", folder.out, "--format", "onnx"), /not empty; .*--out.*--force/);
  assert.is(readFileSync(join(folder.out, "encoder.onnx"), "utf8"), "old");
  await goalrankExport(folder.run, "--out", folder.out, "--format", "onnx", "--force");
  assert.equal(listed(folder.out), [...ONNX, "own.txt"].sort());
  assert.not.equal(readFileSync(join(folder.out, "encoder.onnx"), "utf8"), "old");
});

test("an empty folder is as good as none", async () => {
  using folder = runFolder();
  mkdirSync(folder.out);
  await goalrankExport(folder.run, "--out", folder.out, "--format", "onnx");
  assert.equal(listed(folder.out), ONNX);
});

test("mistakes are told in one line and leave nothing behind", async () => {
  using folder = runFolder();
  const { run, out } = folder;
  await isRefused(goalrankExport(join(run, "elsewhere"), "--out", out), /there is no ranker/);
  await isRefused(goalrankExport(run, "--out", join(run, RANKER_FILE)), /a file of this name/);
  writeFileSync(join(run, RANKER_FILE), bytes.subarray(0, bytes.length - 1));
  await isRefused(goalrankExport(run, "--out", out), /damaged, or was cut short/);
  assert.not.ok(existsSync(out));
  assert.equal(listed(run), [RANKER_FILE]);
});

test("a generator that reads features of requests is kept whole, and refused as ONNX models", async () => {
  using folder = runFolder();
  const { file } = await trainRanker(gradedQueries(20), {
    methods: ["imitation"],
    deploy: "imitation",
    width: 8,
    reward: { kind: "item-bce-discounted", start: "scratch", contextLayers: 0 },
    feedbackTraining: { epochs: 1 },
    imitationTraining: { epochs: 1 },
  });
  writeFileSync(join(folder.run, RANKER_FILE), file);
  const onnx = goalrankExport(folder.run, "--out", folder.out, "--format", "onnx");
  await isRefused(onnx, /ONNX models read no features of queries and candidates, .*; the format safetensors/);
  assert.not.ok(existsSync(folder.out));
  await goalrankExport(folder.run, "--out", folder.out);
  assert.equal(listed(folder.out), ["README.md", "items.json", RANKER_FILE].sort());
});

test("a write that fails leaves neither the folder nor a temporary one", async () => {
  using folder = runFolder();
  const files = new Map([
    ["a.txt", "a"],
    ["a.txt/below-a-file.txt", "b"],
  ]);
  const outcome = await writeFolder(folder.out, files, [], false).catch(String);
  assert.match(String(outcome), /below-a-file\.txt: E(NOTDIR|EXIST)/);
  assert.equal(listed(join(folder.out, "..")), ["node_modules", "run"]);
});

test.run();
