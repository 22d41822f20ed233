/** Reads a log of interactions in any of its formats. */
import type { InteractionLog } from "../interactions.ts";
import { LOG_FORMATS } from "../settings.ts";
import type { ColumnOptions } from "./column-names.ts";
import { readParquet } from "./parquet.ts";
import { type CsvOptions, readCsv, readMovieLens, readTsv } from "./text-logs.ts";

/** A file of interactions and how to read it. Text may be gzipped. */
export type InteractionSource =
  | { readonly format: "movielens"; readonly file: string }
  | ({ readonly format: "csv"; readonly file: string } & CsvOptions)
  | ({ readonly format: "tsv" | "parquet"; readonly file: string } & ColumnOptions);

/**
 * Reads a source as its format says.
 * @throws DataError with file and line or row when the file cannot be read or understood; RangeError for another format
 */
export function readInteractions(source: InteractionSource): Promise<InteractionLog> {
  switch (source.format) {
    case "movielens":
      return readMovieLens(source.file);
    case "csv":
      return readCsv(source.file, source);
    case "tsv":
      return readTsv(source.file, source);
    case "parquet":
      return readParquet(source.file, source);
    default: {
      // Where no types are checked, or a format comes from outside.
      const { format } = source as { readonly format: string };
      throw new RangeError(`data: there is no format "${format}"; expected one of ${LOG_FORMATS.join(", ")}`);
    }
  }
}
