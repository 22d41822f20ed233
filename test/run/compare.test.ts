/** Whole experiments with every extra: each method's row, each way to start, and logs that only retrieve. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { selectRows } from "../../src/data/dataset.ts";
import { prepare } from "../../src/data/prepare.ts";
import { JudgeEnsemble } from "../../src/goalrank/judge.ts";
import { Random } from "../../src/kernels/index.ts";
import { type RunResult, run } from "../../src/run/compare.ts";
import { logData, worldData } from "../../src/run/data.ts";
import { runWeights } from "../../src/run/methods.ts";
import type { RunSettings } from "../../src/run/settings.ts";
import type { TrainingListener } from "../../src/training/listener.ts";
import { smallExperiment } from "../small-world.ts";

const test = suite("experiment");

const folder = mkdtempSync(join(tmpdir(), "goalrank-experiment-"));
test.after(() => rmSync(folder, { recursive: true }));

const data = worldData({ scenario: "tiny", seed: 3, trainingLists: 256, testRequests: 40 });
const everything: RunSettings = { ...smallExperiment, methods: ["prm", "imitation", "goalrank"], policyRequests: 64 };
const reward = (options: Partial<RunSettings["reward"]>): RunSettings["reward"] => ({
  ...everything.reward,
  ...options,
});

/** Notes the stages in their order. */
class Stages implements TrainingListener {
  readonly names: string[] = [];
  begin(stage: string): void {
    this.names.push(stage);
  }
  step(): void {}
  end(): void {}
}

/** Every number of a result that is not left out. */
function checkFinite({ rows, judge, advantages }: RunResult): void {
  for (const row of rows) {
    for (const [name, value] of Object.entries(row)) {
      if (typeof value === "number") assert.ok(Number.isFinite(value), `${row.method}: ${name} is ${value}`);
    }
    for (const name of ["hit", "ndcg", "map", "f1", "predictedReward"] as const) {
      assert.type(row[name], "number");
    }
  }
  assert.ok(Number.isFinite(judge.meanSquaredError));
  for (const { over, mean, halfWidth, pValue } of advantages) {
    assert.ok(Number.isFinite(mean) && Number.isFinite(halfWidth), over);
    assert.ok(pValue > 0 && pValue <= 1, `${over}: p is ${pValue}`);
  }
}

test("where no lists are left for validation, the judge is examined on those of the test", async () => {
  const { propensities: _, ...log } = data;
  const none = { ...log, validation: selectRows(data.validation, []) };
  const { result } = await run(none, { ...everything, methods: [] });
  assert.is(result.judge.lists, data.test.size);
  checkFinite(result);
});

test("every method has its row, and GoalRank is compared with all that learned", async () => {
  const listener = new Stages();
  const { result, models, methods } = await run(data, { ...everything, generatorEvaluatorLists: [5, 8] }, { listener });
  assert.equal(
    result.rows.map(({ method }) => method),
    [
      "random",
      "logging policy",
      "DNN",
      "imitation",
      "PRM",
      "generator-evaluator, 5 lists",
      "imitation-evaluator, 5 lists",
      "generator-evaluator, 8 lists",
      "imitation-evaluator, 8 lists",
      "GoalRank",
      "oracle",
    ],
  );
  assert.equal(
    result.advantages.map(({ over, measure }) => `${over}: ${measure}`),
    [
      "logging policy",
      "DNN",
      "imitation",
      "PRM",
      "generator-evaluator, 5 lists",
      "imitation-evaluator, 5 lists",
      "generator-evaluator, 8 lists",
      "imitation-evaluator, 8 lists",
    ].map((over) => `${over}: true reward`),
  );
  assert.equal(listener.names, ["DNN", "imitation", "reward model", "prm", "GoalRank"]);
  checkFinite(result);
  const values = new Map(result.rows.map((row) => [row.method, row]));
  const goalRank = values.get("GoalRank")?.trueReward ?? 0;
  for (const { over, mean } of result.advantages) {
    assert.ok(Math.abs(goalRank - (values.get(over)?.trueReward ?? 0) - mean) < 1e-9, over);
  }
  assert.ok(result.rows.every(({ regret }) => regret !== undefined && regret >= -1e-9));
  assert.equal(
    [...(await runWeights(models, methods)).keys()],
    ["pointwise", "imitation", "reward-model", "prm", "goalrank"],
  );
});

