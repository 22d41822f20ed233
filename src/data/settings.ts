/** How a log is read, cut into lists and described: every setting of preparing it, declared once. */
import * as z from "zod";
import { count, type GivenSettings, name, type Settings, share } from "../settings/setting-kinds.ts";
import { CANDIDATE_PROTOCOLS, SPLIT_PROTOCOLS } from "./protocols.ts";
import { TimeFormat } from "./readers/time-format.ts";
import { DEDUPE_MODES } from "./repeats.ts";
import { RETRIEVERS } from "./retrievers/retriever.ts";

/** Formats of a log. */
export const LOG_FORMATS = [
  "movielens",
  "csv",
  "tsv",
  "parquet",
  "jsonl",
  "recbole",
  "rechorus",
  "lightgcn",
  "mind",
  "netflix",
  "amazon-2014",
  "amazon-2018",
  "amazon-2023",
  "open-bandit",
] as const;
/** One of {@link LOG_FORMATS}. */
export type LogFormat = (typeof LOG_FORMATS)[number];

/** Formats of queries whose candidates carry features and grades: svmlight, and lines of JSON. */
export const QUERY_FORMATS = ["letor", "queries"] as const;
/** One of {@link QUERY_FORMATS}. */
export type QueryFormat = (typeof QUERY_FORMATS)[number];

/** Whether a format is of queries, rather than of interactions. */
export function isQueryFormat(format: string | undefined): format is QueryFormat {
  return QUERY_FORMATS.some((own) => own === format);
}

/** How the characters of a text file are written as bytes. */
const TEXT_ENCODINGS = ["utf-8", "latin1"] as const;
/** One of {@link TEXT_ENCODINGS}. */
export type TextEncodingName = (typeof TEXT_ENCODINGS)[number];

/** In place of a column: the log has none for this field. */
export const NO_COLUMN = "none";

/** In place of the column of lists: every line of text is one. */
export const EACH_LINE = "line";

/** As a delimiter: any number of blanks and tabs. */
export const WHITESPACE = "whitespace";

/** By its name; or by its number from 1, where no column of the header is called so. */
const column = z.union([name, count]);
/** A column of a log, or of a table of features. */
export type Column = z.output<typeof column>;

const weightedColumn = z.strictObject({
  column: column.describe("Name or number of the column"),
  weight: z.number().describe("What a value of 1 in the column adds to the feedback"),
});
/** A column that is part of the feedback. */
export type WeightedColumn = Settings<typeof weightedColumn>;

/** A log's columns that hold the fields of an interaction; each format has its own for what is not given. */
export const columnsSchema = z.strictObject({
  user: column
    .exactOptional()
    .describe("Column of the user, by its name or its number from 1; `none` makes every list a user's only one"),
  item: column.exactOptional().describe("Column of the item"),
  // A rating, a 0/1 signal, or `[{ column: "click", weight: 1 }, { column: "long_view", weight: 2 }]`.
  feedback: z
    .union([name, count, z.array(weightedColumn).min(1)])
    .exactOptional()
    .describe(
      "Column of the feedback: numbers, true and false, or the words of `feedbackValues`; or several columns, whose " +
        "weighted sum is the feedback; `none` counts 1 for every interaction",
    ),
  // In any unit; a Parquet column of dates or timestamps is read in seconds since 1970.
  timestamp: column.exactOptional().describe("Column of the time; `none` takes the order of the rows"),
  // A user's rows with the same value are one list, those where it is blank are in none.
  list: column
    .exactOptional()
    .describe(
      "Column of the list (request, impression) that a row belongs to, in logs that carry lists; `line` makes one of every " +
        "line that holds several items",
    ),
  // Integers that order a list, from 0, from 1 or otherwise. Without this column everything was shown, in file order.
  position: column
    .exactOptional()
    .describe("Column of the place in the list; blank or negative for a candidate that was not shown"),
  propensity: column
    .exactOptional()
    .describe("Column of the chance, over 0 and at most 1, with which the item was shown there"),
  candidates: name
    .exactOptional()
    .describe(
      "In lines that hold lists, such as `candidates[].id`: all candidates; those not shown are no interactions",
    ),
  history: name
    .exactOptional()
    .describe(
      "In lines that hold lists, such as `history[]`: what the user had liked before, oldest first; that of each user's " +
        "first line is read",
    ),
});
/** What {@link columnsSchema} describes. */
export type ColumnNames = Settings<typeof columnsSchema>;

