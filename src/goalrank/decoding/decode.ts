/**
 * Decoding on the device, position by position over cached keys and values: greedy, or sampled with a temperature and
 * from a nucleus. Nothing is read back before the lists are whole.
 */
import { chooseNext, concat, full, type RandomKey, type Tensor, tensor, where } from "../../tensor/index.ts";
import { type DecodingRules, type ListConstraints, resolveConstraints } from "./constraints.ts";

/**
 * What writes lists item by item: a memory of the candidates of B requests, and a state of S lists of each of them at one
 * position, whose logits say what may stand there. `Generator` is one.
 */
export interface ListPolicy<Memory extends PolicyMemory, State extends PolicyState> {
  /** The most items of a list: L. */
  readonly listLength: number;
  /** The state at the first position of S lists of each request. */
  begin(memory: Memory, lists: number): State;
  /** The state at the next position, after each list took a candidate: i32 [B, S]. */
  advance(memory: Memory, state: State, choices: Tensor): State;
}

/** The candidates of B requests as a policy reads them. */
export interface PolicyMemory {
  /** A row for each candidate: [B, N, ...]. */
  readonly rows: Tensor;
}

/** S lists of each of B requests at one position. */
export interface PolicyState {
  /** Of that position, for all candidates: [B * S, N]. */
  readonly logits: Tensor;
}

/** How the next item is drawn. */
export interface SamplingOptions {
  /** Positive; the logits are divided by it. */
  readonly temperature: number;
  readonly key: RandomKey;
  /**
   * Nucleus sampling (Holtzman et al. 2020): each position is drawn from the smallest set of the likeliest candidates,
   * at this temperature, whose probabilities sum to at least this. Above 0, at most 1; everything without it.
   */
  readonly topP?: number;
}

/** How lists are decoded. */
export interface DecodeOptions {
  /** Lists to decode for each request: S. */
  readonly lists: number;
  /** How to sample; greedy without it. */
  readonly sampling?: SamplingOptions;
  readonly constraints?: ListConstraints | undefined;
  /** Items of a list: as many as the policy was made for, which is the most, unless given. */
  readonly length?: number;
}

/** Decoded lists, and how likely the policy makes them. */
export interface DecodedLists {
  /** Candidate positions: i32 [B, S, L]. */
  readonly lists: Tensor;
  /**
   * log pi of the lists: of the policy itself, whatever the temperature, the
   * nucleus and the constraints under which it was decoded: [B, S].
   */
  readonly logProbabilities: Tensor;
  /** The same of each item, after those before it: [B, S, L]. */
  readonly stepLogProbabilities: Tensor;
}

/**
 * Decodes S lists for each request -> candidate positions i32 [B, S, L].
 * @throws RangeError for constraints that a request cannot meet, or a length, temperature or `topP` out of range
 */
export function decodeLists<Memory extends PolicyMemory, State extends PolicyState>(
  policy: ListPolicy<Memory, State>,
  memory: Memory,
  options: DecodeOptions,
): Tensor {
  return joinPositions([...decodePositions(policy, memory, options)], options.lists);
}

/** As `decodeLists`, with the lists' log-probabilities. */
export function decodeScoredLists<Memory extends PolicyMemory, State extends PolicyState>(
  policy: ListPolicy<Memory, State>,
  memory: Memory,
  options: DecodeOptions,
): DecodedLists {
  return scorePositions([...decodePositions(policy, memory, options)], options.lists);
}

/** All positions of S lists of each request as lists. */
export function scorePositions(positions: readonly DecodedPosition[], count: number): DecodedLists {
  const lists = joinPositions(positions, count);
  const steps = positions.map(({ logits, free, choice }) =>
    logits.logSoftmax(free).takeAlongLast(choice.reshape([-1, 1])),
  );
  const stepLogProbabilities = concat(steps, 1).reshape(lists.shape);
  return { lists, logProbabilities: stepLogProbabilities.sum(2), stepLogProbabilities };
}

/** One position of R = B * S lists: what was chosen, and from what. */
export interface DecodedPosition {
  /** [R, N] */
  readonly logits: Tensor;
  /** The candidates that each list does not hold yet: i32 [R, N]. */
  readonly free: Tensor;
  /** i32 [R] */
  readonly choice: Tensor;
}

function joinPositions(positions: readonly DecodedPosition[], lists: number): Tensor {
  const columns = positions.map(({ choice }) => choice.reshape([-1, 1]));
  return concat(columns, 1).reshape([-1, lists, positions.length]);
}

