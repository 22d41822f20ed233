/** What a configuration says, as the library takes it. */
import { dirname, join } from "node:path";
import type { PrepareOptions } from "../../data/prepare-requests.ts";
import type { InteractionSource } from "../../data/readers/read-interactions.ts";
import { logSchema, readingSchema } from "../../data/settings.ts";
import { DEFAULT_RUN, type RunSettings } from "../../run/settings.ts";
import type { Configuration } from "./configuration-schema.ts";

export function runSettings({ seed, data, experiment }: Configuration): RunSettings {
  const { policyRequests = data.file === undefined ? DEFAULT_RUN.policyRequests : "all" } = experiment;
  return { ...experiment, seed, policyRequests: policyRequests === "all" ? Number.MAX_SAFE_INTEGER : policyRequests };
}

/** How the log `file` is read. */
export function interactionSource(file: string, { data }: Configuration): InteractionSource {
  return { ...readingSchema.strip().parse(data), format: data.format ?? "movielens", file };
}

/** How the log `file` is cut, and described: tables of features lie beside it. */
export function prepareOptions(file: string, { seed, data }: Configuration): PrepareOptions {
  const { userFeatures, itemFeatures, ...shaping } = logSchema.strip().parse(data);
  const beside = <Table extends { readonly file: string }>(table: Table): Table => {
    return { ...table, file: join(dirname(file), table.file) };
  };
  return {
    ...shaping,
    seed,
    ...(userFeatures && { userFeatures: beside(userFeatures) }),
    ...(itemFeatures && { itemFeatures: beside(itemFeatures) }),
  };
}
