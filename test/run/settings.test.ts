/** What a run's settings refuse, and which method a run deploys. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BASELINES, RELATIVES } from "../../src/methods/index.ts";

import { LIST_NET } from "../../src/methods/list-net.ts";
import { GOAL_RANK_START, JUDGE } from "../../src/methods/references.ts";

import { checkRun, DEFAULT_RUN, mainMethod, type RunSettings } from "../../src/run/settings.ts";

import { throwsMessage } from "../throws-message.ts";

const test = suite("settings of a run");

const refused = (options: Partial<RunSettings>, message: string) =>
  throwsMessage(() => checkRun({ ...DEFAULT_RUN, ...options }), `run.${message}`);
const accepted = (options: Partial<RunSettings>) => checkRun({ ...DEFAULT_RUN, ...options });
const rewarded = (options: Partial<RunSettings["reward"]>) => ({ reward: { ...DEFAULT_RUN.reward, ...options } });

test("the defaults and all methods together are accepted", () => {
  checkRun(DEFAULT_RUN);
  accepted({ methods: ["imitation", ...[...BASELINES, LIST_NET, ...RELATIVES].map(({ name }) => name), "goalrank"] });
  accepted({ methods: [] });
});

test("a reward model has members, and starts from imitation only with as many blocks", () => {
  for (const members of [0, 1.5]) {
    refused(rewarded({ members }), `reward.members: expected an integer of at least 1, got ${members}`);
  }
  refused(
    rewarded({ start: "imitation" }),
    "reward.contextLayers: a reward model that starts from imitation needs as many context layers as the generator's " +
      "encoder has, 1; got 0",
  );
  accepted(rewarded({ start: "imitation", contextLayers: 1 }));
});

test("what starts from imitation or draws from it does not need it among the methods", () => {
  accepted({ generatorStart: "imitation" });
  accepted(rewarded({ policyLists: 1 }));
});

test("what starts from a contextual judge, or draws from one, needs one", () => {
  refused(
    { generatorStart: "judge" },
    "generatorStart: a generator can start from a contextual judge alone, got the kind list",
  );
  refused(
    { methods: ["goalrank-start"] },
    "methods: goalrank-start is a contextual judge's ranking, got the kind list",
  );
  const groups = { ...DEFAULT_RUN.groups, set: [{ source: "judge", count: 4 }] } as const;
  refused(
    { groups },
    "groups.set[0]: source judge draws by a judge's scores of candidates, which the kind list has not",
  );
  accepted({
    ...rewarded({ kind: "contextual" }),
    generatorStart: "judge",
    groups,
    methods: ["goalrank", "goalrank-start"],
  });
});

test("the width is a multiple of the heads", () => {
  refused({ width: 30, heads: 4 }, "width: must be a multiple of the 4 heads, got 30");
});

test("a method that there is not is named beside the nearest one and all there are", () => {
  const scorers = [...BASELINES, LIST_NET, ...RELATIVES, JUDGE, GOAL_RANK_START];
  const names = ["imitation", ...scorers.map(({ name }) => name), "goalrank"];
  refused(
    { methods: ["goalrank", "set-rnk"] },
    `methods[1]: expected one of ${names.join(", ")}, got "set-rnk"; did you mean "set-rank"?`,
  );
});

test("what is served is trained, or needs no training", () => {
  refused(
    { deploy: "mir" },
    'deploy: "mir" is not trained; expected one of goalrank, dnn, retriever, generator-evaluator-20',
  );
  refused(
    { methods: ["mir", "prm"], deploy: "goalrank" },
    'deploy: "goalrank" is not trained; expected one of mir, prm, dnn, retriever, generator-evaluator-20',
  );
  for (const deploy of ["mir", "dnn", "retriever", "generator-evaluator-20"]) accepted({ methods: ["mir"], deploy });
});

test("the stage generator trains what deploy says, else GoalRank, else the first method, else the DNN", () => {
  assert.is(mainMethod({ methods: ["mir", "goalrank"], deploy: "mir" }), "mir");
  assert.is(mainMethod({ methods: ["mir", "goalrank"] }), "goalrank");
  assert.is(mainMethod({ methods: ["prm", "mir"] }), "prm");
  assert.is(mainMethod({ methods: [] }), "dnn");
});

test("helpers of groups are methods that can be trained before GoalRank", () => {
  const withHelper = (method: string) => {
    const set = [{ source: "helper", method, count: 2 } as const, { source: "random", count: 2 } as const];
    return () => checkRun({ ...DEFAULT_RUN, groups: { ...DEFAULT_RUN.groups, set } });
  };
  withHelper("prm")();
  assert.throws(withHelper("prn"), /groups\.set.*prm/);
  assert.throws(withHelper("goalrank"), /groups\.set/);
});

test.run();
