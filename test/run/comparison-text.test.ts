/** The results of a run in text. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { RunResult } from "../../src/run/compare.ts";
import { comparisonTable, formatComparison } from "../../src/run/comparison-text.ts";
import type { MethodResult } from "../../src/run/evaluate-lists.ts";

const row = (method: string, trueReward?: number): MethodResult => ({
  name: method,
  method,
  trueReward,
  regret: trueReward && 2 - trueReward,
  predictedReward: 1.25,
  hit: 0.1,
  ndcg: 0.2,
  map: 0.3,
  f1: 0.4,
  auc: undefined,
  users: 1,
  usersWithoutPositive: 0,
  usersWithoutNegative: 0,
  halfWidths: {
    trueReward: undefined,
    regret: undefined,
    predictedReward: undefined,
    auc: undefined,
    hit: undefined,
    ndcg: undefined,
    map: undefined,
    f1: undefined,
  },
});

const result = (rows: readonly MethodResult[], pearson: number | undefined): RunResult => ({
  ...{ listLength: 4, testRequests: 1, rows, trueCorrelation: undefined, advantages: [], offPolicy: undefined },
  protocols: undefined,
  verdict: {
    deploy: "dnn",
    served: "dnn",
    gates: [{ name: "few-test-lists", figure: 1, text: "only 1", blocks: false }],
    text: "Deploy DNN.",
    next: "goalrank serve RUN",
    choice: { measure: "trueReward", lists: 0, methods: [] },
  },
  judge: {
    lists: 10,
    pearson,
    spearman: undefined,
    rSquared: 0,
    meanSquaredError: 1,
    calibration: [],
    orderAccuracy: pearson === undefined ? [] : [{ gap: 1, pairs: 8, accuracy: 0.75 }],
  },
});

test("the truth has columns where it is known, and only there", () => {
  const titles = (rows: MethodResult[]) => comparisonTable({ rows, listLength: 4 })[0];
  assert.equal(titles([row("random"), row("oracle", 2)]).slice(0, 4), ["method", "true reward", "regret", "predicted"]);
  assert.equal(titles([row("random")]).slice(0, 3), ["method", "predicted", "H@4 %"]);
});

test("columns stand under their titles, names to the left and numbers to the right", () => {
  const [head, random] = formatComparison(result([row("random")], 0.5)).split("\n");
  assert.is(head, "method  predicted  H@4 %  NDCG@4 %  MAP@4 %  F1@4 %  AUC %");
  assert.is(random, "random      1.250   10.0      20.0     30.0    40.0");
});

test("the judge's agreement with the feedback is told, or that there is none to be had", () => {
  const known = formatComparison(result([row("random")], 0.5));
  assert.match(known, /held-out lists: correlation 0\.500 with the feedback\npairs .*: 1\+: 75\.0% of 8\n/);
  const unknown = formatComparison(result([row("random")], undefined));
  assert.match(unknown, /held-out lists: correlation unknown, all lists earned the same\n/);
});

test("a log's table says how its candidates were chosen; the verdict comes last", () => {
  const protocols = {
    split: "last-list",
    candidates: { training: "injected", validation: "injected", test: "retrieved" },
  } as const;
  const lines = formatComparison({ ...result([row("random")], 0.5), protocols }).split("\n");
  assert.is(lines[0], "1 test lists (last-list) of retrieved candidates:");
  assert.equal(lines.slice(-3), [
    "verdict: Deploy DNN.",
    "warning, few-test-lists: only 1",
    "next: goalrank train all with --out FOLDER, which keeps the ranker",
  ]);
});

test.run();
