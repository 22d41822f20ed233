/** Exhibits show what their words claim, and what is offered as a remedy helps. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { injectionReport, supplyReport } from "../../src/lab/candidates.ts";
import { EXHIBIT_STEPS, EXHIBITS, exhibitState } from "../../src/lab/exhibits.ts";
import { viewGroup } from "../../src/lab/objective.ts";
import { labSchema } from "../../src/lab/state.ts";
import { scored, Training } from "../../src/lab/training.ts";

const test = suite("lab exhibits");

/** Curves at the start and at the end, and the best list's truth. */
function trained(exhibit: number, ...remedies: number[]) {
  const training = new Training(exhibitState(exhibit, remedies));
  const end = training.moment(EXHIBIT_STEPS);
  const { oracle, random } = training.levels(end);
  const result = { start: training.start.curves, end: end.curves, oracle, random };
  training.dispose();
  return result;
}

test("every exhibit and every remedy is a state of the lab", () => {
  assert.is(EXHIBITS.length, 9);
  EXHIBITS.forEach(({ remedies, question }, at) => {
    assert.ok(remedies.length > 0 && question.endsWith("?"));
    for (const state of [exhibitState(at + 1, []), ...remedies.map((_, own) => exhibitState(at + 1, [own]))]) {
      assert.equal(labSchema.parse(state), state);
    }
  });
});

test("1, hacking: the judge's expectation rises while the truth does not, and each remedy wins truth", () => {
  const { start, end } = trained(1);
  assert.ok(end.expectedJudge > start.expectedJudge + 0.3);
  assert.ok(end.expectedTruth < start.expectedTruth);
  for (const remedy of [0, 1, 2]) {
    assert.ok(trained(1, remedy).end.expectedTruth > end.expectedTruth + 0.2, `remedy ${remedy}`);
  }
});

test("2, a narrow log: training loses truth, and a log that explores wins it", () => {
  const { start, end } = trained(2);
  assert.ok(end.expectedJudge > start.expectedJudge);
  assert.ok(end.expectedTruth < start.expectedTruth);
  for (const remedy of [0, 1]) assert.ok(trained(2, remedy).end.expectedTruth > start.expectedTruth);
});

test("3, batch normalisation: pi_ref is nearly flat beside a loud neighbour, and is not within the group", () => {
  const share = (...remedies: number[]) => {
    const state = exhibitState(3, remedies);
    const training = new Training(state);
    const { group, rewards, logs } = training.start;
    const { rows } = viewGroup(
      scored(group, rewards, logs),
      state,
      group.map(({ index }) => logs[index]),
    );
    training.dispose();
    return Math.max(...rows.map(({ reference }) => reference));
  };
  assert.ok(share() < 0.2);
  assert.ok(share(0) > 0.35);
});

test("4, no spread: the policy collapses though all lists are worth the same, unless such groups are skipped", () => {
  const { start, end } = trained(4);
  assert.ok(Math.abs(end.expectedTruth - start.expectedTruth) < 1e-6);
  assert.ok(end.entropy < start.entropy / 2);
  for (const remedy of [0, 1]) assert.ok(trained(4, remedy).end.entropy > start.entropy - 0.05, `remedy ${remedy}`);
});

test("5, temperature: too low collapses the policy, too high leaves it as it was", () => {
  const { start, end } = trained(5);
  const [moderate, high] = [trained(5, 0).end, trained(5, 1).end];
  assert.ok(end.entropy < 0.1 * start.entropy);
  assert.ok(moderate.entropy > 3 * end.entropy);
  assert.ok(high.entropy > 0.9 * start.entropy);
  assert.ok(moderate.expectedTruth > end.expectedTruth && moderate.expectedTruth > high.expectedTruth);
});

test("6 and 7, random groups and a stale policy: more truth the more of the policy's own lists, as it is now", () => {
  for (const exhibit of [6, 7]) {
    const truths = [[], [0], [1]].map((remedies) => trained(exhibit, ...remedies).end.expectedTruth);
    assert.ok(truths[0] + 0.05 < truths[1] && truths[0] + 0.1 < truths[2], `${exhibit}: ${truths}`);
  }
});

test("8, injection: a ranker that knows nothing hits nearly always, and no more than chance on retrieved candidates", () => {
  const report = injectionReport(exhibitState(8, []));
  assert.ok(report.injectedHit > 0.9);
  assert.ok(report.injectedRandomHit < 0.75);
  assert.ok(report.retrievedHit <= report.retrievedRandomHit + 0.02);
  assert.ok(report.truth < report.randomTruth + 0.02);
});

test("9, retrieval: six favourites hold a worse list than six by chance, and a mixture a better one", () => {
  const report = supplyReport(exhibitState(9, []));
  assert.ok(report.retrieved < report.random - 0.1);
  assert.ok(report.mixed > report.random);
  const tireless = supplyReport(exhibitState(9, [1]));
  assert.ok(tireless.retrieved > tireless.random);
});

test.run();
