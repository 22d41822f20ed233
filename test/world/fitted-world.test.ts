/** A world that is fitted on a log: what is fitted on which rows, what a list makes of its items, and what can be seen. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { logOfEvents } from "../../src/data/events.ts";
import type { InteractionLog } from "../../src/data/interactions.ts";
import { namedCatalogue } from "../../src/data/interactions.ts";
import { pearsonCorrelation } from "../../src/evaluation/statistics.ts";
import { decodeFittedWorld, encodeFittedWorld, KUAIRAND_WORLD } from "../../src/experiments/fitted-world.ts";
import { Random } from "../../src/kernels/index.ts";
import { type FitOptions, fitWorld, partsOf } from "../../src/world/fit-world.ts";
import { drawLog } from "../../src/world/logging-policy.ts";
import { beamSearch, enumerateBest } from "../../src/world/oracle.ts";
import { calibrationOf, fitResponse, isLiked, likesAlone, sigmoid } from "../../src/world/response-model.ts";

const test = suite("fitted world");

const USERS = 60;
const ITEMS = 24;
const tasteOf = (user: number) => (user % 5) / 2 - 1;
const qualityOf = (item: number) => (item % 7) / 2 - 1.5;

/** Everyone meets 60 items, the first ones oftener than the last. */
function drawnLog(seed: number): InteractionLog {
  const random = new Random({ seed, stream: "log", step: 0 });
  const events = Array.from({ length: 60 * USERS }, (_, time) => {
    const [user, item] = [time % USERS, Math.floor(ITEMS * random.uniform() ** 1.5)];
    const feedback = random.uniform() < sigmoid(tasteOf(user) + qualityOf(item)) ? 1 : 0;
    return { user: `${user}`, item: `${item}`, feedback, timestamp: time };
  });
  return logOfEvents(events);
}

const log = drawnLog(1);
const options: FitOptions = {
  ...KUAIRAND_WORLD,
  seed: 1,
  candidateCount: 8,
  listLength: 4,
  historyLength: 5,
  topics: Int32Array.from(log.itemIds, (id) => (Number(id) < 4 ? -1 : Number(id) % 3)),
  catalogue: namedCatalogue(log),
};
const { world, calibration } = fitWorld(log, options);

/** The same log in which the rows at `rows` were liked where they were not, and the other way round. */
function turned(rows: Int32Array): InteractionLog {
  const own = new Set(rows);
  return { ...log, feedback: log.feedback.map((value, row) => (own.has(row) ? 1 - value : value)) };
}

test("each user's rows are in one part each, the truth's before those to be seen, and these before the held-out ones", () => {
  const parts = partsOf(log);
  const all = [...parts.truth, ...parts.observed, ...parts.heldOut].sort((a, b) => a - b);
  assert.equal(all, [...log.items.keys()]);
  for (let user = 0; user < USERS; user++) {
    const ofUser = (rows: Int32Array) => [...rows].filter((row) => log.users[row] === user);
    const [truth, observed, heldOut] = [parts.truth, parts.observed, parts.heldOut].map(ofUser);
    assert.equal([truth.length, observed.length, heldOut.length], [27, 27, 6]);
    assert.ok(Math.max(...truth) < Math.min(...observed) && Math.max(...observed) < Math.min(...heldOut));
  }
});

test("the truth is the same whatever the other rows say, and what can be seen whatever the truth's rows say", () => {
  const { truth, observed, heldOut } = partsOf(log);
  const other = fitWorld(turned(Int32Array.from([...observed, ...heldOut])), options).world.fit;
  assert.equal(other.truth, world.fit.truth);
  assert.is(other.level, world.fit.level);
  assert.not.equal(other.observed, world.fit.observed);
  const same = fitWorld(turned(truth), options).world;
  assert.equal(same.fit.observed, world.fit.observed);
  assert.equal(same.catalogue, world.catalogue);
  assert.not.equal(same.fit.truth, world.fit.truth);
});

test("the fit finds again what the log was drawn from", () => {
  const { itemBiases, userBiases } = world.fit.truth;
  const quality = log.itemIds.map((id) => qualityOf(Number(id)));
  const taste = log.userIds.map((id) => tasteOf(Number(id)));
  assert.ok((pearsonCorrelation(itemBiases, quality) ?? 0) > 0.9);
  assert.ok((pearsonCorrelation(userBiases, taste) ?? 0) > 0.8);
  assert.ok(calibration.logLoss < calibration.baseLogLoss - 0.05, JSON.stringify(calibration));
  assert.ok(calibration.auc > 0.7, JSON.stringify(calibration));
});

test("where all were liked, the fit stays finite", () => {
  const liked = { ...log, feedback: log.feedback.map(() => 1) };
  const model = fitResponse(liked, partsOf(log).truth, 1);
  assert.ok(Number.isFinite(likesAlone(model, 0, 0)) && likesAlone(model, 0, 0) > 3);
  assert.throws(() => fitResponse(log, new Int32Array(0), 1), /no interactions to fit/);
});

