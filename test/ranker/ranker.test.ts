/** A ranker answers what its generator would, in the names of the log, and says what is wrong with a request. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { candidateBatch } from "../../src/data/batch.ts";
import type { Catalogue, RequestColumns } from "../../src/data/dataset.ts";
import { MatrixRetriever } from "../../src/data/retrievers/matrix-retriever.ts";
import { decodeScoredLists } from "../../src/goalrank/decoding/decode.ts";
import { Generator } from "../../src/goalrank/generator.ts";
import { Random } from "../../src/kernels/index.ts";
import { loadRanker } from "../../src/ranker/load-ranker.ts";
import { Ranker } from "../../src/ranker/ranker.ts";
import { RankerFileError } from "../../src/ranker/ranker-file.ts";
import { type RankedList, type RankRequest, RankRequestError, type RequestProblem } from "../../src/ranker/requests.ts";
import { defaultDevice, noGrad, scope } from "../../src/tensor/index.ts";
import { logOf, type Row } from "../data/logs.ts";
import { encodeGenerator } from "../encode-generator.ts";

const test = suite("ranker");
const folder = mkdtempSync(join(tmpdir(), "goalrank-ranker-"));
test.after(() => rmSync(folder, { recursive: true }));

const USERS = 6;
const ITEMS = 40;
const LENGTH = 4;
const HISTORY = 5;
const random = (stream: string) => new Random({ seed: 7, stream, step: 0 });
const normals = (draw: Random, count: number) => Float32Array.from({ length: count }, () => draw.normal());
const names = (kind: string, count: number) => Array.from({ length: count }, (_, n) => `${kind}${n}`);

const catalogue: Catalogue = {
  userCount: USERS,
  itemCount: ITEMS,
  userIds: names("u", USERS),
  itemIds: names("i", ITEMS),
  itemTitles: ["The first", ...new Array(ITEMS - 1).fill("")],
  userFeatures: { width: 2, data: normals(random("features"), USERS * 2) },
  userCategories: {
    vocabularySize: 4,
    slots: 1,
    indices: Int32Array.from({ length: USERS }, (_, user) => 1 + (user % 3)),
    weights: new Float32Array(USERS).fill(1),
    unknown: Int32Array.of(1),
  },
};

/** A log in which every user met ten items, and a matrix factorisation that was never trained. */
function drawRetriever(): MatrixRetriever {
  const draw = random("log");
  const rows: Row[] = [];
  for (let item = 0; item < ITEMS; item++) rows.push([`u${item % USERS}`, `i${item}`, 5, item]);
  for (let user = 0; user < USERS; user++) {
    for (let n = 0; n < 10; n++) rows.push([`u${user}`, `i${draw.integer(ITEMS)}`, 5, 100 + n]);
  }
  const width = 3;
  const weights = {
    width,
    users: normals(draw, USERS * width),
    items: normals(draw, ITEMS * width),
    biases: normals(draw, ITEMS),
  };
  return MatrixRetriever.fit(weights, logOf(rows));
}

const generator = new Generator(
  catalogue,
  {
    width: 16,
    heads: 2,
    encoderLayers: 1,
    decoderLayers: 1,
    listLength: LENGTH,
    dropoutRate: 0.1,
    seed: 1,
    stream: "generator",
  },
  random("weights"),
);
generator.train(false);
const retriever = drawRetriever();
const shape = { candidateCount: 12, historyLength: HISTORY, training: { seed: 7 } };
const bytes = await encodeGenerator({ generator, catalogue, retriever, ...shape });
const ranker = await Ranker.create(bytes, { threads: 1 });

const candidates = ["i3", "i1", "i4", "i15", "i9", "i2", "i6", "i5", "i35", "i8"];

/** What the generator itself makes of one request. */
async function direct(columns: Omit<RequestColumns, "size">): Promise<{ lists: number[]; logProbability: number }> {
  using _ = scope();
  const decoded = noGrad(() => {
    const memory = generator.encode(candidateBatch({ ...columns, size: 1 }, [0]));
    return decodeScoredLists(generator, memory, { lists: 1 });
  });
  const [lists, [logProbability]] = [await decoded.lists.data(), await decoded.logProbabilities.data()];
  return { lists: [...lists], logProbability };
}

async function problemOf(request: RankRequest): Promise<RankRequestError> {
  const [answer] = await ranker.rankMany([request]);
  assert.instance(answer, RankRequestError);
  return answer as RankRequestError;
}

const close = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 1e-5, `${actual}, expected ${expected}`);

