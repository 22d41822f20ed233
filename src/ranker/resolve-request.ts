/** From the names of a request to the numbers that the generator knows. */
import { bestItems } from "../data/best-items.ts";
import type { RequestColumns } from "../data/dataset.ts";
import type { Retriever, RetrieverQuery } from "../data/retrievers/retriever.ts";
import type { UserPasts } from "../data/user-pasts.ts";
import type { ListConstraints } from "../goalrank/decoding/constraints.ts";
import type { ModelShape } from "../goalrank/model-shape.ts";
import { type RankRequest, RankRequestError, type RequestConstraints } from "./requests.ts";

/** The most that a request may ask. */
export interface RankerLimits {
  readonly candidates: number;
  /** Entries of a history; the generator reads the last ones, as many as it was trained with. */
  readonly history: number;
}

/** What a ranker allows unless it is told otherwise. */
export const DEFAULT_LIMITS: RankerLimits = { candidates: 1000, history: 1000 };

/** Beyond it, squares overflow in the arithmetic of the generator. */
const LARGEST_SCORE = 1e15;

/** What a ranker knows of names and sizes. */
export interface Names extends Pick<ModelShape, "listLength" | "candidateCount"> {
  readonly userNumbers: ReadonlyMap<string, number>;
  readonly itemIds: readonly string[];
  readonly itemNumbers: ReadonlyMap<string, number>;
  readonly retriever: Retriever | undefined;
  readonly pasts: UserPasts | undefined;
  readonly limits: RankerLimits;
}

/** A request in numbers. */
export interface ResolvedRequest {
  readonly user: number | undefined;
  readonly history: RetrieverQuery["history"];
  readonly unknownHistory: number;
  /** Item numbers, and the retriever's score of each: [N]. */
  readonly candidates: Int32Array;
  readonly scores: Float32Array;
  readonly length: number;
  readonly constraints: ListConstraints | undefined;
}

/** @throws RankRequestError that says what is wrong, and where */
export function resolveRequest(request: RankRequest, names: Names): ResolvedRequest {
  const { user: userName, constraints } = request;
  const length = resolveLength(request, names);
  const user = userName === undefined ? undefined : names.userNumbers.get(userName);
  const { history, unknownHistory } = resolveHistory(request, user, names);
  const query = { user, history };
  const { items, scores } =
    request.candidates === undefined
      ? retrieveCandidates(query, request, names)
      : resolveCandidates(request.candidates, query, names);
  checkEnough(items.length, length);
  return {
    user,
    history,
    unknownHistory,
    candidates: Int32Array.from(items),
    scores: Float32Array.from(scores),
    length,
    constraints: constraints && resolveConstraintNames(constraints, items, names),
  };
}

function checkEnough(candidates: number, length: number): void {
  if (candidates < length) {
    const problem = `${candidates} are too few for a list of ${length}; give more, or a smaller length`;
    throw new RankRequestError("length", problem, "candidates");
  }
}

/** The request's own history, or else the last of what the log says that its user met. */
function resolveHistory(
  { history }: RankRequest,
  user: number | undefined,
  { itemNumbers, limits, pasts }: Names,
): Pick<ResolvedRequest, "history" | "unknownHistory"> {
  if (history === undefined) {
    return { history: user === undefined ? [] : (pasts?.lastOf(user) ?? []), unknownHistory: 0 };
  }
  if (history.length > limits.history) {
    throw new RankRequestError("count", `${history.length} entries; at most ${limits.history} are allowed`, "history");
  }
  const known = history.flatMap((entry) => {
    const { item, feedback = 1 } = typeof entry === "string" ? { item: entry } : entry;
    const number = itemNumbers.get(item);
    return number === undefined ? [] : [{ item: number, liked: feedback > 0 }];
  });
  return { history: known, unknownHistory: history.length - known.length };
}

function resolveLength({ length }: RankRequest, { listLength }: Names): number {
  if (length === undefined) return listLength;
  if (Number.isInteger(length) && length >= 1 && length <= listLength) return length;
  throw new RankRequestError("length", `this ranker makes lists of 1 to ${listLength} items, got ${length}`, "length");
}

interface ScoredItems {
  readonly items: readonly number[];
  readonly scores: readonly number[];
}

function resolveCandidates(
  candidates: NonNullable<RankRequest["candidates"]>,
  query: RetrieverQuery,
  { itemNumbers, limits, retriever }: Names,
): ScoredItems {
  if (candidates.length > limits.candidates) {
    const problem = `${candidates.length} are too many; at most ${limits.candidates} are allowed`;
    throw new RankRequestError("count", problem, "candidates");
  }
  const seen = new Set<number>();
  const score = retriever?.scoresFor(query);
  const scores: number[] = [];
  candidates.forEach((candidate, place) => {
    const { item, score: given } = typeof candidate === "string" ? { item: candidate, score: undefined } : candidate;
    const path = `candidates[${place}]`;
    const number = itemNumbers.get(item);
    if (number === undefined) {
      throw new RankRequestError("unknown-item", `the item "${item}" is unknown; leave it out`, path);
    }
    if (seen.has(number)) throw new RankRequestError("duplicate", `the item "${item}" occurs twice`, path);
    seen.add(number);
    const own = given ?? score?.(number);
    if (own === undefined) {
      throw new RankRequestError("type", "this ranker has no retriever; give each candidate a score", path);
    }
    if (!(Math.abs(own) <= LARGEST_SCORE)) {
      throw new RankRequestError("type", `the score ${own} is beyond ${LARGEST_SCORE}`, path);
    }
    scores.push(own);
  });
  return { items: [...seen], scores };
}

