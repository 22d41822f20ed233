/** The helper set as configuration, and groups built from it. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { buildGroups, type GroupContext } from "../../../src/goalrank/groups/build.ts";
import {
  checkGroupSet,
  DEFAULT_GROUP_SET,
  GROUP_SOURCES,
  type GroupSet,
} from "../../../src/goalrank/groups/group-set.ts";
import { randomLists } from "../../../src/goalrank/groups/random.ts";
import { defaultDevice, gumbelTopK, noGrad, scope, tensor } from "../../../src/tensor/index.ts";
import { CANDIDATES, createGenerator, encode, key, LENGTH, REQUESTS, split } from "../../small-generator.ts";
import { throwsMessage } from "../../throws-message.ts";

const test = suite("group set");

const generator = await createGenerator();
const logits = tensor(
  Float32Array.from({ length: REQUESTS * CANDIDATES }, (_, at) => Math.sin(at)),
  [REQUESTS, CANDIDATES],
);
const context: GroupContext = {
  requests: REQUESTS,
  candidates: CANDIDATES,
  length: LENGTH,
  key: key(1),
  policy: { generator, memory: encode(generator) },
  logits,
  judgeLogits: logits,
  logged: Int32Array.of(0, 1, 2, 3, -1, 5, 5, 4, 3),
  helpers: new Map([
    [
      "prm",
      {
        lists: Int32Array.of(5, 0, 1, 2, 3, 4, 4, 1, 0),
        scores: Float32Array.from({ length: REQUESTS * CANDIDATES }, (_, at) => Math.cos(at)),
      },
    ],
  ]),
};

test("every source gives its count of valid lists to every group", async () => {
  const set: GroupSet = [
    { source: "diverse", count: 2, temperature: 0.5, penalty: 2 },
    { source: "substitution", count: 3 },
    { source: "logged", count: 1 },
    { source: "policy", count: 2, temperature: 0.7, topP: 0.9 },
    { source: "policy", count: 1, temperature: 2 },
    { source: "tree", count: 4, steps: 2 },
    { source: "pointwise", count: 2, temperature: 0.5 },
    { source: "judge", count: 1 },
    { source: "helper", method: "prm", count: 2 },
    { source: "markov", count: 2 },
    { source: "random", count: 0 },
    { source: "random", count: 1 },
  ];
  const before = defaultDevice().live;
  const groups = await buildGroups(set, context);
  assert.equal(defaultDevice().live, before, "nothing is left on the device");
  assert.is(groups.groupSize, 21);
  assert.equal(
    groups.sources.join(" "),
    "policy policy policy tree tree tree tree pointwise pointwise judge helper helper markov markov random logged " +
      "substitution substitution substitution diverse diverse",
  );
  assert.is(new Set(groups.sources).size, GROUP_SOURCES.length);
  for (const list of split(groups.lists)) {
    assert.is(new Set(list).size, LENGTH, `${list}`);
    assert.ok(list.every((n) => n >= 0 && n < CANDIDATES));
  }
  const at = groups.sources.indexOf("logged");
  const loggedOf = (request: number) => split(groups.lists)[request * groups.groupSize + at];
  assert.equal(loggedOf(0), [0, 1, 2]);
  assert.equal(loggedOf(2), [5, 4, 3]);
  assert.is(groups.distinct[groups.groupSize + at], 0, "a repetition stands for what cannot be scored");
  assert.equal(await buildGroups(set, context), groups, "the key decides everything");
  const other = await buildGroups(set, { ...context, key: key(2) });
  assert.not.equal(other.lists, groups.lists);
});

const counts = fc.integer({ min: 0, max: 3 });
const temperatures = fc.constantFrom(0.2, 1, 5);
const entries: fc.Arbitrary<GroupSet[number]> = fc.oneof(
  fc.record({
    source: fc.constant("policy" as const),
    count: counts,
    temperature: temperatures,
    topP: fc.constantFrom(0.1, 0.9, 1),
  }),
  fc.record({ source: fc.constant("tree" as const), count: counts, steps: fc.integer({ min: 1, max: LENGTH }) }),
  fc.record({ source: fc.constantFrom("pointwise", "markov"), count: counts, temperature: temperatures }),
  fc.record({ source: fc.constantFrom("random", "substitution"), count: counts }),
  fc.record({ source: fc.constant("diverse" as const), count: counts, penalty: fc.constantFrom(0, 1, 9) }),
);

test("whatever the set, groups are made of valid lists, and repetitions are marked", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(entries, { maxLength: 5 }), fc.nat(), async (drawn, seed) => {
      const set: GroupSet = [{ source: "random", count: 2 }, ...drawn];
      const groups = await buildGroups(set, { ...context, key: key(seed) });
      assert.is(
        groups.groupSize,
        set.reduce((sum, { count }) => sum + count, 0),
      );
      for (let request = 0; request < REQUESTS; request++) {
        const start = request * groups.groupSize;
        const own = split(groups.lists).slice(start, start + groups.groupSize);
        own.forEach((list, place) => {
          assert.is(new Set(list).size, LENGTH, `${groups.sources[place]}: ${list}`);
          assert.ok(list.every((n) => n >= 0 && n < CANDIDATES));
          const isFirst = own.findIndex((other) => other.join() === list.join()) === place;
          assert.is(groups.distinct[start + place], isFirst ? 1 : 0);
        });
      }
    }),
    { numRuns: 40 },
  );
});

test("entries of one source draw lists of their own", async () => {
  const { lists } = await buildGroups(
    [
      { source: "random", count: 2 },
      { source: "random", count: 2 },
    ],
    { ...context, candidates: 30 },
  );
  const [first, second, third, fourth] = split(lists);
  assert.not.equal([first, second], [third, fourth]);
});

test("the default set is drawn from the streams that are named after its sources", async () => {
  assert.equal(
    DEFAULT_GROUP_SET.map(({ source, count }) => `${source} ${count}`),
    ["policy 8", "pointwise 2", "random 1", "substitution 5"],
  );
  const groups = await buildGroups(DEFAULT_GROUP_SET, context);
  const named = (name: string) => ({ ...context.key, stream: `${context.key.stream} ${name}` });
  using _ = scope();
  const pointwise = gumbelTopK(logits.div(0.5), { lists: 2, length: LENGTH, key: named("pointwise") });
  const policy = noGrad(() =>
    generator.decode(context.policy?.memory ?? encode(generator), {
      lists: 8,
      sampling: { temperature: 1, key: named("policy") },
    }),
  );
  const random = randomLists(REQUESTS, 1, { candidates: CANDIDATES, length: LENGTH, key: named("random") });
  const drawn = split(groups.lists);
  for (let request = 0; request < REQUESTS; request++) {
    const group = drawn.slice(request * 16, (request + 1) * 16);
    assert.equal(group.slice(0, 8), split(policy.dataSync()).slice(request * 8, (request + 1) * 8));
    assert.equal(group.slice(8, 10), split(pointwise.dataSync()).slice(request * 2, (request + 1) * 2));
    assert.equal(group[10], split(random.lists)[request]);
  }
});

const refused: Readonly<Record<string, [unknown, string]>> = {
  "an unknown source": [
    [{ source: "polcy", count: 2 }],
    "[0].source: expected one of policy, tree, pointwise, judge, markov, random, substitution, diverse, helper, " +
      'logged, got "polcy"; did you mean "policy"?',
  ],
  "an unknown option": [
    [{ source: "policy", count: 2, topp: 0.5 }],
    "[0].topp: unknown key; did you mean topP?; the keys here are source, count, temperature, topP",
  ],
  "a count that is no number": [
    [{ source: "random", count: 1.5 }],
    "[0].count: expected an integer of at least 0, got 1.5",
  ],
  "a temperature of zero": [
    [{ source: "pointwise", count: 2, temperature: 0 }],
    "[0].temperature: expected a number over 0, got 0",
  ],
  "a top-p over one": [
    [{ source: "policy", count: 2, topP: 2 }],
    "[0].topP: expected a number over 0 and at most 1, got 2",
  ],
  "a negative penalty": [
    [{ source: "diverse", count: 2, penalty: -1 }],
    "[0].penalty: expected a number of at least 0, got -1",
  ],
  "a tree without steps": [
    [{ source: "tree", count: 2, steps: 0, branches: 2 }],
    "[0].steps: expected an integer of at least 1, got 0",
  ],
  "a tree that is too small": [
    [{ source: "tree", count: 5, steps: 2, branches: 2 }],
    "[0]: 2 branches in each of 2 steps give 4 lists of tree, expected at least its count, 5",
  ],
  "two logged lists": [
    [{ source: "logged", count: 2 }],
    "[0].count: expected an integer of at least 0 and at most 1, got 2",
  ],
  "nothing to compare": [
    [{ source: "random", count: 1 }],
    ": a group needs at least 2 lists to compare, the set gives 1",
  ],
  "nothing to substitute in": [
    [{ source: "substitution", count: 3 }],
    ": substitution needs at least one list to start from; add another source",
  ],
};

for (const [name, [set, message]] of Object.entries(refused)) {
  test(`a set is refused that has ${name}`, () => {
    throwsMessage(() => checkGroupSet(set as GroupSet), `groups.set${message}`);
  });
}

test("a source says what it lacks", async () => {
  const { requests, candidates, length } = context;
  const bare = { requests, candidates, length, key: key(1) };
  const expected = {
    policy: "groups: source policy needs the generator and its memory, as policy",
    tree: "groups: source tree needs the generator and its memory, as policy",
    markov: "groups: source markov needs the generator and its memory, as policy",
    pointwise: "groups: source pointwise needs a scorer's logits, as logits",
    diverse: "groups: source diverse needs a scorer's logits, as logits",
    helper: "groups: source helper needs what prm answers, as helpers",
    logged: "groups: source logged needs the lists that were shown, as logged",
  } as const;
  const failure = async (set: GroupSet, own: GroupContext) => {
    try {
      await buildGroups(set, own);
      return "none";
    } catch (error) {
      return (error as Error).message;
    }
  };
  for (const [source, message] of Object.entries(expected)) {
    const entry = { source, count: 1, ...(source === "helper" && { method: "prm" }) } as GroupSet[number];
    assert.is(await failure([{ source: "random", count: 1 }, entry], bare), message);
  }
  assert.is(
    await failure([{ source: "random", count: 2 }], { ...bare, length: 7 }),
    "groups: 6 candidates do not fill 7 positions of a list",
  );
});

test("a helper gives its own answer first, then draws from its scores that change with the key", async () => {
  const set: GroupSet = [{ source: "helper", method: "prm", count: 4, temperature: 2 }];
  const { lists } = await buildGroups(set, context);
  const answers = [
    [5, 0, 1],
    [2, 3, 4],
    [4, 1, 0],
  ];
  split(lists).forEach((list, at) => {
    if (at % 4 === 0) assert.equal(list, answers[at / 4]);
    else assert.is(new Set(list).size, LENGTH);
  });
  const { lists: others } = await buildGroups(set, { ...context, key: key(2) });
  assert.not.equal([...others], [...lists]);
  assert.equal(split(others)[0], answers[0]);
  const cold = await buildGroups([{ source: "helper", method: "prm", count: 2, temperature: 1e-4 }], context);
  const scores = Array.from({ length: CANDIDATES }, (_, n) => Math.cos(n));
  const best = scores.map((_, n) => n).sort((a, b) => scores[b] - scores[a]);
  assert.equal(split(cold.lists)[1], best.slice(0, LENGTH));
});

test("scores of the policy are those of its first position, for pointwise and for diverse", async () => {
  const { policy, logits: _, ...others } = context;
  if (policy === undefined) throw new Error("the context has no policy");
  const first = noGrad(() => policy.generator.begin(policy.memory, 1).logits);
  for (const source of ["pointwise", "diverse"] as const) {
    const draw = (own: GroupContext, entry: object) =>
      buildGroups([{ source, count: 3, temperature: 0.5, ...entry }], own);
    const ofPolicy = await draw({ ...others, policy }, { scores: "policy" });
    const given = await draw({ ...others, logits: first }, {});
    assert.equal(ofPolicy, given, source);
    assert.not.equal([...ofPolicy.lists], [...(await draw(context, {})).lists], "the DNN's are others");
  }
});

test.run();
