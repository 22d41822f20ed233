/** Whether settings keep to their schema, said so that a person can mend them. */
import type { z } from "zod";
import { formatPath, type Problem, problemsOf } from "./explain-problems.ts";
import { jsonSchemaOf } from "./json-schema.ts";
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
 *
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