/** The retriever's best items that were neither met, unless items are met again, nor excluded; and those pinned. */
function retrieveCandidates(
  query: RetrieverQuery,
  { constraints, repeats, length }: RankRequest,
  { retriever, pasts, candidateCount, listLength, itemNumbers }: Names,
): ScoredItems {
  if (retriever === undefined) {
    throw new RankRequestError("type", "this ranker has no retriever; give the candidates", "candidates");
  }
  const score = retriever.scoresFor(query);
  const pinned = numbersOf(constraints?.pins?.map(({ item }) => item) ?? [], itemNumbers);
  const met = new Set(query.history.map(({ item }) => item));
  if (query.user !== undefined) for (const item of pasts?.metBy(query.user) ?? []) met.add(item);
  const isMetOnce = !(repeats ?? pasts?.repeats ?? false);
  const out = [...(isMetOnce ? met : []), ...numbersOf(constraints?.exclude ?? [], itemNumbers), ...pinned];
  const all = Float32Array.from({ length: retriever.itemCount }, (_, item) => score(item));
  for (const item of out) all[item] = Number.NEGATIVE_INFINITY;
  const items = [...new Set(pinned), ...bestItems(all, Math.max(0, candidateCount - pinned.length))];
  if (isMetOnce && met.size > 0 && items.length < (length ?? listLength)) {
    const problem = `the user has met ${met.size} of ${retriever.itemCount} items, which leaves ${items.length}`;
    throw new RankRequestError(
      "length",
      `${problem}; give the candidates, or ask with \`repeats: true\``,
      "candidates",
    );
  }
  return { items, scores: items.map(score) };
}

function numbersOf(names: readonly string[], itemNumbers: ReadonlyMap<string, number>): number[] {
  return names.flatMap((name) => itemNumbers.get(name) ?? []);
}

function resolveConstraintNames(
  { exclude = [], pins = [], categories }: RequestConstraints,
  items: readonly number[],
  { itemIds, itemNumbers }: Names,
): ListConstraints {
  const placeOf = new Map(items.map((item, place) => [item, place]));
  const excluded = new Set(numbersOf(exclude, itemNumbers));
  const categoryOf = new Map(Object.entries(categories?.of ?? {}));
  const names = items.map((item) => categoryOf.get(itemIds[item]));
  return {
    forbidden: Int32Array.from(items, (item) => (excluded.has(item) ? 1 : 0)),
    pins: pins.map(({ item, position }, n) => {
      const candidate = placeOf.get(itemNumbers.get(item) ?? -1);
      if (candidate !== undefined) return { request: 0, position, candidate };
      const path = `constraints.pins[${n}].item`;
      throw new RankRequestError("constraints", `the item "${item}" is no candidate`, path);
    }),
    ...(categories && { categories: { of: numberCategories(names), limit: categories.limit } }),
  };
}

/** Items without a category are in one of their own each. */
function numberCategories(names: readonly (string | undefined)[]): Int32Array {
  const numbers = new Map<string, number>();
  return Int32Array.from(names, (name, place) => {
    if (name === undefined) return -1 - place;
    const number = numbers.get(name) ?? numbers.size;
    numbers.set(name, number);
    return number;
  });
}

/** Requests of N candidates each in the columns that models read. */
export function requestColumns(
  group: readonly ResolvedRequest[],
  historyLength: number,
  unknownUser: number,
): RequestColumns {
  const size = group.length;
  const [{ candidates, length }] = group;
  const candidateCount = candidates.length;
  const columns: RequestColumns = {
    size,
    candidateCount,
    listLength: length,
    historyLength,
    users: Int32Array.from(group, ({ user }) => user ?? unknownUser),
    candidates: new Int32Array(size * candidateCount),
    retrieverScores: new Float32Array(size * candidateCount),
    history: new Int32Array(size * historyLength).fill(-1),
    historyFeedback: new Float32Array(size * historyLength),
  };
  group.forEach((request, row) => {
    columns.candidates.set(request.candidates, row * candidateCount);
    columns.retrieverScores.set(request.scores, row * candidateCount);
    const last = historyLength === 0 ? [] : request.history.slice(-historyLength);
    const end = (row + 1) * historyLength;
    last.forEach(({ item, liked }, n) => {
      columns.history[end - last.length + n] = item;
      columns.historyFeedback[end - last.length + n] = liked ? 1 : 0;
    });
  });
  return columns;
}
