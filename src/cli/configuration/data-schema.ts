/** The section `data` of a configuration: what is learned from, and how it is cut into lists. */
import { z } from "zod";
import { CANDIDATE_PROTOCOLS, SPLIT_PROTOCOLS } from "../../data/protocols.ts";
import { DEFAULT_COLUMNS } from "../../data/readers/column-names.ts";
import { TEXT_ENCODINGS } from "../../data/readers/delimited.ts";
import { LOG_FORMATS } from "../../data/readers/read-interactions.ts";
import { RETRIEVERS } from "../../data/retrievers/retriever.ts";
import { SCENARIOS } from "../../world/scenarios.ts";
import { count, name } from "./values.ts";

const weightedColumn = z.strictObject({
  column: name.describe("Name of the column"),
  weight: z.number().describe("What a value of 1 in the column adds to the feedback"),
});

const columns = z.strictObject({
  user: name.default(DEFAULT_COLUMNS.user).describe("Column of the user"),
  item: name.default(DEFAULT_COLUMNS.item).describe("Column of the item"),
  feedback: z
    .union([name, z.array(weightedColumn).min(1)])
    .default(DEFAULT_COLUMNS.feedback as string)
    .describe("Column of the feedback, a number; or several columns, whose weighted sum is the feedback"),
  timestamp: name.default(DEFAULT_COLUMNS.timestamp).describe("Column of the time"),
  list: name
    .exactOptional()
    .describe("Column of the list (request, impression) that a row belongs to, in logs that carry lists"),
  position: name
    .exactOptional()
    .describe("Column of the place in the list; blank or negative for a candidate that was not shown"),
});

const multipleColumn = z.strictObject({
  column: name.describe("Name of the column"),
  separator: name.describe("What stands between two categories, such as `|`"),
});

const featureTable = z.strictObject({
  file: name.describe("The table, one row for each user or item; relative to the folder of the log"),
  format: z
    .enum(["csv", "tsv", "movielens"])
    .default("csv")
    .describe("Format of the table; `movielens` is `a::b::c` without a header"),
  encoding: z
    .enum(TEXT_ENCODINGS)
    .default("utf-8")
    .describe("How the table's characters are written as bytes"),
  columns: z.array(name).exactOptional().describe("Names of all columns, for a table without a header"),
  key: name.describe("Column of the ids under which the log knows users or items"),
  title: name.exactOptional().describe("Column of what people call an item, for reports and answers"),
  numeric: z.array(name).exactOptional().describe("Columns of numbers"),
  categorical: z.array(name).exactOptional().describe("Columns of one category each"),
  multiple: z.array(multipleColumn).exactOptional().describe("Columns of several categories each"),
  minimumCount: count
    .default(2)
    .describe("Categories that fewer users or items have become one rare category"),
});

const share = z.number().gt(0).max(1);

export const dataSchema = z.strictObject({
  file: name
    .exactOptional()
    .describe("The log of interactions, plain or gzipped; relative to the configuration file"),
  format: z
    .enum(LOG_FORMATS)
    .exactOptional()
    .describe("Format of the log; by the ending of the file's name unless given (`.dat` is `movielens`)"),
  columns: columns.prefault({}).describe("Names of the log's columns, for `csv`, `tsv` and `parquet`"),
  delimiter: name.default(",").describe("What stands between two fields of a `csv` log; `\\t` is a tab"),
  scenario: z
    .enum(Object.keys(SCENARIOS) as (keyof typeof SCENARIOS)[])
    .exactOptional()
    .describe("An embedded world in place of a log"),
  prepared: name
    .exactOptional()
    .describe(
      "Keep the prepared data in this file, or use what is there if it was made of the same log in the same way; " +
        "relative to the configuration file",
    ),
  core: count.default(20).describe("Interactions that every user and every item must have; 1 keeps all"),
  listLength: count.default(6).describe("Items of a list, L"),
  positiveThreshold: z.number().default(3).describe("Feedback of at least this much is a positive"),
  split: z
    .enum(SPLIT_PROTOCOLS)
    .default("last-list")
    .describe("The test: each user's last list, or each user's first list after one time for all"),
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
  retrieverFraction: share
    .exactOptional()
    .describe(
      "The retriever learns from this first part alone, and training lists come after it; unless given it learns from " +
        "`trainingFraction`, and scores training lists higher than later ones",
    ),
  candidateCount: count.default(50).describe("Candidates of a list, N"),
  historyLength: count.default(20).describe("Interactions of a history, H"),
  maxLists: count.exactOptional().describe("Train on at most this many lists, drawn with the seed"),
  maxValidationLists: count.default(2000).describe("Validate on at most this many lists"),
  maxTestLists: count.exactOptional().describe("Test on at most this many lists"),
  userFeatures: featureTable.exactOptional().describe("A table of what is known of the users"),
  itemFeatures: featureTable.exactOptional().describe("A table of what is known of the items"),
});

/** Keys that also say something of an embedded world; all others are of a log. */
export const WORLD_KEYS: readonly string[] = ["scenario", "maxLists"];
