/**
 * Lists that are drawn on purpose, item by item, with the exact probability of every draw: what a policy serves that
 * explores. The logits are read back at each position and the draw is made in double precision, so that the probability
 * that is told is that of the draw itself: temperature, nucleus, share of chance and rules included.
 */
import type { Random } from "../../tensor/index.ts";
import { type DecodingRules, mayFollow } from "./constraints.ts";

/** How far a policy departs from its best list. */
export interface Exploration {
  /** Logits are divided by it: 1 draws by the policy's own probabilities, 0 takes the likeliest, of equal ones the first. */
  readonly temperature: number;
  /** Of the likeliest candidates those are drawn from whose probabilities sum to at least this: above 0, at most 1. */
  readonly topP: number;
  /** Probability, from 0 to 1, that an item is any of those that may stand there, all alike. */
  readonly epsilon: number;
}

/** Of one request: how its list is drawn, and by which random numbers. */
export interface Drawing extends Exploration {
  readonly random: Random;
}

/** What says how likely candidates are at a position, for B requests, and then goes on to the next. */
export interface LogitsByPosition {
  /** Logits at the position reached: [B, N]. */
  read(): Promise<ArrayLike<number>>;
  /** Each list takes a candidate: [B]. */
  take(choices: Int32Array): void;
}

/** One list of each request. */
export interface DrawnLists {
  /** Candidate positions: [B, L]. */
  readonly lists: Int32Array;
  /** log of the probability with which each item was drawn, after those before it: [B, L]. */
  readonly drawLogProbabilities: Float64Array;
  /** The same by the logits alone, of all that the list does not hold yet: [B, L]. */
  readonly stepLogProbabilities: Float64Array;
}

/** Draws a list for each request. */
export async function drawLists(
  logits: LogitsByPosition,
  rules: DecodingRules,
  drawings: readonly Drawing[],
): Promise<DrawnLists> {
  const { requests, candidates, length } = rules;
  const lists = new Int32Array(requests * length);
  const drawLogProbabilities = new Float64Array(requests * length);
  const stepLogProbabilities = new Float64Array(requests * length);
  const prefixes = Array.from({ length: requests }, (): number[] => []);
  for (let position = 0; position < length; position++) {
    const all = await logits.read();
    const choices = new Int32Array(requests);
    prefixes.forEach((prefix, request) => {
      const own = Array.from({ length: candidates }, (_, n) => all[request * candidates + n]);
      const allowed = [...own.keys()].filter((n) => mayFollow(rules, request, prefix, n));
      const free = [...own.keys()].filter((n) => !prefix.includes(n));
      const probabilities = drawProbabilities(own, allowed, drawings[request]);
      const drawn = drawIndex(probabilities, drawings[request].random);
      const at = request * length + position;
      lists[at] = allowed[drawn];
      drawLogProbabilities[at] = Math.log(probabilities[drawn]);
      stepLogProbabilities[at] = Math.log(softmax(free.map((n) => own[n]))[free.indexOf(allowed[drawn])]);
      choices[request] = allowed[drawn];
      prefix.push(allowed[drawn]);
    });
    if (position + 1 < length) logits.take(choices);
  }
  return { lists, drawLogProbabilities, stepLogProbabilities };
}

/**
 * p = (1 - epsilon) nucleus(softmax(logits / temperature)) + epsilon / A over the A `allowed` candidates: [A]. Of the
 * nucleus are those that have less than `topP` ahead of them; ahead are the likelier ones, and of equally likely ones those
 * that come first.
 */
export function drawProbabilities(
  logits: readonly number[],
  allowed: readonly number[],
  { temperature, topP, epsilon }: Exploration,
): number[] {
  const own = allowed.map((n) => logits[n]);
  const tempered = temperature === 0 ? onlyLargest(own) : softmax(own.map((logit) => logit / temperature));
  const order = [...tempered.keys()].sort((a, b) => tempered[b] - tempered[a] || a - b);
  const kept = tempered.map(() => 0);
  let ahead = 0;
  for (const at of order) {
    if (ahead >= topP) break;
    kept[at] = tempered[at];
    ahead += tempered[at];
  }
  return kept.map((probability) => ((1 - epsilon) * probability) / ahead + epsilon / allowed.length);
}

/** 1 for the largest number, of equal ones the first, and 0 for the others. */
function onlyLargest(values: readonly number[]): number[] {
  const first = values.indexOf(values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY));
  return values.map((_, at) => Number(at === first));
}

function softmax(logits: readonly number[]): number[] {
  const largest = logits.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY);
  const exponentials = logits.map((logit) => Math.exp(logit - largest));
  const total = exponentials.reduce((sum, exponential) => sum + exponential, 0);
  return exponentials.map((exponential) => exponential / total);
}

/** An index by its probability. Rounding never draws what has none. */
function drawIndex(probabilities: readonly number[], random: Random): number {
  // 53 bits: of fewer, unlikely items would not be drawn as often as is told of them.
  let left = (random.uint32() * 2 ** 21 + (random.uint32() >>> 11)) / 2 ** 53;
  let last = 0;
  for (const [index, probability] of probabilities.entries()) {
    if (probability === 0) continue;
    left -= probability;
    if (left < 0) return index;
    last = index;
  }
  return last;
}
