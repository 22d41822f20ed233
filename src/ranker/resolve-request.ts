/** From the names of a request to the numbers that models know. */
import type { RequestColumns } from "../data/dataset.ts";
import { type ObservedRow, observedRow } from "../data/features/encode-features.ts";
import type { ObservedRows } from "../data/observed-rows.ts";
import type { RequestFeatures } from "../data/request-features.ts";
import type { RetrieverQuery } from "../data/retrievers/retriever.ts";
import type { ListConstraints } from "../goalrank/decoding/constraints.ts";
import type { Names } from "./known-names.ts";
import { scaledFeatures } from "./request-features.ts";
import { parseRankRequest } from "./request-schema.ts";
import { type RankRequest, RankRequestError, type UnknownCandidates } from "./requests.ts";
import { featureRow, type ResolvedCandidates, resolveCandidates } from "./resolve-candidates.ts";
import { knownCapacity, resolveConstraints } from "./resolve-constraints.ts";

/** A request in numbers. */
export interface ResolvedRequest extends ResolvedCandidates {
  readonly request: RankRequest;
  readonly user: number | undefined;
  /** What is observed of the user, where the request says so. */
  readonly userRow: ObservedRow | undefined;
  /** Of the query, scaled, where the ranker reads any: [F]. */
  readonly queryFeatures: Float32Array | undefined;
  readonly history: RetrieverQuery["history"];
  readonly unknownHistory: number;
  /** Of the whole list. */
  readonly length: number;
  /** Items of it among which the method chooses; unknown ones follow. */
  readonly rankedLength: number;
  readonly constraints: ListConstraints | undefined;
}

/**
 * @param given a request, or anything else
 * @param unknown what becomes of unknown candidates unless the request says so
 * @throws RankRequestError that says what is wrong, and where
 */
export function resolveRequest(given: RankRequest, names: Names, unknown: UnknownCandidates): ResolvedRequest {
  const parsed = parseRankRequest(given);
  const request = { ...parsed, unknown: parsed.unknown ?? unknown };
  const asked = resolveLength(request, names);
  const user = request.user === undefined ? undefined : names.userNumbers.get(String(request.user));
  const userRow = request.userFeatures && featureRow(names.users, user, request.userFeatures, "userFeatures");
  const queryFeatures = resolveQuery(request, names);
  const { history, unknownHistory } = resolveHistory(request, user, names);
  const candidates = resolveCandidates(request, { user, history }, names);
  const { ranked, last } = candidates;
  const available = ranked.length + last.length;
  // Who gives fewer candidates than the trained length has all of them put in order.
  const isWhole = request.length === undefined && request.candidates !== undefined && available > 0;
  const length = isWhole ? Math.min(asked, available) : asked;
  checkEnough(available, length);
  const rankedLength = last.length === 0 ? length : Math.min(length, knownCapacity(candidates, request.constraints));
  return {
    request,
    user,
    userRow,
    queryFeatures,
    history,
    unknownHistory,
    ...candidates,
    length,
    rankedLength,
    constraints: request.constraints && resolveConstraints(request.constraints, candidates, rankedLength),
  };
}

function resolveQuery({ features }: RankRequest, { queryScale }: Names): Float32Array | undefined {
  if (queryScale !== undefined) return scaledFeatures(queryScale, features, "features");
  if (features === undefined) return undefined;
  throw new RankRequestError("type", "this ranker reads no features of queries; leave them out", "features");
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
    const { item, feedback = 1 } = typeof entry === "object" ? entry : { item: entry };
    const number = itemNumbers.get(String(item));
    return number === undefined ? [] : [{ item: number, liked: feedback > 0 }];
  });
  return { history: known, unknownHistory: history.length - known.length };
}

function resolveLength({ length }: RankRequest, { listLength }: Names): number {
  if (length === undefined) return listLength;
  if (length <= listLength) return length;
  throw new RankRequestError("length", `this ranker makes lists of 1 to ${listLength} items, got ${length}`, "length");
}

/** Requests of N candidates each in the columns that models read. */
export function requestColumns(
  group: readonly ResolvedRequest[],
  historyLength: number,
  unknownUser: number,
): RequestColumns {
  const size = group.length;
  const [{ ranked, rankedLength }] = group;
  const candidateCount = ranked.length;
  const columns: RequestColumns = {
    size,
    candidateCount,
    listLength: rankedLength,
    historyLength,
    users: Int32Array.from(group, ({ user }) => user ?? unknownUser),
    candidates: Int32Array.from(group.flatMap((request) => request.ranked.map(({ number }) => number))),
    retrieverScores: Float32Array.from(group.flatMap((request) => request.ranked.map(({ score }) => score))),
    history: new Int32Array(size * historyLength).fill(-1),
    historyFeedback: new Float32Array(size * historyLength),
    ...featureColumnsOf(group),
  };
  group.forEach((request, row) => {
    const last = historyLength === 0 ? [] : request.history.slice(-historyLength);
    const end = (row + 1) * historyLength;
    last.forEach(({ item, liked }, n) => {
      columns.history[end - last.length + n] = item;
      columns.historyFeedback[end - last.length + n] = liked ? 1 : 0;
    });
  });
  return columns;
}

/** The features of queries and candidates, where the ranker reads any: of all requests of a group alike. */
function featureColumnsOf(group: readonly ResolvedRequest[]): RequestFeatures {
  const ofQueries = group.flatMap(({ queryFeatures }) => queryFeatures ?? []);
  const ofCandidates = group.flatMap(({ ranked }) => ranked.flatMap(({ features }) => features ?? []));
  const table = (rows: readonly Float32Array[]) => {
    const [{ length: width }] = rows;
    const data = new Float32Array(rows.length * width);
    rows.forEach((row, n) => {
      data.set(row, n * width);
    });
    return { width, data };
  };
  const starts = Int32Array.from(group, ({ ranked }, row) => row * ranked.length);
  return {
    ...(ofQueries.length > 0 && { queryFeatures: table(ofQueries) }),
    ...(ofCandidates.length > 0 && { candidateFeatures: { ...table(ofCandidates), starts } }),
  };
}

/** The features of a group that brings some along; undefined where the ranker's own say all. */
export function observedRows(
  group: readonly ResolvedRequest[],
  { users, items, itemIds }: Names,
): ObservedRows | undefined {
  const bringUsers = group.some(({ userRow }) => userRow !== undefined);
  const candidates = group.flatMap(({ ranked }) => ranked);
  const bringItems = candidates.some(({ row }) => row !== undefined);
  if (!bringUsers && !bringItems) return undefined;
  const known = (number: number) => (number < itemIds.length ? number : undefined);
  return {
    users: bringUsers ? group.map(({ user, userRow }) => userRow ?? observedRow(users, user)) : undefined,
    items: bringItems ? candidates.map(({ number, row }) => row ?? observedRow(items, known(number))) : undefined,
  };
}
