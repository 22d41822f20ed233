/** The training loop: which batches it takes, what it reports, when it validates and stops. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Module, parameter } from "../../src/nn/index.ts";
import { defaultDevice, type Tensor, tensor } from "../../src/tensor/index.ts";
import { TrainingBatches } from "../../src/training/batches.ts";
import type { Checkpoint, CheckpointStore } from "../../src/training/checkpoint.ts";
import { CheckpointError } from "../../src/training/checkpoint.ts";
import type { StepMetrics, TrainingListener } from "../../src/training/listener.ts";
import type { TrainingOptions } from "../../src/training/options.ts";
import { TrainingInterrupted, type TrainingTask, train } from "../../src/training/trainer.ts";
import { smallTask, smallTraining } from "./small-task.ts";

const test = suite("trainer");

/** Notes everything that is reported, in order. */
class Notes implements TrainingListener {
  readonly events: string[] = [];
  readonly steps: StepMetrics[] = [];
  readonly validations: StepMetrics[] = [];
  begin(stage: string, totalSteps: number, firstStep: number): void {
    this.events.push(`${stage} begins ${firstStep} of ${totalSteps}`);
  }
  step(_stage: string, step: number, metrics: StepMetrics): void {
    this.events.push(`step ${step}`);
    this.steps.push(metrics);
  }
  validation(_stage: string, step: number, metrics: StepMetrics): void {
    this.events.push(`validation ${step}`);
    this.validations.push(metrics);
  }
  end(stage: string): void {
    this.events.push(`${stage} ends`);
  }
}

/** Keeps every checkpoint in memory. */
class Memory implements CheckpointStore {
  readonly saved: Checkpoint[] = [];
  async load(): Promise<Checkpoint | undefined> {
    return this.saved.at(-1);
  }
  async save(_stage: string, checkpoint: Checkpoint): Promise<void> {
    this.saved.push(checkpoint);
  }
}

function disposeTask({ model, companions }: TrainingTask): void {
  for (const each of [model, ...(companions?.values() ?? [])]) each.dispose();
}

/** Trains the small task and returns its weights and what was reported. */
async function trained(options: Partial<TrainingOptions>, change: Partial<TrainingTask> = {}) {
  const notes = new Notes();
  const task = { ...smallTask(), ...change };
  await train(task, { ...smallTraining, ...options }, { listener: notes });
  const weights = await task.model.stateDict();
  disposeTask(task);
  return { notes, weights };
}

async function messageOf(run: Promise<unknown>): Promise<string> {
  return run.then(
    () => "no error",
    (error) => error.message,
  );
}

test("every epoch reads every row once, in an order of its own", () => {
  const batches = new TrainingBatches("small", 44, { epochs: 3, batchSize: 8, seed: 1 });
  assert.is(batches.count, 18);
  const epochs = [0, 1, 2].map((epoch) => [0, 1, 2, 3, 4, 5].flatMap((batch) => [...batches.rows(epoch * 6 + batch)]));
  for (const rows of epochs) {
    assert.equal(
      rows.toSorted((a, b) => a - b),
      Array.from({ length: 44 }, (_, row) => row),
    );
  }
  assert.not.equal(epochs[0], epochs[1]);
  // Batches are found by number, in any order.
  assert.equal([...batches.rows(13)], epochs[2].slice(8, 16));
  assert.equal([...batches.rows(1)], epochs[0].slice(8, 16));
});

test("steps, validations and what they used are reported in order", async () => {
  const { notes } = await trained({ epochs: 1 });
  const steps = [0, 1, 2, 3].map((step) => `step ${step}`);
  assert.equal(notes.events, [
    "small begins 0 of 6",
    ...steps,
    "validation 3",
    "step 4",
    "step 5",
    "validation 5",
    "small ends",
  ]);
  for (const metrics of notes.steps) {
    for (const name of ["loss", "distance", "learningRate", "gradientNorm"]) {
      assert.ok(Number.isFinite(metrics[name]), `${name} is ${metrics[name]}`);
    }
  }
});

test("training learns", async () => {
  const { notes } = await trained({ epochs: 20 });
  const [first, last] = [notes.validations[0].error, notes.validations.at(-1)?.error ?? Number.NaN];
  assert.ok(last < 0.5 * first, `the error goes from ${first} to ${last}`);
});

