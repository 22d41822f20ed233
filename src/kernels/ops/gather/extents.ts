/** Extents of a gather: from each of `batch` entries of `rows` rows, `taken` rows are read. */
export interface Extents {
  readonly batch: number;
  readonly rows: number;
  readonly taken: number;
  /** Elements of a row. */
  readonly columns: number;
}