/** How times are written, where not as numbers or dates of ISO 8601. */
const timestampFormat = name
  .superRefine((text, context) => {
    try {
      new TimeFormat(text);
    } catch (error) {
      context.addIssue({ code: "custom", message: (error as RangeError).message });
    }
  })
  .describe(
    "How times are written, as strptime has it: `%d/%m/%Y %H:%M:%S`; numbers, or dates of ISO 8601, unless given",
  );

/** How a log is read: what is not given is as its format has it. */
export const readingSchema = z.strictObject({
  columns: columnsSchema.prefault({}).describe("Which columns of the log hold what"),
  delimiter: name
    .exactOptional()
    .describe("What stands between two fields of a `csv` log; `\\t` is a tab, `whitespace` any blanks and tabs"),
  header: z
    .boolean()
    .exactOptional()
    .describe("Whether the first line names the columns; unless given it does not where `columns` has numbers alone"),
  timestampFormat: timestampFormat.exactOptional(),
  feedbackValues: z
    .record(name, z.number())
    .exactOptional()
    .describe("What each word of the feedback column counts, such as `{ view: 1, cart: 3, purchase: 5 }`"),
  otherFeedback: z
    .number()
    .exactOptional()
    .describe("What every word counts that `feedbackValues` lacks; an error unless given"),
  encoding: z.enum(TEXT_ENCODINGS).default("utf-8").describe("How the log's characters are written as bytes"),
  decimal: z.enum([".", ","]).default(".").describe("What stands before the decimals of a number in text"),
  blanks: z
    .array(z.string())
    .default(["NULL", "null", "NA", "\\N"])
    .describe("Texts that stand for nothing, as a blank does"),
});
/** What {@link readingSchema} describes, where what has a default may be left out. */
export type ReadingOptions = GivenSettings<typeof readingSchema>;

/** What {@link ReadingOptions} are unless given. */
export const DEFAULT_READING: Settings<typeof readingSchema> = readingSchema.parse({});

/** Formats of a table of features. */
export const TABLE_FORMATS = ["csv", "tsv", "movielens", "parquet"] as const;
/** One of {@link TABLE_FORMATS}. */
export type TableFormat = (typeof TABLE_FORMATS)[number];

const multipleColumn = z.strictObject({
  column: column.describe("Name or number of the column"),
  separator: name.describe("What stands between two categories, such as `|`"),
});

const featureTable = z.strictObject({
  file: name.describe("The table, one row for each user or item; relative to the folder of the log"),
  format: z
    .enum(TABLE_FORMATS)
    .exactOptional()
    .describe(
      "Format of the table; by the ending of the file's name unless given (`.tsv`, `.parquet`, `.dat` is `movielens`, " +
        "all others `csv`)",
    ),
  delimiter: name
    .exactOptional()
    .describe("What stands between two fields; unless given a comma, in `tsv` a tab, in `movielens` two colons"),
  // "latin1" is what many older files are in, MovieLens-1M's films among them.
  encoding: z.enum(TEXT_ENCODINGS).default("utf-8").describe("How the table's characters are written as bytes"),
  header: z
    .boolean()
    .exactOptional()
    .describe(
      "Whether the first line names the columns; unless given it does, but where `columns` names them or all columns " +
        "below are numbers",
    ),
  columns: z.array(name).exactOptional().describe("Names of all columns, for a table without a header"),
  decimal: z.enum([".", ","]).default(".").describe("What stands before the decimals of a number in text"),
  key: column.describe("Column of the ids under which the log knows users or items, by its name or number from 1"),
  title: column.exactOptional().describe("Column of what people call an item, for reports and answers"),
  // Blank where a number or a category is unknown.
  numeric: z.array(column).exactOptional().describe("Columns of numbers"),
  categorical: z.array(column).exactOptional().describe("Columns of one category each"),
  multiple: z.array(multipleColumn).exactOptional().describe("Columns of several categories each"),
  vectors: name
    .exactOptional()
    .describe("A `.npy` file of dense vectors, float32 or float64, one for each row of the table, in its order"),
  minimumCount: count.default(2).describe("Categories that fewer users or items have become one rare category"),
});
/** A table of features, and which of its columns to read. */
export type FeatureSource = GivenSettings<typeof featureTable>;

