/** Dates in logs. */
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { secondsOfDate } from "../../../src/data/readers/dates.ts";
import { TemporaryFolder } from "../logs.ts";
import { readCsv } from "../read-logs.ts";

const folder = new TemporaryFolder();
test.after(() => folder.remove());

test("a date gives the seconds that it was written from, whatever its form", () => {
  fc.assert(
    fc.property(fc.date({ min: new Date(0), max: new Date("2200-01-01"), noInvalidDate: true }), (date) => {
      const text = date.toISOString();
      const seconds = date.getTime() / 1000;
      assert.is(secondsOfDate(text), seconds);
      assert.is(secondsOfDate(text.replace("T", " ").replace("Z", "")), seconds);
      assert.is(secondsOfDate(text.replace("Z", "+00:00")), seconds);
      assert.is(secondsOfDate(text.slice(0, 10)), Math.floor(seconds / 86400) * 86400);
    }),
  );
  assert.is(secondsOfDate("2026-01-31T08:30+01:00"), Date.parse("2026-01-31T07:30:00Z") / 1000);
});

test("what is no date is not a number", () => {
  for (const text of [
    "",
    "2026",
    "31.01.2026",
    "2026-13-01",
    "2026-01-31T25:00",
    "2026-01-31Z",
    "1700000000",
    "today",
  ]) {
    assert.ok(Number.isNaN(secondsOfDate(text)), text);
  }
});

test("a log may have dates for times", async () => {
  const rows = ["u,a,5,2026-01-02", "u,b,3,2026-01-01T12:00:00Z", "u,c,4, 2026-01-01 06:00 "];
  const file = folder.write("dates.csv", `user_id,item_id,rating,timestamp\n${rows.join("\n")}\n`);
  const log = await readCsv(file);
  assert.equal(
    [...log.items].map((item) => log.itemIds[item]),
    ["c", "b", "a"],
  );
  const wrong = folder.write("wrong.csv", "user_id,item_id,rating,timestamp\nu,a,5,yesterday\n");
  const message = await readCsv(wrong).then(
    () => "no error",
    (error: Error) => error.message,
  );
  assert.match(message, /wrong\.csv:2: .*timestamp "yesterday" is not a number/);
});

test.run();