test("an item loses the fatigue for each earlier item of its topic, and one without a topic nothing", () => {
  const { fatigue, positionDecay } = world.settings;
  const ofTopic = (topic: number) => [...world.fit.topics.keys()].filter((item) => world.fit.topics[item] === topic);
  const list = [...ofTopic(1).slice(0, 3), ...ofTopic(-1).slice(0, 2)];
  const repeats = [0, 1, 2, 0, 0];
  const expected = list.map((item, t) => positionDecay ** t * sigmoid(world.affinity(7, item) - fatigue * repeats[t]));
  assert.equal([...world.expectedFeedback(7, list)], expected);
});

test("the log's own lists get as many likes in the world as they got", () => {
  const { truth } = partsOf(log);
  let [expected, likes] = [0, 0];
  for (let user = 0; user < USERS; user++) {
    // Lists end where the user's rows do: 60 rows are 15 lists, and the first 6 lie in the truth's 27 rows.
    const rows = [...truth].filter((row) => log.users[row] === user).slice(0, 24);
    for (let at = 0; at < 24; at += 4) {
      const list = rows.slice(at, at + 4);
      expected += world.expectedReward(
        user,
        list.map((row) => log.items[row]),
      );
      likes += list.reduce((sum, row) => sum + isLiked(log, row), 0);
    }
  }
  assert.ok(Math.abs(expected / likes - 1) < 1e-3, `${expected} of ${likes}`);
});

test("candidates come as often as the log shows them, and users come with a past out of the part that can be seen", () => {
  const drawn = drawLog(world, { size: 3000, seed: 1, stream: "training" });
  const counts = new Float64Array(ITEMS);
  for (const item of drawn.candidates) counts[item]++;
  assert.ok((pearsonCorrelation(counts, world.fit.exposures) ?? 0) > 0.9);
  const { offsets, items, feedback } = world.fit.pasts;
  for (let row = 0; row < 50; row++) {
    const history = [...drawn.history.subarray(5 * row, 5 * row + 5)];
    const liked = [...drawn.historyFeedback.subarray(5 * row, 5 * row + 5)];
    const known = history.filter((item) => item >= 0);
    assert.equal(history.slice(0, 5 - known.length), new Array(5 - known.length).fill(-1));
    const [first, end] = [offsets[drawn.users[row]], offsets[drawn.users[row] + 1]];
    const past = Array.from({ length: end - first + 1 }, (_, k) => {
      const [from, to] = [first + Math.max(0, k - 5), first + k];
      return [[...items.subarray(from, to)], [...feedback.subarray(from, to)]];
    });
    const own = JSON.stringify([known, liked.slice(5 - known.length)]);
    assert.ok(past.some((part) => JSON.stringify(part) === own));
  }
});

test("a beam of full width finds the same list as enumeration", () => {
  const candidates = Int32Array.of(4, 7, 10, 13, 5, 8);
  for (let user = 0; user < 10; user++) {
    const exact = enumerateBest(world, user, candidates, { length: 3 });
    assert.equal(beamSearch(world, user, candidates, { length: 3, width: 15 }), exact);
  }
});

test("a world comes back from its file to the bit, and the same seed fits the same world", () => {
  const restored = decodeFittedWorld(encodeFittedWorld({ world, calibration }));
  assert.equal(restored.world.fit, world.fit);
  assert.equal(restored.world.settings, world.settings);
  assert.equal(restored.calibration, calibration);
  const key = { size: 20, seed: 3, stream: "test" };
  assert.equal(drawLog(restored.world, key), drawLog(world, key));
  assert.equal(fitWorld(log, options).world.fit, world.fit);
  assert.not.equal(fitWorld(log, { ...options, seed: 2 }).world.fit.truth, world.fit.truth);
});

test("calibration is what it says, by hand", () => {
  const { logLoss, baseLogLoss, auc, shareLiked } = calibrationOf(Float64Array.of(0.8, 0.4, 0.4, 0.1), [1, 0, 1, 0]);
  assert.ok(Math.abs(logLoss + Math.log(0.8 * 0.6 * 0.4 * 0.9) / 4) < 1e-12);
  assert.ok(Math.abs(baseLogLoss - Math.LN2) < 1e-12);
  // Of four pairs three are in order, and one is a tie.
  assert.is(auc, 3.5 / 4);
  assert.is(shareLiked, 0.5);
});

test("settings out of range and fits of another size are errors", () => {
  assert.throws(() => fitWorld(log, { ...options, fatigue: -1 }), /fatigue must be finite and at least 0, got -1/);
  const topics = options.topics.slice(1);
  assert.throws(() => fitWorld(log, { ...options, topics }), /number of fitted items must be 24, got 23/);
});

test.run();