test("validation leaves no trace in the training", async () => {
  const often = await trained({ validateEvery: 1 });
  const never = await trained({ validateEvery: undefined });
  assert.equal(often.weights, never.weights);
  assert.is(often.notes.validations.length, 18);
  assert.is(never.notes.validations.length, 1);
});

/** One weight, pulled to the mean of the rows that are read. */
class OneWeight extends Module {
  readonly weight = parameter(Float32Array.of(0), [1]);
}

function meanTask(rowsRead: number[][]): TrainingTask {
  const model = new OneWeight();
  return {
    stage: "mean",
    model,
    size: 6,
    computeLoss(rows, batch) {
      rowsRead[batch] = [...rows];
      const targets: Tensor = tensor(Float32Array.from(rows), [rows.length]);
      return { loss: model.weight.sub(targets).square().mean() };
    },
  };
}

test("accumulated batches make the gradient of one large batch", async () => {
  const plain = { ...smallTraining, epochs: 1, schedule: "constant", validateEvery: undefined } as const;
  const norms = async (options: Partial<TrainingOptions>) => {
    const notes = new Notes();
    const task = meanTask([]);
    await train(task, { ...plain, ...options }, { listener: notes });
    task.model.dispose();
    return notes.steps.map(({ gradientNorm }) => gradientNorm);
  };
  const [together] = await norms({ batchSize: 6 });
  const accumulated = await norms({ batchSize: 2, accumulation: 3 });
  assert.is(accumulated.length, 1);
  assert.ok(Math.abs(accumulated[0] - together) < 1e-5, `${accumulated[0]} against ${together}`);
});

test("the last update takes the batches that are left", async () => {
  const rowsRead: number[][] = [];
  const notes = new Notes();
  const task = meanTask(rowsRead);
  const options = { ...smallTraining, epochs: 2, batchSize: 2, accumulation: 4, validateEvery: undefined };
  await train(task, options, { listener: notes });
  task.model.dispose();
  assert.is(notes.steps.length, 2);
  assert.is(rowsRead.length, 6);
});

/** A task whose validations give these values of `score` in turn. */
function judged(scores: readonly number[]): Partial<TrainingTask> {
  let count = 0;
  return { validate: async () => ({ score: scores[count++] }) };
}

test("early stopping ends after so many validations without improvement, with the best weights", async () => {
  const earlyStopping = { metric: "score", better: "higher", patience: 2 } as const;
  const options = { validateEvery: 2, earlyStopping };
  const { notes, weights } = await trained(options, judged([1, 3, 2, 3, 9]));
  assert.is(notes.events.at(-2), "validation 7");
  // The best value came after the fourth update; its weights are those of a run that saved itself there.
  const task = smallTask();
  const memory = new Memory();
  await train(task, { ...smallTraining, checkpointEvery: 4 }, { checkpoints: memory });
  const best = memory.saved.find(({ step }) => step === 4)?.tensors;
  disposeTask(task);
  for (const [name, entry] of weights) assert.equal(best?.get(`model.${name}`)?.data, entry.data);
});

test("a lower value can be the better one", async () => {
  const earlyStopping = { metric: "score", better: "lower", patience: 1 } as const;
  const { notes } = await trained({ validateEvery: 2, earlyStopping }, judged([3, 2, 1, 1]));
  assert.is(notes.events.at(-2), "validation 7");
});

test("early stopping needs its metric, and something to validate on", async () => {
  const earlyStopping = { metric: "ndcg", better: "higher", patience: 2 } as const;
  assert.is(
    await messageOf(trained({ earlyStopping })),
    'early stopping: validation gives no finite "ndcg" (undefined); it gives error',
  );
  const { validate: _, ...task } = smallTask();
  const expected = "small: there is nothing to validate on; leave out validateEvery and earlyStopping";
  assert.is(await messageOf(train(task, { ...smallTraining, earlyStopping })), expected);
  assert.is(await messageOf(train(task, smallTraining)), expected);
  disposeTask(task);
});

test("a signal stops after the current step; without checkpoints it says that nothing is saved", async () => {
  const controller = new AbortController();
  const notes = new Notes();
  const task = smallTask();
  const stop = { step: () => controller.abort() };
  const listener = Object.assign(notes, stop);
  const error = await train(task, smallTraining, { listener, signal: controller.signal }).catch((reason) => reason);
  disposeTask(task);
  assert.instance(error, TrainingInterrupted);
  assert.is(error.message, "small: interrupted after step 1 of 18, nothing is saved");
  assert.equal(notes.events, ["small begins 0 of 18"]);
});

