/** docs/glossary.md holds what the report's fold does. */
import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { GLOSSARY, glossaryPage } from "../../src/report/glossary.ts";

const FILE = "docs/glossary.md";

test("the page is up to date; glossary-page.ts writes it", () => {
  assert.is(readFileSync(FILE, "utf8"), glossaryPage());
});

test("no word is explained twice, and no bar breaks the table", () => {
  const terms = GLOSSARY.flatMap((group) => group.terms);
  assert.is(new Set(terms.map(([term]) => term)).size, terms.length);
  for (const [term, meaning] of terms) assert.not.match(term + meaning, /\|/);
});

test.run();
