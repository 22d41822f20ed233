/**
 * What the values of single requests say of the means of methods: variances and covariances, of which the differences of
 * any two methods are made, so that results can be compared where the values themselves are not kept.
 *
 * For rows a and b and seeds s and t, with c the value of a request less the mean of its row and seed, and n requests:
 *
 *   within_s(a, b) = sum_r c_as(r) c_bs(r) / (n (n - 1))
 *   across(a, b)   = mean over s < t of sum_r (c_as(r) c_bt(r) + c_at(r) c_bs(r)) / (2 n_s n_t), r the requests of both
 *
 * The variance of the mean of a - b is within(a, a) + within(b, b) - 2 within(a, b), and likewise for two seeds.
 */
import type { SeedDifferences } from "../evaluation/seed-differences.ts";

/** The values of one row: of each seed, by request. Requests without a value are in none. */
export interface RowValues {
  readonly name: string;
  readonly seeds: readonly ReadonlyMap<string, number>[];
}

/** As JSON holds them: of symmetric matrices the lower half, row by row. */
export interface StoredMoments {
  readonly rows: readonly string[];
  /** Mean of each row and seed: [rows][seeds]. */
  readonly means: readonly (readonly number[])[];
  /** Requests of each seed. */
  readonly requests: readonly number[];
  readonly within: readonly (readonly number[])[];
  readonly across: readonly number[];
}

/** More would say nothing of differences of methods. */
const DIGITS = 8;

export class RequestMoments {
  private readonly places: ReadonlyMap<string, number>;

  constructor(readonly stored: StoredMoments) {
    this.places = new Map(stored.rows.map((name, at) => [name, at]));
  }

  /** Of rows that have values of the same requests, seed by seed. @throws RangeError where they do not */
  static of(rows: readonly RowValues[]): RequestMoments {
    const [first] = rows;
    const seeds = first === undefined ? [] : first.seeds.map((own) => [...own.keys()]);
    const means = rows.map(({ seeds: own }) => own.map((values) => sum([...values.values()]) / values.size));
    const centred = rows.map(({ name, seeds: own }, row) =>
      own.map((values, seed) => {
        if (values.size !== seeds[seed]?.length) throw new RangeError(`moments: ${name} has values of other requests`);
        return Float64Array.from(seeds[seed], (request) => {
          const value = values.get(request);
          if (value === undefined) throw new RangeError(`moments: ${name} has no value of the request ${request}`);
          return value - means[row][seed];
        });
      }),
    );
    const requests = seeds.map(({ length }) => length);
    const within = seeds.map((_, seed) =>
      lowerHalf(rows.length, (a, b) => {
        const count = requests[seed];
        return dot(centred[a][seed], centred[b][seed]) / (count * Math.max(1, count - 1));
      }),
    );
    const pairs = pairsOf(seeds);
    const across = lowerHalf(rows.length, (a, b) => {
      const covariances = pairs.map(([s, t, places]) => {
        const both = dotAt(centred[a][s], centred[b][t], places) + dotAt(centred[b][s], centred[a][t], places);
        return both / (2 * requests[s] * requests[t]);
      });
      return pairs.length === 0 ? 0 : sum(covariances) / pairs.length;
    });
    return new RequestMoments({
      rows: rows.map(({ name }) => name),
      means: means.map(rounded),
      requests,
      within,
      across,
    });
  }

  /** Row a less row b; undefined where one of them is not known. */
  difference(a: string, b: string): SeedDifferences | undefined {
    const [i, j] = [this.places.get(a), this.places.get(b)];
    if (i === undefined || j === undefined) return undefined;
    const { means, within, across, requests } = this.stored;
    const varianceIn = (half: readonly number[]) => at(half, i, i) + at(half, j, j) - 2 * at(half, i, j);
    return {
      means: means[i].map((mean, seed) => mean - means[j][seed]),
      variances: within.map((half) => Math.max(0, varianceIn(half))),
      covariance: varianceIn(across),
      requests: Math.min(...requests),
    };
  }
}

type Pair = readonly [s: number, t: number, places: readonly (readonly [number, number])[]];

/** Pairs of seeds, with the places of the requests that both have. */
function pairsOf(seeds: readonly (readonly string[])[]): Pair[] {
  return seeds.flatMap((own, s) => {
    const placeOf = new Map(own.map((request, place) => [request, place]));
    return seeds.slice(s + 1).map((other, n): Pair => {
      const places = other.flatMap((request, place) => {
        const shared = placeOf.get(request);
        return shared === undefined ? [] : [[shared, place] as const];
      });
      return [s, s + 1 + n, places];
    });
  });
}

function lowerHalf(size: number, of: (a: number, b: number) => number): number[] {
  return rounded(Array.from({ length: size }, (_, a) => Array.from({ length: a + 1 }, (_, b) => of(a, b))).flat());
}

function at(half: readonly number[], a: number, b: number): number {
  const [high, low] = [Math.max(a, b), Math.min(a, b)];
  return half[(high * (high + 1)) / 2 + low];
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((total, value, place) => total + value * b[place], 0);
}

function dotAt(a: Float64Array, b: Float64Array, places: Pair[2]): number {
  return places.reduce((total, [i, j]) => total + a[i] * b[j], 0);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function rounded(values: readonly number[]): number[] {
  return values.map((value) => Number(value.toPrecision(DIGITS)));
}
