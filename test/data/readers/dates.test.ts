/** Dates in logs. */
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { secondsOfDate, timeOfText } from "../../../src/data/readers/dates.ts";
import { TimeFormat } from "../../../src/data/readers/time-format.ts";
import { refusal, TemporaryFolder } from "../logs.ts";
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
    "2026-02-30",
    "2026-02-29",
    "1900-02-29",
    "2026-04-31T08:30:00Z",
    "2026-00-10",
    "2026-01-00",
    "2026-01-31T08:60",
    "2026-01-31T08:30:61",
    "2026-01-31T08:30+24",
    "2026-01-31T08:30+01:60",
    "2026-01-31T08:30 CET",
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
  const message = await refusal(readCsv(wrong), folder);
  assert.match(message, /^wrong\.csv:2: timestamp "yesterday" is no time; times are numbers .*\+0100.*timestampFormat/);
});

test("every form of an offset is that offset, with blanks before it or none", () => {
  const utc = Date.parse("2026-01-31T08:30:00.250Z") / 1000;
  const zones: [string[], number][] = [
    [["", "Z", "z", " UTC", "UTC", " GMT", "+00", "+0000", "+00:00", "-00:00", " +00"], 0],
    [["+01", "+0100", "+01:00", " +01:00"], 3600],
    [["-05", "-0500", " -05:00"], -5 * 3600],
    [["+0530", "+05:30"], 5.5 * 3600],
  ];
  for (const [forms, ahead] of zones) {
    for (const form of forms) {
      for (const time of ["2026-01-31T08:30:00.250", "2026-01-31 08:30:00.25", "2026-01-31  08:30:00,250"]) {
        assert.is(timeOfText(` ${time}${form} `), utc - ahead, `${time}${form}`);
      }
    }
  }
  assert.is(secondsOfDate("0001-01-01"), -62135596800, "what .NET writes for no date");
  assert.is(secondsOfDate("2024-02-29"), Date.UTC(2024, 1, 29) / 1000);
});

test("numbers of any unit are times as they are, microseconds and nanoseconds in their order", async () => {
  const units = ["1700000000", "1700000000000", "1700000000000001", "1.7e9", "-5"];
  for (const text of units) assert.is(timeOfText(text), Number(text));
  for (const text of ["0x10", "0b11", "0o17", "1_000", "1,5", "NaN", " "]) {
    assert.ok(Number.isNaN(timeOfText(text)), text);
  }
  // Nanoseconds are 256 apart in f64, and written here from the last to the first.
  const texts = {
    epoch: ["1700000000000000003", "1700000000000000002", "1700000000000000001"],
    dates: ["2023-11-14T22:13:20.000000003Z", "2023-11-14T22:13:20.000000002Z", "2023-11-14T22:13:20.000000001Z"],
    micro: ["2023-11-14 22:13:20.000003", "2023-11-14 22:13:20.000002", "2023-11-14 22:13:20.000001"],
    microEpoch: ["1700000000000003", "1700000000000002", "1700000000000001"],
  };
  for (const [name, times] of Object.entries(texts)) {
    const rows = times.map((time, n) => `u,i${n},1,${time}\n`);
    const file = folder.write(`${name}.csv`, `user_id,item_id,rating,timestamp\nu,first,1,5\n${rows.join("")}`);
    const log = await readCsv(file);
    assert.equal(
      [...log.items].map((item) => log.itemIds[item]),
      ["first", "i2", "i1", "i0"],
      name,
    );
  }
});

test("a format of one's own", () => {
  const noon = Date.UTC(2026, 0, 31, 12, 30, 5) / 1000;
  const cases: [string, string, number][] = [
    ["%d/%m/%Y %H:%M:%S", "31/01/2026 12:30:05", noon],
    ["%d/%m/%Y %H:%M:%S", "31/1/2026  12:30:05", noon],
    ["%m/%d/%y %I:%M:%S %p", "01/31/26 12:30:05 PM", noon],
    ["%m/%d/%y %I:%M:%S %p", "01/31/26 12:30:05 am", noon - 43200],
    ["%a %b %d %H:%M:%S %z %Y", "Sat Jan 31 12:30:05 +0000 2026", noon],
    ["%A, %d %B %Y %T %Z", "Saturday, 31 January 2026 12:30:05 UTC", noon],
    ["%Y%m%d%H%M%S", "20260131123005", noon],
    ["%F %T.%f %z", "2026-01-31 13:30:05.25 +01:00", noon + 0.25],
    ["%d.%m.%y", "31.01.99", Date.UTC(1999, 0, 31) / 1000],
    ["100%% %F", "100% 2026-01-31", Date.UTC(2026, 0, 31) / 1000],
  ];
  for (const [format, text, seconds] of cases) {
    assert.is(timeOfText(text, new TimeFormat(format)), seconds, `${format}: ${text}`);
  }
  const format = new TimeFormat("%d/%m/%Y %I:%M %p");
  for (const text of ["30/02/2026 1:00 am", "31/01/2026 13:00 pm", "2026-01-31", "1700000000", ""]) {
    assert.ok(Number.isNaN(timeOfText(text, format)), text);
  }
  const wrong: [string, RegExp][] = [
    ["%d/%m", /needs a year \(%Y, %y\), a month/],
    ["%Y-%m-%d %Q", /there is no "%Q"; there are %Y /],
    ["%Y-%m-%d %m", /"%m" is there twice/],
    ["%Y-%m-%d %", /there is no "%"/],
  ];
  for (const [text, message] of wrong) assert.throws(() => new TimeFormat(text), message);
});

test("a log whose times have a format of their own; another date is an error that names it", async () => {
  const header = "user_id,item_id,rating,timestamp\n";
  const file = folder.write("us.csv", `${header}u,b,1,01/31/2026\nu,a,1,01/02/2026\n`);
  const log = await readCsv(file, { timestampFormat: "%m/%d/%Y" });
  assert.equal([...log.timestamps], [Date.UTC(2026, 0, 2) / 1000, Date.UTC(2026, 0, 31) / 1000]);
  const wrong = folder.write("mixed.csv", `${header}u,b,1,01/31/2026\nu,a,1,31/01/2026\n`);
  const message = await refusal(readCsv(wrong, { timestampFormat: "%m/%d/%Y" }), folder);
  assert.match(message, /^mixed\.csv:3: timestamp "31\/01\/2026" is no time; times are dates .* "%m\/%d\/%Y"/);
});

test.run();
