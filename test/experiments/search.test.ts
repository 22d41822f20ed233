/** The search that every method gets: what it tries, what it chooses, and that the table learns with what it chose. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { runExperiment } from "../../src/experiments/run-experiment.ts";
import { chooseTuning, drawTunings, SEARCH, SEARCH_SHARE, searchesOf } from "../../src/experiments/search.ts";
import { StoredResults } from "../../src/experiments/stored-results.ts";
import type { Trial } from "../../src/experiments/trial.ts";
import { smallDataset, smallExperiment } from "./small-grid.ts";
import { fakeProcess, QUIET } from "./trials.ts";

const usual = { learningRate: 3e-3, epochs: 2 };
const own = { weight: { default: 0.1, values: [0, 0.1, 1], summary: "" } };

test("as many settings are tried of every method: the usual ones, and others around them", () => {
  const tunings = drawTunings("prm", own, usual, 40);
  assert.is(tunings.length, 40);
  assert.equal(tunings[0], {});
  const [, ...others] = tunings;
  for (const { learningRate = 0, epochs, weightDecay = -1, hyperparameters } of others) {
    assert.ok(learningRate >= 1e-3 && learningRate <= 9e-3, `${learningRate}`);
    assert.ok(epochs === 2 || epochs === 4);
    assert.ok([1e-4, 1e-2, 0.3, 1].includes(weightDecay));
    assert.ok([0, 0.1, 1].includes(hyperparameters?.weight ?? -1));
  }
  for (const spread of [
    others.map(({ learningRate }) => learningRate),
    others.map(({ epochs }) => epochs),
    others.map(({ weightDecay }) => weightDecay),
    others.map(({ hyperparameters }) => hyperparameters?.weight),
  ]) {
    assert.ok(new Set(spread).size > 1);
  }
  const below = others.filter(({ learningRate = 0 }) => learningRate < 3e-3).length;
  assert.ok(below > 8 && below < 31, `half of the rates are lower than the usual one: ${below} of 39`);
  assert.equal(drawTunings("prm", own, usual, 3), tunings.slice(0, 3), "more settings leave the first as they are");
  assert.not.equal(drawTunings("mir", own, usual, 3), tunings.slice(0, 3));
});

test("searches learn from a part of the lists, and look at validation requests alone", async () => {
  const dataset = await smallDataset();
  const [dnn, judge, goalrank] = searchesOf(dataset, ["dnn", "judge", "goalrank"], { count: 2, seed: 0 });
  const works = [dnn, judge, goalrank].map(({ candidates }) => candidates.map(({ trial }) => trial.work));
  assert.match(JSON.stringify(works), new RegExp(`"trainingLists":${Math.round(400 * SEARCH_SHARE)}[,}]`));
  assert.not.match(JSON.stringify(works), /"trainingLists":400/);
  assert.equal(
    [dnn, judge, goalrank].map(({ candidates: [{ trial }] }) => (trial.work as { split?: string }).split),
    ["validation", "validation", "validation"],
  );
  for (const { candidates } of [dnn, judge, goalrank]) {
    for (const { trial } of candidates) assert.is(trial.seed, 0);
  }
});

test("the best by the truth where it is known, else by NDCG; nothing known leaves the usual settings", () => {
  const candidates = [{}, { epochs: 2 }, { epochs: 4 }].map((tuning, n) => {
    return { tuning, trial: { seed: n } as Trial };
  });
  const search = { method: "prm", candidates };
  const chosenBy = (...metrics: (Record<string, number> | undefined)[]) =>
    chooseTuning(search, ({ seed }) => metrics[seed]);
  assert.equal(chosenBy({ "validation ndcg": 0.3 }, { "validation ndcg": 0.5 }, { "validation ndcg": 0.4 }), {
    epochs: 2,
  });
  const worlds = [1, 2, 3].map((reward) => ({ "validation trueReward": reward, "validation ndcg": 1 / reward }));
  assert.equal(chosenBy(...worlds), { epochs: 4 });
  assert.equal(chosenBy({ "validation ndcg": 0.2 }, { "validation ndcg": 0.2 }, undefined), {});
  assert.equal(chosenBy(), {});
});

test("shared models are chosen before those who learn from them, and the table learns with what was chosen", async () => {
  const root = mkdtempSync(join(tmpdir(), "goalrank-search-"));
  const order: Trial[] = [];
  const { start } = fakeProcess(async (trial) => {
    order.push(trial);
    // The last that is tried is the best.
    const worth = trial.variant === "as usual" ? 0 : 1;
    return { metrics: { "validation trueReward": worth, judgeCorrelation: worth, trueReward: 1, seconds: 1 } };
  });
  const experiment = { ...smallExperiment(() => [{ method: "prm" }]), isTuned: true };
  const tuned: typeof experiment = {
    ...experiment,
    trials: ({ dataset: { tuned = {}, shared }, seeds }) =>
      seeds.map((seed) => {
        const work = { kind: "ranking", contender: { method: "prm", tuning: tuned.prm }, shared: shared.tuned, seed };
        return { experiment: "small", dataset: "d", method: "PRM", seed, variant: "", work };
      }),
  };
  const run = (search: number, methods?: readonly string[]) =>
    runExperiment(
      tuned,
      { seeds: [1, 2], dataset: dataset },
      {
        ...{ root, dataFolder: undefined, jobs: 1, listener: QUIET, command: "", search, methods, start },
        signal: new AbortController().signal,
      },
    );
  const dataset = await smallDataset();
  await run(2);
  const searched = order.filter(({ experiment }) => experiment === SEARCH).map(({ method }) => method);
  assert.equal([...new Set(searched)], ["DNN", "imitation", "judge alone", "PRM"]);
  const final = order.filter(({ experiment }) => experiment === "small").map(({ work }) => JSON.stringify(work));
  assert.is(final.length, 2);
  for (const text of final) {
    assert.match(text, /"tuning":\{"learningRate":/);
    assert.match(text, /"shared":\{"dnn":\{.*"imitation":\{.*"judge":\{/);
  }
  const before = order.length;
  await run(2);
  assert.is(order.length, before, "what was searched is not searched again");
  await run(0);
  assert.not.match(JSON.stringify(order.at(-1)?.work), /tuning/);
  assert.is(StoredResults.open(join(root, SEARCH)).trials.filter(({ method }) => method === "PRM").length, 2);
  await run(3);
  assert.is(StoredResults.open(join(root, SEARCH)).trials.filter(({ method }) => method === "PRM").length, 3);
  assert.equal((await run(0, ["random"])).trials, []);
});

test.run();
