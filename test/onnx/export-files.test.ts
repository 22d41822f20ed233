/** An exported folder ranks without this package as the ranker itself does. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type ExportFile, exportFiles } from "../../src/cli/export/export-files.ts";
import { Random } from "../../src/kernels/index.ts";
import { loadRanker } from "../../src/ranker/load-ranker.ts";
import { RankerFileError } from "../../src/ranker/ranker-file.ts";
import {
  type NamedRequest,
  programOf,
  pythonRunsOnnx,
  rankerFile,
  runProgram,
  temporaryFolder,
} from "./exported-folder.ts";
import { type Draw, ITEMS } from "./random-generator.ts";
import { TOLERANCE } from "./runtime.ts";

const test = suite("exported folders");

const items: Draw = {
  seed: 4,
  width: 16,
  heads: 2,
  layers: 2,
  listLength: 6,
  historyLength: 0,
  users: { features: false, categories: false },
  items: { features: true, categories: false },
};
const everything: Draw = { ...items, historyLength: 8, users: { features: true, categories: true } };

/** Every 50 of the items, with scores; what the model does not read is left out of the program's parameters. */
function drawRequest(draw: Draw, seed: number, count = 50): NamedRequest {
  const random = new Random({ seed, stream: "request", step: 0 });
  const ids = [...random.permutation(ITEMS)].map((item) => `i${item}`);
  const candidates = ids.slice(0, count);
  const scores = candidates.map(() => Math.fround(random.normal()));
  const liked = ids.slice(50, 50 + random.integer(5));
  const other = ids.slice(60, 60 + random.integer(4));
  const user = `u${random.integer(9)}`;
  return {
    request: {
      user,
      history: [...liked, ...other.map((item) => ({ item, feedback: 0 }))],
      candidates: candidates.map((item, n) => ({ item, score: scores[n] })),
    },
    parameters: {
      candidates,
      scores,
      ...(draw.users.features && { user }),
      ...(draw.historyLength > 0 && { liked, other }),
    },
  };
}

function write(folder: string, files: ReadonlyMap<ExportFile, string | Uint8Array>): void {
  for (const [name, content] of files) writeFileSync(join(folder, name), content);
}

/** Warnings and errors of onnxruntime, but for what it says of the machine's devices. */
function complaints(stderr: string): string[] {
  return stderr.split("\n").filter((line) => /\[[WEF]:onnxruntime/.test(line) && !line.includes("device_discovery"));
}

async function compareProgram(draw: Draw, language: "js" | "python"): Promise<void> {
  using folder = temporaryFolder();
  const bytes = await rankerFile(draw);
  const { files } = await exportFiles(bytes, "onnx", "0.0.0");
  write(folder.path, files);
  const ranker = await loadRanker(bytes);
  const program = programOf(String(files.get("README.md")), language);
  for (const seed of [1, 2, 3]) {
    const named = drawRequest(draw, seed);
    const expected = await ranker.rank(named.request);
    const { answer, stderr } = runProgram(folder.path, language, program, named);
    assert.equal(
      answer.map(({ item }) => item),
      expected.items,
    );
    answer.forEach(({ score }, t) => {
      assert.ok(Math.abs(score - expected.scores[t]) < TOLERANCE, `${score}, expected ${expected.scores[t]}`);
    });
    assert.equal(complaints(stderr), []);
  }
  const few = drawRequest(draw, 4, draw.listLength - 2);
  const { answer } = runProgram(folder.path, language, program, few);
  const expected = await ranker.rank({ ...few.request, length: draw.listLength - 2 });
  assert.equal(
    answer.map(({ item }) => item),
    expected.items,
    "of few candidates none comes twice",
  );
  ranker.dispose();
}

test("the JavaScript program of the README gives the ranker's list, for users, histories and all", async () => {
  await compareProgram(everything, "js");
});

test("the JavaScript program of the README gives the ranker's list where only items are known", async () => {
  await compareProgram(items, "js");
});

const pythonTest = pythonRunsOnnx() ? test : test.skip;

pythonTest("the Python program of the README gives the ranker's list", async () => {
  await compareProgram(everything, "python");
  await compareProgram(items, "python");
});

test("both programs are written out in docs/export.md", async () => {
  const { files } = await exportFiles(await rankerFile(everything), "onnx", "0.0.0");
  const guide = readFileSync(new URL("../../docs/export.md", import.meta.url), "utf8");
  const readme = String(files.get("README.md"));
  for (const language of ["js", "python"] as const) {
    assert.is(programOf(guide, language), programOf(readme, language), language);
  }
});

test("each format brings its files", async () => {
  const bytes = await rankerFile(everything);
  const names = async (format: "safetensors" | "onnx" | "all", file = bytes) => [
    ...(await exportFiles(file, format, "0.0.0")).files.keys(),
  ];
  const models = ["encoder.onnx", "decoder-step.onnx"];
  const rest = ["items.json", "users.json", "README.md"];
  assert.equal(await names("safetensors"), ["ranker.safetensors", ...rest]);
  assert.equal(await names("onnx"), [...models, ...rest]);
  assert.equal(await names("all"), ["ranker.safetensors", ...models, ...rest]);
  assert.equal(await names("onnx", await rankerFile(items)), [...models, "items.json", "README.md"]);
});

test("items are listed by number, with the titles that are known, and users too", async () => {
  const { files } = await exportFiles(await rankerFile(everything), "onnx", "0.0.0");
  const listed = JSON.parse(String(files.get("items.json")));
  assert.is(listed.length, ITEMS);
  assert.equal(listed.slice(0, 2), [{ id: "i0", title: 'Title "0" é' }, { id: "i1" }]);
  assert.equal(JSON.parse(String(files.get("users.json"))).slice(0, 2), ["u0", "u1"]);
});

test("a ranker's file is copied as it is", async () => {
  const bytes = await rankerFile(items);
  const { files } = await exportFiles(bytes, "safetensors", "0.0.0");
  assert.equal(files.get("ranker.safetensors"), bytes);
});

test("a damaged ranker is not exported", async () => {
  const bytes = await rankerFile(items);
  bytes[bytes.length - 3] ^= 1;
  await exportFiles(bytes, "all", "0.0.0").then(
    () => assert.unreachable("a damaged file was exported"),
    (error) => assert.instance(error, RankerFileError),
  );
});

test.run();
