/** The page of relatives tells of every objective, loss, curriculum and reranker that there is. */
import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { RELATIVES } from "../../src/methods/index.ts";
import { CURRICULA } from "../../src/methods/objectives/curriculum.ts";
import { GROUP_OBJECTIVES } from "../../src/methods/objectives/objective-settings.ts";
import { SCORE_LOSSES } from "../../src/methods/scoring/score-losses.ts";

test("each has its line", () => {
  const page = readFileSync("docs/relatives.md", "utf8");
  const tables: Readonly<Record<string, readonly string[]>> = {
    Objectives: ["goalrank", ...Object.keys(GROUP_OBJECTIVES)],
    Curricula: CURRICULA,
    "Losses of scores": Object.keys(SCORE_LOSSES),
    Rerankers: RELATIVES.map(({ name }) => name),
  };
  for (const [title, names] of Object.entries(tables)) {
    const section = page.split(/^## /m).find((text) => text.startsWith(title)) ?? "";
    assert.equal(
      [...section.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name).toSorted(),
      [...names].toSorted(),
      title,
    );
  }
});

test.run();
