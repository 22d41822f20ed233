/** What four ways to answer the same requests earn in a world: how much room it leaves to rankers. */
import { bestItems } from "../../src/data/best-items.ts";
import type { ListDataset } from "../../src/data/dataset.ts";
import { Random } from "../../src/kernels/philox.ts";
import { beamSearch, enumerateBest, expectedRewards, listCount } from "../../src/world/oracle.ts";
import type { World } from "../../src/world/world.ts";

/** Lists of a request up to which they are enumerated. */
const MAX_ENUMERATED_LISTS = 20_000;

/** Random lists of each request that are averaged over. */
const RANDOM_LISTS = 10;

/** Mean expected reward, in positives per list, of four ways to answer the same requests. */
export interface WorldReport {
  /** The best lists that were found. */
  readonly oracle: number;
  readonly oracleMethod: "beam search" | "enumeration";
  /** The logging policy's single best guess: candidates by its score. */
  readonly loggingGreedy: number;
  /** The lists that the log exposed. */
  readonly logging: number;
  /** Lists drawn uniformly from the candidates. */
  readonly random: number;
}

/** Of a report on a world. */
export interface ReportOptions {
  /** Keys the random lists: 1 unless given. */
  readonly seed?: number;
  /** Width of the beam that searches the best lists where they are too many to enumerate: 100 unless given. */
  readonly width?: number;
}

/**
 * What rankers of `dataset`, a log of `world`, can hope for. The best lists are enumerated where a request allows at
 * most 20,000 lists; a beam's are a lower bound, at width 100 about 0.1% under those of width 300 in the default world.
 *
 * @throws RangeError for a width under 1, or a user or item that is not in the world.
 */
export function worldReport(
  world: World,
  dataset: ListDataset,
  { seed = 1, width = 100 }: ReportOptions = {},
): WorldReport {
  const enumerates = listCount(dataset.candidateCount, dataset.listLength) <= MAX_ENUMERATED_LISTS;
  const search = enumerates ? enumerateBest : beamSearch;
  const mean = (lists: Int32Array) => average(expectedRewards(world, dataset, lists));
  const best = answerEach(
    dataset,
    (user, candidates) => search(world, user, candidates, { length: dataset.listLength, width }).positions,
  );
  const random = Float64Array.from({ length: RANDOM_LISTS }, (_, step) => {
    const generator = new Random({ seed, stream: "world report", step });
    return mean(answerEach(dataset, (_user, candidates) => generator.permutation(candidates.length)));
  });
  return {
    oracle: mean(best),
    oracleMethod: enumerates ? "enumeration" : "beam search",
    loggingGreedy: mean(answerEach(dataset, (user, candidates) => rankByPolicy(world, user, candidates))),
    logging: mean(dataset.exposed),
    random: average(random),
  };
}

/** The first L positions of the ranking that `rank` gives for each request: [S, L]. */
function answerEach(
  { size, candidateCount, listLength, users, candidates }: ListDataset,
  rank: (user: number, candidates: Int32Array) => Int32Array,
): Int32Array {
  const lists = new Int32Array(size * listLength);
  for (let row = 0; row < size; row++) {
    const ranking = rank(users[row], candidates.subarray(row * candidateCount, (row + 1) * candidateCount));
    lists.set(ranking.subarray(0, listLength), row * listLength);
  }
  return lists;
}

/** Positions of the candidates in the order of the logging policy's scores, highest first: [N]. */
function rankByPolicy(world: World, user: number, candidates: Int32Array): Int32Array {
  const scores = world.policyScores(user);
  const candidateScores = Float32Array.from(candidates, (item) => scores[item]);
  return Int32Array.from(bestItems(candidateScores, candidates.length));
}

function average(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
