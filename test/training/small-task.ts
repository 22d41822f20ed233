/** A regression that trains in moments, with everything that a checkpoint must hold. */

import { Dropout, Linear, Module } from "../../src/nn/index.ts";
import { meanSquaredError, noGrad, Random, scope, type Tensor, tensor } from "../../src/tensor/index.ts";
import { DEFAULT_TRAINING, type TrainingOptions } from "../../src/training/options.ts";
import type { TrainingTask } from "../../src/training/trainer.ts";

const WIDTH = 4;
const ROWS = 44;
const HELD_OUT = 16;

export const smallTraining: TrainingOptions = {
  ...DEFAULT_TRAINING,
  epochs: 3,
  batchSize: 8,
  learningRate: 0.05,
  validateEvery: 4,
  checkpointEvery: 5,
};

class SmallModel extends Module {
  private readonly first: Linear;
  private readonly dropout: Dropout;
  private readonly last: Linear;

  constructor(stage: string) {
    super();
    const random = new Random({ seed: 1, stream: `${stage} weights`, step: 0 });
    this.first = new Linear(WIDTH, 8, random);
    this.dropout = new Dropout(0.2, { seed: 1, stream: `${stage} dropout` });
    this.last = new Linear(8, 1, random);
  }

  forward(inputs: Tensor): Tensor {
    return this.last.forward(this.dropout.forward(this.first.forward(inputs, "relu")));
  }
}

/** Numbers, and the sum of their squares with some noise. */
function examples(stream: string, rows: number): { inputs: Float32Array; targets: Float32Array } {
  const random = new Random({ seed: 2, stream, step: 0 });
  const inputs = Float32Array.from({ length: rows * WIDTH }, () => random.normal());
  const targets = Float32Array.from({ length: rows }, (_, row) => {
    const own = inputs.subarray(row * WIDTH, (row + 1) * WIDTH);
    return own.reduce((sum, value) => sum + value * value, 0) + random.normal();
  });
  return { inputs, targets };
}

/**
 * A task whose steps depend on dropout, on noise drawn for the batch, and on a companion that follows the trained model
 * at a distance and that the model is held close to.
 */
export function smallTask(stage = "small"): TrainingTask {
  const model = new SmallModel(stage);
  const companion = new SmallModel(`${stage} companion`).train(false);
  const training = examples(`${stage} training`, ROWS);
  const heldOut = examples(`${stage} held out`, HELD_OUT);
  return {
    stage,
    model,
    size: ROWS,
    companions: new Map([["follower", companion]]),
    async computeLoss(rows, batch) {
      await follow(companion, model);
      const noise = new Random({ seed: 3, stream: `${stage} noise`, step: batch });
      const values = [...rows].flatMap((row) => [...training.inputs.subarray(row * WIDTH, (row + 1) * WIDTH)]);
      const inputs = tensor(
        Float32Array.from(values, (value) => value + 0.1 * noise.normal()),
        [rows.length, WIDTH],
      );
      const targets = tensor(
        Float32Array.from(rows, (row) => training.targets[row]),
        [rows.length, 1],
      );
      const predictions = model.forward(inputs);
      const followed = noGrad(() => companion.forward(inputs));
      const distance = meanSquaredError(predictions, followed);
      const loss = meanSquaredError(predictions, targets).add(distance.mul(0.1));
      return { loss, describe: async () => ({ distance: await distance.item() }) };
    },
    async validate() {
      using _ = scope();
      const predictions = noGrad(() => model.forward(tensor(heldOut.inputs, [HELD_OUT, WIDTH])));
      return { error: await meanSquaredError(predictions, tensor(heldOut.targets, [HELD_OUT, 1])).item() };
    },
  };
}

/** Moves the follower's weights a tenth of the way to the model's. */
async function follow(follower: Module, model: Module): Promise<void> {
  const target = await model.stateDict();
  const state = await follower.stateDict();
  for (const [name, { data }] of state) {
    const goal = target.get(name)?.data ?? data;
    data.forEach((value, i) => {
      data[i] = value + 0.1 * (goal[i] - value);
    });
  }
  follower.loadStateDict(state);
}
