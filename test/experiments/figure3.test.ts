/** The sizes and costs of the scaling experiment. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { chooseDataset } from "../../src/experiments/datasets.ts";
import { countingOperations } from "../../src/experiments/named/brief-training.ts";
import { figure3 } from "../../src/experiments/named/figure3.ts";
import { atSize } from "../../src/experiments/named/sizes.ts";
import { measureTrainingCost, type TrainingCostWork } from "../../src/experiments/named/training-cost.ts";
import { sharedTrial } from "../../src/experiments/shared-work.ts";
import { workKey } from "../../src/experiments/trial.ts";
import { defaultDevice, full } from "../../src/tensor/index.ts";

const test = suite("figure 3");

function isNear(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance * Math.abs(expected), `${actual}, not ${expected}`);
}

test("a size changes all models; wide ones learn more slowly, and a rate changes all learning rates", async () => {
  const dataset = await chooseDataset({ name: "tiny" });
  const [narrow, tuned, wide] = [8, 32, 128].map((width) => atSize(dataset, { width, layers: 2 }));
  assert.equal([wide.shared.width, wide.shared.layers], [128, 2]);
  for (const own of [narrow, tuned]) assert.equal(own.policy, dataset.policy);
  const halved = atSize(dataset, { width: 32, layers: 2 }, 0.5);
  for (const stage of ["feedbackTraining", "rewardTraining", "imitationTraining"] as const) {
    const { learningRate } = dataset.shared[stage];
    assert.equal(
      [narrow, tuned, wide, halved].map(({ shared }) => shared[stage].learningRate),
      [learningRate, learningRate, learningRate / 2, learningRate / 2],
    );
  }
  assert.is(wide.policy.policyTraining.learningRate, dataset.policy.policyTraining.learningRate / 2);
});

test("each method is trained at each size and seed once, and its cost is counted once", async () => {
  const dataset = await chooseDataset({ name: "tiny" });
  const trials = figure3.trials({ seeds: [1, 2], dataset });
  const costs = trials.filter(({ work }) => work.kind === "training-cost");
  const others = trials.filter(({ work, method }) => work.kind === "ranking" && method !== "oracle");
  const qualities = others.filter(({ variant }) => !variant.includes("learning rates"));
  assert.is(qualities.length, 2 * costs.length);
  assert.is(others.length - qualities.length, 2 * 2 * 2 * 3, "two sizes, rates and seeds, three methods");
  assert.is(new Set(trials.map(({ work }) => workKey(work))).size, trials.length);
  for (const cost of costs) {
    const quality = qualities.find(({ method, variant }) => {
      return method === cost.method && cost.variant.endsWith(variant);
    });
    assert.is(workKey(cost.needs?.work ?? cost.work), workKey(quality?.needs?.work ?? cost.work));
  }
});

test("operations counted over a part of the lists are those of all", async () => {
  const root = mkdtempSync(join(tmpdir(), "goalrank-figure3-"));
  try {
    const dataset = await chooseDataset({ name: "tiny", maxLists: 128 });
    const { work: shared } = sharedTrial(dataset, 1);
    const policy = { ...dataset.policy, policyRequests: 64 };
    for (const contestant of ["goalrank", "mg-e-3"]) {
      const costOf = async (requests: number) => {
        const work = { kind: "training-cost", shared, policy, contestant, requests } as TrainingCostWork;
        const label = { experiment: "figure3", dataset: "", method: "", seed: 1, variant: "" };
        const surroundings = { label, dataFolder: undefined, root, context: {} };
        return (await measureTrainingCost(work, surroundings)).metrics;
      };
      const [part, whole] = [await costOf(64), await costOf(128)];
      isNear(part.trainingOperations, whole.trainingOperations, 0.02);
      assert.is(part.trainedParameters, whole.trainedParameters);
      assert.ok(part.answeringParameters > 0 && part.answeringParameters <= part.trainedParameters);
    }
  } finally {
    rmSync(root, { recursive: true });
  }
});

test("operations are counted while a work runs, and the usual device is back after it", async () => {
  const usual = defaultDevice();
  const counted = await countingOperations(async (device) => {
    full([3, 4], 1).matmul(full([4, 5], 1));
    return device.operations;
  });
  assert.is(counted, 2 * 3 * 4 * 5);
  await countingOperations(() => Promise.reject(new Error("fails"))).catch(() => {});
  assert.is(defaultDevice(), usual);
});

test.run();
