/** Checkpoints in files: what comes back, and what is refused. */
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeSafetensors, encodeSafetensors } from "../../src/nn/index.ts";
import type { Checkpoint } from "../../src/training/checkpoint.ts";
import { CheckpointError } from "../../src/training/checkpoint.ts";
import { CheckpointFolder } from "../../src/training/checkpoint-folder.ts";

const test = suite("checkpoint");
const folder = mkdtempSync(join(tmpdir(), "goalrank-checkpoint-"));
test.after(() => rmSync(folder, { recursive: true }));

let made = 0;
const newPath = () => join(folder, `checkpoints-${made++}`);

function checkpointAt(step: number): Checkpoint {
  const weight = { dtype: "F32", shape: [3], data: Float32Array.of(step, 0.5, -0) } as const;
  return { step, finished: false, validation: { best: 0.25, since: 1 }, tensors: new Map([["model.weight", weight]]) };
}

async function messageOf(run: Promise<unknown>, kind: new (...values: never[]) => Error): Promise<string> {
  const error = await run.then(
    () => undefined,
    (reason) => reason,
  );
  assert.instance(error, kind);
  return error.message;
}

test("what was saved last comes back, for each stage by itself", async () => {
  const path = newPath();
  const store = new CheckpointFolder(path, "run 1");
  assert.is(await store.load("DNN"), undefined);
  for (const step of [8, 9, 10]) await store.save("DNN", checkpointAt(step));
  await store.save("reward model", { ...checkpointAt(4), finished: true });
  const again = new CheckpointFolder(path, "run 1");
  assert.equal(await again.load("DNN"), checkpointAt(10));
  assert.equal(await again.load("reward model"), { ...checkpointAt(4), finished: true });
  assert.is(await again.load("GoalRank"), undefined);
  const names = ["dnn-00000009", "dnn-00000010", "reward-model-00000004"];
  assert.equal(
    readdirSync(path).sort(),
    names.map((name) => `${name}.safetensors`),
  );
});

test("saving a step again replaces it, with the same bytes for the same content", async () => {
  const path = newPath();
  const store = new CheckpointFolder(path, "run 1");
  await store.save("DNN", checkpointAt(3));
  const file = join(path, "dnn-00000003.safetensors");
  const first = readFileSync(file);
  await store.save("DNN", checkpointAt(3));
  assert.equal(readFileSync(file), first);
  assert.equal(readdirSync(path), ["dnn-00000003.safetensors"]);
});

test("whatever single bit of a checkpoint changes, the one before it is loaded", async () => {
  const path = newPath();
  const warnings: string[] = [];
  const store = new CheckpointFolder(path, "run 1", (message) => void warnings.push(message));
  await store.save("DNN", checkpointAt(1));
  await store.save("DNN", checkpointAt(2));
  const file = join(path, "dnn-00000002.safetensors");
  const whole = readFileSync(file);
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 7 }), async (at, bit) => {
      const bytes = Buffer.from(whole);
      bytes[at] ^= 1 << bit;
      writeFileSync(file, bytes);
      const before = warnings.length;
      assert.equal(await store.load("DNN"), checkpointAt(1));
      assert.is(warnings.length, before + 1);
    }),
  );
});

test("whatever is cut off a checkpoint, the one before it is loaded", async () => {
  const path = newPath();
  const store = new CheckpointFolder(path, "run 1");
  await store.save("DNN", checkpointAt(1));
  await store.save("DNN", checkpointAt(2));
  const file = join(path, "dnn-00000002.safetensors");
  const whole = readFileSync(file);
  for (let length = 0; length < whole.length; length += 7) {
    writeFileSync(file, whole.subarray(0, length));
    assert.equal(await store.load("DNN"), checkpointAt(1), `${length} bytes`);
  }
});

