/** Sources of lists, and the evaluator that takes the best of what a source draws. */
import { candidateBatch, type RequestBatch } from "../data/batch.ts";
import type { RequestColumns } from "../data/dataset.ts";
import { shapedBatches, shapeOf } from "../data/shapes.ts";
import { rankByScore } from "../evaluation/ranking-metrics.ts";
import type { Generator } from "../goalrank/generator.ts";
import type { CandidateScorer, ListJudge } from "../goalrank/judge.ts";
import { gumbelTopK, noGrad, type RandomKey, scope, type Tensor } from "../tensor/index.ts";
import { type Answering, byChoice, type RankedLists } from "./answering.ts";
import { type MethodContext, sharedModel } from "./method.ts";

/** Draws `count` lists for each request, i32 [B, count, L], and scores all candidates by itself: [B, N]. */
export type ListSource = (
  batch: RequestBatch,
  count: number,
  length: number,
  key: RandomKey,
) => { readonly lists: Tensor; readonly scores: Tensor };

/** Lists drawn from a scorer's logits without replacement. */
export function scorerSource(scorer: CandidateScorer, temperature: number): ListSource {
  return (batch, lists, length, key) => {
    const scores = scorer.forward(batch);
    return { lists: gumbelTopK(scores.mul(1 / temperature), { lists, length, key }), scores };
  };
}

/** Lists sampled from a generator. */
export function generatorSource(generator: Generator, temperature: number): ListSource {
  return (batch, lists, length, key) => {
    const memory = generator.encode(batch);
    const options = { lists, length, sampling: { temperature, key } };
    return { lists: generator.decode(memory, options), scores: generator.begin(memory, 1).logits };
  };
}

/** Lists of a batch that are judged together. */
const LISTS_PER_BATCH = 2560;

/** Requests whose lists are judged together, of so many each. */
export function judgedTogether(lists: number): number {
  return Math.min(128, Math.ceil(LISTS_PER_BATCH / lists));
}

/** Generator and evaluator: a source draws lists for each request, and the shared judge picks the one it likes best. */
export function byEvaluator(source: ListSource, lists: number, context: MethodContext): Answering {
  const { listLength, seed } = context;
  const judge = sharedModel(context, "judge");
  return byChoice(judgedTogether(lists), listLength, (batch, length, step) => {
    const key = { seed, stream: "generator-evaluator", step };
    const drawn = noGrad(() => source(batch, lists, length, key));
    return bestByJudge(judge, batch, drawn.lists, drawn.scores);
  });
}

/**
 * Of each request's lists i32 [B, S, L] the one that a judge likes best, the first of equal ones, and its reward: [B].
 * @param scores of all candidates by themselves: [B, N]
 */
export async function bestByJudge(
  judge: ListJudge,
  batch: RequestBatch,
  lists: Tensor,
  scores: Tensor,
): Promise<RankedLists & { readonly rewards: Float64Array }> {
  const [requests, count, length] = lists.shape;
  const judged = noGrad(() => judge.rewards(batch, lists));
  const [own, offered, rewards] = await Promise.all([scores.data(), lists.data(), judged.data()]);
  const best = Float64Array.from({ length: requests }, (_, request) => {
    const liked = rankByScore(rewards.subarray(request * count, (request + 1) * count));
    return request * count + liked[0];
  });
  return {
    lists: Int32Array.from({ length: requests * length }, (_, at) => {
      return offered[best[Math.floor(at / length)] * length + (at % length)];
    }),
    scores: Float32Array.from(own),
    rewards: best.map((place) => rewards[place]),
  };
}

/** Temperatures at which a source may be sampled. */
export const TEMPERATURES = [0.1, 0.2, 0.3, 0.5, 1];

/**
 * The temperature, of those on offer, at which the lists that the judge takes have the highest predicted reward: a sharp
 * source draws nothing new, a blunt one nothing good.
 * @param lists drawn for each request
 */
export async function chooseTemperature(
  sourceAt: (temperature: number) => ListSource,
  judge: ListJudge,
  requests: RequestColumns,
  { lists, seed }: { readonly lists: number; readonly seed: number },
  offered: readonly number[] = TEMPERATURES,
): Promise<number> {
  let [chosen] = offered;
  let highest = Number.NEGATIVE_INFINITY;
  for (const temperature of offered) {
    const source = sourceAt(temperature);
    let total = 0;
    for (const rows of shapedBatches(requests, judgedTogether(lists))) {
      using _ = scope();
      const batch = candidateBatch(requests, rows);
      const key = { seed, stream: "generator-evaluator", step: rows[0] };
      const drawn = noGrad(() => source(batch, lists, shapeOf(requests, rows[0]).listLength, key));
      const { rewards } = await bestByJudge(judge, batch, drawn.lists, drawn.scores);
      total = rewards.reduce((sum, reward) => sum + reward, total);
    }
    if (total > highest) [chosen, highest] = [temperature, total];
  }
  return chosen;
}
