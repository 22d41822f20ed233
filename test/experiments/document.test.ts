/** The document of results. */
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { writeDocument } from "../../src/experiments/document.ts";
import { EXPERIMENTS, findExperiment } from "../../src/experiments/named/index.ts";
import { Results } from "../../src/experiments/results.ts";
import { recordRun } from "../../src/experiments/run-log.ts";
import { StoredResults } from "../../src/experiments/stored-results.ts";

test("the document shows tables and pictures of what ran, with command, seeds and time, and nothing else", () => {
  const root = mkdtempSync(join(tmpdir(), "goalrank-document-"));
  const folder = join(root, "theorem1");
  const table = StoredResults.open(folder);
  const add = (method: string, variant: string, parameters: number, error: number) =>
    table.append({ experiment: "theorem1", dataset: "", method, seed: 1, variant }, `${method} ${variant}`, {
      metrics: { error, lowest: error / 2, highest: 2 * error, parameters, cpuSeconds: 60, seconds: 90 },
    });
  [0.2, 0.1, 0.05].forEach((error, i) => {
    add("mixture of small generators", `N = 5, k = ${i + 1}`, 10 * (i + 1), error);
  });
  [0.2, 0.15, 0.01].forEach((error, i) => {
    add("one generator", `N = 5, width ${i + 1}`, 12 * (i + 1), error);
  });
  const command = "goalrank experiment theorem1 --seeds 1";
  const report = { ran: 6, skipped: 0, failed: [], interrupted: false };
  recordRun(folder, { command, started: Date.now() - 300_000, jobs: 2, dataset: "" }, report);

  const documents = join(root, "docs");
  const [file, ...pictures] = writeDocument(root, documents);
  const text = readFileSync(file, "utf8");
  assert.equal(pictures, [join(documents, "images", "results", "theorem1-n5.svg")]);
  assert.ok(existsSync(pictures[0]));
  for (const part of [
    "# Results",
    "## Theorem 1",
    `\`\`\`sh\n${command}\n\`\`\``,
    "Seed 1; 6 trials of 6 min on one core in all; 5 min by the clock",
    "2 at a time",
    "| k = 3 | 30 |  | holds | 0.05 (0.025 to 0.1) | width 3 | 0.01 (0.005 to 0.02) |",
    "(images/results/theorem1-n5.svg)",
    "- The paper proves the theorem",
  ]) {
    assert.ok(text.includes(part), `${part}\n${text}`);
  }
  assert.not(text.includes("Table 1"));
});

test("every experiment says how to read it, and shows nothing of a table that is empty", () => {
  const table = StoredResults.open(mkdtempSync(join(tmpdir(), "goalrank-document-")));
  for (const experiment of EXPERIMENTS) {
    const shown = experiment.present(new Results(table, "embedded"));
    for (const { rows } of shown.tables) assert.equal(rows, [], experiment.name);
    assert.ok(experiment.notes.length > 0, experiment.name);
    assert.is(findExperiment(experiment.name), experiment);
  }
  assert.throws(() => findExperiment("tabel1"), /no experiment "tabel1"; did you mean "table1"\?/);
});

test.run();
