import { test } from "uvu";
import * as assert from "uvu/assert";
import { buildListDataset } from "../../../src/data/candidates.ts";
import { cutLists, type ExposedLists, trainingInteractions } from "../../../src/data/exposed-lists.ts";
import { type InteractionLog, selectInteractions } from "../../../src/data/interactions.ts";
import type { CandidateProtocol, SplitProtocol } from "../../../src/data/protocols.ts";
import { createDataReport, type DataReportInput } from "../../../src/data/report/data-report.ts";
import { formatDataReport } from "../../../src/data/report/format-data-report.ts";
import type { ScoreItems } from "../../../src/data/retrieval.ts";
import { logOf, type Row } from "../logs.ts";

/** Seconds: 2020-09-13T12:26:40Z. */
const START = 1_600_000_000;

/** Ten users with 20 interactions each, an hour apart; users start one after another. Item 0 is met twice by user 0. */
function logOfHours(scale = 1): InteractionLog {
  return logOf(
    Array.from({ length: 200 }, (_, n): Row => {
      const user = Math.floor(n / 20);
      const item = n === 19 ? 0 : (user * 3 + (n % 20)) % 80;
      return [`user${user}`, `item${item}`, n % 2 === 0 ? 5 : 1, (START + 3600 * n) * scale];
    }).concat(Array.from({ length: 80 }, (_, n): Row => ["all", `item${n}`, 5, START * scale])),
  );
}

const low: ScoreItems = (_, out) => {
  for (let item = 0; item < out.length; item++) out[item] = -item;
};

const LIST = { listLength: 2, positiveThreshold: 3 };

function inputOf(
  log: InteractionLog,
  split: SplitProtocol = "last-list",
  protocol: CandidateProtocol = "injected",
): DataReportInput {
  const users = selectInteractions(
    log,
    Int32Array.from(log.users.keys()).filter((row) => row < 200),
  );
  const options = { ...LIST, split };
  const cut = cutLists(users, options);
  const build = (lists: ExposedLists, own: CandidateProtocol) => ({
    dataset: buildListDataset(users, lists, low, { seed: 1, candidateCount: 6, historyLength: 3, protocol: own }),
    protocol: own,
  });
  return {
    log: users,
    cut,
    split,
    learned: trainingInteractions(users, options),
    splits: {
      training: build(cut.training, "injected"),
      validation: build(cut.validation, "injected"),
      test: build(cut.test, protocol),
    },
    recall: 0.25,
  };
}

const failed = (input: DataReportInput) => createDataReport(input).checks.filter(({ passed }) => !passed);

test("data that was prepared as it should passes every check, under both protocols", () => {
  for (const split of ["last-list", "global-time"] as const) {
    for (const protocol of ["injected", "retrieved"] as const) {
      const input = inputOf(logOfHours(), split, protocol);
      assert.equal(failed(input), []);
      const { checks } = createDataReport(input);
      assert.is(checks.length, 3 + (split === "global-time" ? 1 : 0) + 3 + (protocol === "injected" ? 3 : 2) + 1);
      assert.ok(checks.every(({ count, passed }) => passed === (count === 0)));
    }
  }
});

test("what a user passed over before counts among the candidates of the test, liked or not", () => {
  const input = inputOf(logOfHours());
  const row = (items: number[]) => ({
    size: 1,
    candidateCount: items.length,
    listLength: 2,
    historyLength: 0,
    users: Int32Array.of(0),
    candidates: Int32Array.from(items),
    retrieverScores: Float32Array.from(items),
    exposed: Int32Array.of(0, 1),
    feedback: Float32Array.of(1, 0),
    history: new Int32Array(0),
    historyFeedback: new Float32Array(0),
  });
  const { training, test: held } = input.splits;
  // In training, item 1 was liked, 2 shown and not liked, 3 and 4 not shown. In the test, item 3 is liked.
  const splits = {
    ...input.splits,
    training: { ...training, dataset: row([1, 2, 3, 4]) },
    test: { ...held, dataset: row([3, 2, 1, 9]) },
  };
  assert.equal(createDataReport({ ...input, splits }).passedOver, { liked: 1, others: 1 / 3 });
});

test("the figures of a small log, worked out by hand", () => {
  const report = createDataReport(inputOf(logOfHours()));
  assert.equal([report.users, report.items, report.interactions], [11, 80, 200]);
  // The eleventh user has no interactions here.
  assert.equal(report.listsPerUser, { minimum: 0, lowerQuartile: 10, median: 10, upperQuartile: 10, maximum: 10 });
  assert.is(report.repeatedShare, 1 / 200);
  assert.is(report.recallAt50, 0.25);
  assert.is(report.learned, 160);
  assert.is(report.unknownTestUsers, 0);
  const { training, test } = report.splits;
  assert.equal([training.lists, report.splits.validation.lists, test.lists], [80, 10, 10]);
  // Every list is a positive and then a negative.
  assert.equal(training.positiveRate, [1, 0]);
  assert.equal(training.span, {
    first: START,
    last: START + 3600 * 195,
    firstDate: "2020-09-13T12:26:40.000Z",
    lastDate: "2020-09-21T15:26:40.000Z",
  });
  // What user 0 meets after list k of 8 and not before: 20 interactions with 19 items, 18 of them after two, ...
  // and of the other nine users one more, since the last one meets nothing twice.
  const ofNine = [18, 16, 14, 12, 10, 8, 6, 4].reduce((sum, items) => sum + items, 0);
  assert.is(report.excludedByFuture, (9 * ofNine + ofNine - 8) / 80);
});

