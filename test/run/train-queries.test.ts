/** A ranker of queries with features: trained from memory, asked with features, and the same out of its file. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadRanker } from "../../src/ranker/load-ranker.ts";
import { RankRequestError } from "../../src/ranker/requests.ts";
import { trainRanker } from "../../src/run/train-ranker.ts";
import { probeRequest } from "../../src/server/ranking/probe-request.ts";
import { gradedQueries, namedQueries } from "../graded-queries.ts";

const test = suite("rankers of queries");

const BRIEF = {
  methods: ["list-net"],
  deploy: "list-net",
  width: 8,
  generatorStart: "scratch",
  reward: { kind: "item-bce-discounted", start: "scratch", contextLayers: 0 },
  dropoutRate: 0,
  feedbackTraining: { epochs: 12, learningRate: 1e-2 },
} as const;

const { ranker, file, report } = await trainRanker(gradedQueries(50), BRIEF);

/** Candidates from the best to the worst, whatever the other features say. */
const candidates = [0.1, 0.9, 0.5].map((match, n) => ({ features: { match, noise: n - 1, length: 10 ** n } }));

const problemOf = async (request: Parameters<typeof ranker.rank>[0]) =>
  ranker.rank(request).then(
    () => "none",
    (error) => (error instanceof RankRequestError ? error.message : String(error)),
  );

test("it learns which feature tells the grade, and the comparison has metrics by grade", () => {
  const rows = new Map(report.result.rows.map((row) => [row.method, row]));
  const [own, random] = [rows.get("ListNet"), rows.get("random")];
  assert.ok((own?.ndcg10 ?? 0) > 0.95, `${own?.ndcg10}`);
  assert.ok((own?.err ?? 0) > (random?.err ?? 1) && (own?.ndcg1 ?? 0) > (random?.ndcg1 ?? 1));
  assert.is(rows.has("retriever"), false, "nothing scored the candidates before");
  assert.is(report.data.maxGrade, 2);
  assert.is(report.result.verdict.choice.measure, "ndcg10");
});

test("candidates without names are called by their places, and found by their features, by name or in order", async () => {
  const { items, places, unknownCandidates } = await ranker.rank({ candidates, length: 3 });
  assert.equal(
    [items, places],
    [
      ["1", "2", "0"],
      [1, 2, 0],
    ],
  );
  assert.is(unknownCandidates, undefined);
  const arrays = candidates.map(({ features }, n) => ({ item: `doc ${n}`, features: Object.values(features) }));
  assert.equal((await ranker.rank({ candidates: arrays, length: 3 })).items, ["doc 1", "doc 2", "doc 0"]);
  assert.equal(ranker.description.features, { query: [], candidate: ["match", "noise", "length"] });
});

test("requests of other sizes are answered together, and the ranker's file answers the same", async () => {
  const again = await loadRanker(file);
  const requests = [
    { candidates, length: 3 },
    { candidates: candidates.slice(0, 2), length: 1 },
  ];
  const [ours, theirs] = [await ranker.rankMany(requests), await again.rankMany(requests)];
  assert.equal(theirs, ours);
  again.dispose();
});

test("what a server asks a ranker first is a request that it can answer", async () => {
  const probe = probeRequest(ranker);
  assert.is(probe.candidates?.length, ranker.description.candidateCount);
  assert.is((await ranker.rank(probe)).items.length, ranker.description.listLength);
});

test("features that are missing, misnamed or too few are refused by their place", async () => {
  const wrong = (features: object) => problemOf({ candidates: [{ features } as never, ...candidates], length: 1 });
  assert.is(
    await wrong([1, 2]),
    "candidates[0].features: 2 numbers, expected 3 numbers, by the names match, noise, length",
  );
  assert.is(await wrong({ macth: 1 }), `candidates[0].features: there is no feature "macth"; did you mean "match"?`);
  assert.is(await wrong({ match: "1" }), `candidates[0].features: "match" must be a number, got "1"`);
  assert.is(await wrong({ match: 1e300 }), `candidates[0].features: "match" is no finite number of 32 bits`);
  assert.is(
    await problemOf({ candidates: ["a", "b"], length: 1 }),
    "candidates[0].features: this ranker reads 3 numbers, by the names match, noise, length; give them",
  );
  assert.is(
    await problemOf({ features: [1], candidates, length: 1 }),
    "features: this ranker reads no features of queries; leave them out",
  );
});

test("with vectors of queries, names of candidates that recur and a first stage's scores", async () => {
  const scored = namedQueries(20).map((query) => ({
    ...query,
    candidates: query.candidates.map((candidate, n) => ({ ...candidate, score: n })),
  }));
  const trained = await trainRanker(scored, { ...BRIEF, feedbackTraining: { epochs: 2 } });
  assert.ok(trained.report.result.rows.some(({ method }) => method === "retriever"));
  const own = scored[0].candidates.map(({ item, features, score }) => ({ item, features, score }));
  const { items, unknownCandidates } = await trained.ranker.rank({ features: [1, 1], candidates: own, length: 2 });
  assert.ok(items.every((item) => own.some((candidate) => candidate.item === item)));
  assert.equal(unknownCandidates, ["only 0"]);
  const unscored = own.map(({ item, features }) => ({ item, features }));
  const problem = await trained.ranker.rank({ features: [1, 1], candidates: unscored }).catch((error) => error.message);
  assert.is(problem, "candidates[0]: this ranker has no retriever; give each candidate a score");
  assert.ok((await trained.ranker.rank(probeRequest(trained.ranker))).items.length > 0);
  trained.ranker.dispose();
});

test.run();
