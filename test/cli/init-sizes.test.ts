/** What `goalrank init` makes of interactions: core, lists, candidates, split, repeats. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { guessSizes, type SizeGuess } from "../../src/cli/init/guess-sizes.ts";
import { InteractionLogBuilder } from "../../src/data/readers/interaction-log-builder.ts";
import { Random } from "../../src/kernels/index.ts";
import { logOf, type Row } from "../data/logs.ts";

const test = suite("goalrank init, sizes");
const KIND = { hasTimes: true, hasFeedback: true };

/** Rows of users, each with items in an order of its own. */
function rowsOf(users: number, itemsOf: (user: number, random: Random) => ArrayLike<number>): Row[] {
  const random = new Random({ seed: 1, stream: "init", step: 0 });
  return Array.from({ length: users }, (_, user) =>
    Array.from(itemsOf(user, random), (item, time): Row => [`u${user}`, `i${item}`, 1 + (item % 5), time]),
  ).flat();
}

const valuesOf = ({ core, listLength, protocol, candidateCount, split }: SizeGuess) => [
  core.value,
  listLength.value,
  protocol.value,
  candidateCount.value,
  split.value,
];

test("a dense log has the usual settings, and nothing else is said", () => {
  const sizes = guessSizes(logOf(rowsOf(60, (_, random) => random.permutation(120).subarray(0, 40))), KIND);
  assert.equal(valuesOf(sizes), [10, 6, "retrieved", 50, "last-list"]);
  assert.equal([sizes.dedupe, sizes.repeats, sizes.isLarge], [undefined, undefined, false]);
  assert.match(sizes.core.reason, /^(9\d|100)% of the interactions are left$/);
});

test("the core keeps at least 70% of the interactions, 1 where no other does", () => {
  // Half of the interactions are of users and items that are seen twice.
  const few = rowsOf(300, (user) => [200 + (user >> 1), 400 + (user >> 1)]);
  const many = rowsOf(20, (_, random) => random.permutation(40).subarray(0, 30)).map(
    ([user, ...row]): Row => [`heavy ${user}`, ...row],
  );
  const sizes = guessSizes(logOf([...many, ...few]), KIND);
  assert.equal([sizes.core.value, sizes.split.value], [2, "global-time"]);
  const single = guessSizes(logOf(rowsOf(50, (user) => [user])), KIND);
  assert.is(single.core.value, 1);
  assert.is(single.listLength.value, 2);
});

test("without feedback others must be retrieved; few interactions make short lists", () => {
  const log = logOf(rowsOf(30, (_, random) => random.permutation(30).subarray(0, 12)));
  const sizes = guessSizes(log, { ...KIND, hasFeedback: false });
  assert.is(sizes.protocol.value, "retrieved");
  assert.is(sizes.listLength.value, 4);
  assert.is(sizes.candidateCount.value, 12);
});

test("users who come back to items keep them as candidates, and lists in which most hold one twice are shorter", () => {
  const groceries = rowsOf(40, (_, random) => Array.from({ length: 60 }, () => random.integer(14)));
  const sizes = guessSizes(logOf(groceries), KIND);
  assert.match(sizes.repeats?.reason ?? "", /^7\d% of the interactions are with an item that the user had met before$/);
  assert.ok(sizes.listLength.value < 6, `${sizes.listLength.value}`);
  assert.match(sizes.listLength.reason, /of such lists hold no item twice/);
});

test("rows that are written twice are kept once, where times tell them", () => {
  const rows = rowsOf(30, (_, random) => random.permutation(60).subarray(0, 24));
  const sizes = guessSizes(logOf([...rows, ...rows]), KIND);
  assert.equal(sizes.dedupe, { value: "first", reason: "50% of the rows repeat an earlier one's user, item and time" });
  // What is written twice is not met again.
  assert.is(sizes.repeats, undefined);
  assert.is(guessSizes(logOf([...rows, ...rows]), { ...KIND, hasTimes: false }).dedupe, undefined);
});

test("a log of lists is ranked as it is: lengths and candidates are those of most of its lists", () => {
  const builder = new InteractionLogBuilder();
  for (let list = 0; list < 100; list++) {
    const shown = list < 95 ? 3 + (list % 4) : 40;
    for (let place = 0; place < shown + 4; place++) {
      const item = `i${(list * 7 + place) % 60}`;
      builder.add(`u${list % 10}`, item, place === 1 ? 1 : 0, list, `l${list}`, place < shown ? place : -1);
    }
  }
  const sizes = guessSizes(builder.build(), KIND);
  assert.equal(valuesOf(sizes).slice(1, 4), [6, "logged", 10]);
  assert.is(sizes.listLength.reason, "lists show 3 to 40 (median 5) items");
});

test.run();
