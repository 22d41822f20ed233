/** From files of interactions to exposed lists with candidates, history and labels. */
export { bestItems } from "./best-items.ts";
export * from "./candidates.ts";
export { type ColumnNames, type ColumnOptions, DEFAULT_COLUMNS, type WeightedColumn } from "./columns.ts";
export { type CsvOptions, readCsv, readTsv } from "./csv.ts";
export * from "./data-report.ts";
export { secondsOfDate, timeOfText } from "./dates.ts";
export { TEXT_ENCODINGS, type TextEncodingName } from "./delimited.ts";
export { DataError } from "./errors.ts";
export { isShown, shownItems } from "./exposures.ts";
export * from "./features.ts";
export {
  type FileFingerprint,
  fingerprintSource,
  isSameSource,
  type Json,
  type SourceFingerprint,
} from "./fingerprint.ts";
export { formatDataReport } from "./format-data-report.ts";
export { InteractionLogBuilder } from "./interaction-log-builder.ts";
export { type InteractionLog, selectInteractions } from "./interactions.ts";
export { kCore } from "./k-core.ts";
export type { LeakageCheck, ReportedSplit } from "./leakage.ts";
export * from "./lists.ts";
export { readMovieLens } from "./movielens.ts";
export { readParquet } from "./parquet.ts";
export * from "./prepare.ts";
export * from "./prepared-dataset.ts";
export { SPLIT_PROTOCOLS, type SplitProtocol } from "./protocols.ts";
