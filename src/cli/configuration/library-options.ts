/** What a configuration says, as the library takes it. */
import { dirname, join } from "node:path";
import type { PrepareOptions } from "../../data/prepare-requests.ts";
import type { QuerySource } from "../../data/queries/read-queries.ts";
import type { LogSource } from "../../data/readers/read-log.ts";
import { isQueryFormat, logSchema, queryFileSchema, readingSchema, splitFilesSchema } from "../../data/settings.ts";
import { DEFAULT_RUN, type RunSettings } from "../../run/settings.ts";
import type { Configuration } from "./configuration-schema.ts";

export function runSettings({ seed, data, experiment }: Configuration): RunSettings {
  const { rival: _, ...settings } = experiment;
  const { policyRequests = data.file === undefined ? DEFAULT_RUN.policyRequests : "all" } = settings;
  return { ...settings, seed, policyRequests: policyRequests === "all" ? Number.MAX_SAFE_INTEGER : policyRequests };
}

/** How `file` is read: as a log of interactions, or as queries with grades. */
export function sourceOf(file: string, configuration: Configuration): LogSource | QuerySource {
  const { data } = configuration;
  const { format } = data;
  if (!isQueryFormat(format)) return interactionSource(file, configuration);
  return { ...queryFileSchema.strip().parse(data), ...splitFilesSchema.strip().parse(data), format, file };
}

/** How the log `file` of interactions is read. */
export function interactionSource(file: string, { data }: Configuration): LogSource {
  const { format = "movielens" } = data;
  if (isQueryFormat(format)) throw new Error(`configuration: the format ${format} is of no log of interactions`);
  return { ...readingSchema.strip().parse(data), ...splitFilesSchema.strip().parse(data), format, file };
}

/** How the log `file` is cut, and described: tables of features lie beside it. */
export function prepareOptions(file: string, { seed, data }: Configuration): PrepareOptions {
  const { userFeatures, itemFeatures, ...shaping } = logSchema.strip().parse(data);
  const beside = <Table extends { readonly file: string; readonly vectors?: string; readonly delimiter?: string }>(
    table: Table,
  ): Table => {
    const { delimiter, vectors } = table;
    const placed = (path: string) => join(dirname(file), path);
    const own = { ...table, file: placed(table.file), ...(vectors !== undefined && { vectors: placed(vectors) }) };
    return delimiter === undefined ? own : { ...own, delimiter: delimiter.replaceAll("\\t", "\t") };
  };
  return {
    ...shaping,
    seed,
    ...(userFeatures && { userFeatures: beside(userFeatures) }),
    ...(itemFeatures && { itemFeatures: beside(itemFeatures) }),
  };
}