test("a checkpoint of another version, or of no training, is an error in one line", async () => {
  const path = newPath();
  const store = new CheckpointFolder(path, "run 1");
  await store.save("DNN", checkpointAt(1));
  const file = join(path, "dnn-00000001.safetensors");
  const { tensors, metadata } = decodeSafetensors(readFileSync(file));
  const { checksum: _, ...rest } = metadata;
  const messageWith = async (changes: Record<string, string>) => {
    const texts = { ...rest, ...changes };
    const checksum = createHash("sha256").update(encodeSafetensors(tensors, texts)).digest("hex");
    writeFileSync(file, encodeSafetensors(tensors, { ...texts, checksum }));
    return messageOf(store.load("DNN"), CheckpointError);
  };
  assert.match(await messageWith({ version: "2" }), /: version 2 of the format; expected 1$/);
  assert.match(await messageWith({ version: "2\n3" }), /: version 2\\u000a3 of the format; expected 1$/);
  for (const progress of ["", "12", "{}", '{"step":-1,"finished":true}', '{"step":1,"finished":true,"x":1}']) {
    assert.match(await messageWith({ progress }), /: its progress is not that of a training; remove it$/);
  }
});

test("a folder or file that cannot be read or written is an error, and leaves nothing half-written", async () => {
  const path = newPath();
  const store = new CheckpointFolder(path, "run 1");
  await store.save("DNN", checkpointAt(1));
  // A folder stands where the next checkpoint should.
  mkdirSync(join(path, "dnn-00000002.safetensors"));
  assert.match(await messageOf(store.load("DNN"), CheckpointError), /dnn-00000002\.safetensors: EISDIR/);
  assert.match(await messageOf(store.save("DNN", checkpointAt(2)), CheckpointError), /: E[A-Z]+/);
  assert.equal(readdirSync(path).sort(), ["dnn-00000001.safetensors", "dnn-00000002.safetensors"]);
  const file = join(path, "a file");
  writeFileSync(file, "");
  assert.throws(
    () => new CheckpointFolder(file, "run 1"),
    (error: unknown) => error instanceof CheckpointError && /a file: EEXIST/.test(error.message),
  );
  rmSync(path, { recursive: true });
  assert.match(await messageOf(store.load("DNN"), CheckpointError), /: ENOENT/);
});

test("what a killed process was writing is removed by the next checkpoint", async () => {
  const path = newPath();
  const store = new CheckpointFolder(path, "run 1");
  writeFileSync(join(path, "dnn-00000007.safetensors.writing"), "half");
  assert.is(await store.load("DNN"), undefined);
  await store.save("DNN", checkpointAt(1));
  assert.equal(readdirSync(path), ["dnn-00000001.safetensors"]);
});

test("a checkpoint of another run is an error, not a damaged file", async () => {
  const path = newPath();
  await new CheckpointFolder(path, "run 1").save("DNN", checkpointAt(1));
  const message = await messageOf(new CheckpointFolder(path, "run 2").load("DNN"), CheckpointError);
  assert.match(message, /dnn-00000001\.safetensors: written by a run with another configuration or other data/);
});

test("files that are no checkpoints of the stage are left alone", async () => {
  const path = newPath();
  const store = new CheckpointFolder(path, "run 1");
  await store.save("DNN", checkpointAt(1));
  const others = ["dnn-2-00000005.safetensors", "notes.txt"];
  for (const name of others) writeFileSync(join(path, name), "half");
  assert.equal(await store.load("DNN"), checkpointAt(1));
  for (const step of [2, 3]) await store.save("DNN", checkpointAt(step));
  const names = readdirSync(path);
  for (const name of others) assert.ok(names.includes(name), name);
  assert.not.ok(names.includes("dnn-00000001.safetensors"));
});

test("a checkpoint is a safetensors file", async () => {
  const path = newPath();
  await new CheckpointFolder(path, "run 1").save("DNN", checkpointAt(1));
  const { tensors, metadata } = decodeSafetensors(readFileSync(join(path, "dnn-00000001.safetensors")));
  assert.equal(tensors, checkpointAt(1).tensors);
  assert.equal(Object.keys(metadata).sort(), ["checksum", "fingerprint", "progress", "version"]);
});

test.run();
