/** A run's methods: which they are, and that a run that is restored from its weights gives the same results. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compareMethods, run } from "../../src/run/compare.ts";
import { worldData } from "../../src/run/data.ts";
import { LearningRecords } from "../../src/run/learning-records.ts";
import { comparedMethods, generatorOf, restoreRun, runWeights } from "../../src/run/methods.ts";
import type { RunSettings } from "../../src/run/settings.ts";
import type { TrainingListener } from "../../src/training/listener.ts";
import { smallExperiment } from "../small-world.ts";

const test = suite("methods of a run");

const data = worldData({ scenario: "tiny", seed: 3, trainingLists: 128, testRequests: 30 });
const settings: RunSettings = {
  ...smallExperiment,
  methods: ["goalrank", "mg-e-20", "pier", "eg-rerank", "nar4rec", "prm", "imitation"],
  policyRequests: 32,
  reward: { ...smallExperiment.reward, members: 2, pessimism: 1 },
};

const namesOf = (options: Partial<RunSettings>, { world }: Partial<typeof data> = data) =>
  comparedMethods({ ...settings, ...options }, { ...data, world }).map(({ name }) => name);

test("references, methods in the order of tables, generator-evaluators, GoalRank and the oracle are compared", () => {
  assert.equal(namesOf({ generatorEvaluatorLists: [5, 8] }), [
    ...["random", "logging-policy", "dnn", "imitation", "prm", "eg-rerank", "pier", "nar4rec", "mg-e-20"],
    ...["generator-evaluator-5", "imitation-evaluator-5", "generator-evaluator-8", "imitation-evaluator-8"],
    ...["goalrank", "oracle"],
  ]);
  const few = { methods: ["mir"], generatorEvaluatorLists: [] } as const;
  assert.equal(namesOf(few), ["random", "logging-policy", "dnn", "mir", "oracle"]);
  assert.equal(namesOf(few, {}), ["random", "retriever", "dnn", "mir"]);
  const unscored = { ...data.training, retrieverScores: new Float32Array(data.training.retrieverScores.length) };
  const names = comparedMethods({ ...settings, ...few }, { world: undefined, training: unscored });
  assert.equal(
    names.map(({ name }) => name),
    ["random", "dnn", "mir"],
    "a retriever that scored nothing is none",
  );
  assert.equal(namesOf({ ...few, methods: ["dnn", "mir"] }), namesOf(few), "nothing is compared twice");
});

const learning = new LearningRecords();
const finished = await run(data, settings, { listener: learning });
const weights = await runWeights(finished.models, finished.methods);

test("weights go by the name of the method, and of its network where it has several", () => {
  assert.equal(
    [...weights.keys()],
    [
      ...["pointwise", "imitation", "reward-model", "reward-model-2"],
      ...["prm", "eg-rerank", "pier", "nar4rec"],
      ...["mg-e-20-judged", "mg-e-20-complement", "mg-e-20-matching"],
      "goalrank",
    ],
  );
});

test("a restored run finds out what the trained one did, and trains nothing", async () => {
  const { models, methods } = await restoreRun(data, settings, weights);
  assert.equal(await compareMethods(models, methods, data, settings, learning.all), finished.result);
  assert.equal(await runWeights(models, methods), weights);
  assert.ok(generatorOf(methods));
});

test("missing weights are named, and another seed trains other ones", async () => {
  const less = new Map([...weights].filter(([name]) => name !== "mg-e-20-complement"));
  const problem = await restoreRun(data, settings, less).catch(({ message }: Error) => message);
  assert.is(problem, "run: there are no weights of mg-e-20-complement");
  const small = { ...settings, methods: [], generatorEvaluatorLists: [] };
  const trained = async (seed: number) => {
    const { models, methods } = await run(data, { ...small, seed });
    return runWeights(models, methods);
  };
  const [one, same, other] = [await trained(1), await trained(1), await trained(2)];
  assert.equal(one, same);
  assert.not.equal(one, other);
});

test("stages are trained one after the other and named after what learns", async () => {
  const names: string[] = [];
  const listener: TrainingListener = { begin: (stage) => void names.push(stage), step() {}, end() {} };
  await run(data, settings, { listener });
  assert.equal(names, [
    ...["DNN", "imitation", "reward model", "reward model 2"],
    ...["prm", "eg-rerank", "pier", "nar4rec", "mg-e judged", "mg-e complement", "mg-e matching", "GoalRank"],
  ]);
});

test.run();
