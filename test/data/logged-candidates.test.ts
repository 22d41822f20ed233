/** The candidates that a log names for its own lists. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { countCandidates, withChoice } from "../../src/data/candidate-supply.ts";
import { buildListDataset } from "../../src/data/candidates.ts";
import { cutLists } from "../../src/data/exposed-lists.ts";
import type { InteractionLog } from "../../src/data/interactions.ts";
import { candidateLabels } from "../../src/data/labels.ts";
import { InteractionLogBuilder } from "../../src/data/readers/interaction-log-builder.ts";
import type { ScoreItems } from "../../src/data/retrieval.ts";
import { selectShape, shapeOf } from "../../src/data/shapes.ts";
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

test("the candidates are the items of the list's own request, the exposed ones among them, N at most", () => {
  const log = requestLog();
  const dataset = buildListDataset(log, allLists(log), scoreItems, OPTIONS);
  assert.equal([...(dataset.candidateCounts ?? [])], [3, 5, 5, 5]);
  const few = selectShape(dataset, [0]);
  assert.equal([few.candidateCount, few.listLength], [3, 3], "all that was shown is all that there is");
  assert.equal(
    Array.from(few.exposed, (position) => log.itemIds[few.candidates[position]]),
    ["shown00", "shown01", "shown02"],
  );
  const others = { ...allLists(log), size: 3, starts: allLists(log).starts.slice(1), users: new Int32Array(3) };
  const alike = buildListDataset(log, others, scoreItems, OPTIONS);
  assert.is(alike.candidateCounts, undefined, "sizes that are all the same are not said");
  assert.equal(alike.candidates, selectShape(dataset, [1, 2, 3]).candidates);
  for (let row = 1; row < 4; row++) {
    const names = Array.from(dataset.candidates.subarray(row * 5, row * 5 + 5), (item) => log.itemIds[item]);
    assert.is(new Set(names).size, 5);
    assert.ok(names.every((name) => name.at(-2) === `${row}`));
    const exposed = [...dataset.exposed.subarray(row * 3, row * 3 + 3)];
    assert.equal(
      exposed.map((position) => names[position]),
      [0, 1, 2].map((place) => `shown${row}${place}`),
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
  const more = buildListDataset(log, test, scoreItems, { ...all, candidateCount: 16 });
  assert.equal(shapeOf(more, 0), { candidateCount: 15, listLength: 3 });
  assert.equal([more.candidateCount, more.candidates[15], more.retrieverScores[15]], [16, -1, 0]);
  const injected = { ...all, candidateCount: 15, protocol: "injected" } as const;
  assert.is(buildListDataset(log, test, scoreItems, injected).candidateCount, 15);
});

test("a list of which more was shown than it holds knows the feedback on all of it", () => {
  const log = requestLog();
  const cut = cutLists(log, { listLength: 2, positiveThreshold: 1 });
  const { test } = cut;
  const dataset = buildListDataset(log, test, scoreItems, { ...OPTIONS, candidateCount: 50 });
  const { candidateCount } = shapeOf(dataset, 0);
  assert.is(candidateCount, 9);
  const liked = Array.from(dataset.candidates.subarray(0, 9), (item) =>
    ["shown31", "shown32"].includes(log.itemIds[item]),
  );
  assert.equal([...candidateLabels(dataset).subarray(0, 9)], liked.map(Number));
  assert.equal([...dataset.feedback], [0, 1]);
  assert.is(buildListDataset(log, allLists(log), scoreItems, OPTIONS).labels, undefined);
});

test("lists have as many candidates as there are, and those with fewer than two are left out", () => {
  const log = requestLog();
  const lists = allLists(log);
  const settings = { candidateCount: 6, protocol: "logged", repeats: false } as const;
  assert.equal([...countCandidates(log, lists, settings)], [3, 5, 6, 6]);
  // Ann meets 12 of 24 items; before her lists 0, 3, 6 and 9.
  const many = { ...settings, candidateCount: 20 };
  assert.equal([...countCandidates(log, lists, { ...many, protocol: "injected" })], [15, 15, 15, 15]);
  assert.equal([...countCandidates(log, lists, { ...many, protocol: "retrieved" })], [20, 20, 18, 15]);
  assert.equal([...countCandidates(log, lists, { ...many, protocol: "retrieved", repeats: true })], [20, 20, 20, 20]);
  assert.is(withChoice(lists, Int32Array.of(2, 2, 3, 50)), lists);
  assert.equal([...withChoice(lists, Int32Array.of(2, 1, 0, 2)).starts], [lists.starts[0], lists.starts[3]]);
});

test("candidates of a log without lists cannot be what it names, which is said", () => {
  const plain = logOf([
    ["ann", "a", 1, 0],
    ["ann", "b", 1, 1],
    ["ann", "c", 1, 2],
  ]);
  throwsMessage(
    () => buildListDataset(plain, allLists(plain), scoreItems, OPTIONS),
    "lists: this log carries no lists of its own",
  );
});

test.run();
