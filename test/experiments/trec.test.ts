/**
 * Exported rankings give our metrics to a program that knows nothing of ours: the functions below are written from
 * trec_eval's definitions (measures P_6, recall_6, map_cut_6, ndcg_cut_6), and read nothing but the files.
 */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { ListDataset } from "../../src/data/dataset.ts";
import { measureLists } from "../../src/experiments/ranking-work.ts";
import { formatQrels, formatRun } from "../../src/experiments/trec.ts";
import type { ListJudge } from "../../src/goalrank/judge.ts";
import { Random } from "../../src/kernels/index.ts";
import { type RankedLists, topLists } from "../../src/methods/answering.ts";
import { worldData } from "../../src/run/data.ts";
import { full } from "../../src/tensor/index.ts";

import { randomRanking } from "../random-ranking.ts";

type ByTopic<Value> = Map<string, Value>;

function readQrels(text: string): ByTopic<Map<string, number>> {
  const topics: ByTopic<Map<string, number>> = new Map();
  for (const line of text.trim().split("\n")) {
    const [topic, iteration, document, relevance] = line.split(" ");
    assert.is(iteration, "0");
    const judged = topics.get(topic) ?? new Map<string, number>();
    assert.not(judged.has(document), `${document} is judged twice`);
    topics.set(topic, judged.set(document, Number(relevance)));
  }
  return topics;
}

/** Documents of each topic by falling score, whatever their order in the file; the rank column is not looked at. */
function readRun(text: string): ByTopic<string[]> {
  const scored: ByTopic<[string, number][]> = new Map();
  for (const line of text.trim().split("\n")) {
    const [topic, constant, document, , score, tag] = line.split(" ");
    assert.is(constant, "Q0");
    assert.ok(tag.length > 0);
    scored.set(topic, [...(scored.get(topic) ?? []), [document, Number(score)]]);
  }
  return new Map(
    [...scored].map(([topic, documents]) => {
      assert.is(new Set(documents.map(([, score]) => score)).size, documents.length, "scores tell all apart");
      return [topic, documents.sort((a, b) => b[1] - a[1]).map(([document]) => document)];
    }),
  );
}

/** Measures at the cutoff, averaged over the topics of the qrels; a topic that was not answered counts 0. */
function evaluate(qrels: ByTopic<Map<string, number>>, run: ByTopic<string[]>, cutoff: number) {
  const sums = { precision: 0, f: 0, averagePrecision: 0, ndcg: 0 };
  for (const [topic, judged] of qrels) {
    const gains = (run.get(topic) ?? []).slice(0, cutoff).map((document) => judged.get(document) ?? 0);
    const relevant = [...judged.values()].filter((relevance) => relevance > 0).length;
    const retrieved = gains.filter((gain) => gain > 0).length;
    const precision = retrieved / cutoff;
    const recall = retrieved / relevant;
    const dcg = (list: readonly number[]) => list.reduce((sum, gain, place) => sum + gain / Math.log2(place + 2), 0);
    const ideal = dcg([...judged.values()].sort((a, b) => b - a).slice(0, cutoff));
    let seen = 0;
    let precisions = 0;
    gains.forEach((gain, place) => {
      if (gain > 0) precisions += ++seen / (place + 1);
    });
    sums.precision += precision;
    sums.f += precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
    sums.averagePrecision += precisions / relevant;
    sums.ndcg += dcg(gains) / ideal;
  }
  return Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / qrels.size]));
}

const data = worldData({ scenario: "tiny", seed: 5, trainingLists: 10, testRequests: 200 });
const judge: ListJudge = { rewards: (_, lists) => full(lists.shape.slice(0, 2), 0) };

/** Our metrics and those of the files, which must be the same. */
async function compare(dataset: ListDataset, ranked: RankedLists): Promise<void> {
  const ours = await measureLists({ ...data, test: dataset, world: undefined }, judge, ranked);
  const theirs = evaluate(
    readQrels(formatQrels(dataset)),
    readRun(formatRun(dataset, ranked.lists, "tag")),
    dataset.listLength,
  );
  const pairs = [
    ["hit", "precision"],
    ["f1", "f"],
    ["map", "averagePrecision"],
    ["ndcg", "ndcg"],
  ] as const;
  for (const [own, other] of pairs) {
    assert.ok(ours.metrics[own] > 0, own);
    assert.ok(Math.abs(ours.metrics[own] - theirs[other]) < 1e-6, `${own}: ${ours.metrics[own]}, ${theirs[other]}`);
  }
}

test("exported lists have our metrics, by the definitions of trec_eval", async () => {
  await compare(data.test, await randomRanking(data.test, 1));
  await compare(data.test, topLists(data.test.retrieverScores, data.test.size, data.test.listLength));
});

test("they have them where what was exposed is not among the candidates, and without lists that have no positive", async () => {
  const random = new Random({ seed: 1, stream: "missing", step: 0 });
  const exposed = data.test.exposed.map((position) => (random.uniform() < 0.3 ? -1 : position));
  const feedback = data.test.feedback.map((label, at) => (exposed[at] < 0 ? 0 : label));
  const dataset = { ...data.test, exposed, feedback };
  const rated = (row: number) => feedback.subarray(row * dataset.listLength, (row + 1) * dataset.listLength);
  const empty = Array.from({ length: dataset.size }, (_, row) => row).filter((row) => !rated(row).includes(1));
  assert.ok(empty.length > 0);
  const topics = readQrels(formatQrels(dataset));
  assert.is(topics.size, dataset.size - empty.length);
  assert.ok(empty.every((row) => !topics.has(String(row))));
  await compare(dataset, await randomRanking(dataset, 2));
});

test.run();
