/** The configuration that a run keeps: everything that was in force, so that the run can be made again from it. */
import { createHash } from "node:crypto";
import { isAbsolute, relative } from "node:path";
import { valueAt } from "../../settings/json-schema.ts";
import { type Configuration, PATH_SETTINGS } from "../configuration/configuration-schema.ts";
import { WORLD_KEYS } from "../configuration/data-schema.ts";
import { isRecord } from "../configuration/merge-settings.ts";

/**
 * What `config.json` in the folder `path` holds: paths relative to that folder, only settings that have a meaning, and
 * no output, since a run made from it goes elsewhere.
 */
export function runConfiguration(configuration: Configuration, path: string): Record<string, unknown> {
  const { seed, device, data, experiment, serve } = configuration;
  const kept = structuredClone({ seed, device, data: meaningfulData(data), experiment, serve });
  for (const setting of PATH_SETTINGS) {
    const parent = valueAt(setting.slice(0, -1), kept);
    const key = setting[setting.length - 1];
    const value = valueAt(setting, kept);
    if (isRecord(parent) && typeof value === "string" && !isAbsolute(value)) {
      parent[key] = relative(path, value);
    }
  }
  return kept;
}

function meaningfulData(data: Configuration["data"]): object {
  const { columns, delimiter, ...log } = data;
  const entries = Object.entries(data);
  if (data.file === undefined) return Object.fromEntries(entries.filter(([key]) => WORLD_KEYS.includes(key)));
  if (data.format === "movielens") return log;
  return { ...log, columns, ...(data.format === "csv" && { delimiter }) };
}

/**
 * Changes with whatever changes a run's numbers: the data, and the configuration without the device, the server, and
 * where files lie.
 */
export function checkpointFingerprint(
  configuration: Readonly<Record<string, unknown>>,
  dataFingerprint: string,
): string {
  const { device: _, serve: __, ...shaping } = structuredClone(configuration);
  for (const setting of PATH_SETTINGS) {
    const parent = valueAt(setting.slice(0, -1), shaping);
    if (isRecord(parent)) delete parent[setting[setting.length - 1]];
  }
  return createHash("sha256")
    .update(JSON.stringify([shaping, dataFingerprint]))
    .digest("hex");
}
