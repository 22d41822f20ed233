/** What a log that leaves no lists is told, from the counts of its preparation. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cutLog } from "../../src/data/cut-log.ts";
import { prepareRequests } from "../../src/data/prepare-requests.ts";
import { InteractionLogBuilder } from "../../src/data/readers/interaction-log-builder.ts";
import type { LogOptions } from "../../src/data/settings.ts";
import { logOf, type Row } from "./logs.ts";

const test = suite("splits without lists");

/** Interactions of as many users, each with the same number, of items that no other user meets where `own`. */
function rows(users: number, each: number, feedback = 5, own = false): Row[] {
  return Array.from({ length: users * each }, (_, n): Row => {
    const user = Math.floor(n / each);
    return [`u${user}`, own ? `u${user} i${n}` : `i${(3 * user + n) % 40}`, feedback, n];
  });
}

async function problemOf(log: ReturnType<typeof logOf>, options: LogOptions = {}): Promise<string> {
  const settings = { core: 1, candidateCount: 10, retriever: "popularity", ...options } as const;
  return prepareRequests(log, { ...settings, seed: 1 }, { name: "log" }).then(
    () => "no problem",
    (error: Error) => error.message,
  );
}

test("the setting that left nothing is named with what to change", async () => {
  const cases: [rows: Row[], options: LogOptions, problem: RegExp][] = [
    [rows(5, 12, 5, true), { core: 2 }, /\(0 interactions.*use a smaller core \(--core 1\)$/],
    [rows(5, 4), {}, /none of 5 users has 6 interactions; use a smaller list length \(--data.listLength\)$/],
    [rows(5, 24, 2), {}, /none of the 20 lists has a positive; lower the positive threshold \(--positive\)$/],
    [rows(5, 8), {}, /users have one list, which is the test; split by time \(--split global-time\)/],
    [rows(1, 80), {}, /1 of 1 users have met nearly all items; use maxUserShare 1/],
  ];
  for (const [given, options, problem] of cases) {
    const message = await problemOf(logOf(given), options);
    assert.match(message, /^log: no training list is left of \d+ interactions/);
    assert.match(message, problem);
    assert.not.match(message, /\n|NaN/);
  }
});

test("a core that keeps little is named beside what it left too little for", async () => {
  const few = [...rows(3, 5), ...Array.from({ length: 60 }, (_, n): Row => [`other${n}`, `rare${n}`, 5, 200 + n])];
  const message = await problemOf(logOf(few.map(([user, item, y, at]) => [user, item.replace(/^i\d+/, "i1"), y, at])), {
    core: 2,
  });
  assert.match(
    message,
    /smaller list length \(--data.listLength\), or a smaller core than 2, which keeps 20.0% of the interactions \(--core 1\)$/,
  );
});

/** Requests of one user that show `shown` items, and name as many as `others` that were not shown. */
function requests(shown: number, others: number) {
  const builder = new InteractionLogBuilder();
  for (let request = 0; request < 20; request++) {
    for (let place = 0; place < shown + others; place++) {
      const position = place < shown ? place : -1;
      builder.add("ann", `item${request}-${place}`, 5, request, `request${request}`, position);
    }
  }
  return builder.build();
}

test("requests with nothing to choose from are told so, and others are not", async () => {
  const logged = { protocol: "logged", positiveThreshold: 1 } as const;
  assert.match(
    await problemOf(requests(1, 0), logged),
    /names fewer than two candidates for \d+ lists; give what was not shown/,
  );
  assert.match(
    await problemOf(requests(0, 3), { ...logged, core: 1 }),
    /no list of the log shows an item; its column of positions/,
  );
  assert.is(await problemOf(requests(1, 1), logged), "no problem");
  assert.is(await problemOf(requests(3, 0), logged), "no problem");
});

test("a user who met nearly everything is left out, and said to be", async () => {
  const bot = Array.from({ length: 40 }, (_, n): Row => ["bot", `i${n}`, 5, n]);
  const log = logOf([...rows(6, 30).map(([user, item, y, at]): Row => [user, item, y, at]), ...bot]);
  const kept = cutLog(log, { core: 1 });
  assert.equal(kept.counts.metNearlyAll, { users: 1, interactions: 40 });
  assert.not.ok(kept.log.userIds.includes("bot"));
  for (const options of [
    { maxUserShare: 1 },
    { protocol: "logged" },
    { protocol: "retrieved", repeats: true },
  ] as const) {
    const all = cutLog(log, { core: 1, ...options });
    assert.is(all.counts.metNearlyAll, undefined);
    assert.ok(all.log.userIds.includes("bot"));
  }
  const data = await prepareRequests(log, { seed: 1, core: 1, candidateCount: 20, retriever: "popularity" });
  assert.is(data.training.candidateCounts, undefined);
  const whole = await prepareRequests(log, {
    ...{ seed: 1, core: 1, candidateCount: 20, maxUserShare: 1, protocol: "retrieved" },
    retriever: "popularity",
  });
  const sizes = [...(whole.training.candidateCounts ?? []), ...(whole.test.candidateCounts ?? [])];
  assert.ok(sizes.length > 0 && sizes.every((size) => size > 1 && size <= 20));
  assert.is(whole.counts.lists.withoutChoice, undefined);
});

test.run();
