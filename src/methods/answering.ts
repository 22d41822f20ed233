/**
 * How a method answers requests: by its policy, item by item; by its candidates' scores; or by choosing among lists. Each
 * way is written once, for the rows of a dataset (what an evaluation compares) and for requests under a product's rules
 * (what is served).
 */
import { candidateBatch, type RequestBatch } from "../data/batch.ts";
import { type RequestColumns, scatter } from "../data/dataset.ts";
import { shapedBatches, shapeOf } from "../data/shapes.ts";
import { generatorOrder, rankByScore } from "../evaluation/ranking-metrics.ts";
import {
  type DecodingRules,
  type ListConstraints,
  mayFollow,
  resolveConstraints,
} from "../goalrank/decoding/constraints.ts";
import {
  decodeLists,
  decodeScoredLists,
  type ListPolicy,
  type PolicyMemory,
  type PolicyState,
} from "../goalrank/decoding/decode.ts";
import { type Drawing, drawLists } from "../goalrank/decoding/draw.ts";
import type { CandidateScorer } from "../goalrank/judge.ts";
import { heldScope, noGrad, scope, tensor } from "../tensor/index.ts";

/** Answers to S requests. */
export interface RankedLists {
  /** Candidate positions, best first, -1 behind what a row has: [S, L]. */
  readonly lists: Int32Array;
  /** A score of every candidate by itself, which orders what is not in the list; 0 behind what a row has: [S, N]. */
  readonly scores: Float32Array;
}

/** What is asked of a list besides its candidates. */
export interface AnswerOptions {
  /** L */
  readonly length: number;
  readonly constraints?: ListConstraints | undefined;
  /** Draws the lists in place of the best ones: how, for each request. */
  readonly drawings?: readonly Drawing[] | undefined;
}

/** Lists with the probabilities that {@link Answering.probabilities} speaks of. */
export interface Answer {
  /** Candidate positions: [B, L]. */
  readonly lists: ArrayLike<number>;
  /** log of the probability of each item, after those before it: [B, L]. */
  readonly stepLogProbabilities: ArrayLike<number>;
  /** log of the probability with which each item was drawn, where lists are drawn: [B, L]. */
  readonly drawLogProbabilities?: ArrayLike<number>;
}

/** Answers batches of requests. */
export interface Answering {
  /** Requests of a dataset that are ranked together. */
  readonly batchSize: number;
  /**
   * Whose probabilities answers come with: those of the policy that wrote the list, or, for a method that is no policy,
   * of drawing its items one by one in proportion to exp(score) (Plackett and Luce).
   */
  readonly probabilities: "policy" | "plackett-luce";
  /**
   * Whether requests may be answered together. A method that chooses among many lists judges those of one request at a
   * time, and what it draws for one does not depend on the others.
   */
  readonly together: boolean;
  /** The method's lists for a batch. @param step keys what is drawn at random */
  rank(batch: RequestBatch, length: number, step: number): Promise<RankedLists>;
  /**
   * The method's lists under a product's rules, for the batch that `make` makes: tensors are freed with the answer.
   * @throws RangeError for constraints that a request cannot meet
   */
  answer(make: () => RequestBatch, options: AnswerOptions): Promise<Answer>;
}

/** Answers all requests of a dataset. */
export async function rankRequests(answering: Answering, requests: RequestColumns): Promise<RankedLists> {
  const { size, listLength, candidateCount } = requests;
  const lists = new Int32Array(size * listLength).fill(-1);
  const scores = new Float32Array(size * candidateCount);
  for (const rows of shapedBatches(requests, answering.batchSize)) {
    using _ = scope();
    const { listLength: length } = shapeOf(requests, rows[0]);
    const ranked = await answering.rank(candidateBatch(requests, rows), length, rows[0]);
    scatter(lists, rows, listLength, ranked.lists);
    scatter(scores, rows, candidateCount, ranked.scores);
  }
  return { lists, scores };
}

const BATCH = 128;

/** A policy with what it makes of requests. */
export interface RequestPolicy<Memory extends PolicyMemory, State extends PolicyState>
  extends ListPolicy<Memory, State> {
  encode(batch: RequestBatch): Memory;
}

/** The greedy lists of a policy, in whose probabilities they are answered; it scores candidates by the first position. */
export function byPolicy<Memory extends PolicyMemory, State extends PolicyState>(
  policy: RequestPolicy<Memory, State>,
): Answering {
  return {
    batchSize: BATCH,
    probabilities: "policy",
    together: true,
    async rank(batch, length) {
      const [lists, first] = noGrad(() => {
        const memory = policy.encode(batch);
        return [decodeLists(policy, memory, { lists: 1, length }), policy.begin(memory, 1).logits];
      });
      const [chosen, scores] = await Promise.all([lists.data(), first.data()]);
      return { lists: Int32Array.from(chosen), scores: Float32Array.from(scores) };
    },
    answer: (make, { length, constraints, drawings }) =>
      drawings !== undefined
        ? drawByPolicy(policy, make, length, constraints, drawings)
        : inScope(async () => {
            const options = { lists: 1, length, constraints };
            const decoded = noGrad(() => decodeScoredLists(policy, policy.encode(make()), options));
            const { lists, stepLogProbabilities: steps } = decoded;
            const [chosen, logs] = await Promise.all([lists.data(), steps.data()]);
            return { lists: chosen, stepLogProbabilities: logs };
          }),
  };
}

