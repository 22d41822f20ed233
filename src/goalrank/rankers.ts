/** From trained models to lists: every way of answering the requests of a dataset that an evaluation compares. */
import { gumbelTopK, noGrad, Random, scope } from "../tensor/index.ts";
import type { PointwiseRanker } from "./baselines/dnn.ts";
import { candidateBatch } from "./batch.ts";
import type { RequestColumns } from "./dataset.ts";
import type { Generator } from "./generator.ts";
import { randomLists } from "./groups.ts";
import { rankByScore } from "./metrics.ts";
import type { RewardModel } from "./reward-model.ts";
import { evaluationBatches } from "./training.ts";

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

/** The pointwise ranker's best L candidates. */
export async function pointwiseRanking(
  ranker: PointwiseRanker,
  dataset: RequestColumns,
): Promise<RankedLists> {
  const { scores } = emptyLists(dataset);
  for (const rows of evaluationBatches(dataset.size)) {
    using _ = scope();
    const logits = noGrad(() => ranker.forward(candidateBatch(dataset, rows)));
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

export interface GeneratorEvaluatorOptions {
  /** Lists that the generator proposes for each request. */
  readonly lists: number;
  /** At which the pointwise ranker's scores are sampled. */
  readonly temperature: number;
  readonly seed: number;
}

/**
 * Generator and evaluator: the pointwise ranker proposes lists, sampled from its scores without replacement, and the
 * reward model picks the one that it likes best.
 *
 * @returns the lists, and the mean of their predicted rewards
 */
export async function generatorEvaluatorRanking(
  ranker: PointwiseRanker,
  rewardModel: RewardModel,
  dataset: RequestColumns,
  { lists: count, temperature, seed }: GeneratorEvaluatorOptions,
): Promise<RankedLists & { readonly predictedReward: number }> {
  const { lists, scores } = emptyLists(dataset);
  const { listLength: length } = dataset;
  let total = 0;
  for (const rows of evaluationBatches(dataset.size)) {
    using _ = scope();
    const key = { seed, stream: "generator-evaluator", step: rows[0] };
    const [logits, proposed, rewards] = noGrad(() => {
      const batch = candidateBatch(dataset, rows);
      const scored = ranker.forward(batch);
      const drawn = gumbelTopK(scored.div(temperature), { lists: count, length, key });
      return [scored, drawn, rewardModel.rewards(rewardModel.encode(batch), drawn)];
    });
    scores.set(await logits.data(), rows[0] * dataset.candidateCount);
    const [proposals, judged] = await Promise.all([proposed.data(), rewards.data()]);
    for (let i = 0; i < rows.length; i++) {
      const best = rankByScore(judged.subarray(i * count, (i + 1) * count))[0];
      const start = (i * count + best) * length;
      lists.set(proposals.subarray(start, start + length), rows[i] * length);
      total += judged[i * count + best];
    }
  }
  return { lists, scores, predictedReward: total / dataset.size };
}

/**
 * The temperature, of those offered, at which the generator-evaluator's choices have the highest predicted reward: a
 * sharp ranker proposes nothing new, a blunt one nothing good.
 */
export async function chooseTemperature(
  ranker: PointwiseRanker,
  rewardModel: RewardModel,
  dataset: RequestColumns,
  options: Omit<GeneratorEvaluatorOptions, "temperature">,
  offered: readonly number[] = [0.1, 0.2, 0.3, 0.5, 1],
): Promise<number> {
  let best = { temperature: offered[0], predictedReward: Number.NEGATIVE_INFINITY };
  for (const temperature of offered) {
    const { predictedReward } = await generatorEvaluatorRanking(ranker, rewardModel, dataset, {
      ...options,
      temperature,
    });
    if (predictedReward > best.predictedReward) best = { temperature, predictedReward };
  }
  return best.temperature;
}

/** The reward model's predictions for one list of each request: [S]. */
export async function predictedRewards(
  rewardModel: RewardModel,
  dataset: RequestColumns,
  lists: Int32Array,
): Promise<Float32Array> {
  const predictions = new Float32Array(dataset.size);
  const { listLength: length } = dataset;
  for (const rows of evaluationBatches(dataset.size)) {
    const own = lists.subarray(rows[0] * length, (rows[0] + rows.length) * length);
    predictions.set(await rewardModel.score(dataset, rows, own), rows[0]);
  }
  return predictions;
}
