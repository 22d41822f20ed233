/** The candidates of a request: those that it gives, known or not, or those that the retriever chooses. */
import { bestItems } from "../data/best-items.ts";
import { type ObservedRow, type ObservedTables, observedRow, withValues } from "../data/features/encode-features.ts";
import { UNNAMED_ITEM } from "../data/queries/unnamed-item.ts";
import type { RetrieverQuery } from "../data/retrievers/retriever.ts";
import type { Names } from "./known-names.ts";
import { isArray, scaledFeatures } from "./request-features.ts";
import { type Candidate, type Features, type Name, type RankRequest, RankRequestError } from "./requests.ts";

/** Beyond it, squares overflow in the arithmetic of the models. */
const LARGEST_SCORE = 1e15;

/** A candidate in numbers. */
export interface ResolvedCandidate {
  readonly name: string;
  /** One more than there are for an item that the ranker does not know. */
  readonly number: number;
  /** What is observed of it, where the request says so. */
  readonly row: ObservedRow | undefined;
  /** The retriever's score. */
  readonly score: number;
  /** What the request says of it, scaled, where the ranker reads such features: [F]. */
  readonly features?: Float32Array | undefined;
  /** Its place among the request's candidates. */
  readonly place?: number | undefined;
}

export interface ResolvedCandidates {
  /** Those among which the method chooses. */
  readonly ranked: readonly ResolvedCandidate[];
  /** Unknown ones, that may stand after the others. */
  readonly last: readonly string[];
  /** Names of all that the ranker does not know. */
  readonly unknown: readonly string[];
}

/** @throws RankRequestError that says what is wrong, and where */
export function resolveCandidates(request: RankRequest, query: RetrieverQuery, names: Names): ResolvedCandidates {
  const { candidates } = request;
  if (candidates === undefined) return { ranked: retrieveCandidates(query, request, names), last: [], unknown: [] };
  if (candidates.length > names.limits.candidates) {
    const problem = `${candidates.length} are too many; at most ${names.limits.candidates} are allowed`;
    throw new RankRequestError("count", problem, "candidates");
  }
  const seen = new Set<string>();
  const [ranked, last, unknown]: [ResolvedCandidate[], string[], string[]] = [[], [], []];
  const scores = scorer(query, names);
  candidates.forEach((candidate, place) => {
    const path = `candidates[${place}]`;
    const own: Candidate = typeof candidate === "object" ? candidate : { item: candidate };
    const name = String(own.item ?? nameless(names, place, path));
    if (seen.has(name)) throw new RankRequestError("duplicate", `the item "${name}" occurs twice`, path);
    seen.add(name);
    const known = names.itemNumbers.get(name);
    const { row, features } = featuresOf(own, known, names, `${path}.features`);
    if (known === undefined && names.itemIds.length > 0) unknown.push(name);
    if (known === undefined && row === undefined && features === undefined) {
      if (request.unknown === "error") throw unknownItem(name, path);
      if (request.unknown !== "skip") last.push(name);
      return;
    }
    const score = own.score ?? scores(known, row) ?? (names.areScored ? undefined : 0);
    if (score === undefined) {
      throw new RankRequestError("type", "this ranker has no retriever; give each candidate a score", path);
    }
    if (!(Math.abs(score) <= LARGEST_SCORE)) {
      throw new RankRequestError("type", `the score ${score} is beyond ${LARGEST_SCORE}`, path);
    }
    const number = known ?? names.itemNumbers.get(UNNAMED_ITEM) ?? names.itemIds.length;
    ranked.push({ name, number, row, score, ...(features && { features, place }) });
  });
  return { ranked, last, unknown };
}

/** A candidate without a name is called by its place, where a ranker knows candidates by their features. */
function nameless({ candidateScale }: Names, place: number, path: string): Name {
  if (candidateScale !== undefined) return place;
  throw new RankRequestError("type", "expected the `item`: this ranker knows candidates by their names", path);
}

/** What a request says of a candidate: of the item as such, or of the candidate in this request. */
function featuresOf(
  { features: given }: Candidate,
  known: number | undefined,
  { items, candidateScale }: Names,
  path: string,
): Pick<ResolvedCandidate, "row" | "features"> {
  if (candidateScale !== undefined) return { row: undefined, features: scaledFeatures(candidateScale, given, path) };
  if (given === undefined) return { row: undefined };
  if (!isArray(given)) return { row: featureRow(items, known, given, path) };
  throw new RankRequestError("type", "this ranker reads values by the names of their columns, and no array", path);
}

function unknownItem(name: string, path: string): RankRequestError {
  const remedy = "leave it out, give its `features`, or ask with `unknown`: last or skip";
  return new RankRequestError("unknown-item", `the item "${name}" is unknown; ${remedy}`, path);
}

/** The retriever's score of an item by its number, or by what is observed of one that it never saw. */
function scorer(query: RetrieverQuery, { retriever, guess }: Names) {
  const ofNumber = retriever?.scoresFor(query);
  const ofRow = retriever?.rowScoresFor(query);
  return (known: number | undefined, row: ObservedRow | undefined): number | undefined => {
    if (known !== undefined) return ofNumber?.(known);
    const guessed = guess()?.rowOf(row);
    return guessed && ofRow?.(guessed);
  };
}

/** What is observed of a user or item, with what a request says of it. @throws RankRequestError for a wrong value */
export function featureRow(
  tables: ObservedTables,
  known: number | undefined,
  features: Features,
  path: string,
): ObservedRow {
  try {
    return withValues(tables, observedRow(tables, known), features);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new RankRequestError("type", error.message, path);
  }
}

/** The retriever's best items that were neither met, unless items are met again, nor excluded; and those pinned. */
function retrieveCandidates(
  query: RetrieverQuery,
  { constraints, repeats, length }: RankRequest,
  { retriever, pasts, candidateCount, listLength, itemIds, itemNumbers }: Names,
): ResolvedCandidate[] {
  if (retriever === undefined) {
    throw new RankRequestError("type", "this ranker has no retriever; give the candidates", "candidates");
  }
  const numbersOf = (items: readonly Name[]) => items.flatMap((item) => itemNumbers.get(String(item)) ?? []);
  const met = new Set(query.history.map(({ item }) => item));
  if (query.user !== undefined) for (const item of pasts?.metBy(query.user) ?? []) met.add(item);
  const isMetOnce = !(repeats ?? pasts?.repeats ?? false);
  const pinned = new Set(numbersOf(constraints?.pins?.map(({ item }) => item) ?? []));
  const out = [...(isMetOnce ? met : []), ...numbersOf(constraints?.exclude ?? []), ...pinned];
  const score = retriever.scoresFor(query);
  const all = Float32Array.from({ length: retriever.itemCount }, (_, item) => score(item));
  for (const item of out) all[item] = Number.NEGATIVE_INFINITY;
  const items = [...pinned, ...bestItems(all, Math.max(0, candidateCount - pinned.size))];
  if (isMetOnce && met.size > 0 && items.length < (length ?? listLength)) {
    const problem = `the user has met ${met.size} of ${retriever.itemCount} items, which leaves ${items.length}`;
    const remedy = "give the candidates, or ask with `repeats: true`";
    throw new RankRequestError("length", `${problem}; ${remedy}`, "candidates");
  }
  return items.map((item) => ({ name: itemIds[item], number: item, row: undefined, score: score(item) }));
}
