/** What a person sees of a grid. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { GridDisplay } from "../../src/experiments/grid-display.ts";
import type { Trial } from "../../src/experiments/trial.ts";
import { trial } from "./trials.ts";

/** A display on a stream that keeps what is written. */
function display(isTTY: boolean) {
  const written: string[] = [];
  const stream = { isTTY, columns: 60, write: (text: string) => written.push(text) };
  return { own: new GridDisplay("table1", stream as unknown as NodeJS.WriteStream), written };
}

const took = (seconds: number) => ({ metrics: { seconds } });
const seeded = (method: string, seed: number): Trial => ({ ...trial(method), seed });

test("outside of a terminal there is a line for the grid and one for each trial, with the time left", () => {
  const { own, written } = display(false);
  const trials = [seeded("slow", 1), seeded("quick", 1), seeded("slow", 2), seeded("quick", 2)];
  own.begin({ trials, skipped: 3, jobs: 2 });
  for (const [i, seconds] of [600, 2].entries()) {
    own.started(trials[i]);
    own.progress(trials[i], { stage: "slow", step: 1, totalSteps: 4 });
    own.finished(trials[i], took(seconds));
  }
  own.failed(trials[2], new Error("it broke"));
  own.finished(trials[3], took(3));
  assert.equal(written, [
    "table1: 4 trials to run in 2 processes, 3 are there already\n",
    "grid: nothing slow, seed 1: 600.0 s (1 of 4, about 15 min left)\n",
    // Another seed takes as long: 600 and 2 seconds, in two processes.
    "grid: nothing quick, seed 1: 2.0 s (2 of 4, about 5 min left)\n",
    "grid: nothing slow, seed 2: FAILED: it broke\n",
    "grid: nothing quick, seed 2: 3.0 s (4 of 4)\n",
  ]);
});

test("on a terminal one line says what runs, no wider than the terminal", () => {
  const { own, written } = display(true);
  const trials = [seeded("a method with a long name", 1), seeded("another method with a long name", 1)];
  own.begin({ trials, skipped: 0, jobs: 2 });
  for (const one of trials) own.started(one);
  own.progress(trials[0], { stage: "training", step: 30, totalSteps: 40 });
  const last = written.at(-1) ?? "";
  assert.ok(last.startsWith("\r\u001b[Ktable1: 0 of 2 | a method with a long name seed 1 75%, "), last);
  assert.is(last.length, "\r\u001b[K".length + 59);
  own.close();
  assert.is(written.at(-1), "\r\u001b[K");
});

test.run();
