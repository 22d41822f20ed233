/** A run's folder: what it holds, who may write it, and which lines stay when a run goes on. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { StateDict } from "../../../src/nn/index.ts";
import { MetricsFile } from "../../../src/run/folder/metrics-file.ts";
import { RunFolder } from "../../../src/run/folder/run-folder.ts";
import { RunFolderError } from "../../../src/run/folder/run-folder-error.ts";
import type { Checkpoint } from "../../../src/training/checkpoint.ts";
import { CheckpointError } from "../../../src/training/checkpoint.ts";

const test = suite("run folder");
const folder = mkdtempSync(join(tmpdir(), "goalrank-run-"));
test.after(() => rmSync(folder, { recursive: true }));

let made = 0;
const newPath = () => join(folder, `run-${made++}`);

const result = { rows: [{ method: "random", hit: 0.5 }] };
const weights = new Map<string, StateDict>([
  ["generator", new Map([["weight", { dtype: "F32", shape: [1], data: Float32Array.of(1) }]])],
]);

function refuses(run: () => unknown, message: RegExp): void {
  assert.throws(run, (error: unknown) => {
    assert.instance(error, RunFolderError);
    assert.match((error as Error).message, message);
    return true;
  });
}

test("a run leaves its configuration, metrics, checkpoints, weights and result", () => {
  const path = newPath();
  {
    using run = RunFolder.create(path, { seed: 4, out: undefined });
    assert.equal(run.configuration, { seed: 4 });
    run.checkpoints("data");
    run.listener.begin("DNN", 1, 0);
    run.listener.step("DNN", 0, { loss: 0.5 });
    run.listener.validation?.("DNN", 0, { ndcg: 0.25 });
    run.listener.end("DNN");
    run.writeWeights(weights);
    run.finish(result);
  }
  assert.equal(readdirSync(path).sort(), [
    "checkpoints",
    "config.json",
    "generator.safetensors",
    "metrics.jsonl",
    "result.json",
    "tensorboard",
  ]);
  assert.equal(JSON.parse(readFileSync(join(path, "config.json"), "utf8")), { seed: 4 });
  assert.is(
    readFileSync(join(path, "metrics.jsonl"), "utf8"),
    '{"stage":"DNN","step":0,"loss":0.5}\n{"stage":"DNN","step":0,"validation":{"ndcg":0.25}}\n',
  );
  assert.equal(JSON.parse(readFileSync(join(path, "result.json"), "utf8")), { rows: [{ method: "random", hit: 0.5 }] });
});

test("a folder that holds something, or cannot be made, is refused", () => {
  const path = newPath();
  RunFolder.create(path, {})[Symbol.dispose]();
  refuses(() => RunFolder.create(path, {}), /the folder is not empty; choose another with --out/);
  refuses(() => RunFolder.create(join(path, "config.json", "x"), {}), /the folder cannot be made/);
});

test("only an unfinished run can be gone on with", () => {
  const path = newPath();
  refuses(() => RunFolder.open(path), /this is no folder of a run, it has no config.json/);
  mkdirSync(path);
  refuses(() => RunFolder.open(path), /it has no config.json/);
  writeFileSync(join(path, "config.json"), "{");
  refuses(() => RunFolder.open(path), /its config.json is not JSON/);
  writeFileSync(join(path, "config.json"), "[]");
  refuses(() => RunFolder.open(path), /config.json: expected a JSON object/);
  writeFileSync(join(path, "config.json"), '{"seed":7}');
  {
    using run = RunFolder.open(path);
    assert.equal(run.configuration, { seed: 7 });
    run.finish(result);
  }
  refuses(() => RunFolder.open(path), /the run is finished, its results are in .*result.json/);
  assert.not.ok(existsSync(join(path, "lock")), "a run that cannot be opened is not kept locked");
});

test("checkpoints of another configuration or other data are an error", async () => {
  const state = new Map([["weight", { dtype: "F32", shape: [1], data: Float32Array.of(3) }]] as const);
  const checkpoint: Checkpoint = { step: 2, finished: false, validation: { best: 1, since: 0 }, tensors: state };
  const expectError = async (run: RunFolder, data: string) => {
    const error = await run
      .checkpoints(data)
      .load("DNN")
      .catch((reason) => reason);
    assert.instance(error, CheckpointError);
    assert.match(error.message, /another configuration or other data/);
  };
  const path = newPath();
  {
    using run = RunFolder.create(path, { seed: 1, device: undefined });
    await run.checkpoints("data").save("DNN", checkpoint);
  }
  {
    using run = RunFolder.open(path);
    assert.equal(await run.checkpoints("data").load("DNN"), checkpoint);
    await expectError(run, "other data");
  }
  writeFileSync(join(path, "config.json"), '{"seed":2}');
  using changed = RunFolder.open(path);
  await expectError(changed, "data");
});

test("two processes cannot write one run, nor can one process twice", () => {
  const path = newPath();
  {
    using _ = RunFolder.create(path, {});
    refuses(() => RunFolder.open(path), new RegExp(`process ${process.pid} writes this run`));
  }
  RunFolder.open(path)[Symbol.dispose]();
  writeFileSync(join(path, "lock"), `${process.ppid}\n`);
  refuses(() => RunFolder.open(path), new RegExp(`process ${process.ppid} writes this run`));
});

test("the lock of a process that is gone is taken over", () => {
  const gone = spawnSync(process.execPath, ["-e", ""]).pid;
  const path = newPath();
  RunFolder.create(path, {})[Symbol.dispose]();
  // A killed process's number may be given to the one that goes on, as it is in containers.
  for (const holder of [gone, process.pid]) {
    writeFileSync(join(path, "lock"), `${holder}\n`);
    using _ = RunFolder.open(path);
    assert.is(readFileSync(join(path, "lock"), "utf8"), `${process.pid}\n`);
  }
  assert.equal(readdirSync(path).sort(), ["config.json", "metrics.jsonl"]);
});

/** A file of metrics with three steps each of two stages. */
function sixLines(): { path: string; text: string } {
  const path = newPath();
  const file = new MetricsFile(path);
  for (const stage of ["A", "B"]) {
    file.begin(stage, 3, 0);
    for (let step = 0; step < 3; step++) file.step(stage, step, { loss: step });
  }
  file.close();
  return { path, text: readFileSync(path, "utf8") };
}

