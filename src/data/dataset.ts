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
  /**
   * Its columns, in the order of `unknown` and of their slots. A column's rare category follows its unknown one, and its
   * `names` follow that. Known of tables that were read.
   */
  readonly columns?: readonly {
    readonly name: string;
    /** What stands between two categories, where there may be several. */
    readonly separator?: string;
    readonly slots: number;
    readonly names: readonly string[];
  }[];
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
  /** Of queries with features: whether a first stage's score comes with each candidate. */
  readonly areScored?: boolean;
}

/**
 * Exposed lists with their candidates and feedback. S lists, N candidates, L positions, H history length.
 * `exposed` holds positions within the row's candidates, so a list is L distinct numbers from 0 to N - 1; an exposed
 * item that is not among the candidates, as when nothing was injected, has position -1.
 *
 * Where rows differ in size, N and L are the most, and a row's own numbers of candidates and positions are its *shape*
 * (`shapes.ts`). The places behind them hold item -1 with score 0, and position -1 with feedback 0.
 */
export interface ListDataset extends RequestFeatures {
  readonly size: number;
  /** N, the most of any row. */
  readonly candidateCount: number;
  /** L, the most of any row. */
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
  /** Feedback on each position of the list that was shown, from 0 to 1; a positive is over 0: [S, L]. */
  readonly feedback: Float32Array;
  /** Items the user met before this list, oldest first, padded at the front with -1: [S, H]. */
  readonly history: Int32Array;
  /** Feedback on each item of the history, 0 where there is none: [S, H]. */
  readonly historyFeedback: Float32Array;
  /** Candidates of each row, where not all have N: [S]. */
  readonly candidateCounts?: Int32Array;
  /** Positions of each row, at most its candidates, where not all have L: [S]. */
  readonly listLengths?: Int32Array;
  /**
   * Feedback on every candidate, where the source tells of more than `exposed` holds; -1 where it is not known, and
   * nothing is learned from it; 0 behind a row's own: [S, N].
   */
  readonly labels?: Float32Array;
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
  /** Whether a dataset may be without it. */
  readonly isOptional?: true;
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
  candidateCounts: { array: Int32Array, isOptional: true },
  listLengths: { array: Int32Array, isOptional: true },
  labels: { array: Float32Array, width: "candidateCount", isOptional: true },
};

/** Names of {@link COLUMNS}, in the same order. */
export const COLUMN_NAMES = Object.keys(COLUMNS) as readonly ColumnName[];

/** Numbers that a row of a column has. */
export function columnWidth(column: ColumnName, extents: Extents): number {
  const { width } = COLUMNS[column];
  return width === undefined ? 1 : extents[width];
}

/** Rows of zeros, of one shape. */
export function emptyDataset({ size, candidateCount, listLength, historyLength }: Extents): ListDataset {
  const extents = { size, candidateCount, listLength, historyLength };
  const names = COLUMN_NAMES.filter((column) => COLUMNS[column].isOptional !== true);
  const columns = names.map((column) => [column, new COLUMNS[column].array(size * columnWidth(column, extents))]);
  return { ...extents, ...Object.fromEntries(columns) };
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
  const columns = COLUMN_NAMES.flatMap((name) => {
    const column = dataset[name];
    return column === undefined ? [] : [[name, gather(column, rows, columnWidth(name, dataset))]];
  });
  return { ...dataset, size: rows.length, ...Object.fromEntries(columns), ...selectFeatures(dataset, rows) };
}

/** The first `width` of the `stride` numbers that each of those rows of a column has; all unless given; flat. */
export function gather<Column extends Uint8Array | Int32Array | Float32Array | Float64Array>(
  column: Column,
  rows: ArrayLike<number>,
  stride = 1,
  width = stride,
): Column {
  const out = new (column.constructor as new (length: number) => Column)(rows.length * width);
  for (let i = 0; i < rows.length; i++) {
    for (let k = 0; k < width; k++) out[i * width + k] = column[rows[i] * stride + k];
  }
  return out;
}

/** Writes values of those rows, equally many of each, to the beginnings of rows of `stride` numbers. */
export function scatter(
  column: Int32Array | Float32Array | Float64Array,
  rows: ArrayLike<number>,
  stride: number,
  values: ArrayLike<number>,
): void {
  const width = values.length / rows.length;
  for (let i = 0; i < rows.length; i++) {
    for (let k = 0; k < width; k++) column[rows[i] * stride + k] = values[i * width + k];
  }
}

/**
 * The rows of several datasets, one after another. A column of shapes that only some have is made for the others.
 * @throws RangeError when their lists, candidates or histories differ in length, or only some have labels or features
 */
export function joinRows(datasets: readonly [ListDataset, ...ListDataset[]]): ListDataset {
  const [first] = datasets;
  for (const extent of ["candidateCount", "listLength", "historyLength", "maxGrade"] as const) {
    const other = datasets.find((dataset) => dataset[extent] !== first[extent]);
    if (other !== undefined) {
      throw new RangeError(`joinRows: ${extent} is ${first[extent]} in one dataset and ${other[extent]} in another`);
    }
  }
  const size = datasets.reduce((sum, dataset) => sum + dataset.size, 0);
  const names = COLUMN_NAMES.filter((name) => datasets.some((dataset) => dataset[name] !== undefined));
  const columns = names.map((name) => {
    const joined = new COLUMNS[name].array(size * columnWidth(name, first));
    let end = 0;
    for (const dataset of datasets) {
      const column = dataset[name] ?? usualColumn(name, dataset);
      joined.set(column, end);
      end += column.length;
    }
    return [name, joined];
  });
  return { ...first, size, ...Object.fromEntries(columns), ...joinFeatures(datasets) };
}

/** What a column would hold that a dataset does without: as many as its widest row has. */
function usualColumn(name: ColumnName, { size, candidateCount, listLength }: ListDataset): Int32Array {
  if (name === "candidateCounts") return new Int32Array(size).fill(candidateCount);
  if (name === "listLengths") return new Int32Array(size).fill(listLength);
  throw new RangeError(`joinRows: only some of the datasets have ${name}`);
}
