/** What a configuration says, as the library takes it. */
import { dirname, join } from "node:path";
import type { PrepareOptions } from "../../data/prepare-requests.ts";
import type { QuerySource } from "../../data/queries/read-queries.ts";
import type { LogSource } from "../../data/readers/read-log.ts";
import { isQueryFormat } from "../../data/settings.ts";
import { DEFAULT_RUN, type RunSettings } from "../../run/settings.ts";
import type { Configuration } from "./configuration-schema.ts";

export function runSettings({ seed, data, experiment }: Configuration): RunSettings {
  const { policyRequests = data.file === undefined ? DEFAULT_RUN.policyRequests : "all" } = experiment;
  return { ...experiment, seed, policyRequests: policyRequests === "all" ? Number.MAX_SAFE_INTEGER : policyRequests };
}

/** How the log `file` is read. */
export function interactionSource(file: string, { data }: Configuration): LogSource | QuerySource {
  const { format = "movielens", columns, delimiter, timestampFormat, validationFile, testFile, queryFile } = data;
  const files = { file, ...(validationFile && { validationFile }), ...(testFile && { testFile }) };
  if (isQueryFormat(format)) return { format, ...files, ...(queryFile && { queryFile }) };
  if (format === "movielens") return { format, ...files };
  const options = { ...files, columns, ...(timestampFormat !== undefined && { timestampFormat }) };
  if (format !== "csv") return { format, ...options };
  return { format, ...options, delimiter: delimiter.replaceAll("\\t", "\t") };
}

/** How the log `file` is cut, and described: tables of features lie beside it. */
export function prepareOptions(file: string, { seed, data }: Configuration): PrepareOptions {
  const { userFeatures, itemFeatures, ...own } = data;
  const { file: _, validationFile, testFile, queryFile, format, columns, delimiter, timestampFormat, ...cut } = own;
  const { scenario, prepared, ...shaping } = cut;
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
