/** From a file of interactions to requests: readers, splits and lists, candidates, retrievers, features, batches. */
export * from "./browser.ts";
export { type EntityFeatures, type FeatureSource, readFeatures } from "./features/features.ts";
export {
  formatPreparation,
  type InteractionSource,
  type PreparationCounts,
  type PreparedData,
  type PrepareOptions,
  prepareInteractions,
  prepareLog,
  readInteractions,
} from "./prepare.ts";
export {
  openPreparedDataset,
  type PreparedContent,
  type PreparedDataset,
  writePreparedDataset,
} from "./prepared/prepared-dataset.ts";
export { type ColumnNames, type ColumnOptions, DEFAULT_COLUMNS } from "./readers/columns.ts";
export { type CsvOptions, readCsv, readTsv } from "./readers/csv.ts";
export { readMovieLens } from "./readers/movielens.ts";
export { readParquet } from "./readers/parquet.ts";
export { formatDataReport } from "./report/format-data-report.ts";
