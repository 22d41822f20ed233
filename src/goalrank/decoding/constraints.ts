/**
 * What a product asks of a list beyond distinct items: items that must not appear, at most k items of a category, and
 * items that stand at given positions. Checked before decoding, so that no list gets stuck half-way.
 *
 * Why left-to-right choice never gets stuck. Leave out the pinned items and positions; F positions are to be filled
 * from the open candidates (neither forbidden nor pinned), of which category c has count_c and takes
 * r_c = k - pinned_c more. Sets of open candidates with at most r_c of each category c are the independent sets of a
 * partition matroid: if A and B are such sets and A is smaller, some category holds more of B than of A, so it is not
 * full in A and has a member of B that A lacks; adding that one keeps A within the limits. Hence every such set grows
 * to the size of the largest, which is sum_c min(r_c, count_c), one candidate at a time and whichever were chosen
 * first. So decoding gets stuck in no request iff that sum is at least F, provided that each step chooses among the
 * candidates that still fit: pinned items are kept for their positions and count for their category from the start.
 * Adding the pinned items to both sides, the condition reads sum_c min(k, allowed_c) >= L, as it is checked below.
 */

/** A candidate that must stand at a position, and so at no other. */
export interface Pin {
  /** From 0 to B - 1. */
  readonly request: number;
  /** From 0 to L - 1. */
  readonly position: number;
  /** From 0 to N - 1. */
  readonly candidate: number;
}

/** A product's rules that every decoded list meets. */
export interface ListConstraints {
  /** 1 where a candidate must not appear, 0 elsewhere: [B, N]. */
  readonly forbidden?: Int32Array;
  /** At most `limit` items of one category in a list; `of` is the category of each candidate, any numbers: [B, N]. */
  readonly categories?: { readonly of: Int32Array; readonly limit: number };
  readonly pins?: readonly Pin[];
  /** What errors call candidates and categories; by their numbers unless given. */
  readonly names?: { candidate(number: number): string; category(number: number): string };
}

/** Requests, candidates of each and positions of a list: B, N, L. */
export interface ListSizes {
  readonly requests: number;
  readonly candidates: number;
  readonly length: number;
}

/** Constraints that every request can meet, in the form that decoding reads. */
export interface DecodingRules extends ListSizes {
  /** 1 where a candidate must not stand at a position, whatever the other items are: [B, N] for each position. */
  readonly barred: readonly Int32Array[];
  readonly limits: CategoryLimits | undefined;
}

export interface CategoryLimits {
  /** Items that may still come from each candidate's category; out of reach for pinned candidates: [B, N]. */
  readonly capacity: Float32Array;
  /** 1 where choosing the first candidate uses capacity of the second; pinned ones were counted before: [B, N, N]. */
  readonly uses: Float32Array;
}

/**
 * @throws RangeError when the constraints do not fit the sizes, or when a request cannot meet them: it names the
 * request and the reason
 */
export function resolveConstraints(constraints: ListConstraints, sizes: ListSizes): DecodingRules {
  checkShapes(constraints, sizes);
  const pinnedAt = placePins(constraints, sizes);
  for (let request = 0; request < sizes.requests; request++) {
    checkRequest(request, pinnedAt[request], constraints, sizes);
  }
  return {
    ...sizes,
    barred: barredCandidates(constraints, sizes, pinnedAt),
    limits: categoryLimits(constraints, sizes, pinnedAt),
  };
}

/** Whether `candidate` may follow the candidates of `prefix` in a list of `request`. */
export function mayFollow(
  { candidates, barred, limits }: DecodingRules,
  request: number,
  prefix: readonly number[],
  candidate: number,
): boolean {
  const row = request * candidates;
  if (prefix.includes(candidate) || barred[prefix.length][row + candidate] === 1) return false;
  if (limits === undefined) return true;
  const used = prefix.reduce((sum, item) => sum + limits.uses[(row + item) * candidates + candidate], 0);
  return used < limits.capacity[row + candidate];
}

function checkShapes({ forbidden, categories }: ListConstraints, { requests, candidates }: ListSizes): void {
  const size = requests * candidates;
  for (const [name, column] of Object.entries({ forbidden, categories: categories?.of })) {
    if (column !== undefined && column.length !== size) {
      throw new RangeError(
        `constraints: ${name} holds ${column.length} numbers, expected ${requests} requests x ` +
          `${candidates} candidates = ${size}`,
      );
    }
  }
  if (categories !== undefined && !(Number.isInteger(categories.limit) && categories.limit >= 1)) {
    throw new RangeError(
      `constraints: a category's limit must be a positive integer, got ${categories.limit}; ` +
        "forbid the items of a category that must not appear",
    );
  }
}

const NUMBERS: NonNullable<ListConstraints["names"]> = { candidate: String, category: String };

