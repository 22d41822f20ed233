/** What a configuration says, as the library takes it. */
import { dirname, join } from "node:path";
import type { PrepareOptions } from "../../data/prepare-requests.ts";
import type { LogSource } from "../../data/readers/read-log.ts";
import { logSchema, readingSchema, splitFilesSchema } from "../../data/settings.ts";
import { DEFAULT_RUN, type RunSettings } from "../../run/settings.ts";
import type { Configuration } from "./configuration-schema.ts";

export function runSettings({ seed, data, experiment }: Configuration): RunSettings {
  const { policyRequests = data.file === undefined ? DEFAULT_RUN.policyRequests : "all" } = experiment;
  return { ...experiment, seed, policyRequests: policyRequests === "all" ? Number.MAX_SAFE_INTEGER : policyRequests };
}

/** How the log `file` is read. */
export function interactionSource(file: string, { data }: Configuration): LogSource {
  const { format = "movielens" } = data;
  return { ...readingSchema.strip().parse(data), ...splitFilesSchema.strip().parse(data), format, file };
}

/** How the log `file` is cut, and described: tables of features lie beside it. */
export function prepareOptions(file: string, { seed, data }: Configuration): PrepareOptions {
  const { userFeatures, itemFeatures, ...shaping } = logSchema.strip().parse(data);
  const beside = <Table extends { readonly file: string; readonly delimiter?: string }>(table: Table): Table => {
    const { delimiter } = table;
    const own = { ...table, file: join(dirname(file), table.file) };
    return delimiter === undefined ? own : { ...own, delimiter: delimiter.replaceAll("\\t", "\t") };
  };
  return {
    ...shaping,
    seed,
    ...(userFeatures && { userFeatures: beside(userFeatures) }),
    ...(itemFeatures && { itemFeatures: beside(itemFeatures) }),
  };
}
