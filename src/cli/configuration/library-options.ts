/** What a configuration says, as the library takes it. */
import { dirname, join } from "node:path";
import type { PrepareOptions } from "../../data/prepare-requests.ts";
import type { InteractionSource } from "../../data/readers/read-interactions.ts";
import { DEFAULT_RUN, type RunSettings } from "../../run/settings.ts";
import type { Configuration } from "./configuration-schema.ts";

export function runSettings({ seed, data, experiment }: Configuration): RunSettings {
  const { policyRequests = data.file === undefined ? DEFAULT_RUN.policyRequests : "all" } = experiment;
  return { ...experiment, seed, policyRequests: policyRequests === "all" ? Number.MAX_SAFE_INTEGER : policyRequests };
}

/** How the log `file` is read. */
export function interactionSource(file: string, { data }: Configuration): InteractionSource {
  const { format = "movielens", columns, delimiter, timestampFormat } = data;
  if (format === "movielens") return { format, file };
  const options = { file, columns, ...(timestampFormat !== undefined && { timestampFormat }) };
  if (format !== "csv") return { format, ...options };
  return { format, ...options, delimiter: delimiter.replaceAll("\\t", "\t") };
}

/** How the log `file` is cut, and described: tables of features lie beside it. */
export function prepareOptions(file: string, { seed, data }: Configuration): PrepareOptions {
  const { userFeatures, itemFeatures, ...own } = data;
  const { file: _, format, columns, delimiter, timestampFormat, scenario, prepared, ...shaping } = own;
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
