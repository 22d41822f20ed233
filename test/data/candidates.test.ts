import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { buildListDataset } from "../../src/data/candidates.ts";
import { type ListDataset, selectRows } from "../../src/data/dataset.ts";
import { cutLists, type ExposedLists, sampleLists } from "../../src/data/exposed-lists.ts";
import type { InteractionLog } from "../../src/data/interactions.ts";
import type { CandidateProtocol } from "../../src/data/protocols.ts";
import type { ScoreItems } from "../../src/data/retrieval.ts";
import { arbitraryRows, logOf, type Row } from "./logs.ts";

const LIST_LENGTH = 3;
const ITEMS = 70;

/** Scores with many ties. */
const score = (user: number, item: number) => (user * 5 + item * 3) % 7;
const scoreItems: ScoreItems = (user, out) => {
  for (let item = 0; item < out.length; item++) out[item] = score(user, item);
};

/** At most 60 interactions of a few users with 70 items that all occur. */
const arbitraryLog = arbitraryRows(4, ITEMS, 60).map((rows) => {
  const everything = Array.from({ length: ITEMS }, (_, n): Row => [`only${n}`, `item${n}`, 3, 0]);
  return logOf([...rows, ...everything]);
});

function allLists(log: InteractionLog): ExposedLists[] {
  const { training, validation, test } = cutLists(log, { listLength: LIST_LENGTH });
  return [training, validation, test];
}

/** The N best items that the user does not meet before row `until`, by sorting all of them. */
function naiveBest(log: InteractionLog, user: number, until: number, count: number): number[] {
  const met = new Set(log.items.subarray(log.userOffsets[user], until));
  return [...log.itemIds.keys()]
    .filter((item) => !met.has(item))
    .sort((a, b) => score(user, b) - score(user, a) || a - b)
    .slice(0, count);
}

const row = <Column extends Int32Array | Float32Array>(column: Column, index: number, width: number) => [
  ...column.subarray(index * width, (index + 1) * width),
];
const sorted = (values: Iterable<number>) => [...values].sort((a, b) => a - b);

/** Calls `check` on every row of the datasets of many logs. */
function forEveryRow(
  candidateCount: number,
  protocol: CandidateProtocol,
  check: (dataset: ListDataset, index: number, log: InteractionLog, start: number) => void,
): void {
  let rows = 0;
  fc.assert(
    fc.property(arbitraryLog, fc.nat(1000), (log, seed) => {
      for (const lists of allLists(log)) {
        const options = { seed, candidateCount, historyLength: 4, protocol };
        const dataset = buildListDataset(log, lists, scoreItems, options);
        assert.is(dataset.size, lists.size);
        assert.equal(dataset.users, lists.users);
        for (let index = 0; index < dataset.size; index++) check(dataset, index, log, lists.starts[index]);
        rows += dataset.size;
      }
    }),
    { numRuns: 50 },
  );
  assert.ok(rows > 100, `${rows} rows were checked`);
}

// Whoever has all 60 interactions still leaves 10 items to retrieve from.
const CANDIDATES = 8;

test("injected: the candidates are the exposed items and the best items that the user never meets", () => {
  forEveryRow(CANDIDATES, "injected", (dataset, index, log, start) => {
    const user = dataset.users[index];
    const candidates = row(dataset.candidates, index, CANDIDATES);
    const shown = [...log.items.subarray(start, start + LIST_LENGTH)];
    const retrieved = naiveBest(log, user, log.userOffsets[user + 1], CANDIDATES - LIST_LENGTH);
    assert.equal(sorted(candidates), sorted([...shown, ...retrieved]));
    assert.is(new Set(candidates).size, CANDIDATES);
    const positions = row(dataset.exposed, index, LIST_LENGTH);
    assert.equal(
      positions.map((position) => candidates[position]),
      shown,
    );
  });
});

test("retrieved: the candidates are the best items not met before; exposed ones not among them are -1", () => {
  let missing = 0;
  forEveryRow(CANDIDATES, "retrieved", (dataset, index, log, start) => {
    const candidates = row(dataset.candidates, index, CANDIDATES);
    assert.equal(sorted(candidates), sorted(naiveBest(log, dataset.users[index], start, CANDIDATES)));
    row(dataset.exposed, index, LIST_LENGTH).forEach((position, t) => {
      assert.is(position, candidates.indexOf(log.items[start + t]));
      if (position === -1) missing++;
    });
  });
  assert.ok(missing > 0);
});

