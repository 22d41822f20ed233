/** A task's gradients against central differences in double precision; importing this makes that device the default. */
import * as assert from "uvu/assert";
import { Random } from "../../src/kernels/index.ts";
import { scope, setDefaultDevice, type Tensor } from "../../src/tensor/index.ts";
import type { TrainingTask } from "../../src/training/trainer.ts";
import { DoubleDevice } from "../double-device.ts";

setDefaultDevice(new DoubleDevice());

const ROWS = Int32Array.of(5, 2, 9);
const STEP = 1e-5;

/**
 * Asserts for every parameter of the task's model that the loss changes by what the gradient says, along a drawn
 * direction and along a drawn element.
 *
 * @param batch number of the batch, for tasks that begin something at some of them
 */
export async function checkGradients(task: TrainingTask, batch = 1): Promise<void> {
  const draw = new Random({ seed: 4, stream: "directions", step: 0 });
  // Biases start at 0, where relu has its kink for an item that is encoded as 0.
  for (const leaf of task.model.parameters()) {
    leaf.assign(Float64Array.from(leaf.view(), (value) => value + 0.05 * draw.normal()));
  }
  {
    using _ = scope();
    const { loss } = await task.computeLoss(ROWS, batch);
    loss.backward();
  }
  for (const [name, leaf] of task.model.namedParameters()) {
    const gradient = Float64Array.from(leaf.grad?.view() ?? new Float64Array(leaf.size));
    const used = [...gradient.keys()].filter((at) => gradient[at] !== 0);
    const single = new Float64Array(leaf.size);
    if (used.length > 0) single[used[draw.integer(used.length)]] = 1;
    for (const direction of [gradient.map(() => draw.normal()), single]) {
      const numeric = await slope(task, batch, leaf, direction);
      const analytic = gradient.reduce((sum, value, i) => sum + value * direction[i], 0);
      assert.ok(
        Math.abs(numeric - analytic) <= 1e-7 + 1e-5 * Math.abs(analytic),
        `${name}: the loss changes by ${numeric}, its gradient says ${analytic}`,
      );
    }
  }
}

/** What the loss changes by along a direction, with all its digits. */
async function slope(task: TrainingTask, batch: number, leaf: Tensor, direction: Float64Array): Promise<number> {
  const values = Float64Array.from(leaf.view());
  const at = async (step: number) => {
    leaf.assign(values.map((value, i) => value + step * direction[i]));
    using _ = scope();
    const { loss } = await task.computeLoss(ROWS, batch);
    return loss.view()[0];
  };
  const change = (await at(STEP)) - (await at(-STEP));
  leaf.assign(values);
  return change / (2 * STEP);
}
