/** From files of interactions to exposed lists with candidates, history and labels. */
export * from "./candidates.ts";
export { type ColumnNames, type CsvOptions, DEFAULT_COLUMNS, readCsv } from "./csv.ts";
export { DataError } from "./errors.ts";
export { type InteractionLog, InteractionLogBuilder, selectInteractions } from "./interactions.ts";
export { kCore } from "./k-core.ts";
export * from "./lists.ts";
export { readMovieLens } from "./movielens.ts";
export * from "./prepare.ts";
