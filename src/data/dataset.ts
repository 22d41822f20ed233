/**
 * The form in which every source of feedback, a log file or the embedded world, reaches the models. Columns are
 * flat typed arrays in row-major order, one row per exposed list.
 */
import type { FeatureScale } from "./features/feature-scale.ts";
import { type FeatureTable, joinFeatures, type RequestFeatures, selectFeatures } from "./request-features.ts";

export type { CandidateFeatures, FeatureTable } from "./request-features.ts";

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
  /** Of the numbers that come with a request: what its query's and its candidates' columns are, and how they are scaled. */
  readonly queryScale?: FeatureScale;
  readonly candidateScale?: FeatureScale;
}

/**
 * Exposed lists with their candidates and feedback. S lists, N candidates, L positions, H history length.
 * `exposed` holds positions within the row's candidates, so a list is L distinct numbers from 0 to N - 1; an exposed
 * item that is not among the candidates, as when nothing was injected, has position -1.
 */
export interface ListDataset extends RequestFeatures {
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
  /** Of data with grades: the highest there may be. Labels are then (2^grade - 1) / (2^maxGrade - 1). */
  readonly maxGrade?: number;
}

/** A request for a list: the columns of a dataset's row that are known before anything is shown. */
export type RequestColumns = Omit<ListDataset, "exposed" | "feedback" | "labels" | "maxGrade">;

/** How many rows a dataset has, and how wide its columns are. */
export type Extents = Pick<ListDataset, "size" | "candidateCount" | "listLength" | "historyLength">;

/** The names of a dataset's columns. */
export type ColumnName = Exclude<keyof ListDataset, keyof Extents | keyof RequestFeatures | "maxGrade">;

/** What holds a column's numbers, and the extent that is its width, unless it has one number a row. */
interface ColumnKind {
  readonly array: typeof Int32Array | typeof Float32Array;
  readonly width?: Exclude<keyof Extents, "size">;
}

/** All columns, in the order in which files hold them. */
export const COLUMNS: Readonly<Record<ColumnName, ColumnKind>> = {
  users: { array: Int32Array },
  candidates: { array: Int32Array, width: "candidateCount" },
  retrieverScores: { array: Float32Array, width: "candidateCount" },
  exposed: { array: Int32Array, width: "listLength" },
  feedback: { array: Float32Array, width: "listLength" },
  history: { array: Int32Array, width: "historyLength" },
  historyFeedback: { array: Float32Array, width: "historyLength" },
};

/** Names of {@link COLUMNS}, in the same order. */
export const COLUMN_NAMES = Object.keys(COLUMNS) as readonly ColumnName[];

/** A dataset of columns that `make` gives, for their name and width. */
export function makeDataset(
  { size, candidateCount, listLength, historyLength }: Extents,
  make: (column: ColumnName, width: number) => Int32Array | Float32Array,
): ListDataset {
  const extents = { size, candidateCount, listLength, historyLength };
  const columns = COLUMN_NAMES.map((column) => {
    const { width } = COLUMNS[column];
    return [column, make(column, width === undefined ? 1 : extents[width])];
  });
  return { ...extents, ...Object.fromEntries(columns) };
}

/** Rows of zeros. */
export function emptyDataset(extents: Extents): ListDataset {
  return makeDataset(extents, (column, width) => new COLUMNS[column].array(extents.size * width));
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
  const extents = { ...dataset, size: rows.length };
  return {
    ...dataset,
    ...makeDataset(extents, (column, width) => gather(dataset[column], rows, width)),
    ...selectFeatures(dataset, rows),
  };
}

/** Those rows of a column of `width` numbers a row, one unless given; flat. */
export function gather<Column extends Uint8Array | Int32Array | Float32Array | Float64Array>(
  column: Column,
  rows: ArrayLike<number>,
  width = 1,
): Column {
  const out = new (column.constructor as new (length: number) => Column)(rows.length * width);
  for (let i = 0; i < rows.length; i++) {
    for (let k = 0; k < width; k++) out[i * width + k] = column[rows[i] * width + k];
  }
  return out;
}

/**
 * The rows of several datasets, one after another.
 * @throws RangeError when their lists, candidates or histories differ in length, or their features or grades do
 */
export function joinRows(datasets: readonly [ListDataset, ...ListDataset[]]): ListDataset {
  const [first] = datasets;
  for (const extent of ["candidateCount", "listLength", "historyLength", "maxGrade"] as const) {
    const other = datasets.find((dataset) => dataset[extent] !== first[extent]);
    if (other !== undefined) {
      throw new RangeError(`joinRows: ${extent} is ${first[extent]} in one dataset and ${other[extent]} in another`);
    }
  }
  const joined = emptyDataset({ ...first, size: datasets.reduce((sum, { size }) => sum + size, 0) });
  for (const column of COLUMN_NAMES) {
    let end = 0;
    for (const dataset of datasets) {
      joined[column].set(dataset[column], end);
      end += dataset[column].length;
    }
  }
  return {
    ...first,
    ...joined,
    ...joinFeatures(datasets),
  };
}
