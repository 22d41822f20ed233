/**
 * Lists found by growing many prefixes at once: beam search, and the parallel tree of appendix C. The decoder's keys
 * and values stay on the device; each position's logits are read, and the host decides which prefixes go on.
 */
import { logSumExp } from "../../evaluation/statistics.ts";
import { heldScope, noGrad, type Tensor, tensor } from "../../tensor/index.ts";
import type { DecodingState, Generator, GeneratorMemory } from "../generator.ts";
import { type DecodingRules, type ListConstraints, mayFollow, resolveConstraints } from "./constraints.ts";

/** Of {@link decodeBeam}. */
export interface BeamSearchOptions {
  /** Prefixes that are kept at each position: W. */
  readonly width: number;
  readonly constraints?: ListConstraints;
  /** Items of a list: as many as the generator was made for, which is the most, unless given. */
  readonly length?: number | undefined;
}

/** Of {@link decodeTree}. */
export interface TreeSearchOptions {
  /** Positions that branch: K. */
  readonly steps: number;
  /** Candidates that each of those positions tries, the likeliest ones; all of them without it. */
  readonly branches?: number;
  readonly constraints?: ListConstraints;
  /** As for the beam. */
  readonly length?: number | undefined;
}

/** Lists of each of B requests, the likeliest first. */
export interface SearchedLists {
  /** Lists of the request that has most: S. */
  readonly count: number;
  /** Candidate positions: [B, S, L]. A request that has fewer lists repeats its best one. */
  readonly lists: Int32Array;
  /** log pi of each list, -Infinity for a repetition: [B, S]. */
  readonly logProbabilities: Float64Array;
}

/**
 * Beam search: at each position, of all continuations of the prefixes the W likeliest stay. Exhaustive when W is at
 * least the number of prefixes. Ties go to the better prefix, then to the lower candidate.
 * @throws RangeError for a width that is not a positive integer, or constraints that a request cannot meet
 */
export async function decodeBeam(
  generator: Generator,
  memory: GeneratorMemory,
  { width, constraints, length }: BeamSearchOptions,
): Promise<SearchedLists> {
  checkPositive("the beam's width", width);
  return growLists(generator, memory, { children: () => width, width, length }, constraints);
}

/**
 * Parallel tree (appendix C): the first K positions branch, each into its likeliest candidates, and every branch is
 * completed greedily.
 * @throws RangeError for steps or branches that are not positive integers, or constraints that a request cannot meet
 */
export async function decodeTree(
  generator: Generator,
  memory: GeneratorMemory,
  { steps, branches, constraints, length }: TreeSearchOptions,
): Promise<SearchedLists> {
  checkPositive("the tree's steps", steps);
  if (branches !== undefined) checkPositive("the tree's branches", branches);
  const children = (position: number) => (position < steps ? (branches ?? memory.rows.shape[1]) : 1);
  return growLists(generator, memory, { children, width: Number.POSITIVE_INFINITY, length }, constraints);
}

function checkPositive(what: string, value: number): void {
  if (!(Number.isInteger(value) && value >= 1)) {
    throw new RangeError(`decoding: ${what} must be a positive integer, got ${value}`);
  }
}

/** How many continuations of each prefix are tried at a position, and how many prefixes of a request stay. */
interface Growth {
  children(position: number): number;
  readonly width: number;
  readonly length: number | undefined;
}

interface Prefix {
  readonly items: readonly number[];
  readonly logProbability: number;
  /** Place of the prefix that this one continues. */
  readonly parent: number;
}

/** Likeliest first; the sort is stable, so ties stay in order. */
const byLikelihood = (a: Prefix, b: Prefix) => b.logProbability - a.logProbability;

async function growLists(
  generator: Generator,
  memory: GeneratorMemory,
  growth: Growth,
  constraints: ListConstraints = {},
): Promise<SearchedLists> {
  using held = heldScope();
  const [requests, candidates] = memory.rows.shape;
  const { length = generator.listLength } = growth;
  const rules = resolveConstraints(constraints, { requests, candidates, length });
  const empty: Prefix = { items: [], logProbability: 0, parent: 0 };
  let prefixes = Array.from({ length: requests }, () => [empty]);
  let state = held.run(() => noGrad(() => generator.begin(memory, 1)));
  for (let position = 0; ; position++) {
    const { lists } = state;
    const logits = await state.logits.data();
    prefixes = prefixes.map((own, request) => {
      const rows = own.map((_, place) => {
        const start = (request * lists + place) * candidates;
        return logits.subarray(start, start + candidates);
      });
      return growRequest(own, rows, request, rules, growth);
    });
    if (position + 1 === length) return joinLists(prefixes, length);
    state = held.run(() => noGrad(() => advance(generator, memory, state, prefixes)));
  }
}

/** The prefixes of one request that go on, given the logits [N] after each. */
function growRequest(
  prefixes: readonly Prefix[],
  logits: readonly ArrayLike<number>[],
  request: number,
  rules: DecodingRules,
  { children, width }: Growth,
): Prefix[] {
  const grown = prefixes.flatMap((prefix, parent) => {
    const own = Array.from(logits[parent]);
    const total = logSumExp(own.filter((_, n) => !prefix.items.includes(n)));
    const allowed = [...own.keys()].filter((n) => mayFollow(rules, request, prefix.items, n));
    const tried = allowed.sort((a, b) => own[b] - own[a]).slice(0, children(prefix.items.length));
    return tried.map((candidate) => ({
      items: [...prefix.items, candidate],
      logProbability: prefix.logProbability + own[candidate] - total,
      parent,
    }));
  });
  return grown.sort(byLikelihood).slice(0, width);
}

/** The decoder's state after the last items of the prefixes; a request with fewer of them repeats its first. */
function advance(
  generator: Generator,
  memory: GeneratorMemory,
  state: DecodingState,
  prefixes: readonly (readonly Prefix[])[],
): DecodingState {
  const lists = Math.max(...prefixes.map((own) => own.length));
  const column = (read: (prefix: Prefix) => number): Tensor => {
    const numbers = prefixes.flatMap((own) => Array.from({ length: lists }, (_, i) => read(own[i] ?? own[0])));
    return tensor(Int32Array.from(numbers), [prefixes.length, lists], { device: memory.rows.device });
  };
  const choices = column(({ items }) => items[items.length - 1]);
  const parents = column(({ parent }) => parent);
  return generator.advance(memory, state, choices, parents);
}

function joinLists(prefixes: readonly (readonly Prefix[])[], length: number): SearchedLists {
  const count = Math.max(...prefixes.map((own) => own.length));
  const lists = new Int32Array(prefixes.length * count * length);
  const logProbabilities = new Float64Array(prefixes.length * count).fill(Number.NEGATIVE_INFINITY);
  prefixes.forEach((own, request) => {
    for (let place = 0; place < count; place++) {
      const at = request * count + place;
      lists.set((own[place] ?? own[0]).items, at * length);
      if (place < own.length) logProbabilities[at] = own[place].logProbability;
    }
  });
  return { count, lists, logProbabilities };
}
