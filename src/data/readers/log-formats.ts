/** What each format says of itself: how its records are told apart, and where the fields of an interaction stand. */
import { type ColumnNames, type LogFormat, NO_COLUMN, type ReadingOptions, WHITESPACE } from "../settings.ts";

interface AnyFormat {
  /** Where the fields are unless the settings say otherwise. */
  readonly columns: ColumnNames;
  /** What is otherwise than usual unless the settings say so. */
  readonly settings?: Pick<ReadingOptions, "timestampFormat">;
}

/** Text in which every record is a line of fields, or several lines where they are quoted. */
export interface TextFormat extends AnyFormat {
  readonly kind: "text";
  readonly delimiter: string;
  readonly quoted: boolean;
  /** Names of all columns, of a format without a header. */
  readonly names?: readonly string[];
  /** Whether the header says the type of each column too, after a colon. */
  readonly hasTypes?: true;
  /** Whether a line of one field that ends with a colon is the first column of the lines below it. */
  readonly hasBlocks?: true;
  /** The record that fields are, where they hold lists. */
  readonly recordOf?: (fields: readonly string[]) => Readonly<Record<string, unknown>>;
}

/** Lines of JSON, an object each. */
export interface JsonFormat extends AnyFormat {
  readonly kind: "json";
}

/** A Parquet file. */
export interface ParquetFormat extends AnyFormat {
  readonly kind: "parquet";
}

/** What is read. */
export type LogFormatDescription = TextFormat | JsonFormat | ParquetFormat;

const COLUMNS = { user: "user_id", item: "item_id", feedback: "rating", timestamp: "timestamp" } as const;
const CSV: TextFormat = { kind: "text", delimiter: ",", quoted: true, columns: COLUMNS };
const TSV: TextFormat = { kind: "text", delimiter: "\t", quoted: false, columns: COLUMNS };
const AMAZON_REVIEWS: JsonFormat = {
  kind: "json",
  columns: { user: "reviewerID", item: "asin", feedback: "overall", timestamp: "unixReviewTime" },
};

export const FORMATS: Readonly<Record<LogFormat, LogFormatDescription>> = {
  // Harper and Konstan 2015, "The MovieLens Datasets: History and Context".
  movielens: {
    kind: "text",
    delimiter: "::",
    quoted: false,
    names: ["user", "item", "rating", "timestamp"],
    columns: { user: "user", item: "item", feedback: "rating", timestamp: "timestamp" },
  },
  csv: CSV,
  tsv: TSV,
  parquet: { kind: "parquet", columns: COLUMNS },
  jsonl: { kind: "json", columns: COLUMNS },
  // Zhao et al. 2021, "RecBole: Towards a Unified, Comprehensive and Efficient Framework for Recommendation Algorithms".
  recbole: { ...TSV, hasTypes: true },
  // Li et al. 2024, "ReChorus2.0: A Modular and Task-Flexible Recommendation Library".
  rechorus: { ...TSV, columns: { user: "user_id", item: "item_id", feedback: NO_COLUMN, timestamp: "time" } },
  // He et al. 2020, "LightGCN: Simplifying and Powering Graph Convolution Network for Recommendation".
  lightgcn: {
    kind: "text",
    delimiter: WHITESPACE,
    quoted: false,
    columns: { user: "user", item: "items[]", feedback: NO_COLUMN, timestamp: NO_COLUMN },
    recordOf: ([user, ...items]) => ({ user, items }),
  },
  // Wu et al. 2020, "MIND: A Large-scale Dataset for News Recommendation": behaviors.tsv.
  mind: {
    kind: "text",
    delimiter: "\t",
    quoted: false,
    names: ["impression", "user", "time", "history", "impressions"],
    columns: {
      user: "user",
      item: "impressions[].item",
      feedback: "impressions[].clicked",
      timestamp: "time",
      list: "impression",
      history: "history[]",
    },
    settings: { timestampFormat: "%m/%d/%Y %I:%M:%S %p" },
    recordOf: ([impression, user, time, history, impressions]) => ({
      impression,
      user,
      time,
      history: wordsOf(history),
      impressions: wordsOf(impressions).map(impressionOf),
    }),
  },
  // Bennett and Lanning 2007, "The Netflix Prize": combined_data_*.txt.
  netflix: {
    kind: "text",
    delimiter: ",",
    quoted: false,
    names: ["movie", "user", "rating", "date"],
    columns: { user: "user", item: "movie", feedback: "rating", timestamp: "date" },
    hasBlocks: true,
  },
  // McAuley et al. 2015, Ni et al. 2019 and Hou et al. 2024: reviews of Amazon.
  "amazon-2014": AMAZON_REVIEWS,
  "amazon-2018": AMAZON_REVIEWS,
  "amazon-2023": { kind: "json", columns: { ...COLUMNS, item: "parent_asin" } },
  // Saito et al. 2021, "Open Bandit Dataset and Pipeline": every row is the one item of a list, shown to somebody.
  "open-bandit": {
    ...CSV,
    columns: {
      user: NO_COLUMN,
      item: "item_id",
      feedback: "click",
      timestamp: "timestamp",
      propensity: "propensity_score",
    },
  },
};

/** Where the fields are in a log without a header and names of its own: only where the settings say so. */
export const NUMBERED: ColumnNames = { feedback: NO_COLUMN, timestamp: NO_COLUMN };

/** What stands between blanks. */
export function wordsOf(text = ""): string[] {
  return text.split(" ").filter((word) => word !== "");
}

/** `N129-1`, an item that was clicked, or `N129-0`; without a number it is not known. */
function impressionOf(word: string): Readonly<Record<string, unknown>> {
  const dash = word.lastIndexOf("-");
  return dash < 0 ? { item: word } : { item: word.slice(0, dash), clicked: word.slice(dash + 1) };
}
