/** What single methods have other than the others. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findMethod } from "../../src/methods/index.ts";
import { hyperparametersOf, type Method } from "../../src/methods/method.ts";
import { worldData } from "../../src/run/data.ts";
import { trainMethod } from "../../src/run/methods.ts";
import { checkRun, DEFAULT_RUN, type RunSettings } from "../../src/run/settings.ts";
import { createRunModels, trainSharedModels } from "../../src/run/shared-models.ts";
import { tunedTraining } from "../../src/run/tuning.ts";
import { smallExperiment } from "../small-world.ts";
import { throwsMessage } from "../throws-message.ts";

const test = suite("tuning");

const refused = (tuned: unknown, message: string) =>
  throwsMessage(() => checkRun({ ...DEFAULT_RUN, tuned } as RunSettings), `run.tuned.${message}`);

const METHOD: Pick<Method, "name" | "hyperparameters"> = {
  name: "mine",
  hyperparameters: {
    warmStart: { default: 0, values: [0, 1], summary: "Whether it starts from the judge's encoder" },
    weight: { default: 0.1, values: [0, 0.1], summary: "Of the discriminator" },
  },
};

test("hyperparameters are the defaults, under those that are tuned for the method", () => {
  assert.equal(hyperparametersOf(METHOD, {}), { warmStart: 0, weight: 0.1 });
  assert.equal(hyperparametersOf(METHOD, { tuned: { mine: { weight: 0 }, other: { warmStart: 1 } } }), {
    warmStart: 0,
    weight: 0,
  });
  assert.equal(hyperparametersOf({ name: "none" }, {}), {});
});

test("settings name methods and hyperparameters that there are, with values in range", () => {
  checkRun({
    ...DEFAULT_RUN,
    tuned: {
      judge: { epochs: 2 },
      goalrank: { hyperparameters: { referenceTemperature: 1 } },
      "generator-evaluator-300": { hyperparameters: { temperature: 0.3 } },
    },
  });
  assert.throws(
    () => checkRun({ ...DEFAULT_RUN, tuned: { mirr: {} } }),
    /run.tuned.mirr: there is no method "mirr"; did you mean "mir"\?/,
  );
  assert.throws(
    () => checkRun({ ...DEFAULT_RUN, tuned: { goalrank: { hyperparameters: { temperature: 1 } } } }),
    /goalrank.hyperparameters.temperature: there is no hyperparameter "temperature"; did you mean "referenceTemperature"/,
  );
  refused({ prm: { learningRate: 0 } }, "prm.learningRate: expected a number over 0, got 0");
  refused(
    { dlcm: { hyperparameters: { depth: 2 } } },
    "dlcm.hyperparameters.depth: dlcm has no hyperparameters of its own",
  );
});

test("a method is trained as tuned, the others as usual", async () => {
  const usual = DEFAULT_RUN.feedbackTraining;
  const settings = { tuned: { prm: { epochs: 3, hyperparameters: {} } } };
  assert.equal(tunedTraining(settings, "prm", usual), { ...usual, epochs: 3 });
  assert.equal(tunedTraining(settings, "mir", usual), usual);
  assert.equal(tunedTraining({}, "mir", usual), usual);

  const data = worldData({ scenario: "tiny", seed: 3, trainingLists: 64, testRequests: 4 });
  const steps = new Map<string, number>();
  const training = {
    listener: { begin: (stage: string, total: number) => void steps.set(stage, total), step() {}, end() {} },
  };
  const own: RunSettings = {
    ...smallExperiment,
    methods: [],
    feedbackTraining: { ...smallExperiment.feedbackTraining, epochs: 1, batchSize: 32 },
    tuned: { dnn: { epochs: 2 }, "set-rank": { batchSize: 16 } },
  };
  const models = await trainSharedModels(data, own, training);

  await trainMethod(findMethod("set-rank"), models, data, own, training);
  await trainMethod(findMethod("dlcm"), models, data, own, training);
  assert.equal([steps.get("DNN"), steps.get("set-rank"), steps.get("dlcm")], [4, 4, 2], [...steps].join());
});

test("methods are given what is tuned", () => {
  const data = worldData({ scenario: "tiny", seed: 3, trainingLists: 8, testRequests: 4 });
  const tuned = { goalrank: { epochs: 2, hyperparameters: { referenceTemperature: 1 } }, mir: { epochs: 2 } };
  const { context } = createRunModels(data, { ...smallExperiment, methods: [], tuned });
  assert.equal(context.tuned, { goalrank: { referenceTemperature: 1 } });
  assert.is(createRunModels(data, { ...smallExperiment, methods: [] }).context.tuned, undefined);
});

test.run();
