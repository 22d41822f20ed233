/**
 * Logs of a world: a mediocre retriever draws the candidates of each request, a noisy pointwise policy orders some of
 * them, and the user answers.
 */
import { bestItems } from "../data/best-items.ts";
import { emptyDataset, gather, type ListDataset, type RequestColumns } from "../data/dataset.ts";
import { groupOffsets, rowsByGroup } from "../data/row-order.ts";
import { Random } from "../kernels/index.ts";
import type { World } from "./world.ts";

/** How much is drawn of a log, and what keys it. */
export interface LogOptions {
  /** Exposed lists to draw, S. */
  readonly size: number;
  /** Keys the log together with `stream`: another seed or stream gives other requests in the same world. */
  readonly seed: number;
  /** What the log is for, such as "training". */
  readonly stream: string;
}

/**
 * Draws S requests by users chosen uniformly, the lists that the logging policy shows, and their feedback. Histories are
 * those that the world draws, if any; `rememberLists` makes them of lists that were shown. Row r depends on (seed, stream,
 * r) alone, so a shorter log is a prefix of a longer one.
 * @throws RangeError when the size is not a positive integer, the seed is not one from 0 to 2^53 - 1, or the
 *   candidate temperature is so low that an item's chance is under exp(-700) of the best item's.
 * @example
 * const log = drawLog(createWorld(), { size: 10_000, seed: 1, stream: "training" });
 */
export function drawLog(world: World, { size, seed, stream }: LogOptions): ListDataset {
  if (!Number.isInteger(size) || size < 1) throw new RangeError(`log: size must be a positive integer, got ${size}`);
  const { userCount, itemCount, candidateCount, listLength, historyLength } = world.settings;
  const rowRandom = (part: string, row: number) => new Random({ seed, stream: `${stream}/${part}`, step: row });
  const log = emptyDataset({ size, candidateCount, listLength, historyLength });
  for (let row = 0; row < size; row++) log.users[row] = rowRandom("user", row).integer(userCount);

  const retriever = new PlackettLuce(itemCount);
  let user = -1;
  let ofRetriever = new Float32Array(0);
  let ofPolicy = new Float32Array(0);
  // User by user, so that a user's scores are worked out once.
  for (const row of rowsByGroup(log.users, groupOffsets(log.users, userCount))) {
    if (log.users[row] !== user) {
      user = log.users[row];
      ofRetriever = world.retrieverScores(user);
      ofPolicy = world.policyScores(user);
      retriever.setScores(ofRetriever, world.settings.candidateTemperature);
    }
    const random = rowRandom("list", row);
    const drawn = retriever.draw(random, candidateCount);
    const candidates = gather(drawn, random.permutation(candidateCount));
    const exposed = drawList(world, gather(ofPolicy, candidates), listLength, random);
    log.candidates.set(candidates, row * candidateCount);
    log.retrieverScores.set(gather(ofRetriever, candidates), row * candidateCount);
    log.exposed.set(exposed, row * listLength);
    log.feedback.set(world.drawFeedback(user, gather(candidates, exposed), random), row * listLength);
    const past = world.drawPast(user, rowRandom("past", row));
    const start = (row + 1) * historyLength - past.items.length;
    log.history.fill(-1, row * historyLength, start);
    log.history.set(past.items, start);
    log.historyFeedback.set(past.feedback, start);
  }
  return log;
}

/** Another list by the logging policy for each request of a log, independent of the one shown: positions [S, L]. */
export function redrawLists(world: World, log: RequestColumns, seed: number): Int32Array {
  const { size, candidateCount, listLength } = log;
  const lists = new Int32Array(size * listLength);
  for (let row = 0; row < size; row++) {
    const random = new Random({ seed, stream: "logging policy redraw", step: row });
    const candidates = log.candidates.subarray(row * candidateCount, (row + 1) * candidateCount);
    const scores = gather(world.policyScores(log.users[row]), candidates);
    lists.set(drawList(world, scores, listLength, random), row * listLength);
  }
  return lists;
}

/** A list by the logging policy's scores of the candidates [N]: positions [L]. */
function drawList({ settings }: World, scores: Float32Array, length: number, random: Random): Int32Array {
  // With a Gumbel variate on each score, a draw from the Plackett-Luce model (Yellott 1977).
  const keys = new Float64Array(scores).map((score) => score / settings.policyTemperature + random.gumbel());
  return new Int32Array(bestItems(keys, length));
}

/** exp(-700), about 1e-304, is still a normal f64. */
const MAX_EXPONENT = 700;

/**
 * Draws distinct items from softmax(scores / temperature), each from what the earlier ones left: the distribution of
 * Gumbel top-k over all items, at the cost of log2(I) steps for each drawn item in place of a variate for every item.
 */
class PlackettLuce {
  /** Leaves of the tree: the number of items, rounded up to a power of two. */
  private readonly leafCount: number;
  /**
   * Weights and their sums as a binary tree, [2 * leafCount]: node k is the sum of nodes 2k and 2k + 1, and item i
   * is node leafCount + i.
   */
  private readonly sums: Float64Array;
  /** The same without the items drawn so far. */
  private readonly remaining: Float64Array;

  constructor(itemCount: number) {
    this.leafCount = 2 ** Math.ceil(Math.log2(itemCount));
    this.sums = new Float64Array(2 * this.leafCount);
    this.remaining = new Float64Array(2 * this.leafCount);
  }

  setScores(scores: Float32Array, temperature: number): void {
    const high = scores.reduce((a, b) => Math.max(a, b));
    const low = scores.reduce((a, b) => Math.min(a, b));
    if (high - low > MAX_EXPONENT * temperature) {
      throw new RangeError(
        `log: candidateTemperature ${temperature} is too low for scores from ${low} to ${high}: weights would ` +
          `underflow; use at least ${(high - low) / MAX_EXPONENT}`,
      );
    }
    for (let item = 0; item < scores.length; item++) {
      this.sums[this.leafCount + item] = Math.exp((scores[item] - high) / temperature);
    }
    for (let node = this.leafCount - 1; node >= 1; node--) {
      this.sums[node] = this.sums[2 * node] + this.sums[2 * node + 1];
    }
  }

  /** Distinct items, in the order drawn. */
  draw(random: Random, count: number): Int32Array {
    this.remaining.set(this.sums);
    return Int32Array.from({ length: count }, () => this.take(random.uniform()));
  }

  /** Removes and returns the item at which the weights, summed in order, pass the fraction `uniform` of their total. */
  private take(uniform: number): number {
    const { remaining, leafCount } = this;
    let target = uniform * remaining[1];
    let node = 1;
    while (node < leafCount) {
      node *= 2;
      // Rounding can leave a target past the end; it must not lead to where nothing remains.
      if (target >= remaining[node] && remaining[node + 1] > 0) target -= remaining[node++];
    }
    const item = node - leafCount;
    // Summing anew, and not subtracting, keeps small weights exact when a large one goes.
    for (remaining[node] = 0; node > 1; ) {
      node >>= 1;
      remaining[node] = remaining[2 * node] + remaining[2 * node + 1];
    }
    return item;
  }
}
