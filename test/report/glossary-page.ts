/**
 * docs/glossary.md, made of the table in `src/report/glossary.ts`:
 *
 *   npx tsx test/report/glossary-page.ts
 */
import { writeFileSync } from "node:fs";
import { glossaryPage } from "../../src/report/glossary.ts";

writeFileSync("docs/glossary.md", glossaryPage());