test("a request of a known user is answered as the generator answers it", async () => {
  const score = retriever.scoresFor({ user: 2, history: [] });
  const numbers = candidates.map((item) => Number(item.slice(1)));
  const expected = await direct({
    candidateCount: candidates.length,
    listLength: LENGTH,
    historyLength: HISTORY,
    users: Int32Array.of(2),
    candidates: Int32Array.from(numbers),
    retrieverScores: Float32Array.from(numbers, score),
    history: Int32Array.of(-1, -1, 7, 8, 9),
    historyFeedback: Float32Array.of(0, 0, 1, 0, 1),
  });
  const history = ["i7", { item: "i8", feedback: 0 }, "no such item", "i9"];
  const answer = await ranker.rank({ user: "u2", history, candidates });
  assert.equal(
    answer.items,
    expected.lists.map((place) => candidates[place]),
  );
  close(answer.logProbability, expected.logProbability);
  close(
    answer.scores.reduce((sum, score) => sum + Math.log(score), 0),
    answer.logProbability,
  );
  assert.is(answer.unknownHistory, 1);
});

test("the order of the candidates, the company of other requests and a shorter list change nothing", async () => {
  const places = fc.shuffledSubarray(
    candidates.map((_, place) => place),
    { minLength: candidates.length },
  );
  const alone = await ranker.rank({ user: "u1", candidates });
  await fc.assert(
    fc.asyncProperty(places, fc.integer({ min: 1, max: LENGTH }), async (order, length) => {
      const shuffled = order.map((place) => candidates[place]);
      const others: RankRequest[] = [
        { candidates: ["i0"], length: 2 },
        { user: "u5", candidates: candidates.slice(1) },
        { history: ["i30"], candidates },
      ];
      const answers = await ranker.rankMany([...others, { user: "u1", candidates: shuffled, length }]);
      assert.instance(answers[0], RankRequestError);
      assert.equal((answers[3] as RankedList).items, alone.items.slice(0, length));
    }),
    { numRuns: 20 },
  );
});

test("what is known of a user, the history and given scores all matter; strangers are alike", async () => {
  const logProbability = async (request: Partial<RankRequest>) =>
    (await ranker.rank({ candidates, ...request })).logProbability;
  const stranger = await logProbability({ user: "nobody" });
  assert.is(await logProbability({}), stranger);
  const scored = candidates.map((item, place) => ({ item, score: place / 3 }));
  for (const request of [{ user: "u1" }, { history: ["i20", "i21"] }, { candidates: scored }]) {
    assert.is.not(await logProbability(request), stranger);
  }
  const liked = await logProbability({ history: ["i20"] });
  assert.is.not(await logProbability({ history: [{ item: "i20", feedback: 0 }] }), liked);
  const long = Array.from({ length: 30 }, (_, n) => `i${n}`);
  assert.is(
    await logProbability({ user: "u3", history: long }),
    await logProbability({ user: "u3", history: long.slice(-HISTORY) }),
  );
});

test("without candidates the retriever chooses: its best that were not met", async () => {
  const { items } = await ranker.rank({ user: "u4", history: ["i0"], constraints: { exclude: ["i1"] } });
  const score = retriever.scoresFor({ user: 4, history: [] });
  const best = Array.from({ length: ITEMS }, (_, item) => item)
    .filter((item) => item > 1)
    .sort((a, b) => score(b) - score(a))
    .slice(0, shape.candidateCount);
  for (const item of items) assert.ok(best.includes(Number(item.slice(1))), item);
  const pinned = await ranker.rank({ constraints: { pins: [{ item: "i39", position: 1 }] } });
  assert.is(pinned.items[1], "i39");
});

test("constraints are met", async () => {
  const of = Object.fromEntries(candidates.slice(0, 8).map((item) => [item, "one"]));
  const { items } = await ranker.rank({
    candidates,
    constraints: {
      exclude: ["i3", "not even a candidate"],
      pins: [{ item: "i2", position: 2 }],
      categories: { of, limit: 2 },
    },
  });
  assert.not.ok(items.includes("i3"));
  assert.is(items[2], "i2");
  assert.is(items.filter((item) => item in of).length, 2);
});

