/** Each gate: a case in which it holds, with its figure, and one just beside in which it does not. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Evidence, openGates } from "../../../src/run/verdict/gates.ts";
import { choice, evidence, losses, reportWith } from "./evidence.ts";

type Changes = Partial<Evidence>;

const lead = (mean: number, pValue: number) => ({ over: "random", mean, halfWidth: 0.01, pValue });
const [retriever, prm] = choice.methods;

/** Ours less theirs. */
const rival = (lists: "validation" | "test", mean: number, pValue: number) => {
  const lead = { mean, halfWidth: 0.01, pValue };
  return { method: "LambdaMART", lists, count: 400, mean: 0.4, ours: "prm", oursMean: 0.4 + mean, lead };
};

/** Of each gate whether it blocks, a case with its figure, and a case in which it does not hold. */
const CASES: Record<string, [blocks: boolean, holds: Changes, figure: number, holdsNot: Changes]> = {
  "no-training-lists": [true, { trainingLists: 0 }, 0, { trainingLists: 1 }],
  "no-validation-lists": [
    true,
    { choice: { measure: "ndcg", lists: 1, methods: [] } },
    1,
    { choice: { ...choice, lists: 2 } },
  ],
  "not-above-random": [
    true,
    { choice: { ...choice, overRandom: lead(0.05, 0.06) } },
    0.06,
    { choice: { ...choice, overRandom: lead(0.05, 0.04) } },
  ],
  "rival-is-better": [
    true,
    { rival: rival("validation", -0.05, 0.04) },
    -0.05,
    { rival: rival("validation", -0.05, 0.06) },
  ],
  "measures-injection": [
    true,
    { report: reportWith({ test: { scoreToExposure: 0.009 } }) },
    0.009,
    { report: reportWith({ test: { scoreToExposure: 0.25 } }) },
  ],
  "not-above-retriever": [
    false,
    {
      choice: {
        ...choice,
        chosen: "retriever",
        methods: [
          { ...retriever, mean: 0.5 },
          { ...prm, mean: 0.25 },
        ],
      },
    },
    -0.25,
    { choice: { ...choice, chosen: "retriever", methods: [retriever] } },
  ],
  "within-noise": [
    false,
    {
      choice: {
        ...choice,
        methods: [
          retriever,
          prm,
          { ...prm, name: "mir", toBest: { mean: -0.01, halfWidth: 0.02, pValue: 0.3 }, isWithinNoise: true },
        ],
      },
    },
    0.3,
    {
      choice: {
        ...choice,
        methods: [
          retriever,
          prm,
          { ...prm, name: "mir", toBest: { mean: -0.1, halfWidth: 0.02, pValue: 0.01 }, isWithinNoise: false },
        ],
      },
    },
  ],
  "test-disagrees": [false, { tested: [lead(-0.02, 0.01)] }, -0.02, { tested: [lead(-0.02, 0.06)] }],
  judge: [
    false,
    { judge: { rSquared: -0.2, pearson: 0.1 } },
    -0.2,
    { judge: { rSquared: -0.2, pearson: 0.1 }, judged: [] },
  ],
  "all-positive": [
    false,
    { report: reportWith({ kept: { positives: 950 } }) },
    0.95,
    { report: reportWith({ kept: { positives: 949 } }) },
  ],
  "too-few-steps": [
    false,
    {
      learning: [
        { stage: "DNN", losses: losses(100) },
        { stage: "prm", losses: losses(12) },
      ],
    },
    12,
    { learning: [{ stage: "prm", losses: losses(100) }] },
  ],
  "not-converged": [
    false,
    { learning: [{ stage: "prm", losses: losses(200, 0.0625) }] },
    0.0625,
    { learning: [{ stage: "prm", losses: losses(200, 0.04) }] },
  ],
  "liked-but-negative": [
    false,
    { report: reportWith({ passedOver: { liked: 0.4, others: 0.3 } }) },
    0.4,
    { report: reportWith({ passedOver: { liked: 0.1, others: 0.05 } }) },
  ],
  "few-test-lists": [false, { testLists: 299 }, 299, { testLists: 300 }],
  core: [
    false,
    { report: reportWith({ kept: { interactions: 120, positives: 60 } }) },
    0.12,
    { report: reportWith({ kept: { interactions: 700, positives: 350 } }) },
  ],
};

test("where nothing is wrong no gate holds", () => {
  assert.equal(openGates(evidence), []);
});

for (const [name, [blocks, holds, figure, holdsNot]] of Object.entries(CASES)) {
  test(`${name} holds where it should, with its figure, and only there`, () => {
    const [gate, ...others] = openGates({ ...evidence, ...holds });
    assert.equal(others, []);
    assert.is(gate.name, name);
    assert.is(gate.blocks, blocks);
    assert.ok(Math.abs(gate.figure - figure) < 1e-12, `${name}: ${gate.figure}`);
    assert.equal(openGates({ ...evidence, ...holdsNot }), []);
  });
}

test("what the judge knows counts by correlation too, and not where all lists earned the same", () => {
  const figureOf = (judge: Evidence["judge"]) => openGates({ ...evidence, judge })[0]?.figure;
  // Of rewards that only order lists.
  assert.is(figureOf({ rSquared: undefined, pearson: 0.1 }), undefined);
  assert.is(figureOf({ rSquared: undefined, pearson: -0.1 }), -0.1);
  assert.is(figureOf({ rSquared: 0.1, pearson: -0.3 }), -0.3);
  assert.is(figureOf({ rSquared: Number.NaN, pearson: undefined }), undefined);
});

test("of a rival with scores of the test alone any lead counts", () => {
  assert.is(openGates({ ...evidence, rival: rival("test", -0.01, 0.9) })[0]?.name, "rival-is-better");
  assert.equal(openGates({ ...evidence, rival: rival("test", 0.01, 0.9) }), []);
});

test("the retriever's score may tell what was shown where nothing is injected", () => {
  const retrieved = reportWith({ test: { scoreToExposure: 0.9, candidates: "retrieved" } });
  assert.equal(openGates({ ...evidence, report: retrieved }), []);
});

test("a world has no log to warn of", () => {
  assert.equal(openGates({ ...evidence, report: undefined }), []);
});

test("what blocks comes first", () => {
  const gates = openGates({ ...evidence, testLists: 3, report: reportWith({ test: { scoreToExposure: 0.99 } }) });
  assert.equal(
    gates.map(({ name }) => name),
    ["measures-injection", "few-test-lists"],
  );
});

test.run();
