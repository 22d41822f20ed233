/**
 * What can be set: every key of a configuration file, with its type, default and meaning. The flags, the JSON schema,
 * docs/configuration.md and the checks are all made from this.
 */
import * as z from "zod";
import { DEVICE_NAMES } from "../../kernels/index.ts";
import { runSchema } from "../../run/settings.ts";
import { serveSchema } from "../../server/settings.ts";
import { jsonSchemaOf } from "../../settings/json-schema.ts";
import { name } from "../../settings/setting-kinds.ts";
import { dataSchema } from "./data-schema.ts";

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
