/** Gradients of the losses of the methods with an evaluator against central differences, in double precision. */
import { suite } from "uvu";
import type { RequestBatch } from "../../src/data/batch.ts";
import type { ListDataset } from "../../src/data/dataset.ts";
import { Generator } from "../../src/goalrank/generator.ts";
import { RewardModel } from "../../src/goalrank/reward-model.ts";
import { DEFAULT_EG_RERANK, egRerankTask } from "../../src/methods/eg-rerank/eg-rerank.ts";
import { EgRerank, PointerGenerator } from "../../src/methods/eg-rerank/model.ts";
import { judgedTask } from "../../src/methods/mg-e/judged-task.ts";
import { MatchingGenerator, matchingTask } from "../../src/methods/nar4rec.ts";
import { PermutationInterest } from "../../src/methods/pier/permutation-interest.ts";
import { DEFAULT_PIER, pierTask } from "../../src/methods/pier/pier.ts";
import { tensor } from "../../src/tensor/index.ts";
import type { TrainingTask } from "../../src/training/trainer.ts";
import { generatorOptions, log, rewardOptions, world } from "../small-world.ts";
import { checkGradients } from "./check-gradients.ts";
import { random, withHistory } from "./small-context.ts";

const test = suite("gradients of methods with an evaluator");

const { catalogue } = world;

/** A list that nobody liked among those that are checked, and an item that is not a candidate. */
function withGaps(dataset: ListDataset): ListDataset {
  const feedback = dataset.feedback.slice();
  feedback.fill(0, 2 * dataset.listLength, 3 * dataset.listLength);
  const exposed = dataset.exposed.slice();
  exposed[5 * dataset.listLength] = -1;
  return { ...dataset, feedback, exposed };
}

function pier(dataset: ListDataset): TrainingTask {
  const options = { width: 8, heads: 2, layers: 1, listLength: log.listLength, dropoutRate: 0, seed: 3 };
  return pierTask(new PermutationInterest(catalogue, options, random("pier")), dataset, {
    ...DEFAULT_PIER,
    unexposed: "negative",
    seed: 3,
  });
}

const tasks: readonly (readonly [string, () => TrainingTask])[] = [
  [
    "NAR4Rec",
    () => {
      const model = new MatchingGenerator(catalogue, { ...generatorOptions, layers: 1 }, random("nar4rec"));
      return matchingTask(model, withGaps(log), "nar4rec", { lowUtility: 1, weight: 0.3 });
    },
  ],
  ["PIER", () => pier(withGaps(log))],
  ["PIER with a history", () => pier(withHistory(withGaps(log)))],
  [
    "EG-Rerank",
    () => {
      const models = {
        model: new EgRerank(catalogue, 8, log.listLength, random("eg-rerank")),
        sampler: new PointerGenerator(catalogue, 8, log.listLength, random("sampler")),
        judge: new RewardModel(catalogue, rewardOptions, random("judge")),
      };
      // The discriminator's gain is held constant, but moves with its weights: at 0 only what is learned is left.
      const options = { ...DEFAULT_EG_RERANK, discriminatorWeight: 0, entropyWeight: 0.1 };
      return egRerankTask(models, withGaps(log), options, 4);
    },
  ],
  [
    "MG-E's generators",
    () => {
      const generator = new Generator(catalogue, generatorOptions, random("mg-e"));
      const judge = new RewardModel(catalogue, rewardOptions, random("judge"));
      const earlier = ({ size }: RequestBatch) =>
        tensor(
          Int32Array.from({ length: size * log.listLength }, (_, at) => at % log.listLength),
          [size, 1, log.listLength],
        );
      return judgedTask(generator, log, { stage: "judged", seed: 1, judge, earlier, complement: 0.5 });
    },
  ],
];

for (const [name, create] of tasks) {
  test(`${name}: every parameter's gradient agrees with central differences`, () => checkGradients(create()));
}

test.run();
