/** What a verdict says, and what it deploys. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { verdictSchema } from "../../../src/run/result-schema.ts";
import { createVerdict, formatVerdict, nextOf } from "../../../src/run/verdict/verdict.ts";
import { choice, evidence, reportWith } from "./evidence.ts";

test("a verdict names the method, how sure that is, and the next command", () => {
  const verdict = createVerdict(evidence);
  assert.is(verdict.deploy, "prm");
  assert.is(verdict.served, "prm");
  assert.is(
    verdict.text,
    "Deploy PRM. On 400 validation lists of injected candidates PRM has NDCG@6 35.0% ± 2.0%, 5.0 points of NDCG@6 above " +
      "the retriever (95% interval 4.0 to 6.0, p = 0.001) and 5.0 points of NDCG@6 above a random order (95% interval " +
      "4.0 to 6.0, p = 0.001).",
  );
  assert.is(nextOf(verdict, "runs/first"), "goalrank serve runs/first");
  assert.equal(verdictSchema.parse(JSON.parse(JSON.stringify(verdict))), JSON.parse(JSON.stringify(verdict)));
});

test("a gate that blocks deploys nothing, and says what to do; a warning does not", () => {
  const blocked = createVerdict({ ...evidence, report: reportWith({ test: { scoreToExposure: 0.009 } }) });
  assert.is(blocked.deploy, null);
  assert.is(blocked.served, null);
  assert.match(blocked.text, /^Deploy nothing yet: measures-injection: the retriever's score alone .*AUC 0\.009/);
  assert.is(
    nextOf(blocked, "runs/a"),
    "goalrank train all --config runs/a/config.json --protocol retrieved --prepared runs/a-retrieved.goalrank " +
      "--out runs/a-retrieved",
  );
  const warned = createVerdict({ ...evidence, testLists: 20 });
  assert.is(warned.deploy, "prm");
  assert.match(formatVerdict(warned), /\nwarning, few-test-lists: only 20 test lists/);
});

test("the setting deploy overrules the verdict, which says so", () => {
  const nothing = { ...evidence, trainingLists: 0, overruled: "goalrank" };
  const verdict = createVerdict(nothing);
  assert.is(verdict.deploy, null);
  assert.is(verdict.served, "goalrank");
  assert.match(verdict.text, "The setting deploy overrules it: goalrank is served.");
  assert.is(verdict.next, "goalrank serve RUN");
  assert.not.match(createVerdict({ ...evidence, overruled: "prm" }).text, "overrules");
});

test("whether GoalRank is worth it is told with its lead and the reason", () => {
  const goalRank = { name: "goalrank", method: "GoalRank", mean: 0.36, isWithinNoise: true };
  const lead = { over: "prm", mean: 0.01, halfWidth: 0.02, pValue: 0.3 };
  const methods = [...choice.methods, goalRank];
  const textOf = (changes: Partial<typeof choice>, judge = evidence.judge) =>
    createVerdict({ ...evidence, judge, choice: { ...choice, methods, goalRank: lead, ...changes } }).text;
  assert.match(
    textOf({ chosen: "goalrank" }),
    "GoalRank is worth it on this data: it is 1.0 points of NDCG@6 above PRM",
  );
  assert.match(textOf({}), /GoalRank is not worth it on this data: .* above PRM .*; what it adds is within noise/);
  assert.match(textOf({}, { rSquared: -1, pearson: 0.1 }), "its reward model does not know what lists earn");
  const behind = [...choice.methods, { ...goalRank, isWithinNoise: false }];
  assert.match(textOf({ methods: behind }), "; PRM is better.");
  assert.not.match(createVerdict(evidence).text, "GoalRank");
});

test.run();