test("a finished training is not trained again, and gives its weights", async () => {
  const memory = new Memory();
  const earlyStopping = { metric: "error", better: "lower", patience: 1 } as const;
  const options = { ...smallTraining, epochs: 8, validateEvery: 2, earlyStopping };
  const first = smallTask();
  await train(first, options, { checkpoints: memory });
  const count = memory.saved.length;
  const again = smallTask();
  const notes = new Notes();
  await train(again, options, { checkpoints: memory, listener: notes });
  assert.equal(await again.model.stateDict(), await first.model.stateDict());
  assert.equal(notes.events, [`small begins ${memory.saved.at(-1)?.step} of 48`, "small ends"]);
  assert.is(memory.saved.length, count);
  assert.not.ok(again.model.training);
  for (const task of [first, again]) disposeTask(task);
});

test("training, saving and going on leave nothing on the device", async () => {
  const before = defaultDevice().live;
  const memory = new Memory();
  for (const epochs of [2, 2]) {
    const task = smallTask();
    await train(task, { ...smallTraining, epochs }, { checkpoints: memory });
    disposeTask(task);
  }
  assert.equal(defaultDevice().live, before);
});

test("numbers out of range are refused before anything is trained", async () => {
  const cases: [Partial<TrainingOptions>, string][] = [
    [{ epochs: 0 }, "epochs: expected an integer of at least 1, got 0"],
    [{ accumulation: 1.5 }, "accumulation: expected an integer of at least 1, got 1.5"],
    [{ checkpointEvery: 0 }, "checkpointEvery: expected an integer of at least 1, got 0"],
    [{ validateEvery: -1 }, "validateEvery: expected an integer of at least 1, got -1"],
    [{ learningRate: Number.NaN }, "learningRate: expected a number over 0, got NaN"],
    [{ warmup: 2 }, "warmup: expected a number of at least 0 and at most 1, got 2"],
    [{ weightDecay: -1 }, "weightDecay: expected a number of at least 0, got -1"],
  ];
  for (const [options, message] of cases) {
    assert.is(await messageOf(trained(options)), `training.${message}`);
  }
});

test("a checkpoint of a model of other shapes is an error that says so, and no training goes on", async () => {
  const task = smallTask();
  const store = new Memory();
  const once = { ...smallTraining, epochs: 1 };
  await train(task, once, { checkpoints: store });
  const [whole] = store.saved.slice(-1);
  disposeTask(task);
  const changes: readonly [change: (tensors: Checkpoint["tensors"]) => void, problem: RegExp][] = [
    [(tensors) => tensors.delete("model.first.bias"), /first\.bias is missing/],
    [
      (tensors) => tensors.set("model.first.bias", { dtype: "F32", shape: [9], data: new Float32Array(9) }),
      /first\.bias is F32 \[9\], expected F32 \[8\]/,
    ],
    [
      (tensors) => tensors.set("model.more", { dtype: "F32", shape: [1], data: new Float32Array(1) }),
      /more is not a weight of this model/,
    ],
    [
      (tensors) => tensors.set("optimiser.state", { dtype: "F32", shape: [2, 3], data: new Float32Array(6) }),
      /optimiser: the saved state is F32 \[2,3\]/,
    ],
    [(tensors) => tensors.delete("optimiser.steps"), /holds no number of steps/],
    [(tensors) => tensors.delete("dropout.dropout"), /has dropout in/],
    [(tensors) => tensors.delete("companion.follower.last.weight"), /last\.weight is missing/],
  ];
  for (const [change, problem] of changes) {
    const tensors = new Map(whole.tensors);
    change(tensors);
    const other = smallTask();
    const load = async () => ({ ...whole, tensors });
    const error = await train(other, once, { checkpoints: { load, save: async () => {} } }).catch((e) => e);
    disposeTask(other);
    assert.instance(error, CheckpointError);
    assert.match(error.message, /^the checkpoint of "small" does not fit the model \(.*\); start a new run$/);
    assert.match(error.message, problem);
  }
});

test.run();
