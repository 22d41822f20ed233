/** Flags that set a key of the configuration: `--data.core 5` for each, and short ones for those that are used most. */
import { type Command, Option } from "commander";
import { formatPath } from "../../settings/check-settings.ts";
import { type JsonSchema, listSettings, type Path, type Setting } from "../../settings/json-schema.ts";
import { ConfigurationError } from "./configuration-error.ts";
import { publishedSchema } from "./configuration-schema.ts";
import type { Layer } from "./merge-settings.ts";

/** A flag with a name of its own. */
export interface ShortFlag {
  /** As commander writes it: `--core <count>`. */
  readonly flags: string;
  readonly description: string;
  /** The keys that it sets, all to the same value. */
  readonly settings: readonly (readonly string[])[];
  /** What its text says; as the key's type has it unless given. */
  readonly parse?: ((text: string) => unknown) | undefined;
}

/**
 * Short flags of one key each.
 * @param lines by the key, such as `data.core`: the flag's line of help, two spaces before what it does
 * @param parsers by the key, for what is not read as the key's type has it
 */
export function shortFlags(
  lines: Readonly<Record<string, string>>,
  parsers: Readonly<Record<string, ShortFlag["parse"]>> = {},
): ShortFlag[] {
  return Object.entries(lines).map(([key, line]) => {
    const [flags, description] = line.split("  ");
    return { flags, description, settings: [key.split(".")], parse: parsers[key] };
  });
}

/** A flag that was given. */
interface Assignment {
  readonly path: readonly string[];
  readonly flag: string;
  readonly value: unknown;
}

/** Sections have no flag as a whole, and what is for editors has none at all. */
const WITHOUT_FLAG: readonly string[] = ["$schema", "data", "experiment", "serve"];

/** The settings that have a flag, of the given sections and single keys. */
export function flaggedSettings(sections: readonly string[]): Setting[] {
  return listSettings(publishedSchema).filter(
    ({ path }) => sections.includes(path[0]) && !(path.length === 1 && WITHOUT_FLAG.includes(path[0])),
  );
}

/** The flags of a command that set keys, and what was given of them, in the order of the command line. */
export class SettingFlags {
  private readonly given: Assignment[] = [];

  /** Adds the flags to `command`; only the short ones are shown in its help. */
  constructor(command: Command, sections: readonly string[], shortFlags: readonly ShortFlag[]) {
    for (const short of shortFlags) this.add(command, short);
    const taken = new Set(command.options.map(({ long }) => long));
    for (const setting of flaggedSettings(sections)) {
      const flag = `--${setting.path.join(".")}`;
      if (taken.has(flag)) continue;
      const flags = `${flag} <${placeholder(setting.schema)}>`;
      const description = setting.schema.description ?? "";
      this.add(command, { flags, description, settings: [setting.path] }, true);
    }
  }

  /** The flags that were given, without those of the section or single key `exception`. */
  namesExcept(exception: string): string[] {
    const others = this.given.filter(({ path }) => path[0] !== exception);
    return [...new Set(others.map(({ flag }) => flag))];
  }

  /** What was given, the last of a key. */
  layer(): Layer {
    const { given } = this;
    const values = given.reduce<Record<string, unknown>>((root, { path, value }) => withValue(root, path, value), {});
    return {
      values,
      place(path) {
        const own = given.findLast((assignment) => overlap(assignment.path, path));
        if (own === undefined) return formatPath(path);
        return own.path.length < path.length ? `${own.flag}: ${formatPath(path)}` : own.flag;
      },
    };
  }

  private add(command: Command, { flags, description, settings, parse }: ShortFlag, hidden = false): void {
    const option = new Option(flags, description).hideHelp(hidden);
    const flag = option.long ?? flags;
    const schema = schemaOf(settings[0]);
    option.argParser((text: string) => {
      const value = parse === undefined ? parseText(schema, text, flag) : parse(text);
      this.given.push(...settings.map((path) => ({ path, flag, value })));
      return text;
    });
    command.addOption(option);
  }
}

function schemaOf(path: readonly string[]): JsonSchema {
  return path.reduce<JsonSchema>((schema, key) => schema.properties?.[key] ?? {}, publishedSchema);
}

function overlap(a: Path, b: Path): boolean {
  return Array.from({ length: Math.min(a.length, b.length) }, (_, n) => a[n] === b[n]).every(Boolean);
}

function withValue(
  root: Readonly<Record<string, unknown>>,
  [key, ...rest]: readonly string[],
  value: unknown,
): Record<string, unknown> {
  if (rest.length === 0) return { ...root, [key]: value };
  const inner = (root[key] ?? {}) as Record<string, unknown>;
  return { ...root, [key]: withValue(inner, rest, value) };
}

/** Numbers, truth values and JSON where the schema has them; what does not read as such stays text, and is refused. */
function parseText(schema: JsonSchema, text: string, flag: string): unknown {
  const types = (schema.anyOf ?? [schema]).map(({ type }) => type);
  if (types.some((type) => type === "array" || type === "object") && /^\s*[[{]/.test(text)) {
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new ConfigurationError([`${flag}: this is not JSON (${(error as Error).message})`]);
    }
  }
  if (types.some((type) => type === "number" || type === "integer")) return numberOrText(text);
  if (types.includes("boolean") && (text === "true" || text === "false")) return text === "true";
  return text;
}

/** A number, where the text is one. */
export function numberOrText(text: string): number | string {
  const number = Number(text);
  return text.trim() === "" || Number.isNaN(number) ? text : number;
}

function placeholder({ type, enum: choices }: JsonSchema): string {
  if (choices !== undefined) return "name";
  if (type === "array" || type === "object") return "json";
  return type === "integer" || type === "number" ? "number" : "value";
}
