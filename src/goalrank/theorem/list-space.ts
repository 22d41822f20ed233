/** Every list of L of N candidates, small enough to be enumerated, and every prefix that such lists have. */

/** S lists, P prefixes. */
export interface ListSpace {
  readonly candidates: number;
  readonly length: number;
  /** N! / (N - L)! */
  readonly listCount: number;
  /** Lists in lexicographic order: [S, L]. */
  readonly lists: Int32Array;
  /** 1 + N + N (N - 1) + ..., up to length L - 1. */
  readonly prefixCount: number;
  /** Which prefix each position of each list is chosen after: [S, L]. */
  readonly prefixes: Int32Array;
  /** Length of a prefix, and the item at each of its positions, as zeros and ones: [P, L + (L - 1) N]. */
  readonly prefixFeatures: Float32Array;
  /** 1 for the candidates that may follow each prefix: [P, N]. */
  readonly free: Int32Array;
}

/** @throws RangeError unless 1 <= L <= N, and the lists are few enough */
export function enumerateLists(candidates: number, length: number): ListSpace {
  if (!Number.isInteger(length) || length < 1 || !Number.isInteger(candidates) || candidates < length) {
    throw new RangeError(`list space: expected integers 1 <= length <= candidates, got ${length} and ${candidates}`);
  }
  const most = 100_000;
  const listCount = Array.from({ length }, (_, t) => candidates - t).reduce((product, n) => product * n, 1);
  if (listCount > most)
    throw new RangeError(`list space: ${listCount} lists are too many to enumerate, at most ${most}`);
  let level: number[][] = [[]];
  const prefixNumbers = new Map<string, number>();
  const prefixItems: number[][] = [];
  for (let t = 0; t < length; t++) {
    for (const prefix of level) prefixNumbers.set(prefix.join(), prefixItems.push(prefix) - 1);
    level = level.flatMap((prefix) => unused(prefix, candidates).map((item) => [...prefix, item]));
  }
  const prefixes = level.flatMap((list) => list.map((_, t) => prefixNumbers.get(list.slice(0, t).join()) ?? -1));
  const features = prefixItems.flatMap((prefix) => featuresOf(prefix, candidates, length));
  const free = prefixItems.flatMap((prefix) =>
    Array.from({ length: candidates }, (_, item) => (prefix.includes(item) ? 0 : 1)),
  );
  return {
    candidates,
    length,
    listCount,
    lists: Int32Array.from(level.flat()),
    prefixCount: prefixItems.length,
    prefixes: Int32Array.from(prefixes),
    prefixFeatures: Float32Array.from(features),
    free: Int32Array.from(free),
  };
}

function unused(prefix: readonly number[], candidates: number): number[] {
  return Array.from({ length: candidates }, (_, item) => item).filter((item) => !prefix.includes(item));
}

function featuresOf(prefix: readonly number[], candidates: number, length: number): number[] {
  const features = new Array<number>(length + (length - 1) * candidates).fill(0);
  features[prefix.length] = 1;
  prefix.forEach((item, t) => {
    features[length + t * candidates + item] = 1;
  });
  return features;
}
