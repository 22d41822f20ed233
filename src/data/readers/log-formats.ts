/** What each format says of itself: how its records are told apart, and where the fields of an interaction stand. */
import { type ColumnNames, type LogFormat, NO_COLUMN } from "../settings.ts";

/** Text in which every record is a line of fields, or several lines where they are quoted. */
export interface TextFormat {
  readonly kind: "text";
  readonly delimiter: string;
  readonly quoted: boolean;
  /** Names of all columns, of a format without a header. */
  readonly names?: readonly string[];
  /** Where the fields are unless the settings say otherwise. */
  readonly columns: ColumnNames & { readonly item: string };
}

/** A Parquet file. */
export interface ParquetFormat {
  readonly kind: "parquet";
  readonly columns: TextFormat["columns"];
}

/** What is read. */
export type LogFormatDescription = TextFormat | ParquetFormat;

const COLUMNS = { user: "user_id", item: "item_id", feedback: "rating", timestamp: "timestamp" } as const;

/** In the order in which they are listed. */
export const FORMATS: Readonly<Record<LogFormat, LogFormatDescription>> = {
  // Harper and Konstan 2015, "The MovieLens Datasets: History and Context".
  movielens: {
    kind: "text",
    delimiter: "::",
    quoted: false,
    names: ["user", "item", "rating", "timestamp"],
    columns: { user: "user", item: "item", feedback: "rating", timestamp: "timestamp" },
  },
  csv: { kind: "text", delimiter: ",", quoted: true, columns: COLUMNS },
  tsv: { kind: "text", delimiter: "\t", quoted: false, columns: COLUMNS },
  parquet: { kind: "parquet", columns: COLUMNS },
};

/** Where the fields are in a log without a header and names of its own: only where the settings say so. */
export const NUMBERED: ColumnNames = { feedback: NO_COLUMN, timestamp: NO_COLUMN };