test("global-time: whoever is new after the cut is an unknown test user", () => {
  const report = createDataReport(inputOf(logOfHours(), "global-time"));
  // Users 0 to 5 and a part of user 6 lie in the first 128 hours; users 8 and 9 come after the cut at 160.
  assert.is(report.unknownTestUsers, 2);
  assert.is(report.splits.test.lists, 2);
  assert.is(report.learned, 128);
});

test("dates are given only for times that look like seconds or a finer unit", () => {
  const span = (scale: number) => createDataReport(inputOf(logOfHours(scale))).splits.training.span;
  assert.is(span(1000)?.firstDate, "2020-09-13T12:26:40.000Z");
  assert.is(span(1e-6)?.firstDate, undefined);
  assert.is(span(1e6)?.firstDate, "2020-09-13T12:26:40.000Z");
  assert.is(span(1e9)?.firstDate, "2020-09-13T12:26:40.000Z");
  assert.is(span(1e12)?.firstDate, undefined);
});

test("the score's AUC against exposure is 0 where exposed items score lowest, and 1 where they score highest", () => {
  const log = logOfHours();
  const input = inputOf(log);
  const shown = input.splits.test.dataset;
  const scored = (score: (isExposed: boolean) => number) => {
    const retrieverScores = shown.retrieverScores.map((_, n) => {
      const row = Math.floor(n / 6);
      return score(shown.exposed.subarray(row * 2, row * 2 + 2).includes(n % 6));
    });
    const test = { dataset: { ...shown, retrieverScores }, protocol: "injected" } as const;
    return createDataReport({ ...input, splits: { ...input.splits, test } }).splits.test.scoreToExposure;
  };
  assert.is(
    scored((isExposed) => (isExposed ? 0 : 1)),
    0,
  );
  assert.is(
    scored((isExposed) => (isExposed ? 1 : 0)),
    1,
  );
  assert.is(
    scored(() => 3),
    0.5,
  );
});

test("each leak is found and counted by the check that is named after it", () => {
  const input = inputOf(logOfHours());
  const names = (own: Partial<DataReportInput>) => failed({ ...input, ...own }).map(({ name, count }) => [name, count]);
  assert.equal(names({ learned: input.log }), [
    ["no test interaction is among those that the retriever learned from", 20],
    ["no validation interaction is among those that the retriever learned from", 20],
  ]);
  assert.equal(names({ cut: { ...input.cut, training: input.cut.test } }), [
    ["no training list is later than its user's test list", 10],
  ]);
  const { training } = input.splits;
  const candidates = training.dataset.candidates.slice();
  candidates[61] = candidates[60];
  const repeated = { ...training, dataset: { ...training.dataset, candidates } };
  assert.equal(names({ splits: { ...input.splits, training: repeated } }), [
    ["training: the candidates of a list are distinct", 1],
  ]);
  const exposed = training.dataset.exposed.slice();
  exposed[3] = -1;
  const missing = { ...training, dataset: { ...training.dataset, exposed } };
  assert.equal(names({ splits: { ...input.splits, training: missing } }), [
    ["training (injected): exposed items are among the candidates", 1],
  ]);
  const future = training.dataset.candidates.slice();
  const tested = input.log.items[input.cut.test.starts[0]];
  const free = Array.from({ length: 6 }, (_, n) => n).find((n) => !training.dataset.exposed.subarray(0, 2).includes(n));
  future[free ?? Number.NaN] = tested;
  const leaking = { ...training, dataset: { ...training.dataset, candidates: future } };
  assert.equal(names({ splits: { ...input.splits, training: leaking } }), [
    ["training (injected): no candidate that was not exposed is in the user's test list", 1],
  ]);
});

test("global-time: an interaction that was learned from at the time of a test one is found", () => {
  const input = inputOf(logOfHours(), "global-time");
  const first = Math.min(...Array.from(input.cut.test.starts, (start) => input.log.timestamps[start]));
  const late = input.log.timestamps.indexOf(first);
  // The retriever learned from the first 144 of the log.
  const rows = Array.from({ length: 144 }, (_, row) => row);
  const learned = selectInteractions(input.log, Int32Array.of(...rows, late));
  const found = failed({ ...input, learned }).find(({ name }) => name.includes("as late as"));
  assert.is(found?.count, 1);
});

test("the report reads as lines that name the protocol, the property of injection and what failed", () => {
  const input = inputOf(logOfHours());
  const lines = formatDataReport(createDataReport(input)).split("\n");
  assert.is(
    lines[0],
    "protocol last-list: 11 users, 80 items, 200 interactions, of which the retriever learned from 160",
  );
  assert.ok(lines.some((line) => line.startsWith("known property of injection: ")));
  assert.ok(
    lines.some((line) =>
      line.startsWith(
        "training: 80 lists, candidates injected, from 2020-09-13T12:26:40.000Z to 2020-09-21T15:26:40.000Z; " +
          "positives by position 100.0% 0.0%; the retriever's score tells exposed candidates with an AUC of ",
      ),
    ),
  );
  assert.is(lines.at(-1), "pass: training (injected): no candidate that was not exposed is in the user's test list");
  const leaking = formatDataReport(createDataReport({ ...input, learned: input.log }));
  assert.match(
    leaking,
    /^FAIL: no test interaction is among those that the retriever learned from \(20 do not hold\)$/m,
  );
  const report = createDataReport(input);
  const { preparation: _, ...plain } = report;
  assert.equal(JSON.parse(JSON.stringify(plain)), plain);
});

test.run();
