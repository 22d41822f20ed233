/** Starts a run or goes on with one: the configuration, and the folder where one is named. */
import { existsSync } from "node:fs";
import { isAbsolute, join, relative } from "node:path";
import { isQueryFormat } from "../data/settings.ts";
import { changePaths } from "../run/folder/path-settings.ts";
import { RunFolder } from "../run/folder/run-folder.ts";
import { RunFolderError } from "../run/folder/run-folder-error.ts";
import { type CommandSettings, environmentLayer } from "./configuration/command-settings.ts";
import { readConfigurationFile } from "./configuration/configuration-file.ts";
import { type Configuration, QUERY_KEYS, WORLD_KEYS } from "./configuration/configuration-schema.ts";
import type { Layer } from "./configuration/merge-settings.ts";
import { resolveConfiguration } from "./configuration/resolve-configuration.ts";
import { UsageError } from "./usage-error.ts";

export interface OpenRun {
  readonly configuration: Configuration;
  /** Undefined where nothing is to be kept. */
  readonly run: RunFolder | undefined;
}

/** A run as flags and configuration say. */
export function startRun(settings: CommandSettings): OpenRun {
  settings.announceFile();
  const configuration = settings.resolve();
  const { output } = configuration;
  const run = output === undefined ? undefined : RunFolder.create(output, runConfiguration(configuration, output));
  return { configuration, run };
}

/** The run in the folder `path`, as it was started. @throws UsageError for settings beside those of its start */
export function resumeRun(path: string, settings: CommandSettings): OpenRun {
  // The device changes no number.
  const others = settings.flags.namesExcept("device");
  if (others.length > 0) {
    throw new UsageError(
      `--resume goes on with the settings in ${join(path, "config.json")}; leave out ${others.join(", ")}, or start ` +
        "another run with --out",
    );
  }
  const run = RunFolder.open(path);
  try {
    return { configuration: readRunConfiguration(path, settings.flags.layer()), run };
  } catch (error) {
    run[Symbol.dispose]();
    throw error;
  }
}

/** The configuration that a run was started with, on the device that is asked for now. */
export function readRunConfiguration(path: string, flags: Layer): Configuration {
  const file = join(path, "config.json");
  if (!existsSync(file)) throw new RunFolderError(`${path}: this is no folder of a run, it has no config.json`);
  return resolveConfiguration([readConfigurationFile(file), environmentLayer(), flags]);
}

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
  const only = (keys: readonly string[]) =>
    Object.fromEntries(Object.entries(data).filter(([key]) => keys.includes(key)));
  if (data.file === undefined) return only(WORLD_KEYS);
  if (isQueryFormat(data.format)) return only(QUERY_KEYS);
  if (data.format === "movielens") return log;
  return { ...log, columns, ...(data.format === "csv" && { delimiter }) };
}
