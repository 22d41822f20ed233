/** The methods with an evaluator on the WebGPU device: what they list is what the CPU device lists. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type ListDataset, selectRows } from "../../src/data/dataset.ts";
import { EG_RERANK } from "../../src/methods/eg-rerank/eg-rerank.ts";
import { MG_E_20 } from "../../src/methods/mg-e/mg-e.ts";
import { NAR4REC } from "../../src/methods/nar4rec.ts";
import { PIER, PIER_PERMUTATIONS } from "../../src/methods/pier/pier.ts";
import { DEFAULT_TRAINING } from "../../src/training/options.ts";
import { type TrainingTask, train } from "../../src/training/trainer.ts";
import { cpu, on, testOnDevice } from "../kernels/webgpu/adapter.ts";
import { log } from "../small-world.ts";
import { assertRanked, createSchool, learned, withHistory } from "./small-context.ts";

const test = suite("methods with an evaluator on webgpu");

const dataset: ListDataset = withHistory(
  selectRows(
    log,
    Int32Array.from({ length: 24 }, (_, row) => row),
  ),
);

for (const method of [EG_RERANK, PIER, PIER_PERMUTATIONS, NAR4REC, MG_E_20]) {
  testOnDevice(
    test,
    `${method.title} learns and ranks, nearly as on the CPU, and leaves nothing behind`,
    async (device) => {
      const learnAndRank = async () => {
        const { models, lesson } = await createSchool(dataset, { dropoutRate: 0 });
        const options = { ...DEFAULT_TRAINING, batchSize: 24 };
        const own = { ...lesson, train: (task: TrainingTask) => train(task, options) };
        const { rank } = await learned(method, { models, lesson: own });
        await rank(dataset);
        const { buffers } = device.live;
        const ranked = await rank(dataset);
        assert.is(device.live.buffers, buffers);
        return ranked;
      };
      const gpu = await on(device, learnAndRank);
      assertRanked(dataset, gpu);
      const reference = await on(cpu, learnAndRank);
      const same = gpu.lists.filter((position, at) => position === reference.lists[at]).length;
      // Rounding may turn a choice between two lists that are as good.
      assert.ok(same >= 0.9 * gpu.lists.length, `${same} of ${gpu.lists.length} positions agree`);
    },
  );
}

test.run();
