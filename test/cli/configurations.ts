/** Configurations of tests: out of the text of a file and the words of a command line. */
import { Command } from "commander";
import { CommandSettings } from "../../src/cli/configuration/command-settings.ts";
import { ConfigurationError } from "../../src/cli/configuration/configuration-error.ts";
import { parseConfiguration } from "../../src/cli/configuration/configuration-file.ts";
import type { Configuration } from "../../src/cli/configuration/configuration-schema.ts";
import type { Layer } from "../../src/cli/configuration/merge-settings.ts";
import { resolveConfiguration } from "../../src/cli/configuration/resolve-configuration.ts";
import { DATA_FLAGS, DEVICE_FLAGS, RUN_FLAGS } from "../../src/cli/configuration/short-flags.ts";

export const SECTIONS = ["seed", "device", "output", "data", "experiment", "serve"];

/** What flags say. */
export function flagsLayer(words: readonly string[], shortFlags = true): Layer {
  const command = new Command("test").exitOverride().configureOutput({ writeErr: () => {} });
  const short = shortFlags ? [...DATA_FLAGS, ...RUN_FLAGS, ...DEVICE_FLAGS] : [];
  const settings = new CommandSettings(command, SECTIONS, short);
  command.parse([...words], { from: "user" });
  return settings.flags.layer();
}

/** The configuration in the text of `goalrank.yaml` and flags. */
export function configure(text: string, words: readonly string[] = []): Configuration {
  return resolveConfiguration([parseConfiguration(text, "goalrank.yaml"), flagsLayer(words)]);
}

/** Everything that is wrong with a configuration. */
export function problemsIn(text: string, words: readonly string[] = []): readonly string[] {
  try {
    configure(text, words);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}