test("where items are met again, what was met before stays a candidate, and what is about to be is none of the others", () => {
  const best = (log: InteractionLog, out: Iterable<number>, user: number, count: number) => {
    const left = new Set(out);
    const all = [...log.itemIds.keys()].filter((item) => !left.has(item));
    return all.sort((a, b) => score(user, b) - score(user, a) || a - b).slice(0, count);
  };
  let again = 0;
  const check = (protocol: "retrieved" | "injected") =>
    forEveryRow(CANDIDATES, protocol, (dataset, index, log, start) => {
      const user = dataset.users[index];
      const lists = {
        size: 1,
        listLength: LIST_LENGTH,
        positiveThreshold: 3,
        users: Int32Array.of(user),
        starts: Int32Array.of(start),
      };
      const options = { seed: 1, candidateCount: CANDIDATES, historyLength: 4, protocol, repeats: true };
      const { candidates } = buildListDataset(log, lists, scoreItems, options);
      const shown = [...log.items.subarray(start, start + LIST_LENGTH)];
      const later = log.items.subarray(start, log.userOffsets[user + 1]);
      const expected =
        protocol === "retrieved"
          ? best(log, [], user, CANDIDATES)
          : [...shown, ...best(log, later, user, CANDIDATES - LIST_LENGTH)];
      assert.equal(sorted(candidates), sorted(expected));
      const before = log.items.subarray(log.userOffsets[user], start);
      if (candidates.some((item) => before.includes(item) && !shown.includes(item))) again++;
    });
  check("retrieved");
  check("injected");
  assert.ok(again > 0);
});

test("scores, labels and histories belong to their items", () => {
  forEveryRow(CANDIDATES, "injected", (dataset, index, log, start) => {
    const user = dataset.users[index];
    const expectedScores = row(dataset.candidates, index, CANDIDATES).map((item) => score(user, item));
    assert.equal(row(dataset.retrieverScores, index, CANDIDATES), expectedScores);
    const label = (position: number) => (log.feedback[position] >= 3 ? 1 : 0);
    assert.equal(row(dataset.feedback, index, LIST_LENGTH), [start, start + 1, start + 2].map(label));
    const before = [start - 4, start - 3, start - 2, start - 1];
    const isOwn = (position: number) => position >= log.userOffsets[user];
    assert.equal(
      row(dataset.history, index, 4),
      before.map((position) => (isOwn(position) ? log.items[position] : -1)),
    );
    assert.equal(
      row(dataset.historyFeedback, index, 4),
      before.map((position) => (isOwn(position) ? label(position) : 0)),
    );
  });
});

/** Two hundred users with ten lists each, of 100 items. */
function longLog(): InteractionLog {
  return logOf(
    Array.from({ length: 200 * 30 }, (_, n): Row => {
      const user = Math.floor(n / 30);
      return [`user${user}`, `item${(user * 11 + (n % 30)) % 100}`, n % 3 === 0 ? 5 : 1, n];
    }),
  );
}

test("the order of the candidates carries no label: it is the same for any feedback", () => {
  const log = longLog();
  const { training } = cutLists(log, { listLength: LIST_LENGTH });
  const options = { seed: 3, candidateCount: 10 };
  const dataset = buildListDataset(log, training, scoreItems, options);
  const flipped = { ...log, feedback: log.feedback.map((value) => 6 - value) };
  const other = buildListDataset(flipped, training, scoreItems, options);
  assert.not.equal(other.feedback, dataset.feedback);
  assert.equal(other.candidates, dataset.candidates);
  assert.equal(other.exposed, dataset.exposed);
});

test("every candidate position is equally likely for every exposed position", () => {
  const log = longLog();
  const { training } = cutLists(log, { listLength: LIST_LENGTH });
  const dataset = buildListDataset(log, training, scoreItems, { seed: 3, candidateCount: 10 });
  const counts = new Array(LIST_LENGTH * 10).fill(0);
  dataset.exposed.forEach((position, n) => {
    counts[(n % LIST_LENGTH) * 10 + position]++;
  });
  const expected = dataset.size / 10;
  const deviation = Math.sqrt(expected * 0.9);
  for (const count of counts) assert.ok(Math.abs(count - expected) < 4 * deviation, `${counts}`);
});

test("a list has the same row in any sample of the lists, and another order under another seed", () => {
  const log = longLog();
  const { training } = cutLists(log, { listLength: LIST_LENGTH });
  const build = (lists: ExposedLists, seed: number) =>
    buildListDataset(log, lists, scoreItems, { seed, candidateCount: 10 });
  const sample = sampleLists(training, 40, 1);
  const rows = Array.from(sample.starts, (start) => training.starts.indexOf(start));
  assert.equal(build(sample, 3), selectRows(build(training, 3), rows));
  assert.not.equal(build(sample, 4).candidates, build(sample, 3).candidates);
});

test("too few items make fewer candidates; scores that are no numbers and counts out of range are errors", () => {
  const log = longLog();
  const { test: lists } = cutLists(log, { listLength: LIST_LENGTH });
  const build = (candidateCount: number, score = scoreItems, historyLength = 4) =>
    buildListDataset(log, lists, score, { seed: 1, candidateCount, historyLength });
  assert.is(build(73).candidateCount, 73);
  // Each user leaves 70 of 100 items to retrieve from.
  const more = build(74);
  assert.equal([more.candidateCount, ...(more.candidateCounts ?? [])], [74, ...new Array(more.size).fill(73)]);
  assert.throws(
    () => build(10, (_, out) => out.fill(0, 0, 5)),
    'candidates: the retriever scored item "item5" for user "user0" NaN; expected a finite number',
  );
  assert.throws(() => build(2), /candidateCount must be an integer of at least the list length 3, got 2/);
  assert.throws(() => build(10, scoreItems, 0), /historyLength must be a positive integer, got 0/);
});

test.run();