test("several reward models that start from imitation and learn from its lists judge together", async () => {
  const listener = new Stages();
  const options = {
    ...everything,
    reward: reward({ contextLayers: 1, head: "total", members: 2, pessimism: 0.5, start: "imitation", policyLists: 2 }),
    generatorStart: "imitation",
    groups: { ...everything.groups, refreshEvery: 2, imitationWeight: 0.5, spaced: 6 },
  } as const;
  // Only where what was not shown counts 0 do lists take part that nobody saw.
  const negative = { ...data, unexposed: "negative" } as const;
  const { result, models, methods } = await run(negative, options, { listener });
  assert.equal(listener.names, ["DNN", "imitation", "reward model", "reward model 2", "prm", "GoalRank"]);
  checkFinite(result);
  const { context, rewardModels } = models;
  assert.ok(context.shared.judge instanceof JudgeEnsemble);
  assert.is(rewardModels.length, 2);
  const [first, second] = await Promise.all(rewardModels.map((model) => model.stateDict()));
  assert.not.equal(first, second);
  const names = [...(await runWeights(models, methods)).keys()];
  assert.equal(names, ["pointwise", "imitation", "reward-model", "reward-model-2", "prm", "goalrank"]);
});

test("the item judge needs no reward model", async () => {
  const listener = new Stages();
  const options = { ...everything, methods: ["goalrank"], reward: reward({ kind: "item-bce-discounted" }) };
  const { result, models } = await run(data, options, { listener });
  assert.equal(listener.names, ["DNN", "GoalRank"]);
  assert.is(models.rewardModels.length, 0);
  checkFinite(result);
});

test("what starts from imitation has it trained, though it is no method of the run", async () => {
  const listener = new Stages();
  const options = { ...everything, methods: ["goalrank"], generatorStart: "imitation" } as const;
  const { result } = await run(data, options, { listener });
  assert.equal(listener.names, ["DNN", "imitation", "reward model", "GoalRank"]);
  assert.not.ok(result.rows.some(({ method }) => method === "imitation"));
  checkFinite(result);
});

test("settings that contradict each other are refused before anything is trained", async () => {
  const listener = new Stages();
  const problem = await run(data, { ...everything, deploy: "mir" }, { listener }).then(
    () => "no problem",
    ({ message }: Error) => message,
  );
  assert.match(problem, /^run\.deploy: "mir" is not trained/);
  assert.equal(listener.names, []);
});

/** Ratings of 36 of 100 items by each of 40 users, who like every third item. */
function smallRatings(): string {
  const random = new Random({ seed: 1, stream: "ratings", step: 0 });
  const rows = ["user_id,item_id,rating,timestamp"];
  for (let user = 0; user < 40; user++) {
    [...random.permutation(100).subarray(0, 36)].forEach((item, time) => {
      const rating = (item + user) % 3 === 0 ? 5 : 1 + random.integer(3);
      rows.push([`u${user}`, `i${item}`, rating, 1000 + time].join(","));
    });
  }
  return `${rows.join("\n")}\n`;
}

test("a log whose candidates are only retrieved trains and evaluates without NaN", async () => {
  const path = join(folder, "ratings.csv");
  writeFileSync(path, smallRatings());
  const source = { format: "csv", file: path } as const;
  const retrieved = logData(await prepare(source, { seed: 2, core: 5, maxLists: 80, protocol: "retrieved" }));
  for (const { exposed } of [retrieved.training, retrieved.validation, retrieved.test]) {
    assert.ok(exposed.includes(-1), "some exposed items were not retrieved");
  }
  const { result } = await run(retrieved, everything);
  checkFinite(result);
  assert.equal(
    result.rows.map(({ method }) => method),
    [
      "random",
      "retriever",
      "DNN",
      "imitation",
      "PRM",
      "generator-evaluator, 5 lists",
      "imitation-evaluator, 5 lists",
      "GoalRank",
    ],
  );
  assert.ok(result.rows.every(({ trueReward, regret }) => trueReward === undefined && regret === undefined));
  assert.is(result.trueCorrelation, undefined);
  assert.ok(result.advantages.every(({ measure }) => measure === "hits"));
  const own = new Map(result.rows.map((row) => [row.method, row]));
  for (const { over, mean } of result.advantages) {
    const difference = (own.get("GoalRank")?.hit ?? 0) - (own.get(over)?.hit ?? 0);
    assert.ok(Math.abs(mean - 6 * difference) < 1e-9, over);
  }
});

test.run();
