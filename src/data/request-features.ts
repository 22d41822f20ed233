/**
 * Numbers that come with a request itself: features of its query (an embedding, its length), and of each candidate in its
 * light (a text score, a price of the day, a similarity).
 */

/** Observed features of every user, item or query, row by row: `data` is [count, width]. */
export interface FeatureTable {
  readonly width: number;
  readonly data: Float32Array;
  /** What became of each column's values, [width]: (value - center) * scale. Known of tables of users and items. */
  readonly columns?: readonly { readonly name: string; readonly center: number; readonly scale: number }[];
}

/**
 * Features of the candidates of S requests. Requests have different numbers of candidates, so each says where its own
 * begin: candidate n of request s has row `starts[s] + n`.
 */
export interface CandidateFeatures extends FeatureTable {
  /** Row of the first candidate of each request: [S]. */
  readonly starts: Int32Array;
}

/** The features that a dataset may have, by its columns. */
export interface RequestFeatures {
  /** Of the query of each request: [S, width]. */
  readonly queryFeatures?: FeatureTable;
  readonly candidateFeatures?: CandidateFeatures;
}

/** Those of the requests at `rows`. Candidates keep their table. */
export function selectFeatures(features: RequestFeatures, rows: ArrayLike<number>): RequestFeatures {
  const { queryFeatures, candidateFeatures } = features;
  return {
    ...(queryFeatures && { queryFeatures: { ...queryFeatures, data: rowsOf(queryFeatures, rows) } }),
    ...(candidateFeatures && {
      candidateFeatures: {
        ...candidateFeatures,
        starts: Int32Array.from({ length: rows.length }, (_, n) => candidateFeatures.starts[rows[n]]),
      },
    }),
  };
}

/**
 * Those of several datasets, one after another.
 * @throws RangeError when some have features that others lack, or of another width
 */
export function joinFeatures(datasets: readonly RequestFeatures[]): RequestFeatures {
  const query = tablesOf("queryFeatures", datasets);
  const candidate = tablesOf("candidateFeatures", datasets);
  const firstRows = candidate?.map((_, n) => {
    return candidate.slice(0, n).reduce((rows, { width, data }) => rows + data.length / width, 0);
  });
  return {
    ...(query && { queryFeatures: joined(query) }),
    ...(candidate && {
      candidateFeatures: {
        ...joined(candidate),
        starts: Int32Array.from(
          candidate.flatMap(({ starts }, n) => [...starts].map((row) => row + (firstRows?.[n] ?? 0))),
        ),
      },
    }),
  };
}

/** Features of the first `count` candidates of each request at `rows`: [B, count, width], flat. */
export function gatherCandidateFeatures(
  { width, data, starts }: CandidateFeatures,
  rows: ArrayLike<number>,
  count: number,
): Float32Array {
  const out = new Float32Array(rows.length * count * width);
  for (let n = 0; n < rows.length; n++) {
    const start = starts[rows[n]] * width;
    out.set(data.subarray(start, start + count * width), n * count * width);
  }
  return out;
}

/** Rows of a table, flat. */
export function rowsOf({ width, data }: FeatureTable, rows: ArrayLike<number>): Float32Array {
  const out = new Float32Array(rows.length * width);
  for (let n = 0; n < rows.length; n++) out.set(data.subarray(rows[n] * width, (rows[n] + 1) * width), n * width);
  return out;
}

function tablesOf<Name extends keyof RequestFeatures>(name: Name, datasets: readonly RequestFeatures[]) {
  const tables = datasets.flatMap((dataset) => dataset[name] ?? []);
  if (tables.length === 0) return undefined;
  const [{ width }] = tables;
  if (tables.length < datasets.length || tables.some((table) => table.width !== width)) {
    throw new RangeError(`joinRows: ${name} is there in some datasets only, or has another width in some`);
  }
  return tables;
}

function joined(tables: readonly FeatureTable[]): FeatureTable {
  const data = new Float32Array(tables.reduce((sum, table) => sum + table.data.length, 0));
  let end = 0;
  for (const table of tables) {
    data.set(table.data, end);
    end += table.data.length;
  }
  return { width: tables[0].width, data };
}
