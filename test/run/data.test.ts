/** What a run reads: a log, prepared now or before. */
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { prepare } from "../../src/data/prepare.ts";
import { readPreparedDataset, writePreparedDataset } from "../../src/data/prepared/prepared-dataset.ts";
import { logData } from "../../src/run/data.ts";
import { TemporaryFolder } from "../data/logs.ts";

const test = suite("data of a run");
const folder = new TemporaryFolder();
test.after(() => folder.remove());

test("what a log did not show counts 0, prepared now or before", async () => {
  const rows = Array.from({ length: 90 }, (_, n) => `u${n % 5},i${(n * 7) % 31},${1 + (n % 5)},${n}\n`);
  const log = folder.write("log.csv", `user_id,item_id,rating,timestamp\n${rows.join("")}`);
  const options = { seed: 1, core: 1, listLength: 3, candidateCount: 5, retriever: "popularity" } as const;
  const data = logData(await prepare({ format: "csv", file: log }, options));
  assert.is(data.unexposed, "negative");
  assert.is(data.world, undefined);
  const prepared = join(folder.path, "log.goalrank");
  await writePreparedDataset(prepared, data);
  const { retriever, report, ...again } = logData(await readPreparedDataset(prepared));
  const { retriever: _, report: found, ...written } = data;
  assert.equal(again, written);
  // JSON has no undefined.
  assert.is(JSON.stringify(report), JSON.stringify(found));
  assert.is(retriever?.name, "popularity");
});

test.run();
