/**
 * What can be set: every key of a configuration file, with its type, default and meaning. The flags, the JSON schema,
 * docs/configuration.md and the checks are all made from this.
 */
import * as z from "zod";
import {
  LOG_FORMATS,
  logSchema,
  QUERY_FORMATS,
  queryFileSchema,
  readingSchema,
  splitFilesSchema,
} from "../../data/settings.ts";
import { DEVICE_NAMES } from "../../kernels/index.ts";
import { runSchema } from "../../run/settings.ts";
import { serveSchema } from "../../server/settings.ts";
import { jsonSchemaOf } from "../../settings/json-schema.ts";
import { name } from "../../settings/setting-kinds.ts";
import { SCENARIOS } from "../../world/scenarios.ts";

/** The section `data`: what is learned from, and how it is cut into lists. */
const dataSchema = z.strictObject({
  file: name
    .exactOptional()
    .describe(
      "The log of interactions: a file, a folder of files, or a pattern such as `events/*.csv.gz`, plain or packed by " +
        "gzip or Zstandard; relative to the configuration file",
    ),
  ...splitFilesSchema.shape,
  ...queryFileSchema.shape,
  format: z
    .enum([...LOG_FORMATS, ...QUERY_FORMATS])
    .exactOptional()
    .describe(
      "Format of the log; by the ending of the file's name unless given (`.dat` is `movielens`). `letor` and `queries` " +
        "are queries with features and grades, not interactions",
    ),
  ...readingSchema.shape,
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

/** Keys of `data` that mean something for queries: the others are of logs of interactions. */
export const QUERY_KEYS: readonly string[] = [
  ...["file", "validationFile", "testFile", "queryFile", "format", "prepared"],
  ...["trainingFraction", "listLength", "maxLists", "maxValidationLists", "maxTestLists"],
];

export const configurationSchema = z
  .strictObject({
    $schema: z.string().exactOptional().describe("The JSON schema, for editors"),
    seed: z.int().min(0).default(1).describe("Of every random choice"),
    device: z
      .enum(DEVICE_NAMES)
      .default("auto")
      .describe("Where to compute; `auto` is a GPU if there is one, else the CPU"),
    output: name
      .exactOptional()
      .describe("Folder of the run, which must not exist yet; relative to the configuration file"),
    data: dataSchema.prefault({}).describe("What is learned from"),
    experiment: runSchema.prefault({}).describe("Which models are trained and compared, and how"),
    serve: serveSchema.prefault({}).describe("The HTTP server"),
  })
  .meta({ title: "Configuration of goalrank" });

/** What schema/goalrank.schema.json holds. */
export const publishedSchema = jsonSchemaOf(configurationSchema);

/** A configuration with its defaults filled in. Paths are as a process in the working folder names them. */
export type Configuration = z.output<typeof configurationSchema>;
