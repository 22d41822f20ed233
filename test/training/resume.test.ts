/** A run that was interrupted, anywhere and however, goes on to the same weights and the same lines, to the bit. */
import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { TrainingOptions } from "../../src/training/options.ts";
import { abortAt, checkInterruptions, killAt, uninterrupted, withFolder } from "./interruptions.ts";
import { trainSmallRun } from "./small-run.ts";
import { smallTraining } from "./small-task.ts";

const test = suite("resume");

/** 12 updates of 6 an epoch: checkpoints come in the middle of an epoch and at its end, and after validations. */
const options: TrainingOptions = { ...smallTraining, epochs: 2, validateEvery: 2, checkpointEvery: 3 };
const earlyStopping = { metric: "error", better: "lower", patience: 2 } as const;

const everyMoment = (moments: readonly string[]) => [...moments.keys()];
const every = (stride: number) => (moments: readonly string[]) =>
  everyMoment(moments).filter((moment) => moment % stride === 0);

test("killed before and after every step, validation and checkpoint, from one stage into the next", () =>
  checkInterruptions(options, killAt, (moments) => {
    const first = moments.indexOf("before first: step 9");
    return everyMoment(moments).filter((moment) => moment >= first);
  }));

test("told to stop before any step but the last of all", () =>
  checkInterruptions(options, abortAt, (moments) => {
    // A stage that has made its last step has nothing left to interrupt: the signal stops the one after it.
    const last = moments.lastIndexOf("before second model: step 11");
    return every(3)(moments).filter((moment) => moment < last);
  }));

test("while gradients of several batches are accumulated", async () => {
  const accumulating = { ...options, epochs: 4, accumulation: 5, validateEvery: 2, checkpointEvery: 2 };
  await checkInterruptions(accumulating, killAt, every(3));
});

test("with early stopping: the best weights, and the patience left, are remembered", async () => {
  const stopping = { ...options, epochs: 6, validateEvery: 4, earlyStopping };
  const { moments } = await uninterrupted(stopping);
  assert.ok(!moments.includes("after second model: step 35"), "training stops early");
  await checkInterruptions(stopping, killAt, every(7));
});

test("killed many times over", () =>
  withFolder(async (path) => {
    const { expected } = await uninterrupted(options);
    for (const moment of [5, 9, 4, 12, 3, 17]) await killAt(path, options, moment);
    assert.equal(await trainSmallRun(path, { options }), expected);
  }));

/** The names of the checkpoints of a run. */
const checkpointsOf = (path: string) => readdirSync(join(path, "checkpoints")).sort();

test("from a copy of an older checkpoint, with everything that was logged since", () =>
  withFolder(async (path) => {
    const older = `${path}-checkpoints`;
    const onEvent = (event: string, when: string) => {
      if (`${when} ${event}` !== "after second model: checkpoint 6") return;
      cpSync(join(path, "checkpoints"), older, { recursive: true });
    };
    const expected = await trainSmallRun(path, { options, onEvent });
    rmSync(join(path, "checkpoints"), { recursive: true });
    rmSync(join(path, "result.json"));
    cpSync(older, join(path, "checkpoints"), { recursive: true });
    assert.ok(checkpointsOf(path).includes("second-model-00000006.safetensors"));
    assert.equal(await trainSmallRun(path, { options }), expected);
  }));

test("a damaged newest checkpoint is passed over for the one before it, with a warning", async () => {
  const { expected, moments } = await uninterrupted(options);
  const flip = (file: string) => {
    const bytes = readFileSync(file);
    bytes[bytes.length - 5] ^= 1;
    writeFileSync(file, bytes);
  };
  const damages = [flip, (file: string) => truncateSync(file, 1000), (file: string) => truncateSync(file, 0)];
  for (const damage of damages) {
    await withFolder(async (path) => {
      await killAt(path, options, moments.indexOf("after second model: step 10"));
      damage(join(path, "checkpoints", "second-model-00000009.safetensors"));
      const warnings: string[] = [];
      const warn = (message: string) => void warnings.push(message);
      assert.equal(await trainSmallRun(path, { options, warn }), expected);
      assert.is(warnings.length, 1);
      assert.match(warnings[0], /second-model-00000009\.safetensors is damaged and removed/);
    });
  }
});

test("a stage whose last checkpoint is damaged trains its end again, and the next stage still goes on", () =>
  withFolder(async (path) => {
    const { expected, moments } = await uninterrupted(options);
    await killAt(path, options, moments.indexOf("after second model: step 7"));
    truncateSync(join(path, "checkpoints", "first-00000012.safetensors"), 1000);
    const events: string[] = [];
    const result = await trainSmallRun(path, { options, onEvent: (event) => void events.push(event) });
    assert.equal(result, expected);
    assert.is(events[0], "first: step 9");
    assert.is(
      events.find((event) => event.startsWith("second")),
      "second model: step 6",
    );
  }));

test("what a process was writing when it was killed does no harm", () =>
  withFolder(async (path) => {
    const { expected, moments } = await uninterrupted(options);
    await killAt(path, options, moments.indexOf("before second model: step 8"));
    writeFileSync(join(path, "checkpoints", "second-model-00000009.safetensors.writing"), "half");
    writeFileSync(join(path, "metrics.jsonl"), '{"stage":"second mo', { flag: "a" });
    assert.equal(await trainSmallRun(path, { options }), expected);
  }));

test("the last two checkpoints of each stage are kept", () =>
  withFolder(async (path) => {
    await trainSmallRun(path, { options });
    assert.equal(checkpointsOf(path), [
      "first-00000009.safetensors",
      "first-00000012.safetensors",
      "second-model-00000009.safetensors",
      "second-model-00000012.safetensors",
    ]);
  }));

test.run();