/** Decodes position by position. */
export function* decodePositions<Memory extends PolicyMemory, State extends PolicyState>(
  policy: ListPolicy<Memory, State>,
  memory: Memory,
  { lists, sampling, constraints, length = policy.listLength }: DecodeOptions,
): Iterable<DecodedPosition> {
  const [requests, candidates] = memory.rows.shape;
  const { device } = memory.rows;
  checkLength(length, policy.listLength);
  checkSampling(sampling);
  const allowance =
    constraints && new Allowance(resolveConstraints(constraints, { requests, candidates, length }), lists, device);
  let free: Tensor = full([requests * lists, candidates], 1, { dtype: "i32", device });
  let state = policy.begin(memory, lists);
  for (let position = 0; position < length; position++) {
    const { logits } = state;
    let allowed = allowance?.at(position, free) ?? free;
    if (sampling?.topP !== undefined && sampling.topP < 1) {
      allowed = nucleus(logits.mul(1 / sampling.temperature).softmax(allowed), allowed, sampling.topP);
    }
    const next = chooseNext(logits, allowed, sampling && positionSampling(sampling, position));
    yield { logits, free, choice: next.choice };
    if (position + 1 === length) return;
    free = allowed === free ? next.free : without(free, next.choice);
    const choices = next.choice.reshape([requests, lists]);
    allowance?.choose(choices);
    state = policy.advance(memory, state, choices);
  }
}

function checkLength(length: number, most: number): void {
  if (!Number.isInteger(length) || length < 1 || length > most) {
    throw new RangeError(`decoding: the length must be from 1 to ${most}, got ${length}`);
  }
}

/** @throws RangeError for a `topP` outside of (0, 1]; the temperature is checked where it is used */
function checkSampling(sampling: SamplingOptions | undefined): void {
  const topP = sampling?.topP ?? 1;
  if (!(topP > 0 && topP <= 1)) throw new RangeError(`decoding: topP must be above 0 and at most 1, got ${topP}`);
}

function positionSampling({ temperature, key }: SamplingOptions, position: number) {
  return { temperature, key: { ...key, stream: `${key.stream} position ${position}` } };
}

/**
 * The smallest set of the likeliest candidates of each row whose probabilities sum to at least `topP`: those that have
 * less than that ahead of them. Ahead are the likelier ones, and of equally likely ones those of lower number.
 *
 * @param probabilities [R, N], 0 where not allowed
 * @param allowed i32 [R, N]
 * @returns i32 [R, N]
 */
function nucleus(probabilities: Tensor, allowed: Tensor, topP: number): Tensor {
  const [rows, candidates] = probabilities.shape;
  const { device } = probabilities;
  const before = pairMask(candidates, device, (own, other) => other < own);
  const own = probabilities.reshape([rows, candidates, 1]);
  const others = probabilities.reshape([rows, 1, candidates]);
  const laterTies = andNot(others.equal(own), before);
  const ahead = andNot(others.greaterEqual(own), laterTies);
  const mass = where(ahead, others, full([1], 0, { device })).sum(2);
  return andNot(allowed, mass.greaterEqual(full([1], topP, { device })));
}

/** 1 for pairs of candidates for which something holds: i32 [N, N]. */
export function pairMask(
  candidates: number,
  device: Tensor["device"],
  holds: (first: number, second: number) => boolean,
): Tensor {
  const pairs = Int32Array.from({ length: candidates ** 2 }, (_, at) =>
    holds(Math.floor(at / candidates), at % candidates) ? 1 : 0,
  );
  return tensor(pairs, [candidates, candidates], { device });
}

/** Masks of zeros and ones: 1 where `a` is 1 and `b` is 0. */
function andNot(a: Tensor, b: Tensor): Tensor {
  return a.greater(b);
}

/** The mask i32 [R, N] without the choice i32 [R] of each row. */
function without(free: Tensor, choice: Tensor): Tensor {
  const [rows, candidates] = free.shape;
  const numbers = Int32Array.from({ length: candidates }, (_, n) => n);
  const isChoice = choice.reshape([rows, 1]).equal(tensor(numbers, [candidates], { device: free.device }));
  return andNot(free, isChoice);
}

/** What the rules leave to S lists of each request, as the lists grow. */
class Allowance {
  /** Items that may still come from each candidate's category: [B, S, N]. */
  private capacity: Tensor | undefined;
  /** [B, N, N] */
  private readonly uses: Tensor | undefined;

  constructor(
    private readonly rules: DecodingRules,
    private readonly lists: number,
    private readonly device: Tensor["device"],
  ) {
    const { requests, candidates, limits } = rules;
    if (limits === undefined) return;
    const capacity = tensor(limits.capacity, [requests, 1, candidates], { device });
    this.capacity = capacity.broadcastTo([requests, lists, candidates]);
    this.uses = tensor(limits.uses, [requests, candidates, candidates], { device });
  }

  /** Those of the free candidates i32 [R, N] that may stand at a position. */
  at(position: number, free: Tensor): Tensor {
    const { requests, candidates, barred } = this.rules;
    const { device, capacity } = this;
    const grid = free.reshape([requests, this.lists, candidates]);
    const allowed = andNot(grid, tensor(barred[position], [requests, 1, candidates], { device }));
    if (capacity === undefined) return allowed.reshape(free.shape);
    const isFull = capacity.less(full([1], 0.5, { device }));
    return andNot(allowed, isFull).reshape(free.shape);
  }

  /** Each list takes its choice: i32 [B, S]. */
  choose(choices: Tensor): void {
    if (this.capacity === undefined || this.uses === undefined) return;
    this.capacity = this.capacity.sub(this.uses.takeRows(choices));
  }
}
