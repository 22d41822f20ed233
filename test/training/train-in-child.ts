/**
 * A process to be killed: trains the small run in a folder, or goes on with it, and says so on its standard output, a
 * line of JSON for each step and one for the result.
 *
 *   npx tsx test/training/train-in-child.ts FOLDER cpu|webgpu EPOCHS
 */
import { writeSync } from "node:fs";
import { chooseDevice } from "../../src/kernels/index.ts";
import { setDefaultDevice } from "../../src/tensor/index.ts";
import type { ChildMessage } from "./kill-and-resume.ts";
import { trainSmallRun } from "./small-run.ts";
import { smallTraining } from "./small-task.ts";

const [path, device, epochs] = process.argv.slice(2);

/** Checkpoints every few steps, and validations in between. */
const options = {
  ...smallTraining,
  epochs: Number(epochs),
  accumulation: 2,
  validateEvery: 4,
  checkpointEvery: 3,
  earlyStopping: { metric: "error", better: "lower", patience: 8 },
} as const;

/** Written at once, so that the reader knows of every step before the next begins. */
function tell(message: ChildMessage): void {
  writeSync(1, `${JSON.stringify(message)}\n`);
}

setDefaultDevice((await chooseDevice(device)).device);
const listener = { begin() {}, step: (stage: string, step: number) => tell({ stage, step }), end() {} };
tell({ result: await trainSmallRun(path, { options, listener }) });