/** The pinned candidate of each position of each request. */
function placePins({ pins = [], names = NUMBERS }: ListConstraints, sizes: ListSizes): Map<number, number>[] {
  const pinnedAt = Array.from({ length: sizes.requests }, () => new Map<number, number>());
  for (const pin of pins) {
    const bounds = { request: sizes.requests, position: sizes.length, candidate: sizes.candidates };
    for (const [name, bound] of Object.entries(bounds)) {
      const value = pin[name as keyof Pin];
      if (!(Number.isInteger(value) && value >= 0 && value < bound)) {
        throw new RangeError(`constraints: a pin's ${name} must be from 0 to ${bound - 1}, got ${value}`);
      }
    }
    const own = pinnedAt[pin.request];
    const before = own.get(pin.position);
    if (before !== undefined) {
      const both = `${names.candidate(before)} and ${names.candidate(pin.candidate)}`;
      const reason = `position ${pin.position} is pinned twice, to candidates ${both}`;
      throw unsatisfiable(pin.request, reason);
    }
    own.set(pin.position, pin.candidate);
  }
  return pinnedAt;
}

function unsatisfiable(request: number, reason: string): RangeError {
  return new RangeError(`constraints: request ${request} has no list that meets them: ${reason}`);
}

function checkRequest(
  request: number,
  pinnedAt: ReadonlyMap<number, number>,
  { forbidden, categories, names = NUMBERS }: ListConstraints,
  { candidates, length }: ListSizes,
): void {
  const row = request * candidates;
  const isForbidden = (candidate: number) => forbidden !== undefined && forbidden[row + candidate] !== 0;
  const pinned = [...pinnedAt.values()];
  for (const candidate of pinned) {
    if (isForbidden(candidate))
      throw unsatisfiable(request, `pinned candidate ${names.candidate(candidate)} is forbidden`);
    if (pinned.indexOf(candidate) !== pinned.lastIndexOf(candidate)) {
      throw unsatisfiable(request, `candidate ${names.candidate(candidate)} is pinned twice`);
    }
  }
  const allowed = Array.from({ length: candidates }, (_, n) => n).filter((n) => !isForbidden(n));
  if (allowed.length < length) {
    throw unsatisfiable(request, `${allowed.length} candidates are allowed for ${length} positions`);
  }
  if (categories === undefined) return;
  const { of, limit } = categories;
  const counts = countCategories(allowed.map((n) => of[row + n]));
  const pinnedCounts = countCategories(pinned.map((n) => of[row + n]));
  let capacity = 0;
  for (const [category, count] of counts) {
    const fixed = pinnedCounts.get(category) ?? 0;
    if (fixed > limit) {
      const reason = `${fixed} pinned candidates are of category ${names.category(category)}, at most ${limit} may be`;
      throw unsatisfiable(request, reason);
    }
    capacity += Math.min(limit, count);
  }
  if (capacity < length) {
    const reason = `at most ${limit} of each category leaves ${capacity} candidates for ${length} positions`;
    throw unsatisfiable(request, reason);
  }
}

function countCategories(categories: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const category of categories) counts.set(category, (counts.get(category) ?? 0) + 1);
  return counts;
}

function barredCandidates(
  { forbidden }: ListConstraints,
  { requests, candidates, length }: ListSizes,
  pinnedAt: readonly ReadonlyMap<number, number>[],
): Int32Array[] {
  return Array.from({ length }, (_, position) => {
    const barred = forbidden?.map((flag) => (flag === 0 ? 0 : 1)) ?? new Int32Array(requests * candidates);
    pinnedAt.forEach((pins, request) => {
      const own = barred.subarray(request * candidates, (request + 1) * candidates);
      const here = pins.get(position);
      if (here !== undefined) own.fill(1);
      for (const candidate of pins.values()) own[candidate] = candidate === here ? 0 : 1;
    });
    return barred;
  });
}

function categoryLimits(
  { categories }: ListConstraints,
  { requests, candidates, length }: ListSizes,
  pinnedAt: readonly ReadonlyMap<number, number>[],
): CategoryLimits | undefined {
  if (categories === undefined) return undefined;
  const capacity = new Float32Array(requests * candidates);
  const uses = new Float32Array(requests * candidates * candidates);
  for (let request = 0; request < requests; request++) {
    const row = request * candidates;
    const own = categories.of.subarray(row, row + candidates);
    const pinned = new Set(pinnedAt[request].values());
    const pinnedCounts = countCategories([...pinned].map((candidate) => own[candidate]));
    for (let n = 0; n < candidates; n++) {
      const left = categories.limit - (pinnedCounts.get(own[n]) ?? 0);
      capacity[row + n] = pinned.has(n) ? length + 1 : left;
      if (pinned.has(n)) continue;
      for (let other = 0; other < candidates; other++) {
        if (own[other] === own[n]) uses[(row + n) * candidates + other] = 1;
      }
    }
  }
  return { capacity, uses };
}
