/** What is published of the configuration: the schema for editors and the page for people. */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { publishedSchemaText } from "../../src/cli/commands/schema.ts";
import { configurationPage } from "../../src/cli/configuration/configuration-page.ts";
import { publishedSchema } from "../../src/cli/configuration/configuration-schema.ts";
import { type JsonSchema, listSettings } from "../../src/settings/json-schema.ts";

const test = suite("published configuration");

test("docs/configuration.md is up to date: npx tsx src/cli/main.ts schema --markdown > docs/configuration.md", () => {
  assert.is(readFileSync("docs/configuration.md", "utf8"), configurationPage());
});

test("the schema is up to date: npx tsx src/cli/main.ts schema > schema/goalrank.schema.json", () => {
  assert.is(readFileSync("schema/goalrank.schema.json", "utf8"), publishedSchemaText());
});

test("every key says what it does, those in lists too", () => {
  const silent = keysOf(publishedSchema, "").filter(({ schema }) => schema.description === undefined);
  assert.equal(
    silent.map(({ name }) => name),
    [],
  );
});

test("the page has every key, and every link on it leads somewhere", () => {
  const page = configurationPage();
  for (const { path } of listSettings(publishedSchema))
    assert.ok(page.includes(`| \`${path[path.length - 1]}\` |`), path.join("."));
  const titles = [...page.matchAll(/^## (.+)$/gm)].map(([, title]) => title.toLowerCase().replaceAll(/[^a-z]/g, ""));
  for (const [, anchor] of page.matchAll(/\]\(#([^)]+)\)/g)) assert.ok(titles.includes(anchor), anchor);
});

interface Key {
  readonly name: string;
  readonly schema: JsonSchema;
}

/** The keys of all objects, wherever they are. */
function keysOf(schema: JsonSchema, path: string): Key[] {
  const own = Object.entries(schema.properties ?? {}).map(([key, inner]) => ({
    name: `${path}.${key}`,
    schema: inner,
  }));
  const alternatives = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  const inside = [...alternatives, ...(schema.items === undefined ? [] : [schema.items])];
  return [
    ...own,
    ...own.flatMap(({ name, schema: inner }) => keysOf(inner, name)),
    ...inside.flatMap((inner) => keysOf(inner, `${path}[]`)),
  ];
}

test.run();
