/** docs/configuration.md: every setting, out of the schema. */
import { describeValues, type JsonSchema, schemasAt } from "../../settings/json-schema.ts";
import { publishedSchema } from "./configuration-schema.ts";

const HEAD = `# Configuration

This page is written by \`npx goalrank schema --markdown\`, and the schema for editors, \`schema/goalrank.schema.json\`, by
\`npx goalrank schema\`.

A configuration file is YAML, of which JSON is a part. \`./goalrank.yaml\` is read where it exists, another with
\`--config FILE\`; \`goalrank init LOG\` writes one. Every setting here is also a flag: \`core\` of the section \`data\` is
\`--data.core 5\`, and lists and objects are JSON, such as \`--experiment.methods '["prm"]'\`. Flags go over the variable
GOALRANK_DEVICE, that over the file, and the file over the defaults. Unknown keys, wrong values and settings that do not
go together are errors that name the line.

Paths in a file are relative to the file's folder, in flags to the working folder; tables of features are relative to the
log. A run keeps the configuration in force as \`config.json\`, and can be made again from it:
\`goalrank train all --config runs/first/config.json --out runs/again\`.
`;

/** An object and what can be set in it. */
interface Section {
  readonly title: string;
  readonly description: string;
  readonly rows: readonly string[];
}

export function configurationPage(): string {
  const sections = sectionsOf([], publishedSchema, "Its own keys, and its sections");
  return [HEAD, ...sections.map(formatSection)].join("\n");
}

/** The section of an object, and those of the objects in it. */
function sectionsOf(path: readonly string[], schema: JsonSchema, description: string): Section[] {
  const rows: string[] = [];
  const inner: Section[] = [];
  for (const [key, own] of Object.entries(schema.properties ?? {})) {
    const ownPath = [...path, key];
    if (own.properties !== undefined) {
      inner.push(...sectionsOf(ownPath, own, own.description ?? ""));
      // As GitHub makes it of the section's title.
      const anchor = ownPath.join("").toLowerCase();
      rows.push(row(key, `see [${ownPath.join(".")}](#${anchor})`, "", own.description));
    } else {
      const type = describeValues(schemasAt(publishedSchema, ownPath, {}));
      rows.push(row(key, type, defaultOf(key, schema), own.description));
      inner.push(...entrySections(ownPath, own));
    }
  }
  return [{ title: path.length === 0 ? "The file" : path.join("."), description, rows }, ...inner];
}

/** Sections for lists of objects: one for each kind of object. */
function entrySections(path: readonly string[], schema: JsonSchema): Section[] {
  const lists = (schema.anyOf ?? [schema]).flatMap(({ items }) => (items === undefined ? [] : [items]));
  return lists.flatMap((items) =>
    (items.oneOf ?? [items]).flatMap((entry) => {
      if (entry.properties === undefined) return [];
      const kind = Object.values(entry.properties).find((own) => own.const !== undefined);
      const rows = Object.entries(entry.properties).map(([key, own]) =>
        row(key, describeValues(own.anyOf ?? [own]), defaultOf(key, entry), own.description),
      );
      const title = `${path.join(".")}[]${kind === undefined ? "" : `: ${kind.const}`}`;
      return [{ title, description: kind?.description ?? "An entry of the list", rows }];
    }),
  );
}

function defaultOf(key: string, { required = [], properties = {} }: JsonSchema): string {
  if (required.includes(key)) return "required";
  const value = properties[key].default;
  return value === undefined ? "" : `\`${JSON.stringify(value)}\``;
}

function row(key: string, type: string, value: string, description = ""): string {
  return `| \`${key}\` | ${cell(type)} | ${cell(value)} | ${cell(description)} |`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

function formatSection({ title, description, rows }: Section): string {
  const head = ["| key | value | default | what it does |", "|---|---|---|---|"];
  return [`## ${title}`, "", `${description}.`, "", ...head, ...rows, ""].join("\n");
}
