import { test } from "uvu";
import * as assert from "uvu/assert";
import { cutLog } from "../../src/data/cut-log.ts";
import { readInteractions } from "../../src/data/readers/read-interactions.ts";
import { formatPreparation } from "../../src/data/report/format-data-report.ts";
import { cutFile, TemporaryFolder } from "./logs.ts";

const folder = new TemporaryFolder();
test.after(() => folder.remove());

/** Ten users who meet the same 13 items, and one who meets two others. */
const ROWS = Array.from({ length: 130 }, (_, n) => [Math.floor(n / 13), n % 13, n % 4 === 0 ? 1 : 0, n]);
ROWS.push([99, 50, 1, 0], [99, 51, 1, 0]);

const file = folder.write(
  "small.csv",
  `user_id,item_id,long_view,timestamp\n${ROWS.map((row) => row.join(",")).join("\n")}\n`,
);
const source = { format: "csv", file, columns: { feedback: "long_view" } } as const;
const options = { core: 10, listLength: 3, positiveThreshold: 1 };

test("a log is filtered and cut, and each step counted", async () => {
  const { log, counts, training, validation, test } = await cutFile(source, options);
  assert.equal(counts.read, { users: 11, items: 15, interactions: 132, positives: 35 });
  assert.equal(counts.kept, { users: 10, items: 13, interactions: 130, positives: 33 });
  assert.is(log.users.length, 130);
  assert.is(counts.lists.lists, 40);
  assert.equal(
    [training.size, validation.size, test.size],
    [counts.trainingListsDrawn, counts.lists.validation, counts.lists.test],
  );
});

test("a log without a name is called so in errors", async () => {
  const log = await readInteractions(source);
  assert.throws(() => cutLog(log), /^the log: no training list is left of 132 interactions/);
});

test("formatPreparation is a few lines, and mentions only what occurred", () => {
  const log = { users: 6022, items: 3043, interactions: 995154, positives: 832994 };
  const lists = {
    lists: 163348,
    withPositive: 161646,
    withRepeat: 0,
    training: 126219,
    validation: 29481,
    test: 5946,
    testUsersWithoutPositive: 76,
    testUsersWithRepeat: 0,
  };
  const read = { ...log, interactions: 1_000_000 };
  const counts = { core: 20, listLength: 6, read, kept: log, lists, trainingListsDrawn: 126219 };
  assert.equal(formatPreparation(counts).split("\n"), [
    "read: 6,022 users, 3,043 items, 1,000,000 interactions, 83.3% positive",
    "20-core: 6,022 users, 3,043 items, 995,154 interactions, 83.7% positive; it keeps 99.5% of the interactions",
    "lists of 6: 163,348, of which 161,646 with a positive",
    "training 126,219, validation 29,481, test 5,946",
    "users without a test list: 76 whose list has no positive",
  ]);
  const listed = formatPreparation({ ...counts, kept: { ...log, notShown: 1234 } }).split("\n");
  assert.match(listed[0], /83\.3% positive$/);
  assert.match(listed[1], /83\.7% positive, 1,234 candidates that were not shown; it keeps/);
  const twice = formatPreparation({ ...counts, kept: { ...log, repeated: 12 } }).split("\n");
  assert.match(twice[1], /dedupe first \(--data\.dedupe first\) keeps one of each/);
  const once = formatPreparation({ ...counts, dropped: 10_000, kept: { ...log, interactions: 990_000 } }).split("\n");
  assert.is(once[1], "left out: 10,000 rows that repeat another's user, item and time");
  assert.match(once[2], /it keeps 100\.0% of the interactions$/);
  const repeats = { ...lists, withRepeat: 9, testUsersWithRepeat: 2 };
  assert.equal(
    formatPreparation({ ...counts, lists: repeats, trainingListsDrawn: 1000 })
      .split("\n")
      .slice(3),
    [
      "training 126,219 (1,000 of them drawn), validation 29,481, test 5,946",
      "left out: 9 lists that hold an item twice",
      "users without a test list: 76 whose list has no positive, 2 whose list holds an item twice",
    ],
  );
});

test("a core or threshold that leaves nothing to train on is an error with the counts", async () => {
  const message = await cutFile(source).then(
    () => "",
    (error: Error) => error.message,
  );
  assert.match(message, /small\.csv: no training list is left of 132 interactions after the 20-core filter \(0 inter/);
  assert.match(message, /use a smaller core \(--core 1\)$/);
});

test.run();
