/** The section `data` of a configuration: what is learned from, and how it is cut into lists. */
import * as z from "zod";
import { columnsSchema, LOG_FORMATS, logSchema } from "../../data/settings.ts";
import { name } from "../../settings/setting-kinds.ts";
import { SCENARIOS } from "../../world/scenarios.ts";

export const dataSchema = z.strictObject({
  file: name
    .exactOptional()
    .describe("The log of interactions, plain or gzipped; relative to the configuration file"),
  format: z
    .enum(LOG_FORMATS)
    .exactOptional()
    .describe("Format of the log; by the ending of the file's name unless given (`.dat` is `movielens`)"),
  columns: columnsSchema.prefault({}).describe("Names of the log's columns, for `csv`, `tsv` and `parquet`"),
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
  ...logSchema.shape,
});

/** Keys that also say something of an embedded world; all others are of a log. */
export const WORLD_KEYS: readonly string[] = ["scenario", "maxLists"];