/**
 * Files of one's own for validation and test, read as the log is; the log is then what is trained on. Without a
 * validation file, validation lists are cut from the log.
 */
export const splitFilesSchema = z.strictObject({
  validationFile: name
    .exactOptional()
    .describe("Interactions to validate on, in the log's format; relative to the configuration file"),
  testFile: name
    .exactOptional()
    .describe("Interactions to test on, in the log's format; the log is then for training and validation alone"),
});
/** What {@link splitFilesSchema} describes. */
export type SplitFiles = GivenSettings<typeof splitFilesSchema>;

/** What else a file of queries has to be told. */
export const queryFileSchema = z.strictObject({
  queryFile: name
    .exactOptional()
    .describe(
      "Of a `letor` log without qid: a file with the number of documents of each query, one a line; the file's name with " +
        "`.query` or `.group` unless given",
    ),
});

/** How a log is filtered, cut into lists, and given candidates and features. */
export const logSchema = z.strictObject({
  dedupe: z
    .enum(DEDUPE_MODES)
    .default("keep")
    .describe(
      "Which of the rows stays that have user, item, time and list in common: all of them, the first, or the last",
    ),
  core: count.default(20).describe("Interactions that every user and every item must have; 1 keeps all"),
  maxUserShare: share
    .default(0.9)
    .describe(
      "Users who have met more than this share of all items, such as bots, are left out where candidates are items that " +
        "a user has not met (`injected`, `retrieved`, without `repeats`); 1 keeps all",
    ),
  listLength: count
    .default(6)
    .describe("Items of a list, L; in a log that carries lists the most, and lists that show fewer have as many"),
  positiveThreshold: z.number().default(3).describe("Feedback of at least this much is a positive"),
  split: z
    .enum(SPLIT_PROTOCOLS)
    .default("last-list")
    .describe(
      "The test: each user's last list, or each user's first list after one time for all; where the test is a file, " +
        "the same of the log is for validation",
    ),
  protocol: z
    .enum(CANDIDATE_PROTOCOLS)
    .default("injected")
    .describe(
      "Candidates of a list: what was shown and the retriever's best of the rest, the retriever's best alone, or " +
        "what the log names",
    ),
  trainingFraction: share
    .default(0.8)
    .describe("Training lists lie in this first part of a user's interactions, or of all time"),
  retriever: z.enum(RETRIEVERS).default("matrix-factorization").describe("What scores items for candidates"),
  // The scores of training lists are then as far from what the retriever learned as those of the test lists.
  retrieverFraction: share
    .exactOptional()
    .describe(
      "The retriever learns from this first part alone, and training lists come after it; unless given it learns from " +
        "`trainingFraction`, and scores training lists higher than later ones",
    ),
  candidateCount: count
    .default(50)
    .describe("The most candidates of a list, N; a list for which there are fewer has as many"),
  historyLength: count.default(20).describe("Interactions of a history, H"),
  repeats: z.boolean().default(false).describe("Users meet items again, so that what they met stays a candidate"),
  maxLists: count.exactOptional().describe("Train on at most this many lists, drawn with the seed"),
  maxValidationLists: count.default(2000).describe("Validate on at most this many lists"),
  maxTestLists: count.exactOptional().describe("Test on at most this many lists"),
  userFeatures: featureTable.exactOptional().describe("A table of what is known of the users"),
  itemFeatures: featureTable.exactOptional().describe("A table of what is known of the items"),
});

/** What {@link logSchema} describes, where what has a default may be left out. */
export type LogOptions = GivenSettings<typeof logSchema>;

/** What {@link LogOptions} are unless given. */
export const DEFAULT_LOG: Settings<typeof logSchema> = logSchema.parse({});

/** Those of {@link logSchema} that say how a log is cut into lists. */
export const cutSchema = logSchema
  .pick({ listLength: true, positiveThreshold: true, split: true, trainingFraction: true, retrieverFraction: true })
  .strip();
/** What {@link cutSchema} describes, where what has a default may be left out. */
export type CutOptions = GivenSettings<typeof cutSchema>;
