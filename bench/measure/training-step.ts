/** Times training steps of the reference Transformer on the default device, and checks what it learns. */
import { WebGpuDevice } from "../../src/kernels/index.ts";
import { defaultDevice } from "../../src/tensor/index.ts";
import { createTrainingStep, stepFlops } from "../reference-transformer.ts";
import { quartilesOf } from "./quantiles.ts";

const WARM_UP = 3;

export interface TrainingStepResult {
  /** With the readback of the loss. */
  readonly ms_median: number;
  readonly ms_minimum: number;
  readonly gflops: number;
  /** On the WebGPU device: commands of one step. */
  readonly dispatches?: number;
  readonly loss1: number;
  readonly loss3: number;
  readonly loss13: number;
}

/** @param steps to time, at least 10, so that the 13th loss is known */
export async function measureTrainingStep(steps: number): Promise<TrainingStepResult> {
  if (!(steps >= 10)) throw new RangeError(`training step: expected at least 10 steps to time, got ${steps}`);
  const device = defaultDevice();
  const countDispatches = () => (device instanceof WebGpuDevice ? device.dispatches : 0);
  const step = createTrainingStep();
  const losses: number[] = [];
  const times: number[] = [];
  const before = countDispatches();
  for (let i = 0; i < WARM_UP + steps; i++) {
    const start = performance.now();
    const loss = step();
    losses.push(await loss.item());
    loss.dispose();
    times.push(performance.now() - start);
  }
  const dispatches = (countDispatches() - before) / times.length;
  const timed = times.slice(WARM_UP);
  const { median } = quartilesOf(timed);
  return {
    ms_median: median,
    ms_minimum: Math.min(...timed),
    gflops: stepFlops() / median / 1e6,
    ...(dispatches > 0 && { dispatches: Math.round(dispatches) }),
    loss1: losses[0],
    loss3: losses[2],
    loss13: losses[12],
  };
}

/** Losses at steps 1, 3 and 13 on which implementations agree. */
const EXPECTED = { loss1: 4.84198, loss3: 2.20007, loss13: 0.000253 };

/** What is wrong with the losses of a run, or undefined where they are as expected. */
export function describeLossError(losses: Pick<TrainingStepResult, "loss1" | "loss3" | "loss13">) {
  const isClose =
    Math.abs(losses.loss1 - EXPECTED.loss1) < 1e-4 &&
    Math.abs(losses.loss3 - EXPECTED.loss3) < 1e-3 &&
    Math.abs(losses.loss13 / EXPECTED.loss13 - 1) < 0.02;
  if (isClose) return undefined;
  const { loss1, loss3, loss13 } = losses;
  return `losses at steps 1, 3, 13 are ${loss1}, ${loss3}, ${loss13}; expected ${Object.values(EXPECTED).join(", ")}`;
}
