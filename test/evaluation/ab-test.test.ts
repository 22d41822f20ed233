/** Simulated sessions, and the intervals of an A/B test. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bucketOf, compareGroups, type UserMeasurements, userMeans } from "../../src/evaluation/ab-test.ts";
import { mean } from "../../src/evaluation/statistics.ts";
import { Random } from "../../src/kernels/index.ts";
import { createWorld } from "../../src/world/embedded-world.ts";
import { drawLog } from "../../src/world/logging-policy.ts";
import { expectedRewards } from "../../src/world/oracle.ts";
import { simulateSessions } from "../../src/world/sessions.ts";

const test = suite("A/B test");

function drawUsers(seed: number, count: number, effect: number): UserMeasurements {
  const random = new Random({ seed, stream: "users", step: 0 });
  const before: number[] = [];
  const during: number[] = [];
  for (let user = 0; user < count; user++) {
    const level = 10 + 3 * random.normal();
    before.push(level + random.normal());
    during.push(level + random.normal() + effect);
  }
  return { before, during };
}

test("the interval covers the true difference as often as it says, and finds nothing in two alike groups", () => {
  for (const effect of [0, 0.5]) {
    const covered = Array.from({ length: 400 }, (_unused, run) => {
      const { difference, halfWidth } = compareGroups(drawUsers(2 * run, 60, 0), drawUsers(2 * run + 1, 60, effect));
      return Math.abs(difference - effect) <= halfWidth;
    }).filter(Boolean).length;
    assert.ok(covered >= 365 && covered <= 393, `${covered} of 400`);
  }
});

test("what is known of the users from before narrows the interval", () => {
  const [control, treatment] = [drawUsers(1, 200, 0), drawUsers(2, 200, 0.5)];
  const blind = (group: UserMeasurements) => ({ ...group, before: group.before.map(() => 0) });
  const informed = compareGroups(control, treatment);
  assert.ok(informed.halfWidth < 0.6 * compareGroups(blind(control), blind(treatment)).halfWidth);
  assert.ok(informed.significant);
});

test("an exact case: without history the interval is Welch's", () => {
  const group = (...during: number[]) => ({ during, before: during.map(() => 1) });
  const result = compareGroups(group(1, 2, 3), group(2, 4, 6, 8));
  // Variances 1 / 3 and (20 / 3) / 4, so 2.0 in all, with 4 / (1/18 + 25/27) = 4.07 degrees of freedom: t = 2.776.
  assert.is(result.difference, 3);
  assert.ok(Math.abs(result.halfWidth - 2.7764451 * Math.sqrt(2)) < 1e-6, `${result.halfWidth}`);
  assert.is(result.significant, false);
  assert.is(result.relative, 1.5);
});

test("groups that are too small are errors", () => {
  const one = { during: [1], before: [1] };
  assert.throws(() => compareGroups(one, drawUsers(1, 5, 0)), /at least 2 users/);
});

test("buckets are even, and a user stays in one", () => {
  const counts = new Array(8).fill(0);
  for (let user = 0; user < 8000; user++) counts[bucketOf(user, 8, 3)]++;
  for (const count of counts) assert.ok(count > 880 && count < 1120, `${count}`);
  assert.is(bucketOf(5, 8, 3), bucketOf(5, 8, 3));
});

test("each user counts once, whatever the number of sessions", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(4), fc.integer({ min: -9, max: 9 })), { maxLength: 30 }), (sessions) => {
      const means = userMeans(
        sessions.map(([user]) => user),
        sessions.map(([, value]) => value),
      );
      for (const [user, value] of means) {
        const own = sessions.filter(([who]) => who === user).map(([, each]) => each);
        assert.ok(Math.abs(value - own.reduce((a, b) => a + b, 0) / own.length) < 1e-12);
      }
      assert.is(means.size, new Set(sessions.map(([user]) => user)).size);
    }),
  );
});

test("likes follow the world's positives, and lists that please are watched longer", () => {
  const world = createWorld({ userCount: 50, itemCount: 60, candidateCount: 20, listLength: 4 });
  const log = drawLog(world, { size: 4000, seed: 1, stream: "sessions" });
  const { likes, views, watchSeconds } = simulateSessions(world, log, log.exposed, { seed: 2, stream: "outcomes" });
  const expected = expectedRewards(world, log, log.exposed);
  assert.ok(Math.abs(mean(likes) - 0.2 * mean(expected)) < 0.02, `${mean(likes)} ${mean(expected)}`);
  const order = [...expected.keys()].sort((a, b) => expected[a] - expected[b]);
  const third = Math.floor(order.length / 3);
  for (const outcome of [likes, views, watchSeconds]) {
    const [low, high] = [order.slice(0, third), order.slice(-third)].map((rows) =>
      mean(rows.map((row) => outcome[row])),
    );
    assert.ok(high > 1.15 * low, `${low} ${high}`);
  }
});

test.run();
