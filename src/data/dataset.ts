/**
 * The form in which every source of feedback, a log file or the embedded world, reaches the models. Columns are
 * flat typed arrays in row-major order, one row per exposed list.
 */

/** Observed features of every user or item, row by row: `data` is [count, width]. */
export interface FeatureTable {
  readonly width: number;
  readonly data: Float32Array;
}

/**
 * Categories of every user or item: each has up to `slots` of them, with weights. All columns share one numbering;
 * number 0 fills unused slots, with weight 0.
 */
export interface CategoryTable {
  /** Categories, number 0 included. */
  readonly vocabularySize: number;
  readonly slots: number;
  /** Categories: [count, slots]. */
  readonly indices: Int32Array;
  /** 1 for a category that stands alone, 1/m for each of m values of one column: [count, slots]. */
  readonly weights: Float32Array;
  /** Categories, of weight 1 each, of someone or something of which nothing is known: one per column. */
  readonly unknown: Int32Array;
}

/** Who and what there is. Users and items are numbered from 0. */
export interface Catalogue {
  readonly userCount: number;
  readonly itemCount: number;
  /** What the source calls them, by number. */
  readonly userIds?: readonly string[];
  readonly itemIds?: readonly string[];
  /** What people call the items, by number; "" where that is not known. */
  readonly itemTitles?: readonly string[];
  readonly userFeatures?: FeatureTable;
  readonly itemFeatures?: FeatureTable;
  readonly userCategories?: CategoryTable;
  readonly itemCategories?: CategoryTable;
}

/**
 * Exposed lists with their candidates and feedback. S lists, N candidates, L positions, H history length.
 * `exposed` holds positions within the row's candidates, so a list is L distinct numbers from 0 to N - 1; an exposed
 * item that is not among the candidates, as when nothing was injected, has position -1.
 */
export interface ListDataset {
  readonly size: number;
  readonly candidateCount: number;
  readonly listLength: number;
  readonly historyLength: number;
  /** User of each list: [S]. */
  readonly users: Int32Array;
  /** Item numbers of the candidates, in an order that does not reveal what was exposed: [S, N]. */
  readonly candidates: Int32Array;
  /** The retriever's score of each candidate: [S, N]. */
  readonly retrieverScores: Float32Array;
  /** Candidate positions of the list that was shown, in the order it was shown: [S, L]. */
  readonly exposed: Int32Array;
  /** Feedback on each position of the list that was shown, 0 or 1: [S, L]. */
  readonly feedback: Float32Array;
  /** Items the user met before this list, oldest first, padded at the front with -1: [S, H]. */
  readonly history: Int32Array;
  /** Feedback on each item of the history, 0 where there is none: [S, H]. */
  readonly historyFeedback: Float32Array;
}

/** A request for a list: the columns of a dataset's row that are known before anything is shown. */
export type RequestColumns = Omit<ListDataset, "exposed" | "feedback">;

/** Rows of zeros. */
export function emptyDataset(
  extents: Pick<ListDataset, "size" | "candidateCount" | "listLength" | "historyLength">,
): ListDataset {
  const { size, candidateCount, listLength, historyLength } = extents;
  return {
    size,
    candidateCount,
    listLength,
    historyLength,
    users: new Int32Array(size),
    candidates: new Int32Array(size * candidateCount),
    retrieverScores: new Float32Array(size * candidateCount),
    exposed: new Int32Array(size * listLength),
    feedback: new Float32Array(size * listLength),
    history: new Int32Array(size * historyLength),
    historyFeedback: new Float32Array(size * historyLength),
  };
}

/** The items of the list for request `row`, out of lists of one length as candidate positions [S, L]: [L]. */
export function itemsOfList(
  { size, candidates, candidateCount }: RequestColumns,
  lists: Int32Array,
  row: number,
): Int32Array {
  const length = lists.length / size;
  const list = lists.subarray(row * length, (row + 1) * length);
  return list.map((position) => candidates[row * candidateCount + position]);
}

/** The rows of `dataset` at `rows`, in that order. */
export function selectRows(dataset: ListDataset, rows: ArrayLike<number>): ListDataset {
  const size = rows.length;
  const gather = <Column extends Int32Array | Float32Array>(column: Column): Column => {
    const width = column.length / dataset.size;
    const out = column.subarray(0, 0).constructor as new (length: number) => Column;
    const selected = new out(size * width);
    for (let i = 0; i < size; i++) {
      selected.set(column.subarray(rows[i] * width, (rows[i] + 1) * width), i * width);
    }
    return selected;
  };
  return {
    ...dataset,
    size,
    users: gather(dataset.users),
    candidates: gather(dataset.candidates),
    retrieverScores: gather(dataset.retrieverScores),
    exposed: gather(dataset.exposed),
    feedback: gather(dataset.feedback),
    history: gather(dataset.history),
    historyFeedback: gather(dataset.historyFeedback),
  };
}

/**
 * The rows of several datasets, one after another.
 * @throws RangeError when their lists, candidates or histories differ in length
 */
export function joinRows(datasets: readonly [ListDataset, ...ListDataset[]]): ListDataset {
  const [first] = datasets;
  for (const extent of ["candidateCount", "listLength", "historyLength"] as const) {
    const other = datasets.find((dataset) => dataset[extent] !== first[extent]);
    if (other !== undefined) {
      throw new RangeError(
        `joinRows: ${extent} is ${first[extent]} in one dataset and ${other[extent]} in another`,
      );
    }
  }
  const join = <Column extends Int32Array | Float32Array>(of: (dataset: ListDataset) => Column): Column => {
    const columns = datasets.map(of);
    const make = columns[0].constructor as new (length: number) => Column;
    const joined = new make(columns.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const column of columns) {
      joined.set(column, at);
      at += column.length;
    }
    return joined;
  };
  return {
    ...first,
    size: datasets.reduce((sum, { size }) => sum + size, 0),
    users: join(({ users }) => users),
    candidates: join(({ candidates }) => candidates),
    retrieverScores: join(({ retrieverScores }) => retrieverScores),
    exposed: join(({ exposed }) => exposed),
    feedback: join(({ feedback }) => feedback),
    history: join(({ history }) => history),
    historyFeedback: join(({ historyFeedback }) => historyFeedback),
  };
}
