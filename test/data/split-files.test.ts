/** Training, validation and test in files of one's own. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { cutLists, trainingInteractions } from "../../src/data/exposed-lists.ts";
import type { InteractionLog } from "../../src/data/interactions.ts";
import { joinLogs } from "../../src/data/join-logs.ts";
import { fingerprintLog, prepare } from "../../src/data/prepare.ts";
import { isSameSource } from "../../src/data/prepared/fingerprint.ts";
import { readLog } from "../../src/data/readers/read-log.ts";
import { logOf, type Row, rowsOf, TemporaryFolder } from "./logs.ts";

const row = (user: string, item: number, timestamp: number, feedback = 4): Row => [
  user,
  `film ${item}`,
  feedback,
  timestamp,
];

test("users and items of all files share their numbers, and each user's rows follow the files, then time", () => {
  const training = logOf([row("ann", 1, 9), row("ben", 2, 1), row("ann", 3, 2)]);
  const tested = logOf([row("ben", 3, 5), row("cid", 4, 6), row("ann", 1, 1)]);
  const log = joinLogs([
    { split: "training", log: training },
    { split: "test", log: tested },
  ]);
  assert.equal(rowsOf(log), [
    row("ann", 3, 2),
    row("ann", 1, 9),
    row("ann", 1, 1),
    row("ben", 2, 1),
    row("ben", 3, 5),
    row("cid", 4, 6),
  ]);
  assert.equal([...(log.fileSplits ?? [])], [0, 0, 2, 0, 2, 2]);
  assert.equal(log.userIds, ["ann", "ben", "cid"]);
  assert.equal(log.itemIds.length, 4);
});

test("users without a name are others in every file, and chances stay with their rows", async () => {
  const folder = new TemporaryFolder();
  const columns = { user: "none", item: 1, propensity: 2 } as const;
  const file = folder.write("training.csv", "a,0.5\nb,0.25\n");
  const testFile = folder.write("test.csv", "b,1\n");
  const log = await readLog({ format: "csv", file, testFile, columns });
  folder.remove();
  assert.equal(log.userIds, ["training #1", "training #2", "test #1"]);
  assert.equal([...(log.propensities ?? [])], [0.5, 0.25, 1]);
  assert.equal(log.lacks, ["user", "feedback", "timestamp"]);
});

test("lists of two files stay apart, though they have one name", () => {
  const folder = new TemporaryFolder();
  const header = "user_id,item_id,rating,timestamp,list\n";
  const lines = (from: number) => `ann,film ${from},5,1,first\nann,film ${from + 1},1,1,first\n`;
  const file = folder.write("train.csv", header + lines(1));
  const testFile = folder.write("test.csv", header + lines(3));
  return readLog({ format: "csv", file, testFile, columns: { list: "list" } })
    .then((log) => {
      assert.equal([...(log.listNumbers ?? [])], [0, 0, 1, 1]);
      const { training, test: tested } = cutLists(log, { listLength: 2 });
      assert.equal([...tested.starts], [2]);
      assert.equal(training.size, 0); // the only list of the training file is its last, and for validation
    })
    .finally(() => folder.remove());
});

/** A user with so many interactions in each file, one after another. */
function userOf(name: string, counts: { training: number; validation?: number; test: number }): InteractionLog {
  let time = 0;
  const parts = (["training", "validation", "test"] as const).flatMap((split) => {
    const rows = Array.from({ length: counts[split] ?? 0 }, () => row(name, time, time++));
    return rows.length === 0 ? [] : [{ split, log: logOf(rows) }];
  });
  return joinLogs(parts);
}

const LISTS = { listLength: 2 };

test("every list of a file is for what the file is for, and no list lies in two files", () => {
  const log = userOf("ann", { training: 5, validation: 3, test: 4 });
  for (const split of ["last-list", "global-time"] as const) {
    const { training, validation, test: tested } = cutLists(log, { ...LISTS, split });
    assert.equal([...training.starts], [1, 3], split);
    assert.equal([...validation.starts], [6], split);
    assert.equal([...tested.starts], [8, 10], split);
  }
});

test("a retriever learns from the training file alone, or from its first part", () => {
  const log = userOf("ann", { training: 10, validation: 4, test: 4 });
  const learned = (retrieverFraction: number) => [
    ...trainingInteractions(log, { ...LISTS, retrieverFraction }).timestamps,
  ];
  assert.equal(learned(1), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  // Half are five, and the third list is not cut in two.
  assert.equal(learned(0.5), [0, 1, 2, 3]);
});

test("without a validation file, each user's last training list is for validation", () => {
  const log = userOf("ann", { training: 10, test: 4 });
  const { training, validation, test: tested } = cutLists(log, LISTS);
  assert.equal([...validation.starts], [8]);
  assert.equal([...tested.starts], [10, 12]);
  assert.equal([...training.starts], [0, 2, 4, 6]);
  const { timestamps } = trainingInteractions(log, LISTS);
  assert.ok(Math.max(...timestamps) < 8, "the retriever learns nothing of the validation list");
});

test("prepared data of three files holds each file's lists, and knows when any file changes", async () => {
  const folder = new TemporaryFolder();
  const write = (name: string, users: string[], from: number) => {
    const rows = users.flatMap((user, u) =>
      Array.from({ length: 4 }, (_, n) => `${user},film ${(u + from + n * 7) % 40},${n % 2 ? 5 : 1},${from + n}`),
    );
    return folder.write(name, `user_id,item_id,rating,timestamp\n${rows.join("\n")}\n`);
  };
  const users = ["ann", "ben", "cid"];
  const source = {
    format: "csv",
    file: write("train.csv", users, 0),
    validationFile: write("valid.csv", users, 4),
    testFile: write("test.csv", [...users, "dot"], 8),
  } as const;
  const options = { seed: 1, core: 1, listLength: 2, candidateCount: 6, retriever: "popularity" } as const;
  const data = await prepare(source, options);
  assert.equal(data.protocols.split, "files");
  assert.equal([data.training.size, data.validation.size, data.test.size], [6, 6, 8]);
  assert.ok(data.report.checks.every(({ passed }) => passed));
  assert.equal(data.report.learned, 12);
  assert.equal(data.report.unknownTestUsers, 2); // both of dot's lists

  const before = await fingerprintLog(source, options);
  assert.equal(
    before.files.map(({ name }) => name),
    ["train.csv", "valid.csv", "test.csv"],
  );
  write("test.csv", users, 8);
  assert.not.ok(isSameSource(before, await fingerprintLog(source, options)));
  folder.remove();
});

test("a validation file needs a test file", async () => {
  const folder = new TemporaryFolder();
  const file = folder.write("train.csv", "user_id,item_id,rating,timestamp\nann,film,5,1\n");
  const problem = await readLog({ format: "csv", file, validationFile: file }).catch((error: Error) => error.message);
  assert.match(String(problem), /a validationFile needs a testFile/);
  folder.remove();
});

test.run();
