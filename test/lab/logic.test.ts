/** The lab's numbers are the library's: random states go through an address, and everything is compared. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  approximate,
  boltzmannPolicy,
  GeneratorMixtures,
  JudgeEnsemble,
  type ListJudge,
} from "../../src/goalrank/paper.ts";
import { embedded } from "../../src/lab/embedding.ts";
import { entropyOf, pathTo, prefixTree, probabilities } from "../../src/lab/generator.ts";
import { drawGroup } from "../../src/lab/group.ts";
import { ensembleRewards, makeLog, prejudice } from "../../src/lab/judge.ts";
import { viewGroup } from "../../src/lab/objective.ts";
import { EXAMPLE_DATA, readOwnData } from "../../src/lab/own-data.ts";
import { FIRST_STATE, groupSizeOf, type LabState, LIST_COUNT, labSchema, SOURCES } from "../../src/lab/state.ts";
import { Fit, numbersLearned, targetPolicy } from "../../src/lab/theorem.ts";
import { scored, Training, wholeReference } from "../../src/lab/training.ts";
import { readFragment, writeFragment } from "../../src/lab/url.ts";
import { explainReward, listAt, makeWorld, placeOfBest, SPACE, trueRewards } from "../../src/lab/world.ts";
import { Module } from "../../src/nn/index.ts";
import { groupCrossEntropy, Random, type Tensor, tensor } from "../../src/tensor/index.ts";
import { enumerateBest } from "../../src/world/index.ts";

const test = suite("lab");

const tenths = (least: number, most: number) =>
  fc.integer({ min: Math.round(least * 10), max: Math.round(most * 10) }).map((value) => value / 10);

/** States that a visitor can reach, small enough to be computed often. */
const states: fc.Arbitrary<LabState> = fc
  .record({
    tab: fc.constantFrom(...labSchema.shape.tab.unwrap().options),
    seed: fc.integer({ min: 0, max: 9999 }),
    topics: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 6, maxLength: 6 }),
    appeal: fc.array(tenths(-2, 2), { minLength: 6, maxLength: 6 }),
    taste: fc.array(tenths(-3, 3), { minLength: 3, maxLength: 3 }),
    fatigue: tenths(0, 4),
    complement: tenths(0, 3),
    attention: tenths(0.3, 1),
    judge: fc.constantFrom("truth" as const, "log" as const),
    logSize: fc.integer({ min: 4, max: 40 }),
    members: fc.integer({ min: 1, max: 3 }),
    pessimism: tenths(0, 3),
    kindness: tenths(-2, 2),
    counts: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: SOURCES.length, maxLength: SOURCES.length }),
    temperature: tenths(0.1, 5),
    normalisation: fc.constantFrom("none" as const, "group" as const, "batch" as const),
    minimumSpread: tenths(0, 1),
    loudness: tenths(1, 20),
    edits: fc.dictionary(fc.integer({ min: 0, max: 119 }).map(String), tenths(-3, 3), { maxKeys: 4 }),
    names: fc.uniqueArray(fc.stringMatching(/^[A-Za-zäöü+%' .>-]{1,12}$/), { minLength: 6, maxLength: 6 }),
    truthHidden: fc.boolean(),
    answers: fc.array(fc.stringMatching(/^[a-z0-9 .'-]{0,8}$/), { maxLength: 3 }),
  })
  .map((patch) => labSchema.parse({ ...FIRST_STATE, ...patch }));

const close = (actual: number, expected: number, tolerance = 1e-9) =>
  assert.ok(
    Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected)),
    `${actual}, expected ${expected}`,
  );

const allClose = (actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance?: number) => {
  assert.is(actual.length, expected.length);
  for (let at = 0; at < actual.length; at++) close(actual[at], expected[at], tolerance);
};

test("an address holds the whole state", () => {
  fc.assert(fc.property(states, (state) => assert.equal(readFragment(writeFragment(state)), { state })));
  assert.is(writeFragment(FIRST_STATE), "");
});

test("an address that is not whole gives the first state and says why", () => {
  for (const [fragment, reason] of [
    ["#2&tab=group", /version 2/],
    ["#1&tabs=group", /"tabs"/],
    ["#1&tab=nowhere", /tab/],
    ["#1&temperature=hot", /temperature/],
    ["#1&temperature=0", /temperature/],
    ["#1&list=1,1,2", /list/],
    ["#1&edits=300:1", /edits/],
    ["#1&names=%E0%A4%A", /cut short/],
    ["#1&counts=1,2", /counts/],
  ] as const) {
    const { state, problem } = readFragment(fragment);
    assert.equal(state, FIRST_STATE, fragment);
    assert.match(problem ?? "", reason);
  }
  fc.assert(fc.property(fc.string(), (text) => void readFragment(`#${text}`)));
});

test("every list's truth is the world's, position by position, and the best is the oracle's", () => {
  fc.assert(
    fc.property(states, (state) => {
      const world = makeWorld(state);
      const truth = trueRewards(world);
      const list = state.list;
      const parts = explainReward(world, list);
      parts.forEach((part, t) => {
        close(part.probability, world.expectedFeedback(0, list)[t]);
        close(part.probability, part.attention / (1 + Math.exp(-part.logit)));
      });
      const best = enumerateBest(world, 0, [0, 1, 2, 3, 4, 5]);
      close(truth[placeOfBest(truth)], best.expectedReward);
    }),
    { numRuns: 40 },
  );
});

test("the ensemble's rewards are those of the library's ensemble", () => {
  class Known extends Module implements ListJudge {
    constructor(private readonly values: Float64Array) {
      super();
    }
    rewards(): Tensor {
      return tensor(this.values, [1, this.values.length]);
    }
  }
  fc.assert(
    fc.property(
      fc.array(fc.array(tenths(-3, 3), { minLength: 5, maxLength: 5 }), { minLength: 1, maxLength: 5 }),
      tenths(0, 3),
      (rows, pessimism) => {
        const members = rows.map((row) => Float64Array.from(row));
        const library = new JudgeEnsemble(
          members.map((own) => new Known(own)),
          pessimism,
        );
        const expected = library.rewards({} as never, {} as never).dataSync();
        allClose(ensembleRewards(members, pessimism), expected, 1e-6);
      },
    ),
    { numRuns: 50 },
  );
});

test("a group's numbers are those of groupCrossEntropy, for every normalisation", () => {
  fc.assert(
    fc.property(states, (state) => {
      const random = new Random({ seed: state.seed, stream: "rows", step: 0 });
      const lists = Array.from({ length: Math.max(2, groupSizeOf(state) % 9) }, (_, at) => ({
        reward: 2 * random.uniform(),
        logProbability: -5 * random.uniform(),
        isDistinct: at < 2 || random.uniform() < 0.8,
      }));
      const view = viewGroup(
        lists,
        { ...state, objective: "goalrank" },
        lists.map(() => -1),
      );
      const neighbour = lists.map(({ reward }) => view.mean + state.loudness * (reward - view.mean));
      const isBatch = state.normalisation === "batch";
      const rows = isBatch ? 2 : 1;
      const twice = <Value>(own: readonly Value[], other: readonly Value[]) => (isBatch ? [...own, ...other] : own);
      const kept = lists.map(({ isDistinct }) => Number(isDistinct));
      const logs = lists.map(({ logProbability }) => logProbability);
      const { loss, referencePolicy } = groupCrossEntropy(
        tensor(
          Float64Array.from(
            twice(
              lists.map(({ reward }) => reward),
              neighbour,
            ),
          ),
          [rows, lists.length],
        ),
        tensor(Float64Array.from(twice(logs, logs)), [rows, lists.length]),
        { ...state, mask: tensor(Int32Array.from(twice(kept, kept)), [rows, lists.length]) },
      );
      const reference = referencePolicy.dataSync();
      close(view.loss, loss.dataSync()[0]);
      view.rows.forEach((row, at) => {
        close(row.reference, reference[at]);
        if (row.isDistinct && !view.isSkipped) close(row.push, row.reference - row.policy, 1e-8);
      });
      // z is what the reference is the softmax of.
      const weights = view.rows.map((row) =>
        row.isDistinct ? Math.exp((row.z - view.rows[0].z) / state.temperature) : 0,
      );
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const softened = weights.map((weight) => weight / total);
      const references = view.rows.map((row) => row.reference);
      if (!view.isSkipped) allClose(references, softened, 1e-6);
    }),
    { numRuns: 60 },
  );
});

test("equal rewards skip the group", () => {
  const lists = [1, 1, 1].map((reward) => ({ reward, logProbability: -2, isDistinct: true }));
  const view = viewGroup(lists, FIRST_STATE, [-2, -2, -2]);
  assert.ok(view.isSkipped);
  assert.is(view.loss, 0);
  assert.equal(
    view.rows.map(({ reference, push }) => reference + push),
    [0, 0, 0],
  );
});

test("groups hold as many lists of each source as asked for, and mark repetitions", () => {
  fc.assert(
    fc.property(states, fc.integer({ min: 0, max: 5 }), (state, step) => {
      const world = makeWorld(state);
      const rewards = trueRewards(world);
      const policy = boltzmannPolicy(rewards, 0.5);
      if (groupSizeOf(state) === state.counts[5]) return;
      const group = drawGroup(state, { policy, rewards, log: makeLog(world, state), step });
      SOURCES.forEach((source, at) => {
        assert.is(group.filter((list) => list.source === source).length, state.counts[at], source);
      });
      group.forEach(({ index, isDistinct }, at) => {
        assert.is(isDistinct, group.findIndex((other) => other.index === index) === at);
      });
    }),
    { numRuns: 40 },
  );
});

test("the tree's edges multiply to each list's probability", () => {
  const training = new Training(FIRST_STATE);
  const { logs } = training.start;
  const policy = probabilities(logs);
  const tree = prefixTree(policy);
  assert.equal(
    tree.map((nodes) => nodes.length),
    [6, 30, 120],
  );
  for (const level of tree)
    close(
      level.reduce((sum, { probability }) => sum + probability, 0),
      1,
      1e-6,
    );
  for (let index = 0; index < LIST_COUNT; index += 7) {
    const path = pathTo(tree, index);
    assert.equal(path.at(-1)?.prefix, [...listAt(index)]);
    close(
      path.reduce((product, { edge }) => product * edge, 1),
      policy[index],
      1e-6,
    );
  }
  close(entropyOf(logs), -policy.reduce((sum, p) => sum + p * Math.log(p), 0));
  training.dispose();
});

test("the same state gives the same training, and steps are remembered", () => {
  const one = new Training(FIRST_STATE);
  const other = new Training({ ...FIRST_STATE });
  const late = one.moment(5);
  assert.equal(late.logs, other.moment(5).logs);
  assert.is(one.moment(3), one.moment(3));
  assert.is(one.frontier, 5);
  const { group, rewards, logs } = one.moment(2);
  assert.is(scored(group, rewards, logs).length, groupSizeOf(FIRST_STATE));
  one.dispose();
  other.dispose();
});

test("over all lists training comes to pi_ref, and not to the best list", () => {
  const training = new Training({ ...FIRST_STATE, judge: "truth", space: "all" });
  const { curves, rewards } = training.moment(150);
  const { oracle, referenceTruth } = training.levels(training.moment(150));
  assert.ok(curves.divergence < 0.05, `${curves.divergence}`);
  close(curves.expectedTruth, referenceTruth, 0.02);
  assert.ok(curves.expectedTruth < 0.9 * oracle);
  const { referencePolicy } = groupCrossEntropy(tensor(rewards, [1, LIST_COUNT]), tensor(rewards, [1, LIST_COUNT]), {
    temperature: 0.5,
  });
  const shares = referencePolicy.dataSync();
  allClose(wholeReference(rewards, FIRST_STATE), shares);
  training.dispose();
});

test("a fit of theorem 1 is the library's, step by step, and counts its numbers as the library does", async () => {
  const target = targetPolicy(1);
  const shape = { members: 2, width: 1 };
  const fit = new Fit(shape, target, 1);
  fit.advance(3);
  fit.advance(1000);
  const library = await approximate(SPACE, [target], shape, { seed: 1, restarts: 2, steps: 400 });
  close(fit.error, library.errors[0], 1e-4);
  assert.is(numbersLearned(shape), library.parameters);
  const wide = new GeneratorMixtures(
    SPACE,
    { instances: 1, members: 1, width: 5 },
    new Random({ seed: 1, stream: "t", step: 0 }),
  );
  assert.is(numbersLearned({ members: 1, width: 5 }), wide.numbersLearned);
  const few = embedded(await fit.mixture(), 2);
  const many = embedded(await fit.mixture(), 32);
  assert.equal([few.blockUnits, few.headUnits, few.layers[0]], [2, 37, 39]);
  for (const { error, bound } of [few, many]) assert.ok(error <= bound, `${error} over ${bound}`);
  assert.ok(many.error < few.error && many.error < 1e-3);
  fit.dispose();
});

test("a prejudice is the kindness to an item, and what was painted", () => {
  const own = prejudice({ kindItem: 2, kindness: 0.5, edits: { 7: -1 } });
  own.forEach((value, index) => {
    assert.is(value, (listAt(index).includes(2) ? 0.5 : 0) + (index === 7 ? -1 : 0));
  });
});

test("own data is read, or its first mistake is named", () => {
  const read = readOwnData(EXAMPLE_DATA);
  assert.ok("change" in read && read.change.logLines.length === 4);
  assert.ok("change" in read && read.change.topics.join() === "0,0,1,1,2,2");
  for (const [text, reason] of [
    ["A, x", /6 lines of items/],
    [EXAMPLE_DATA.replace("Latte, coffee", "Espresso, coffee"), /same name/],
    [EXAMPLE_DATA.replace("pastry, 0.4", "cake, 0.4"), /at most 3/],
    [EXAMPLE_DATA.replace("Espresso > Scone", "Espresso > Bagel"), /line 7/],
    [EXAMPLE_DATA.replace("Latte, 2", "Latte, 4"), /line 7.*from 0 to 3/],
    [EXAMPLE_DATA.replace("0.5", "lots"), /appeal/],
  ] as const) {
    const own = readOwnData(text);
    assert.match("problem" in own ? own.problem : "", reason, text);
  }
});

test.run();
