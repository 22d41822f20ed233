/** The candidates that a log names for its own lists. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { buildListDataset, withLoggedCandidates } from "../../src/data/candidates.ts";
import { cutLists } from "../../src/data/exposed-lists.ts";
import type { InteractionLog } from "../../src/data/interactions.ts";
import { InteractionLogBuilder } from "../../src/data/readers/interaction-log-builder.ts";
import type { ScoreItems } from "../../src/data/retrieval.ts";
import { throwsMessage } from "../throws-message.ts";
import { logOf } from "./logs.ts";

const scoreItems: ScoreItems = (_, out) => {
  for (let item = 0; item < out.length; item++) out[item] = item / 2;
};

const OPTIONS = { seed: 2, candidateCount: 5, historyLength: 4, protocol: "logged" } as const;

/** One user with lists of three items shown and 0, 2, 4 and 6 that were not, all different. */
function requestLog(): InteractionLog {
  const builder = new InteractionLogBuilder();
  [0, 2, 4, 6].forEach((unshown, list) => {
    for (let place = 0; place < 3; place++) {
      builder.add("ann", `shown${list}${place}`, place, list, `list${list}`, place);
    }
    for (let n = 0; n < unshown; n++) {
      builder.add("ann", `unshown${list}${n}`, 0, list, `list${list}`, -1);
    }
  });
  return builder.build();
}

/** All lists of the log as one split. */
function allLists(log: InteractionLog) {
  const { training, validation, test } = cutLists(log, { listLength: 3, positiveThreshold: 1 });
  const starts = [training, validation, test].flatMap((lists) => [...lists.starts]);
  return { ...training, size: starts.length, starts: Int32Array.from(starts), users: new Int32Array(starts.length) };
}

test("the candidates are the items of the list's own request, the exposed ones among them", () => {
  const log = requestLog();
  const lists = withLoggedCandidates(log, allLists(log), 5);
  assert.is(lists.size, 3);
  const dataset = buildListDataset(log, lists, scoreItems, OPTIONS);
  for (let row = 0; row < 3; row++) {
    const names = Array.from(dataset.candidates.subarray(row * 5, row * 5 + 5), (item) => log.itemIds[item]);
    assert.is(new Set(names).size, 5);
    assert.ok(names.every((name) => name.at(-2) === `${row + 1}`));
    const exposed = [...dataset.exposed.subarray(row * 3, row * 3 + 3)];
    assert.equal(
      exposed.map((position) => names[position]),
      [0, 1, 2].map((place) => `shown${row + 1}${place}`),
    );
    assert.equal([...dataset.feedback.subarray(row * 3, row * 3 + 3)], [0, 1, 1]);
  }
});

test("where the log names more candidates than asked for, which ones are left out follows the seed", () => {
  const log = requestLog();
  const { training, validation, test } = cutLists(log, { listLength: 3, positiveThreshold: 1 });
  assert.equal([training.size, validation.size, test.size], [2, 1, 1]);
  const drawn = new Set<string>();
  for (let seed = 0; seed < 40; seed++) {
    const dataset = buildListDataset(log, test, scoreItems, { ...OPTIONS, seed });
    const chosen = dataset.candidates.toSorted();
    drawn.add(`${chosen}`);
    assert.equal(buildListDataset(log, test, scoreItems, { ...OPTIONS, seed }).candidates, dataset.candidates);
  }
  // Two of the six others: fifteen pairs.
  assert.ok(drawn.size > 10 && drawn.size <= 15, `${drawn.size}`);
});

test("candidates that were not shown are in no history, and can be retrieved", () => {
  const log = requestLog();
  const { test } = cutLists(log, { listLength: 3, positiveThreshold: 1 });
  const history = buildListDataset(log, test, scoreItems, { ...OPTIONS, historyLength: 10 });
  assert.equal(
    Array.from(history.history, (item) => (item < 0 ? "-" : log.itemIds[item])),
    ["-", ...[0, 1, 2].flatMap((list) => [0, 1, 2].map((place) => `shown${list}${place}`))],
  );
  assert.equal([...history.historyFeedback], [0, 0, 1, 1, 0, 1, 1, 0, 1, 1]);
  // The user has met the nine items shown before: of 24 items 15 are left.
  const all = { ...OPTIONS, candidateCount: 15, protocol: "retrieved" } as const;
  const retrieved = buildListDataset(log, test, scoreItems, all);
  assert.is(new Set(retrieved.candidates).size, 15);
  assert.throws(
    () => buildListDataset(log, test, scoreItems, { ...all, candidateCount: 16 }),
    /leaves 15 of 24 items to retrieve from/,
  );
  const injected = { ...all, candidateCount: 15, protocol: "injected" } as const;
  assert.is(buildListDataset(log, test, scoreItems, injected).candidateCount, 15);
});

test("too few logged candidates, and a log without lists, are errors that say what to do", () => {
  const log = requestLog();
  throwsMessage(
    () => buildListDataset(log, allLists(log), scoreItems, OPTIONS),
    'candidates: the list of user "ann" at row 0 has 3 logged candidates, but 5 are needed; leave such lists out ' +
      "with withLoggedCandidates",
  );
  const plain = logOf([
    ["ann", "a", 1, 0],
    ["ann", "b", 1, 1],
    ["ann", "c", 1, 2],
  ]);
  throwsMessage(() => withLoggedCandidates(plain, allLists(plain)), "lists: this log carries no lists of its own");
});

test.run();