/** Lists drawn from a policy, position by position. */
async function drawByPolicy<Memory extends PolicyMemory, State extends PolicyState>(
  policy: RequestPolicy<Memory, State>,
  make: () => RequestBatch,
  length: number,
  constraints: ListConstraints = {},
  drawings: readonly Drawing[],
): Promise<Answer> {
  using held = heldScope();
  const own = <Result>(work: () => Result): Result => held.run(() => noGrad(work));
  const memory = own(() => policy.encode(make()));
  const [requests, candidates] = memory.rows.shape;
  const rules = resolveConstraints(constraints, { requests, candidates, length });
  let state = own(() => policy.begin(memory, 1));
  const logits = {
    read: () => state.logits.data(),
    take: (choices: Int32Array) => {
      const { device } = memory.rows;
      state = own(() => policy.advance(memory, state, tensor(choices, [requests, 1], { device })));
    },
  };
  // The memory is freed when this function ends, so not before the lists are whole.
  return await drawLists(logits, rules, drawings);
}

/** Frees what `make` makes before it first waits. Reading copies at once, so what is being read may be freed. */
function inScope<Result>(make: () => Promise<Result>): Promise<Result> {
  using _ = scope();
  return make();
}

/** The candidates of the highest scores, of equal ones the first. */
export function byScores(scorer: CandidateScorer): Answering {
  const traits = { batchSize: BATCH, together: true };
  return fromRanking(traits, async (batch, length) => {
    const scores = await noGrad(() => scorer.forward(batch)).data();
    return topLists(Float32Array.from(scores), batch.size, length);
  });
}

/** For each of S requests the L candidates of the highest scores [S, N]. */
export function topLists(scores: Float32Array, size: number, length: number): RankedLists {
  const candidates = scores.length / size;
  const lists = new Int32Array(size * length);
  for (let row = 0; row < size; row++) {
    const own = scores.subarray(row * candidates, (row + 1) * candidates);
    lists.set(rankByScore(own).subarray(0, length), row * length);
  }
  return { lists, scores };
}

/**
 * What chooses among lists of `listLength` items, for so many requests at a time; also where fewer items are asked for,
 * and among lists of all candidates where there are fewer.
 */
export function byChoice(batchSize: number, listLength: number, choose: Answering["rank"]): Answering {
  return fromRanking({ batchSize, together: false }, choose, listLength);
}

/**
 * Fills a list from the top with what the rules still allow: the method's list, then the others by their scores. Where
 * lists are drawn, the scores are what is drawn by.
 */
function fromRanking(
  traits: Pick<Answering, "batchSize" | "together">,
  rank: Answering["rank"],
  listLength = 1,
): Answering {
  return {
    ...traits,
    probabilities: "plackett-luce",
    rank,
    async answer(make, { length, constraints = {}, drawings }) {
      using held = heldScope();
      const [batch, rules] = held.run(() => {
        const batch = make();
        const [requests, candidates] = batch.items.shape;
        return [batch, resolveConstraints(constraints, { requests, candidates, length })];
      });
      const { requests, candidates } = rules;
      const ranked = await held.run(() => rank(batch, Math.min(Math.max(length, listLength), candidates), 0));
      if (drawings !== undefined) {
        return drawLists({ read: async () => ranked.scores, take() {} }, rules, drawings);
      }
      const lists = new Int32Array(requests * length);
      const stepLogProbabilities = new Float64Array(requests * length);
      for (let request = 0; request < requests; request++) {
        const whole = ranked.lists.length / requests;
        const own = ranked.lists.subarray(request * whole, (request + 1) * whole);
        const scores = ranked.scores.subarray(request * candidates, (request + 1) * candidates);
        const list = fillList(rankByScore(generatorOrder(own, scores)), rules, request, length);
        lists.set(list, request * length);
        stepLogProbabilities.set(plackettLuce(scores, list), request * length);
      }
      return { lists, stepLogProbabilities };
    },
  };
}

/** The first candidates of an order that the rules allow, position by position. */
function fillList(order: Int32Array, rules: DecodingRules, request: number, length: number): number[] {
  const list: number[] = [];
  while (list.length < length) {
    const next = order.find((candidate) => mayFollow(rules, request, list, candidate));
    // Rules that a request can meet let no list get stuck half-way: see constraints.ts.
    if (next === undefined) throw new Error("answering: no candidate may follow; the rules were not resolved");
    list.push(next);
  }
  return list;
}

/** log exp(s_l) / sum of exp(s_n) over what the list does not hold yet, for each item of a list: [L]. */
function plackettLuce(scores: ArrayLike<number>, list: readonly number[]): number[] {
  const left = new Set(Array.from(scores, (_, n) => n));
  return list.map((item) => {
    const highest = [...left].reduce((high, n) => Math.max(high, scores[n]), Number.NEGATIVE_INFINITY);
    const total = [...left].reduce((sum, n) => sum + Math.exp(scores[n] - highest), 0);
    left.delete(item);
    return scores[item] - highest - Math.log(total);
  });
}
