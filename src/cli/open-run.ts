/** Starts a run or goes on with one: the configuration, and the folder where one is named. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { RunFolder } from "../run/folder/run-folder.ts";
import { RunFolderError } from "../run/folder/run-folder-error.ts";
import type { CommandSettings } from "./configuration/command-settings.ts";
import { environmentLayer } from "./configuration/command-settings.ts";
import { readConfigurationFile } from "./configuration/configuration-file.ts";
import type { Configuration } from "./configuration/configuration-schema.ts";
import type { Layer } from "./configuration/merge-settings.ts";
import { resolveConfiguration } from "./configuration/resolve-configuration.ts";
import { runConfiguration } from "./configuration/run-configuration.ts";
import { UsageError } from "./usage-error.ts";

/** The settings that a resumed run may change: they change no number. */
const FREE_SETTINGS = ["device"];

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
  const run =
    output === undefined ? undefined : RunFolder.create(output, runConfiguration(configuration, output));
  return { configuration, run };
}

/**
 * The run in the folder `path`, as it was started.
 * @throws UsageError for settings beside those that it was started with
 */
export function resumeRun(path: string, settings: CommandSettings): OpenRun {
  const others = settings.flags.namesExcept(FREE_SETTINGS);
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
  if (!existsSync(file)) {
    throw new RunFolderError(`${path}: this is no folder of a run, it has no config.json`);
  }
  return resolveConfiguration([readConfigurationFile(file), environmentLayer(), flags]);
}
