/** The configuration that a run keeps: everything that was in force, so that the run can be made again from it. */
import { isAbsolute, relative } from "node:path";
import { changePaths } from "../../run/folder/path-settings.ts";
import type { Configuration } from "./configuration-schema.ts";
import { WORLD_KEYS } from "./data-schema.ts";

/**
 * What `config.json` in the folder `path` holds: paths relative to that folder, only settings that have a meaning, and
 * no output, since a run made from it goes elsewhere.
 */
export function runConfiguration(configuration: Configuration, path: string): Record<string, unknown> {
  const { seed, device, data, experiment, serve } = configuration;
  const kept = { seed, device, data: meaningfulData(data), experiment, serve };
  return changePaths(kept, (setting) => (isAbsolute(setting) ? setting : relative(path, setting)));
}

function meaningfulData(data: Configuration["data"]): object {
  const { columns, delimiter, ...log } = data;
  const entries = Object.entries(data);
  if (data.file === undefined) return Object.fromEntries(entries.filter(([key]) => WORLD_KEYS.includes(key)));
  if (data.format === "movielens") return log;
  return { ...log, columns, ...(data.format === "csv" && { delimiter }) };
}
