/** Readers of one format each, for tests of what is in a file. */
import type { InteractionLog } from "../../src/data/interactions.ts";
import { readInteractions } from "../../src/data/readers/read-interactions.ts";
import type { LogFormat, ReadingOptions } from "../../src/data/settings.ts";

type Read = (file: string, options?: ReadingOptions) => Promise<InteractionLog>;

const reader =
  (format: LogFormat): Read =>
  (file, options = {}) =>
    readInteractions({ ...options, format, file });

export const readCsv = reader("csv");
export const readTsv = reader("tsv");
export const readMovieLens = reader("movielens");
export const readParquet = reader("parquet");
