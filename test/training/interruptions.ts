/** Ends small runs at chosen moments, goes on with them, and holds what they come to against an uninterrupted run. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import type { TrainingOptions } from "../../src/training/options.ts";
import { TrainingInterrupted } from "../../src/training/trainer.ts";
import { type SmallRunResult, trainSmallRun } from "./small-run.ts";

/** Ends a run at once, as a killed process ends: nothing is saved any more. */
class Killed extends Error {}

/** Calls `use` with the path of a folder that does not exist yet and is removed afterwards. */
export async function withFolder<Result>(use: (path: string) => Promise<Result>): Promise<Result> {
  const parent = mkdtempSync(join(tmpdir(), "goalrank-resume-"));
  try {
    return await use(join(parent, "run"));
  } finally {
    rmSync(parent, { recursive: true });
  }
}

/** What an uninterrupted run comes to, and what happens in it: each event twice, before and after it is noted. */
export async function uninterrupted(
  options: TrainingOptions,
): Promise<{ expected: SmallRunResult; moments: readonly string[] }> {
  return withFolder(async (path) => {
    const moments: string[] = [];
    const onEvent = (event: string, when: string) => void moments.push(`${when} ${event}`);
    const expected = await trainSmallRun(path, { options, onEvent });
    return { expected, moments };
  });
}

/** Runs in `path` until the moment of this number comes, and ends by an exception there. */
export async function killAt(path: string, options: TrainingOptions, moment: number): Promise<void> {
  let count = 0;
  const onEvent = () => {
    if (count++ === moment) throw new Killed();
  };
  await expectEnd(trainSmallRun(path, { options, onEvent }), Killed);
}

/** Runs in `path` until the moment of this number comes, and asks to be interrupted. */
export async function abortAt(path: string, options: TrainingOptions, moment: number): Promise<void> {
  const controller = new AbortController();
  let count = 0;
  const onEvent = () => {
    if (count++ === moment) controller.abort();
  };
  const { signal } = controller;
  await expectEnd(trainSmallRun(path, { options, onEvent, signal }), TrainingInterrupted);
}

async function expectEnd(run: Promise<unknown>, kind: new (...values: never[]) => Error): Promise<void> {
  const error = await run.then(
    () => undefined,
    (reason) => reason,
  );
  if (!(error instanceof kind)) throw error ?? new Error(`the run came to its end without a ${kind.name}`);
}

/** Asserts that a run ended at each of the moments by `end`, and gone on with, comes to what it comes to at once. */
export async function checkInterruptions(
  options: TrainingOptions,
  end: typeof killAt,
  choose: (moments: readonly string[]) => readonly number[],
): Promise<void> {
  const { expected, moments } = await uninterrupted(options);
  for (const moment of choose(moments)) {
    await withFolder(async (path) => {
      await end(path, options, moment);
      assert.equal(await trainSmallRun(path, { options }), expected, `ended ${moments[moment]}`);
    });
  }
}
