/**
 * Passages that embeddings retrieve, reranked by what people click: vectors, made elsewhere, are all that is known.
 *
 *   npx tsx examples/passages.ts
 */
import { loadRanker, trainRanker } from "goalrank";
import { Random } from "goalrank/tensor";

// 500 passages and some queries as an embedding model would give them: unit vectors, here of 16 numbers.
const WIDTH = 16;
const random = new Random({ seed: 1, stream: "passages", step: 0 });
const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * b[i], 0);
const vector = () => {
  const numbers = Array.from({ length: WIDTH }, () => random.normal());
  return numbers.map((x) => x / Math.sqrt(dot(numbers, numbers)));
};
const passages = Array.from({ length: 500 }, (_, n) => ({ name: `passage ${n}`, embedding: vector() }));

// The first stage: the 20 passages of the highest cosine. A candidate's features are its own vector, and the cosine.
const retrieve = (query: readonly number[]) =>
  passages
    .map(({ name, embedding }) => ({ item: name, score: dot(query, embedding), embedding }))
    .sort((a, b) => b.score - a.score)
    .slice(0, 20)
    .map(({ item, score, embedding }) => ({ item, score, features: [...embedding, score] }));

// What nobody tells the ranker: people also want passages that are well written, which lies somewhere in the vectors.
const wellWritten = vector();
const chance = ({ score, features }: { score: number; features: number[] }) =>
  1 / (1 + Math.exp(2 - 4 * score - 6 * dot(wellWritten, features.slice(0, WIDTH))));

// A log of clicks on what was retrieved for 400 queries: a click is grade 1.
const log = Array.from({ length: 400 }, () => {
  const features = vector();
  const candidates = retrieve(features).map((own) => ({ ...own, grade: Number(random.uniform() < chance(own)) }));
  return { features, candidates };
});

const often = { epochs: 6, batchSize: 16, learningRate: 5e-3 };
const { ranker, file, report } = await trainRanker(log, {
  methods: ["list-net"],
  deploy: "list-net",
  dropoutRate: 0.1,
  generatorStart: "scratch",
  reward: { kind: "item-bce-discounted", start: "scratch" },
  feedbackTraining: often,
});
ranker.dispose();
for (const { name, ndcg10 } of report.result.rows) {
  console.log(
    `${name === "retriever" ? "cosine" : name}: NDCG@10 ${(100 * (ndcg10 ?? 0)).toFixed(1)} % on held-out clicks`,
  );
}

// Served out of the ranker's file, for queries that nobody has asked before: the clicks that the first three would get.
const served = await loadRanker(file);
const totals = { cosine: 0, reranked: 0 };
for (let n = 0; n < 100; n++) {
  const features = vector();
  const candidates = retrieve(features);
  const { places = [] } = await served.rank({ features, candidates, length: 3 });
  for (const [place, own] of places.entries()) {
    totals.cosine += chance(candidates[place]) / 100;
    totals.reranked += chance(candidates[own]) / 100;
  }
}
console.log(`clicks on three passages: cosine ${totals.cosine.toFixed(2)}, reranked ${totals.reranked.toFixed(2)}`);
served.dispose();
