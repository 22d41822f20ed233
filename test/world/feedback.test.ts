/** Feedback on any list, and the logging policy's chances. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { joinRows, selectRows } from "../../src/data/dataset.ts";
import { mean } from "../../src/evaluation/statistics.ts";
import { createWorld } from "../../src/world/embedded-world.ts";
import { drawLog } from "../../src/world/logging-policy.ts";
import { bestLists, expectedRewards } from "../../src/world/oracle.ts";
import { collectFeedback, loggingLogProbabilities } from "../../src/world/redrawn-feedback.ts";
import { findScenario } from "../../src/world/scenarios.ts";

const test = suite("world feedback");
const world = createWorld({ ...findScenario("tiny").options, seed: 5 });
const log = drawLog(world, { size: 2000, seed: 5, stream: "training" });

test("feedback on shown lists averages to what is expected of them", () => {
  const oracle = bestLists(world, log);
  const shown = collectFeedback(world, log, oracle, { seed: 1, stream: "feedback" });
  const observed = shown.feedback.reduce((a, b) => a + b, 0) / log.size;
  assert.ok(Math.abs(observed - mean(expectedRewards(world, log, oracle))) < 0.1);
  assert.equal(shown.exposed, oracle);
  const again = collectFeedback(world, log, oracle, { seed: 1, stream: "feedback" });
  assert.equal(again.feedback, shown.feedback);
  assert.not.equal(collectFeedback(world, log, oracle, { seed: 2, stream: "feedback" }).feedback, shown.feedback);
});

test("the logging policy's chances are those of drawing by its scores without replacement", () => {
  const logs = loggingLogProbabilities(world, log);
  const { candidateCount, listLength } = log;
  for (const row of [0, 7, 99]) {
    const scores = world.policyScores(log.users[row]);
    const left = new Map(
      Array.from({ length: candidateCount }, (_, n) => [
        n,
        Math.exp(scores[log.candidates[row * candidateCount + n]] / world.settings.policyTemperature),
      ]),
    );
    for (let t = 0; t < listLength; t++) {
      const at = row * listLength + t;
      const total = [...left.values()].reduce((a, b) => a + b, 0);
      const chance = (left.get(log.exposed[at]) ?? 0) / total;
      assert.ok(Math.abs(Math.exp(logs[at]) - chance) < 1e-9);
      left.delete(log.exposed[at]);
    }
  }
});

test("joined datasets hold the rows of each in order", () => {
  const [a, b] = [selectRows(log, [3, 1]), selectRows(log, [5])];
  const joined = joinRows([a, b]);
  assert.is(joined.size, 3);
  assert.equal(joined, selectRows(log, [3, 1, 5]));
  assert.throws(() => joinRows([a, { ...b, listLength: 3 }]), /listLength is 4 in one dataset and 3 in another/);
});

test.run();
