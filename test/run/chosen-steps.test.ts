/** The updates of the weights that a training kept, and trainings of so many updates. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { ChosenSteps } from "../../src/run/chosen-steps.ts";
import { SILENT } from "../../src/training/listener.ts";
import { train } from "../../src/training/trainer.ts";
import { smallTask, smallTraining } from "../training/small-task.ts";

test("all updates, or those up to the first of the best validations", () => {
  const chosen = new ChosenSteps();
  for (let step = 0; step < 9; step++) {
    chosen.step("DNN", step);
    if (step % 3 === 2) chosen.validation("DNN", step, { hit: [0.1, 0.3, 0.3][(step - 2) / 3], loss: step });
  }
  assert.is(chosen.of("DNN"), 9);
  assert.is(chosen.of("DNN", { metric: "hit", better: "higher", patience: 1 }), 6);
  assert.is(chosen.of("DNN", { metric: "loss", better: "lower", patience: 1 }), 3);
  assert.is(chosen.of("PRM"), undefined);
});

test("a training of so many updates makes as many, over as many passes as that takes, and does not validate", async () => {
  for (const steps of [1, 3, 40]) {
    const task = smallTask();
    let validated = 0;
    const made: number[] = [];
    const validate = async () => ({ error: validated++ });
    const options = { ...smallTraining, validateEvery: 1 };
    const listener = { ...SILENT, step: (_: string, step: number) => void made.push(step) };
    await train({ ...task, validate }, options, { listener, stepsOf: () => steps });
    assert.equal(
      made,
      Array.from({ length: steps }, (_, step) => step),
    );
    assert.is(validated, 0);
    task.model.dispose();
  }
});

test.run();
