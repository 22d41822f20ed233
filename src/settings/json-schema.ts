/** A schema of settings as JSON Schema (draft 2020-12), and what can be read from it. */
import * as z from "zod";

/** The part of JSON Schema that settings use. */
export interface JsonSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  /** Of the values under keys that anyone may name; false where there are none. */
  readonly additionalProperties?: JsonSchema | false;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly enum?: readonly string[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly default?: unknown;
  readonly description?: string;
}

/** Keys of nested objects, and numbers of list entries. */
export type Path = readonly (string | number)[];

/** What may be given for the settings of `schema`. */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, {
    io: "input",
    override: ({ jsonSchema }) => {
      // What every safe integer is, and the defaults of objects, whose keys have defaults of their own, say nothing.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.type === "object") delete jsonSchema.default;
    },
  }) as JsonSchema;
}

/** A key of settings. */
export interface Setting {
  readonly path: readonly string[];
  readonly schema: JsonSchema;
}

/** Every key, those of objects before the keys inside of them; not what lies in lists. */
export function listSettings(schema: JsonSchema, path: readonly string[] = []): Setting[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, own]) => {
    const setting = { path: [...path, key], schema: own };
    return [setting, ...listSettings(own, setting.path)];
  });
}

/** The schemas that a value at `path` of the settings `root` may follow; none where there is no such key. */
export function schemasAt(schema: JsonSchema, path: Path, root: unknown): readonly JsonSchema[] {
  let schemas = alternatives(schema, root);
  let value = root;
  for (const key of path) {
    value = valueAt([key], value);
    schemas = schemas.flatMap((schema) => {
      const named = schema.properties?.[key] ?? schema.additionalProperties;
      const inner = typeof key === "number" ? schema.items : named;
      return inner === undefined || inner === false ? [] : alternatives(inner, value);
    });
  }
  return schemas;
}

/** The alternatives of a schema; of those that a constant tells apart, such as the sources of lists, the one meant. */
function alternatives(schema: JsonSchema, value: unknown): readonly JsonSchema[] {
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches === undefined) return [schema];
  const meant = branches.filter((branch) =>
    Object.entries(branch.properties ?? {}).some(
      ([key, { const: constant }]) => constant !== undefined && valueAt([key], value) === constant,
    ),
  );
  return meant.length > 0 ? meant : branches;
}

/** Whether a value is an object of JSON, with keys. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What lies at `path` of `root`; undefined where nothing does. */
export function valueAt(path: Path, root: unknown): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string | number, unknown>)[key];
  }
  return value;
}

/** The values that schemas name one by one. */
export function choicesOf(schemas: readonly JsonSchema[]): string[] {
  return schemas.flatMap((schema) => schema.enum ?? (schema.const === undefined ? [] : [String(schema.const)]));
}

/** What values follow the schemas, as `an integer of at least 1 or "all"`. */
export function describeValues(schemas: readonly JsonSchema[]): string {
  const choices = choicesOf(schemas);
  const kinds = schemas.filter((schema) => choicesOf([schema]).length === 0).map(describeKind);
  const named = choices.length > 1 ? [`one of ${choices.join(", ")}`] : choices.map((choice) => `"${choice}"`);
  return [...new Set([...kinds, ...named])].join(" or ");
}

function describeKind(schema: JsonSchema): string {
  switch (schema.type) {
    case "string":
      return "text";
    case "integer":
      return `an integer${describeRange(schema)}`;
    case "number":
      return `a number${describeRange(schema)}`;
    case "boolean":
      return "true or false";
    case "array":
      return `a list${schema.items === undefined ? "" : ` of ${describeEntries(schema.items)}`}`;
    default:
      return "keys and values";
  }
}

function describeEntries(items: JsonSchema): string {
  const choices = choicesOf([items]);
  if (choices.length > 0) return choices.join(", ");
  if (items.type === "string") return "names";
  return items.type === "integer" ? `integers${describeRange(items)}` : "objects";
}

function describeRange(schema: JsonSchema): string {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  const lower = minimum !== undefined ? `of at least ${minimum}` : "";
  const above = exclusiveMinimum !== undefined ? `over ${exclusiveMinimum}` : lower;
  const upper = maximum !== undefined ? `at most ${maximum}` : "";
  const below = exclusiveMaximum !== undefined ? `under ${exclusiveMaximum}` : upper;
  const range = [above, below].filter((part) => part !== "").join(" and ");
  return range === "" ? "" : ` ${range}`;
}
