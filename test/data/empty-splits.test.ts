/** A split without lists is noticed before anything is learned, with the remedy that fits. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { joinLogs } from "../../src/data/join-logs.ts";
import { type PrepareOptions, prepareRequests } from "../../src/data/prepare-requests.ts";
import { formatDataReport } from "../../src/data/report/format-data-report.ts";
import { logOf, type Row } from "./logs.ts";

const OPTIONS: PrepareOptions = {
  seed: 1,
  core: 1,
  listLength: 2,
  candidateCount: 4,
  positiveThreshold: 4,
  retriever: "popularity",
  maxUserShare: 1,
};

/** So many users with so many interactions each, one after another; feedback by the number of the interaction. */
function log(users: number, interactions: number, feedback: (number: number) => number = () => 5) {
  const rows = Array.from({ length: users * interactions }, (_, at): Row => {
    const [user, number] = [Math.floor(at / interactions), at % interactions];
    return [`user ${user}`, `item ${(7 * user + number) % 40}`, feedback(number), at];
  });
  return logOf([...rows, ...Array.from({ length: 40 }, (_, item): Row => ["one more", `item ${item}`, 1, 0])]);
}

async function refusal(read: ReturnType<typeof logOf>, options: Partial<PrepareOptions> = {}): Promise<string> {
  const items = { candidateCount: 2, ...options };
  try {
    await prepareRequests(read, { ...OPTIONS, ...items }, { name: "log.csv" });
  } catch (error) {
    assert.instance(error, RangeError);
    return (error as RangeError).message;
  }
  throw new Error("expected an error");
}

test("test lists without a positive: a lower threshold, or another split", async () => {
  const noTest = log(10, 8, (number) => (number < 6 ? 5 : 1));
  assert.match(
    await refusal(noTest),
    /^log\.csv: no test list is left of 120 .*; the last lists of all 11 users hold no positive; lower the positive threshold \(--positive\), or .*--split global-time/,
  );
});

test("each user one list: a split by time, or shorter lists", async () => {
  const single = logOf(Array.from({ length: 20 }, (_, at): Row => [`user ${at >> 1}`, `item ${at}`, 5, at]));
  assert.match(
    await refusal(single),
    /no training list is left .*; users have one list, which is the test; split by time \(--split global-time\).* smaller list length/,
  );
});

test("one list in all, lists that nobody has, no positives, and a core that keeps nothing", async () => {
  const rows: Row[] = Array.from({ length: 2 }, (_, at) => ["ann", `item ${at}`, 5, at]);
  assert.match(await refusal(logOf(rows)), /; the log has one list in all; bring more interactions/);
  assert.match(
    await refusal(logOf(rows), { listLength: 3 }),
    /; none of 1 users has 3 interactions; use a smaller list/,
  );
  assert.match(await refusal(logOf(rows), { positiveThreshold: 6 }), /; none of the 1 lists has a positive; lower/);
  assert.match(
    await refusal(logOf(rows), { core: 9 }),
    /; the 9-core keeps nothing of 2 interactions; use a smaller core/,
  );
});

test("a test file without positives is named", async () => {
  const parts = [
    { split: "training", log: log(6, 8) },
    { split: "test", log: log(6, 8, () => 1) },
  ] as const;
  assert.match(
    await refusal(joinLogs(parts)),
    /no test list .*; none of the \d+ lists of the test file has a positive; lower the positive threshold/,
  );
});

test("the report says why there is no validation list", async () => {
  const { report } = await prepareRequests(log(10, 4), { ...OPTIONS, candidateCount: 2 });
  assert.is(report.splits.validation.lists, 0);
  assert.match(formatDataReport(report), /\nvalidation: no lists, users have two lists; split by time .*\n/);
});

test.run();
