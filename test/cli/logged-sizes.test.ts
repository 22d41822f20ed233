/** From a shop's impressions to a ranker: requests that show all of 8 candidates, and requests of 3 to 10. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../src/kernels/index.ts";
import { goalrank } from "./command.ts";

const test = suite("requests as they come");
const folder = mkdtempSync(join(tmpdir(), "goalrank-shop-"));
test.after(() => rmSync(folder, { recursive: true }));

/** Requests of 12 users, six each, that name so many of 30 items and show at most `shown` of them. */
function impressions(shown: number, candidates: (random: Random) => number): string {
  const random = new Random({ seed: 1, stream: "shop", step: 0 });
  const rows = ["user_id,item_id,click,time,request,position"];
  for (let request = 0; request < 72; request++) {
    const user = request % 12;
    [...random.permutation(30).subarray(0, candidates(random))].forEach((item, place) => {
      const click = place < shown && (item + user) % 3 === 0 ? 1 : 0;
      rows.push(`u${user},i${item},${click},${1000 + request},r${request},${place < shown ? place : ""}`);
    });
  }
  return `${rows.join("\n")}\n`;
}

const SMALL = ["--experiment.width", "8", "--experiment.generatorEvaluatorLists", "[4]", "--methods", "prm"];

for (const [name, log, prepared] of [
  ["8 shown of 8", impressions(8, () => 8), /lists of 8: 72/],
  [
    "3 to 10 candidates",
    impressions(6, (random) => 3 + random.integer(8)),
    /items and 3 to 10 \(median \d\) candidates/,
  ],
] as const) {
  test(`${name}: init, prepare, train all and rank lead to answers`, async () => {
    const own = mkdtempSync(join(folder, "run-"));
    writeFileSync(join(own, "shop.csv"), log);
    const run = async (...words: string[]) => {
      const { code, output, errors } = await goalrank(own, ...words);
      assert.is(code, 0, errors);
      return output;
    };
    await run("init", "shop.csv");
    const report = await run("prepare", "--data.retriever", "popularity");
    assert.match(report, prepared);
    assert.not.match(report, /NaN/);
    const trained = await run(
      "train",
      "all",
      "--out",
      "run",
      ...["--data.retriever", "popularity"],
      ...SMALL,
      "--deploy",
      "prm",
    );
    assert.match(trained, /PRM/);
    assert.not.match(trained, /NaN/);
    const requests = [3, 8, 12].map((count) => ({ candidates: Array.from({ length: count }, (_, n) => `i${n}`) }));
    writeFileSync(join(own, "requests.jsonl"), requests.map((request) => `${JSON.stringify(request)}\n`).join(""));
    const answers = (await run("rank", "run", "--in", "requests.jsonl")).trim().split("\n");
    const lengths = answers.map((line) => new Set(JSON.parse(line).items).size);
    assert.is(lengths[0], 3);
    assert.ok(lengths.every((length) => length >= 3 && length <= 8));
  });
}

test.run();
