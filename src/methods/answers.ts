/** From trained models to lists: every way of answering the requests of a dataset that an evaluation compares. */

import { candidateBatch, type RequestBatch } from "../data/batch.ts";
import type { RequestColumns } from "../data/dataset.ts";
import { rankByScore } from "../evaluation/ranking-metrics.ts";
import type { Generator } from "../goalrank/generator.ts";
import { randomLists } from "../goalrank/groups/random.ts";
import type { ListJudge } from "../goalrank/judge.ts";
import { gumbelTopK, noGrad, Random, type RandomKey, scope, type Tensor, tensor } from "../tensor/index.ts";
import { evaluationBatches } from "../training/batches.ts";

/** Answers to S requests. */
export interface RankedLists {
  /** Candidate positions, best first: [S, L]. */
  readonly lists: Int32Array;
  /** A score of every candidate by itself, which orders what is not in the list: [S, N]. */
  readonly scores: Float32Array;
}

function emptyLists({ size, listLength, candidateCount }: RequestColumns): RankedLists {
  return { lists: new Int32Array(size * listLength), scores: new Float32Array(size * candidateCount) };
}

/** L candidates drawn uniformly. */
export function randomRanking(dataset: RequestColumns, seed: number): RankedLists {
  const { size, candidateCount: candidates, listLength: length } = dataset;
  const { lists } = randomLists(size, 1, {
    candidates,
    length,
    key: { seed, stream: "random ranking", step: 0 },
  });
  const random = new Random({ seed, stream: "random ranking scores", step: 0 });
  return { lists, scores: Float32Array.from({ length: size * candidates }, () => random.uniform()) };
}

/** The L candidates of the highest scores, of any source: [S, N]. */
export function rankingByScores(dataset: RequestColumns, scores: Float32Array): RankedLists {
  const { size, candidateCount: candidates, listLength: length } = dataset;
  const { lists } = emptyLists(dataset);
  for (let row = 0; row < size; row++) {
    const own = scores.subarray(row * candidates, (row + 1) * candidates);
    lists.set(rankByScore(own).subarray(0, length), row * length);
  }
  return { lists, scores };
}

/** Scores candidates, each by itself or among the others: [B, N]. */
export interface CandidateScorer {
  forward(batch: RequestBatch): Tensor;
}

/** A scorer's best L candidates. */
export async function scorerRanking(scorer: CandidateScorer, dataset: RequestColumns): Promise<RankedLists> {
  const { scores } = emptyLists(dataset);
  for (const rows of evaluationBatches(dataset.size)) {
    using _ = scope();
    const logits = noGrad(() => scorer.forward(candidateBatch(dataset, rows)));
    scores.set(await logits.data(), rows[0] * dataset.candidateCount);
  }
  return rankingByScores(dataset, scores);
}

/** The generator's greedy list. */
export async function generatorRanking(generator: Generator, dataset: RequestColumns): Promise<RankedLists> {
  const { lists, scores } = emptyLists(dataset);
  for (const rows of evaluationBatches(dataset.size)) {
    using _ = scope();
    const [decoded, first] = noGrad(() => {
      const memory = generator.encode(candidateBatch(dataset, rows));
      return [generator.decode(memory, { lists: 1 }), generator.firstLogits(memory)];
    });
    lists.set(await decoded.data(), rows[0] * dataset.listLength);
    scores.set(await first.data(), rows[0] * dataset.candidateCount);
  }
  return { lists, scores };
}

/** What proposes lists to an evaluator, and scores candidates by itself. */
export interface ListProposer {
  /** Candidate positions of `count` lists for each request, i32 [B, count, L], and scores of all candidates, [B, N]. */
  propose(
    batch: RequestBatch,
    count: number,
    length: number,
    key: RandomKey,
  ): { lists: Tensor; scores: Tensor };
}

