/** `goalrank schema`: what can be set, for editors and for people. */
import { Command } from "commander";
import { configurationPage } from "../configuration/configuration-page.ts";
import { publishedSchema } from "../configuration/configuration-schema.ts";

const EXAMPLES = `
Examples:
  $ goalrank schema > goalrank.schema.json
  $ goalrank schema --markdown > configuration.md

A configuration that starts with this line is checked and completed by editors:
  # yaml-language-server: $schema=goalrank.schema.json`;

export function schemaCommand(): Command {
  return new Command("schema")
    .option("--markdown", "print all settings as a page for people")
    .addHelpText("after", EXAMPLES)
    .action(({ markdown }: { readonly markdown?: boolean }) => {
      process.stdout.write(markdown === true ? configurationPage() : publishedSchemaText());
    });
}

/** What schema/goalrank.schema.json holds. */
export function publishedSchemaText(): string {
  return `${JSON.stringify(publishedSchema, null, 2)}\n`;
}