test("a request that cannot be answered is an error that says what and where", async () => {
  const cases: [RankRequest, RequestProblem, string | undefined, RegExp][] = [
    [{ candidates: [...candidates, "x"], unknown: "error" }, "unknown-item", "candidates[10]", /"x" is unknown/],
    [{ candidates: [...candidates, "i4"] }, "duplicate", "candidates[10]", /"i4" occurs twice/],
    [{ candidates, length: 5 }, "length", "length", /1 to 4 items, got 5/],
    [{ candidates: [{ item: "i1", score: 1e300 }, "i2", "i3", "i4"] }, "type", "candidates[0]", /beyond/],
    [{ candidates: ["i1"], length: 4 }, "length", "candidates", /1 are too few for a list of 4/],
    [{ candidates: names("i", 1001) }, "count", "candidates", /at most 1000/],
    [{ candidates, history: names("i", 1001) }, "count", "history", /at most 1000/],
    [{ candidates, constraints: { exclude: candidates } }, "constraints", "constraints", /no list/],
    [
      { candidates, constraints: { pins: [{ item: "i20", position: 0 }] } },
      "constraints",
      "constraints.pins[0].item",
      /no candidate/,
    ],
    [
      { candidates, constraints: { pins: [{ item: "i1", position: 9 }] } },
      "constraints",
      "constraints.pins[0].position",
      /position/,
    ],
  ];
  for (const [request, code, path, message] of cases) {
    const error = await problemOf(request);
    assert.is(error.code, code);
    assert.is(error.path, path);
    assert.match(error.message, message);
  }
});

test("a ranker without a retriever asks for scores and candidates", async () => {
  const own = await Ranker.create(await encodeGenerator({ generator, catalogue, retriever: undefined, ...shape }));
  const [unscored, none, scored] = await own.rankMany([
    { candidates },
    {},
    { candidates: candidates.map((item) => ({ item, score: 0 })) },
  ]);
  assert.match((unscored as Error).message, /give each candidate a score/);
  assert.match((none as Error).message, /give the candidates/);
  assert.is((scored as RankedList).items.length, LENGTH);
  own.dispose();
});

test("it describes itself, and knows titles", () => {
  const { fingerprint, ...rest } = ranker.description;
  assert.match(fingerprint, /^[0-9a-f]{8}$/);
  assert.equal(rest, {
    version: 3,
    method: "goalrank",
    title: "GoalRank",
    probabilities: "policy",
    itemCount: ITEMS,
    userCount: USERS,
    listLength: LENGTH,
    candidateCount: 12,
    historyLength: HISTORY,
    width: 16,
    heads: 2,
    layers: 1,
    retriever: "matrix-factorization",
    columns: { user: [], item: [] },
    training: { seed: 7 },
  });
  assert.is(ranker.titleOf("i0"), "The first");
  assert.is(ranker.titleOf("i1"), undefined);
  assert.is(ranker.titleOf("i99"), undefined);
});

test("a file, a run's folder and bytes load the same ranker; a missing one says what to do", async () => {
  writeFileSync(join(folder, "ranker.safetensors"), bytes);
  const expected = await ranker.rank({ candidates });
  for (const source of [folder, join(folder, "ranker.safetensors"), bytes]) {
    const loaded = await loadRanker(source);
    assert.equal(await loaded.rank({ candidates }), expected);
    loaded.dispose();
  }
  const missing = await loadRanker(join(folder, "none")).catch((error: unknown) => error);
  assert.instance(missing, RankerFileError);
  assert.match((missing as Error).message, /goalrank train/);
});

test("any byte that changes and any cut is noticed", async () => {
  const damages = fc.oneof(
    fc.integer({ min: 0, max: bytes.length - 1 }).map((end) => bytes.slice(0, end)),
    fc
      .tuple(fc.integer({ min: 0, max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }))
      .map(([at, mask]) => bytes.map((byte, n) => (n === at ? byte ^ mask : byte))),
  );
  const { items } = await ranker.rank({ candidates });
  await fc.assert(
    fc.asyncProperty(damages, async (damaged) => {
      const loaded = await Ranker.create(damaged).catch((error: unknown) => error);
      // Spaces that pad the header carry nothing.
      if (loaded instanceof Ranker) assert.equal((await loaded.rank({ candidates })).items, items);
      else assert.instance(loaded, RankerFileError);
    }),
    { numRuns: 200 },
  );
});

test("ranking and disposing leave nothing on the device", async () => {
  const own = await Ranker.create(bytes, { device: defaultDevice() });
  await own.rank({ candidates });
  const before = defaultDevice().live;
  await own.rankMany([{ candidates }, { user: "u1", candidates }, { candidates: ["i1"] }]);
  assert.equal(defaultDevice().live, before);
  own.dispose();
});

test("requests that are answered at the same time do not disturb each other", async () => {
  const requests = Array.from({ length: 8 }, (_, user): RankRequest => ({ user: `u${user}`, candidates }));
  const expected: RankedList[] = [];
  for (const request of requests) expected.push(await ranker.rank(request));
  using _ = scope();
  assert.equal(await Promise.all(requests.map((request) => ranker.rank(request))), expected);
});

test.run();
