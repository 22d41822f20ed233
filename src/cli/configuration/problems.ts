/** What is wrong with a configuration, said so that a person can mend it. */
import type { z } from "zod";
import { excerpt } from "../../text/excerpt.ts";
import { nearestName } from "../../text/nearest-name.ts";
import { choicesOf, describeValues, listSettings, type Path, schemasAt, valueAt } from "./json-schema.ts";

/** A mistake in a configuration: `goalrank.yaml:12: experiment.widht: unknown key; did you mean width?` */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
  readonly problems: readonly string[];

  /** @param problems one line each, at least one */
  constructor(problems: readonly string[]) {
    const lines = problems.map((problem) => excerpt(problem, 1000));
    super(lines.length === 1 ? lines[0] : `${lines[0]} (and ${lines.length - 1} more)`);
    this.problems = lines;
  }
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

/** zod's findings about the configuration `root`. */
export function problemsOf(error: z.ZodError, root: unknown): Problem[] {
  return error.issues.flatMap((issue) => explain(issue as z.core.$ZodIssue, [], root));
}

function explain(issue: z.core.$ZodIssue, base: Path, root: unknown): Problem[] {
  const path = [...base, ...(issue.path as Path)];
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ path: [...path, key], problem: unknownKey(key, path, root) }));
  }
  if (issue.code === "invalid_union") {
    // The alternative that fits the value longest is the one that was meant.
    const meant = issue.errors.toSorted((a, b) => depth(b) - depth(a))[0];
    if (meant !== undefined && depth(meant) > 0) return meant.flatMap((own) => explain(own, path, root));
  }
  return [{ path, problem: wrongValue(path, root) }];
}

function depth(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(0, ...issues.map(({ path }) => path.length));
}

function unknownKey(key: string, path: Path, root: unknown): string {
  const elsewhere = listSettings().find((setting) => setting.path.at(-1) === key);
  const siblings = schemasAt(path, root).flatMap(({ properties = {} }) => Object.keys(properties));
  const meant = elsewhere === undefined ? nearestName(key, siblings) : elsewhere.path.join(".");
  const known = siblings.length > FEW_KEYS ? "" : `; the keys here are ${siblings.join(", ")}`;
  return `unknown key${meant === undefined ? "" : `; did you mean ${meant}?`}${known}`;
}

/** As many keys are listed. */
const FEW_KEYS = 4;

function wrongValue(path: Path, root: unknown): string {
  const schemas = schemasAt(path, root);
  const expected = describeValues(schemas);
  const value = valueAt(path, root);
  if (value === undefined) return `is missing; expected ${expected}`;
  const choices = choicesOf(schemas);
  const nearest = typeof value === "string" ? nearestName(value, choices) : undefined;
  const meant = nearest === undefined ? "" : `; did you mean "${nearest}"?`;
  const shown = typeof value === "number" ? String(value) : shorten(JSON.stringify(value));
  return `expected ${expected}, got ${shown}${meant}`;
}

const SHOWN = 60;

function shorten(text: string): string {
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}...`;
}
