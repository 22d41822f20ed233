import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../src/kernels/philox.ts";
import { createWorld, type WorldOptions } from "../../src/world/embedded-world.ts";
import { drawLog } from "../../src/world/logging-policy.ts";
import { beamSearch, enumerateBest, expectedRewards, type OracleList } from "../../src/world/oracle.ts";
import { findScenario } from "../../src/world/scenarios.ts";
import type { World } from "../../src/world/world.ts";
import { worldReport } from "./world-report.ts";

const tiny = (options: WorldOptions = {}) => createWorld({ ...findScenario("tiny").options, ...options });
const testing = (size: number) => ({ size, seed: 1, stream: "test" });

function drawCandidates(world: World, count: number, seed: number): Int32Array {
  const random = new Random({ seed, stream: "candidates", step: 0 });
  return random.permutation(world.settings.itemCount).subarray(0, count);
}

/** Checks that a list has distinct positions and the reward that the world gives it. */
function assertConsistent(world: World, user: number, candidates: Int32Array, found: OracleList): void {
  assert.is(new Set(found.positions).size, found.positions.length);
  const items = found.positions.map((position) => candidates[position]);
  assert.is(found.expectedReward, world.expectedReward(user, items));
}

test("enumeration finds the maximum over all lists", () => {
  const world = tiny({ topicCount: 3, itemCount: 12 });
  for (let user = 0; user < 10; user++) {
    const candidates = drawCandidates(world, 4, user);
    const rewards: number[] = [];
    for (const a of candidates) {
      for (const b of candidates) {
        for (const c of candidates) {
          if (a !== b && a !== c && b !== c) rewards.push(world.expectedReward(user, [a, b, c]));
        }
      }
    }
    assert.is(rewards.length, 24);
    const best = enumerateBest(world, user, candidates, { length: 3 });
    assert.is(best.expectedReward, Math.max(...rewards));
    assertConsistent(world, user, candidates, best);
  }
});

test("a beam of full width finds the same list as enumeration", () => {
  fc.assert(
    fc.property(fc.nat(1000), fc.integer({ min: 2, max: 6 }), (seed, topicCount) => {
      const world = tiny({ seed, topicCount, interestsPerUser: 1, userCount: 5, itemCount: 12 });
      for (let user = 0; user < 5; user++) {
        const candidates = drawCandidates(world, 6, seed + user);
        const exact = enumerateBest(world, user, candidates, { length: 3 });
        const found = beamSearch(world, user, candidates, { length: 3, width: 15 });
        assert.equal(found, exact);
        assertConsistent(world, user, candidates, found);
      }
    }),
    { numRuns: 40 },
  );
});

test("a beam may hold all candidates, only one, or one list", () => {
  const world = tiny();
  const candidates = drawCandidates(world, 5, 1);
  const everything = beamSearch(world, 0, candidates, { length: 5 });
  assert.equal([...everything.positions].sort(), [0, 1, 2, 3, 4]);
  assert.equal(everything, enumerateBest(world, 0, candidates, { length: 5 }));
  assert.equal([...beamSearch(world, 0, candidates.subarray(0, 1), { length: 1 }).positions], [0]);
  assertConsistent(world, 0, candidates, beamSearch(world, 0, candidates, { length: 4, width: 1 }));
});

test("a beam of one list takes the candidate with the most expected feedback at each position", () => {
  const world = tiny();
  const candidates = drawCandidates(world, 12, 2);
  const list: number[] = [];
  for (let t = 0; t < 4; t++) {
    const gains = Array.from(candidates, (item, position) =>
      list.includes(position) ? -1 : world.expectedFeedback(3, [...list.map((chosen) => candidates[chosen]), item])[t],
    );
    list.push(gains.indexOf(Math.max(...gains)));
  }
  assert.equal([...beamSearch(world, 3, candidates, { width: 1 }).positions], list);
});

test("on average a wide beam finds more than a narrow one, and width 100 nearly all there is", () => {
  const world = createWorld();
  const log = drawLog(world, testing(30));
  const total = (width: number) => {
    let sum = 0;
    for (let row = 0; row < log.size; row++) {
      const candidates = log.candidates.subarray(row * 50, (row + 1) * 50);
      sum += beamSearch(world, log.users[row], candidates, { width }).expectedReward;
    }
    return sum;
  };
  const [narrow, usual, wide] = [total(1), total(100), total(200)];
  assert.ok(narrow < usual && usual <= wide, `${narrow} ${usual} ${wide}`);
  assert.ok(usual > 0.995 * wide, `${usual} of ${wide}`);
});

test("the default world leaves room between random, logged, greedy and best lists", () => {
  const world = createWorld();
  const log = drawLog(world, testing(100));
  const report = worldReport(world, log);
  assert.is(report.oracleMethod, "beam search");
  assert.ok(report.random + 0.05 < report.logging, JSON.stringify(report));
  assert.ok(report.logging + 0.05 < report.loggingGreedy, JSON.stringify(report));
  assert.ok(report.loggingGreedy + 1 < report.oracle, JSON.stringify(report));
  assert.equal(worldReport(world, log), report);
  assert.not.equal(worldReport(world, log, { seed: 2 }).random, report.random);
});

test("a report enumerates small requests, and no list of the log is better than its oracle", () => {
  const world = tiny();
  const log = drawLog(world, testing(20));
  const report = worldReport(world, log);
  assert.is(report.oracleMethod, "enumeration");
  const rewards = expectedRewards(world, log, log.exposed);
  const best = rewards.map((reward, row) => {
    const candidates = log.candidates.subarray(row * 12, (row + 1) * 12);
    const { expectedReward } = enumerateBest(world, log.users[row], candidates);
    assert.ok(reward <= expectedReward);
    return expectedReward;
  });
  assert.is(report.oracle, best.reduce((sum, reward) => sum + reward, 0) / 20);
  assert.is(report.logging, rewards.reduce((sum, reward) => sum + reward, 0) / 20);
});

test("a sharp logging policy's lists are nearly its greedy ones", () => {
  const world = createWorld(findScenario("weak-reward").options);
  const report = worldReport(world, drawLog(world, testing(100)), { width: 1 });
  assert.ok(report.logging > 0.9 * report.loggingGreedy, JSON.stringify(report));
});

test("wrong widths, lengths, positions and requests too large to enumerate are errors", () => {
  const world = tiny();
  const candidates = drawCandidates(world, 50, 1);
  assert.throws(() => beamSearch(world, 0, candidates, { width: 0 }), /width must be a positive integer, got 0/);
  assert.throws(() => beamSearch(world, 0, [1, 2], { length: 3 }), /from 1 to the 2 candidates, got 3/);
  assert.throws(() => beamSearch(world, 0, [1, 99], { length: 1 }), /items must be integers from 0 to 79/);
  assert.throws(() => enumerateBest(world, 0, candidates, { length: 6 }), /over 20000000; use beamSearch/);
  const log = drawLog(world, testing(2));
  assert.throws(() => expectedRewards(world, log, new Int32Array(3)), /for 2 requests, got 3 positions/);
  assert.throws(() => expectedRewards(world, log, Int32Array.of(0, 12)), /position 12; expected .* 0 to 11/);
});

test.run();
