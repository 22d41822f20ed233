/** What a command takes of the configuration: a file, the environment, and flags, in this order. */
import { existsSync } from "node:fs";
import { type Command, CommanderError } from "commander";
import { describeValues, schemasAt } from "../../settings/json-schema.ts";
import { say } from "../terminal/say.ts";
import { readConfigurationFile } from "./configuration-file.ts";
import { type Configuration, publishedSchema } from "./configuration-schema.ts";
import type { Layer } from "./merge-settings.ts";
import { resolveConfiguration } from "./resolve-configuration.ts";
import { flaggedSettings, SettingFlags, type ShortFlag } from "./setting-flags.ts";

/** Read where it lies in the working folder and no other is named. */
export const DEFAULT_CONFIGURATION_FILE = "goalrank.yaml";

export class CommandSettings {
  readonly flags: SettingFlags;

  /** Adds `--config`, `--help-all` and the flags of `sections`, which are sections and single keys, to `command`. */
  constructor(
    private readonly command: Command,
    sections: readonly string[],
    shortFlags: readonly ShortFlag[],
  ) {
    command.option(
      "--config <file>",
      `YAML or JSON with settings (default: ./${DEFAULT_CONFIGURATION_FILE} if it exists)`,
    );
    this.flags = new SettingFlags(command, sections, shortFlags);
    command.option("--help-all", "list the flags of every setting");
    command.on("option:help-all", () => {
      process.stdout.write(`${listFlags(sections)}\n`);
      // As commander's own --help ends.
      throw new CommanderError(0, "commander.helpDisplayed", "");
    });
  }

  /** The configuration file that is named, or lies in the working folder; undefined where there is none. */
  get file(): string | undefined {
    const { config } = this.command.opts<{ readonly config?: string }>();
    return config ?? (existsSync(DEFAULT_CONFIGURATION_FILE) ? DEFAULT_CONFIGURATION_FILE : undefined);
  }

  /** Says on stderr which file is read, where none was named: it may lie in the working folder unnoticed. */
  announceFile(): void {
    const { config } = this.command.opts<{ readonly config?: string }>();
    if (config === undefined && this.file !== undefined) say(`settings: ${this.file}`);
  }

  /** The configuration that file, environment and flags give together. @throws ConfigurationError with every mistake */
  resolve(): Configuration {
    const { file } = this;
    return resolveConfiguration([
      ...(file === undefined ? [] : [readConfigurationFile(file)]),
      environmentLayer(),
      this.flags.layer(),
    ]);
  }
}

/** GOALRANK_DEVICE names the device. */
export function environmentLayer(): Layer {
  const { GOALRANK_DEVICE: device } = process.env;
  return { values: device ? { device } : {}, place: () => "GOALRANK_DEVICE" };
}

function listFlags(sections: readonly string[]): string {
  return flaggedSettings(sections)
    .map(({ path, schema }) => {
      const expected = describeValues(schemasAt(publishedSchema, path, {}));
      const unless = schema.default === undefined ? "" : `; default ${JSON.stringify(schema.default)}`;
      return `--${path.join(".")}\n      ${schema.description}: ${expected}${unless}`;
    })
    .join("\n");
}
