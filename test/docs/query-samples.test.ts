/** The samples of queries with features in docs/data.md are read as it says. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readQueries } from "../../src/data/queries/read-queries.ts";

const folder = mkdtempSync(join(tmpdir(), "goalrank-query-samples-"));
test.after(() => rmSync(folder, { recursive: true }));

const [, section = ""] = /\n## Queries with features\n(.*?)\n## /s.exec(readFileSync("docs/data.md", "utf8")) ?? [];

function sample(language: string): string {
  const file = join(folder, language);
  writeFileSync(file, new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, "s").exec(section)?.[1] ?? "");
  return file;
}

test("the lines of letor", async () => {
  const { training } = await readQueries({ format: "letor", file: sample("text") });
  assert.equal(
    [training.names, [...training.grades]],
    [
      ["1", "2"],
      [3, 0, 1],
    ],
  );
  assert.equal(training.candidateFeatures?.names, ["1", "2", "3", "4"]);
});

test("the line of JSON", async () => {
  const { training } = await readQueries({ format: "queries", file: sample("json") });
  assert.equal([training.names, [...training.grades], training.items], [["q1"], [1, 0], ["a", ""]]);
  assert.equal(training.scores, Float32Array.of(0.8, 0.7));
  assert.equal(training.queryFeatures?.data, Float32Array.of(0.1, 0.7));
});

test.run();