test("a stage that goes on writes its lines again, and finds later stages' lines where they were", () => {
  const { path, text } = sixLines();
  const file = new MetricsFile(path);
  file.begin("A", 3, 1);
  file.step("A", 1, { loss: 1 });
  file.step("A", 2, { loss: 2 });
  file.begin("B", 3, 2);
  assert.is(readFileSync(path, "utf8"), text);
  file.step("B", 2, { loss: 2 });
  file.step("B", 3, { loss: 3 });
  file.close();
  assert.is(readFileSync(path, "utf8"), `${text}{"stage":"B","step":3,"loss":3}\n`);
});

test("the first line that differs ends what an earlier process wrote", () => {
  const { path } = sixLines();
  const file = new MetricsFile(path);
  file.begin("A", 3, 1);
  file.step("A", 1, { loss: 7 });
  file.close();
  const lines = ['{"stage":"A","step":0,"loss":0}', '{"stage":"A","step":1,"loss":7}'];
  assert.is(readFileSync(path, "utf8"), `${lines.join("\n")}\n`);
});

test("a stage that is finished voids nothing; one that has lines past its end goes on after them", () => {
  const { path, text } = sixLines();
  const file = new MetricsFile(path);
  file.begin("A", 3, 3);
  file.begin("B", 4, 3);
  file.step("B", 3, { loss: 0 });
  file.begin("C", 1, 0);
  file.step("C", 0, { loss: 0 });
  file.close();
  const added = ['{"stage":"B","step":3,"loss":0}', '{"stage":"C","step":0,"loss":0}'];
  assert.is(readFileSync(path, "utf8"), `${text}${added.join("\n")}\n`);
});

test("half a line at the end is removed; a whole line that is none is an error", () => {
  const { path, text } = sixLines();
  writeFileSync(path, '{"stage":"C', { flag: "a" });
  new MetricsFile(path).close();
  assert.is(readFileSync(path, "utf8"), text);
  writeFileSync(path, "null\n", { flag: "a" });
  refuses(() => new MetricsFile(path).begin("A", 3, 3), /:7: expected a JSON object with stage and step/);
});

test.run();
