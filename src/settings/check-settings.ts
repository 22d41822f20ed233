/** Whether settings keep to their schema, and what is wrong with those that do not, said so that a person can mend it. */
import type { z } from "zod";
import { nearestName } from "../text/nearest-name.ts";
import {
  choicesOf,
  describeValues,
  type JsonSchema,
  jsonSchemaOf,
  listSettings,
  type Path,
  schemasAt,
  valueAt,
} from "./json-schema.ts";
import type { Settings } from "./setting-kinds.ts";

/** Settings out of range, unknown, or that do not go together. */
export class SettingsError extends RangeError {
  override readonly name = "SettingsError";

  /** @param part names the settings in the message: `training` */
  constructor(
    part: string,
    readonly problems: readonly Problem[],
  ) {
    super(problems.map(({ path, problem }) => `${formatPath([part, ...path])}: ${problem}`).join("; "));
  }
}

/**
 * Settings with the defaults of their schema filled in.
 * @param part names the settings in the error: `training` gives `training.epochs: expected ...`
 * @throws SettingsError that names every setting that is wrong, what was expected and what was given
 */
export function completeSettings<Schema extends z.ZodType>(
  part: string,
  schema: Schema,
  given: unknown,
): Settings<Schema> {
  const { data, error } = schema.safeParse(given);
  if (error !== undefined) throw new SettingsError(part, problemsOf(error, jsonSchemaOf(schema), given));
  return data as Settings<Schema>;
}

/** @throws SettingsError as {@link completeSettings} does */
export function checkSettings(part: string, schema: z.ZodType, settings: unknown): void {
  completeSettings(part, schema, settings);
}

/** What is wrong, and with which key. */
export interface Problem {
  readonly path: Path;
  readonly problem: string;
}

/** `experiment.groups.set[0].count` */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    return text === "" ? key : `${text}.${key}`;
  }, "");
}

/** Settings that break their schema. */
interface Broken {
  readonly schema: JsonSchema;
  readonly root: unknown;
}

/** zod's findings about the settings `root`, which were to follow `schema`. */
export function problemsOf(error: z.ZodError, schema: JsonSchema, root: unknown): Problem[] {
  const issues = error.issues as readonly z.core.$ZodIssue[];
  // Whether values go together is asked once each of them is right.
  const wrong = issues.filter(({ code }) => code !== "custom");
  return (wrong.length > 0 ? wrong : issues).flatMap((issue) => explain(issue, [], { schema, root }));
}

function explain(issue: z.core.$ZodIssue, base: Path, broken: Broken): Problem[] {
  const path = [...base, ...(issue.path as Path)];
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => ({ path: [...path, key], problem: unknownKey(key, path, broken) }));
    // What the schema itself says of settings that do not go together.
    case "custom":
      return [{ path, problem: issue.message }];
    case "invalid_union": {
      // The alternative that fits the value longest is the one that was meant.
      const meant = issue.errors.toSorted((a, b) => depth(b) - depth(a))[0];
      if (meant !== undefined && depth(meant) > 0) return meant.flatMap((own) => explain(own, path, broken));
    }
  }
  return [{ path, problem: wrongValue(path, broken) }];
}

function depth(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(0, ...issues.map(({ path }) => path.length));
}

/** As many keys are listed. */
const FEW_KEYS = 4;

function unknownKey(key: string, path: Path, { schema, root }: Broken): string {
  const elsewhere = listSettings(schema).find((setting) => setting.path.at(-1) === key);
  const siblings = schemasAt(schema, path, root).flatMap(({ properties = {} }) => Object.keys(properties));
  const meant = elsewhere === undefined ? nearestName(key, siblings) : elsewhere.path.join(".");
  const known = siblings.length > FEW_KEYS ? "" : `; the keys here are ${siblings.join(", ")}`;
  return `unknown key${meant === undefined ? "" : `; did you mean ${meant}?`}${known}`;
}

function wrongValue(path: Path, { schema, root }: Broken): string {
  const schemas = schemasAt(schema, path, root);
  const expected = describeValues(schemas);
  const value = valueAt(path, root);
  if (value === undefined) return `is missing; expected ${expected}`;
  const choices = choicesOf(schemas);
  const nearest = typeof value === "string" ? nearestName(value, choices) : undefined;
  const meant = nearest === undefined ? "" : `; did you mean "${nearest}"?`;
  const shown = typeof value === "number" ? String(value) : shorten(JSON.stringify(value) ?? String(value));
  return `expected ${expected}, got ${shown}${meant}`;
}

const SHOWN = 60;

function shorten(text: string): string {
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}...`;
}