/** Lists drawn from a scorer's logits without replacement. */
export function scorerProposals(scorer: CandidateScorer, temperature: number): ListProposer {
  return {
    propose(batch, lists, length, key) {
      const scores = scorer.forward(batch);
      return { lists: gumbelTopK(scores.div(temperature), { lists, length, key }), scores };
    },
  };
}

/** Lists sampled from a generator. */
export function generatorProposals(generator: Generator, temperature: number): ListProposer {
  return {
    propose(batch, lists, _length, key) {
      const memory = generator.encode(batch);
      const sampling = { temperature, key };
      return { lists: generator.decode(memory, { lists, sampling }), scores: generator.firstLogits(memory) };
    },
  };
}

/** Lists of a batch that are judged together. */
const LISTS_PER_BATCH = 2560;

/**
 * Generator and evaluator: `count` lists are proposed for each request, and the judge picks the one that it likes best.
 *
 * @returns the lists, and the mean of their predicted rewards
 */
export async function generatorEvaluatorRanking(
  proposer: ListProposer,
  judge: ListJudge,
  dataset: RequestColumns,
  { lists: count, seed }: { readonly lists: number; readonly seed: number },
): Promise<RankedLists & { readonly predictedReward: number }> {
  const { lists, scores } = emptyLists(dataset);
  const { listLength: length } = dataset;
  let total = 0;
  const batchSize = Math.min(128, Math.ceil(LISTS_PER_BATCH / count));
  for (const rows of evaluationBatches(dataset.size, batchSize)) {
    using _ = scope();
    const key = { seed, stream: "generator-evaluator", step: rows[0] };
    const [proposed, rewards] = noGrad(() => {
      const batch = candidateBatch(dataset, rows);
      const drawn = proposer.propose(batch, count, length, key);
      return [drawn, judge.rewards(batch, drawn.lists)];
    });
    const [own, proposals, judged] = await Promise.all([
      proposed.scores.data(),
      proposed.lists.data(),
      rewards.data(),
    ]);
    scores.set(own, rows[0] * dataset.candidateCount);
    for (let i = 0; i < rows.length; i++) {
      const best = rankByScore(judged.subarray(i * count, (i + 1) * count))[0];
      const start = (i * count + best) * length;
      lists.set(proposals.subarray(start, start + length), rows[i] * length);
      total += judged[i * count + best];
    }
  }
  return { lists, scores, predictedReward: total / dataset.size };
}

/** Temperatures at which a proposer may be sampled. */
const TEMPERATURES = [0.1, 0.2, 0.3, 0.5, 1];

/**
 * The proposer, of those at the offered temperatures, from whose lists the judge's choices have the highest predicted
 * reward: a sharp one proposes nothing new, a blunt one nothing good.
 */
export async function chooseProposer(
  proposerAt: (temperature: number) => ListProposer,
  judge: ListJudge,
  dataset: RequestColumns,
  options: { readonly lists: number; readonly seed: number },
  offered: readonly number[] = TEMPERATURES,
): Promise<ListProposer> {
  let chosen = proposerAt(offered[0]);
  let highest = Number.NEGATIVE_INFINITY;
  for (const temperature of offered) {
    const proposer = proposerAt(temperature);
    const { predictedReward } = await generatorEvaluatorRanking(proposer, judge, dataset, options);
    if (predictedReward > highest) [chosen, highest] = [proposer, predictedReward];
  }
  return chosen;
}

/** A judge's rewards for one list of each request: [S]. */
export async function predictedRewards(
  judge: ListJudge,
  dataset: RequestColumns,
  lists: Int32Array,
): Promise<Float32Array> {
  const predictions = new Float32Array(dataset.size);
  const { listLength: length } = dataset;
  for (const rows of evaluationBatches(dataset.size)) {
    using _ = scope();
    const own = tensor(lists.slice(rows[0] * length, (rows[0] + rows.length) * length), [
      rows.length,
      1,
      length,
    ]);
    const rewards = noGrad(() => judge.rewards(candidateBatch(dataset, rows), own));
    predictions.set(await rewards.data(), rows[0]);
  }
  return predictions;
}
