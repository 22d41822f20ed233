/** Every piece of a configuration file that a document shows is one that the program takes. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { parse } from "yaml";
import { parseConfiguration } from "../../src/cli/configuration/configuration-file.ts";
import { resolveConfiguration } from "../../src/cli/configuration/resolve-configuration.ts";
import { type CodeBlock, markdownFiles, parseMarkdown } from "./markdown.ts";

const SECTIONS = ["seed", "device", "output", "data", "experiment", "serve"];

/** Other YAML and JSON, such as answers of the server or a container's settings, has other keys. */
function isConfiguration({ language, text }: CodeBlock): boolean {
  if (language !== "yaml" && language !== "json") return false;
  const value: unknown = parse(text);
  return SECTIONS.some((section) => Object.hasOwn(Object(value), section));
}

/** Many pieces say something about a log without naming one. */
const base = parseConfiguration("data: { file: log.csv }", "base");

function problemOf({ file, line, text }: CodeBlock): string | undefined {
  try {
    resolveConfiguration([base, parseConfiguration(text, `${file}, block at ${line}`)]);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

test("every piece of a configuration in the documents is valid", () => {
  const blocks = markdownFiles()
    .flatMap((file) => file.blocks)
    .filter(isConfiguration);
  assert.ok(blocks.length > 2);
  assert.equal(
    blocks.flatMap((block) => problemOf(block) ?? []),
    [],
  );
});

test("mistakes in one are found", () => {
  const text = '```yaml\nexperiment:\n  widht: 3\n```\n```json\n{ "items": [] }\n```\n';
  const blocks = parseMarkdown("a.md", text).blocks.filter(isConfiguration);
  assert.is(blocks.length, 1);
  assert.match(problemOf(blocks[0]) ?? "", /widht/);
});

test.run();
