/** Candidates and users that a ranker does not know: what becomes of them, and what their features are worth. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Ranker } from "../../src/ranker/ranker.ts";
import type { RankRequest } from "../../src/ranker/requests.ts";
import { fileOf } from "./featured-ranker.ts";

const test = suite("unknown candidates");
const ranker = await Ranker.create(await fileOf("goalrank"), { threads: 1 });
const pier = await Ranker.create(await fileOf("pier"), { threads: 1 });
test.after(() => ranker.dispose());
test.after(() => pier.dispose());

const candidates = ["i1", "new", "i2", "newer", "i3", "i4", "i5"];
const known = candidates.filter((item) => item.startsWith("i"));
const newItem = { price: 55, genres: ["g1", "g3"], kind: "k0" };

async function problemOf(request: RankRequest): Promise<string> {
  return ranker.rank(request).then(
    ({ items }) => `no problem: ${items}`,
    (error: Error) => error.message,
  );
}

test("unknown ones are listed last, left out, or an error, as is asked; the answer names them", async () => {
  const expected = await ranker.rank({ candidates: known, length: 3 });
  const unknownCandidates = ["new", "newer"];
  assert.equal(await ranker.rank({ candidates, length: 3 }), { ...expected, unknownCandidates });
  assert.equal(await ranker.rank({ candidates, length: 3, unknown: "skip" }), { ...expected, unknownCandidates });
  assert.is(
    await problemOf({ candidates, unknown: "error" }),
    'candidates[1]: the item "new" is unknown; leave it out, give its `features`, or ask with `unknown`: last or skip',
  );
  const few = ["new", "i1", "newer", "i2"];
  const two = await ranker.rank({ candidates: ["i1", "i2"], length: 2 });
  const whole = await ranker.rank({ candidates: few });
  assert.equal(whole.items, [...two.items, "new", "newer"]);
  assert.equal(whole.scores, [...two.scores, 0, 0]);
  assert.is(whole.logProbability, two.logProbability);
  assert.match(await problemOf({ candidates: few, unknown: "skip", length: 4 }), /2 are too few for a list of 4/);
  const none = await ranker.rank({ candidates: ["x", "y"], length: 2 });
  assert.equal(none, {
    items: ["x", "y"],
    scores: [0, 0],
    logProbability: 0,
    unknownHistory: 0,
    unknownCandidates: ["x", "y"],
  });
});

test("what a ranker is created with holds where a request says nothing", async () => {
  const strict = await Ranker.create(await fileOf("dnn"), { threads: 1, unknown: "error" });
  assert.match(String(await strict.rank({ candidates }).catch((error: Error) => error)), /"new" is unknown/);
  assert.is((await strict.rank({ candidates, unknown: "skip" })).items.length, 4);
  assert.is(await strict.rank({ candidates, unknown: undefined }).catch(() => "refused"), "refused");
  strict.dispose();
});

test("rules hold for unknown ones at the end, too", async () => {
  const few = ["x", "i1", "y", "i2", "z"];
  const of = { x: "shoes", y: "shoes", z: "hats", i1: "shoes" };
  const rank = (constraints: RankRequest["constraints"], length = 3) =>
    ranker.rank({ candidates: few, length, constraints });
  assert.equal((await rank({ exclude: ["x"] })).items[2], "y");
  const { items } = await rank({ categories: { of, limit: 1 } });
  assert.equal([...items.slice(0, 2)].sort(), ["i1", "i2"]);
  assert.is(items[2], "z");
  assert.is(
    await problemOf({ candidates: few, length: 4, constraints: { categories: { of, limit: 1 } } }),
    "constraints: they leave 3 of 5 candidates for 4 positions",
  );
  assert.is(
    await problemOf({ candidates: few, constraints: { pins: [{ item: "x", position: 0 }] } }),
    'constraints.pins[0].item: the item "x" is unknown, and cannot be pinned unless with its `features`',
  );
  assert.equal((await rank({ pins: [{ item: "i2", position: 1 }] })).items, ["i1", "i2", "x"]);
});

for (const [name, own] of [
  ["GoalRank", ranker],
  ["PIER", pier],
] as const) {
  test(`an unknown item is ranked by its features among the others, by ${name}`, async () => {
    const asked = (features: typeof newItem) =>
      own.rank({ user: "u1", candidates: [...known, { item: "new", features }] });
    const answer = await asked(newItem);
    assert.equal(answer.unknownCandidates, ["new"]);
    assert.is(answer.items.length, 4);
    assert.ok(answer.scores.every((score) => score > 0));
    assert.equal(await asked({ ...newItem, genres: ["g3", "g1"] }), answer);
    assert.is.not((await asked({ ...newItem, price: 5000 })).logProbability, answer.logProbability);
    assert.is.not((await asked({ ...newItem, kind: "k1" })).logProbability, answer.logProbability);
  });
}

test("features as the log has them are those of the item: nothing changes for a known one, but with others it does", async () => {
  const rank = (first: RankRequest["candidates"]) => ranker.rank({ candidates: [...(first ?? []), "i2", "i3", "i4"] });
  const plain = await rank(["i1"]);
  const same = await rank([{ item: "i1", features: { price: 10, genres: "g1|g3", kind: "k1" } }]);
  assert.equal(same.items, plain.items);
  assert.ok(Math.abs(same.logProbability - plain.logProbability) < 1e-5);
  assert.is("unknownCandidates" in same, false);
  const cheaper = await rank([{ item: "i1", features: { price: -300 } }]);
  assert.ok(Math.abs(cheaper.logProbability - plain.logProbability) > 1e-4);
});

test("a user whom the log never saw brings features along", async () => {
  const rank = (request: RankRequest) => ranker.rank({ candidates: known, ...request });
  const stranger = await rank({});
  const described = await rank({ user: "somebody", userFeatures: { price: 1, genres: "g1", kind: "k0" }, history: [] });
  assert.ok(Math.abs(described.logProbability - stranger.logProbability) > 1e-5);
  const u1 = await rank({ user: "u1", history: [] });
  assert.ok(Math.abs(described.logProbability - u1.logProbability) < 1e-5, "those of u1 are the same");
  const together = await ranker.rankMany([
    { candidates: known },
    { candidates: known, userFeatures: { price: 1, genres: "g1", kind: "k0" } },
    { candidates: known, user: "u1", history: [] },
  ]);
  const logs = together.map((answer) => ("logProbability" in answer ? answer.logProbability : Number.NaN));
  [stranger, described, u1].forEach(({ logProbability }, n) => {
    assert.ok(Math.abs(logs[n] - logProbability) < 1e-5);
  });
});

test("values that are none of their columns are errors that say where", async () => {
  const cases: readonly (readonly [Record<string, unknown>, string])[] = [
    [
      { colour: "red" },
      'colour: this ranker knows no column of that name; did you mean "price"? There are price, kind, genres',
    ],
    [{ price: "cheap" }, 'price: expected a number, got "cheap"'],
    [{ price: true }, "price: expected a number, got true"],
    [{ price: 1e300 }, "price: expected a number, got 1e+300"],
    [{ kind: ["k0", "k1"] }, 'kind: expected one category, got ["k0","k1"]'],
  ];
  for (const [features, message] of cases) {
    const request = { candidates: [...known, { item: "new", features }] } as RankRequest;
    const found = await problemOf(request);
    assert.is(found, `candidates[5].features: ${message}`);
    const ofUser = { candidates: known, userFeatures: features } as RankRequest;
    assert.ok((await problemOf(ofUser)).startsWith("userFeatures: "));
  }
  assert.equal(ranker.description.columns, { user: ["price", "kind", "genres"], item: ["price", "kind", "genres"] });
});

test("errors of constraints speak in the names that were given", async () => {
  const pins = (...places: readonly (readonly [string, number])[]) => ({
    pins: places.map(([item, position]) => ({ item, position })),
  });
  const cases: readonly (readonly [RankRequest["constraints"], string])[] = [
    [pins(["i1", 0], ["i2", 0]), 'position 0 is pinned twice, to candidates "i1" and "i2"'],
    [pins(["i1", 0], ["i1", 1]), 'candidate "i1" is pinned twice'],
    [{ ...pins(["i1", 0]), exclude: ["i1"] }, 'pinned candidate "i1" is forbidden'],
    [
      { ...pins(["i1", 0], ["i2", 1]), categories: { of: { i1: "shoes", i2: "shoes" }, limit: 1 } },
      '2 pinned candidates are of category "shoes", at most 1 may be',
    ],
  ];
  for (const [constraints, message] of cases) {
    const found = await problemOf({ candidates: known, length: 2, constraints });
    assert.is(found, `constraints: no list that meets them: ${message}`);
  }
});

test.run();
