/** The programs beside the examples: experiments and tables that the documents speak of. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { smallLog } from "../package/examples.ts";
import { runExample } from "./run-example.ts";

const test = suite("programs");
const folder = mkdtempSync(join(tmpdir(), "goalrank-programs-"));
test.after(() => rmSync(folder, { recursive: true }));

test("summarise: one table from several runs, with intervals", () => {
  const runs = [1, 2].map((seed) => {
    const run = join(folder, `seed-${seed}`);
    const words = ["--scenario", "tiny", "--requests", "160", "--seed", String(seed), "--device", "cpu"];
    assert.is(runExample("src/cli/main.ts", "train", "all", ...words, "--out", run).code, 0);
    return run;
  });
  const { code, output, errors } = runExample("summarise.ts", ...runs);
  assert.is(code, 0, errors);
  assert.match(output, /^\| method \| true reward \| predicted \|/);
  assert.match(output, /\| GoalRank \| \d\.\d{3} \+- \d+\.\d{3} \|/);
  assert.match(output, /^GoalRank over DNN: .* true reward per list \(by seed: .*, .*; highest p /m);
});

test("retrievers: all of them under both protocols", () => {
  const log = join(folder, "ratings.dat");
  writeFileSync(log, smallLog());
  const words = ["--data", log, "--core", "5", "--depth", "20", "--device", "cpu"];
  const { code, output, errors } = runExample("retrievers.ts", ...words);
  assert.is(code, 0, errors);
  for (const name of ["popularity", "recent popularity", "item neighbours", "matrix factorisation"]) {
    assert.is(output.split(`│ ${name} `).length, 3, output);
  }
});

test("remedies: a row for each, with what it gains over none", () => {
  const small = ["--scenario", "tiny", "--lists", "300", "--requests", "160"];
  const words = [...small, "--seeds", "1", "--rounds", "1", "--device", "cpu"];
  const { code, output, errors } = runExample("remedies.ts", ...words);
  assert.is(code, 0, errors);
  assert.match(output, /│ none +│ \d\.\d{3} +│ 0\.000 +│/);
  assert.match(output, /│ 4 reward models, mean - 1 deviations +│ \d\.\d{3} /);
  assert.match(output, /│ fresh feedback on the policy's lists, round 1 +│ \d\.\d{3} /);
});

test.run();
