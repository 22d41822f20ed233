/** A run that was interrupted goes on to the same weights and lines on the WebGPU device, too. */
import { suite } from "uvu";
import { abortAt, checkInterruptions, killAt } from "../../training/interruptions.ts";
import { smallTraining } from "../../training/small-task.ts";
import { on, testOnDevice } from "./adapter.ts";

const test = suite("resume on webgpu");

const earlyStopping = { metric: "error", better: "lower", patience: 2 } as const;
const options = { ...smallTraining, validateEvery: 2, checkpointEvery: 3, earlyStopping };

/** Moments of every kind: 11 has no factor in common with the distances of checkpoints and validations. */
const some = (moments: readonly string[]) => [...moments.keys()].filter((moment) => moment % 11 === 5);

testOnDevice(test, "killed in the middle of an epoch, at validations and at checkpoints", (gpu) =>
  on(gpu, () => checkInterruptions(options, killAt, some)),
);

testOnDevice(test, "told to stop while gradients are accumulated", (gpu) =>
  on(gpu, () => checkInterruptions({ ...options, epochs: 6, accumulation: 5 }, abortAt, () => [2, 7])),
);

test.run();
