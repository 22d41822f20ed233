/** Every exercise is unsolved as it begins, and solved by its key, which an address can carry. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EXERCISES, exerciseState, movedLists } from "../../src/lab/exercises.ts";
import { LESSON, LESSON_MINUTES } from "../../src/lab/lesson.ts";
import { labSchema } from "../../src/lab/state.ts";
import { Training } from "../../src/lab/training.ts";
import { readFragment, writeFragment } from "../../src/lab/url.ts";

const test = suite("lab exercises");

EXERCISES.forEach((exercise, at) => {
  test(`${at + 1}, ${exercise.name}: unsolved at first, solved by its key`, () => {
    const first = exerciseState(at + 1, "auto");
    assert.not.ok(exercise.check(first).solved);
    const solved = labSchema.parse({ ...first, ...exercise.key() });
    const { state, problem } = readFragment(writeFragment(solved));
    assert.is(problem, undefined);
    const { solved: isSolved, says } = exercise.check(state);
    assert.ok(isSolved, says);
  });
});

test("there are nine, each with a hint and a reason", () => {
  assert.is(EXERCISES.length, 9);
  for (const { hint, because, task } of EXERCISES)
    assert.ok(hint.length > 20 && because.length > 20 && task.length > 40);
});

test("what is not allowed does not solve", () => {
  const check = (which: number, change: object) =>
    EXERCISES[which - 1].check({ ...exerciseState(which, "auto"), ...EXERCISES[which - 1].key(), ...change });
  assert.not.ok(check(2, { answers: ["C"] }).solved);
  assert.not.ok(check(3, { kindness: 0.5 }).solved);
  assert.not.ok(check(4, { edits: Object.fromEntries(Array.from({ length: 11 }, (_, n) => [n, 3])) }).solved);
  assert.not.ok(check(5, { kindness: 0 }).solved);
  assert.not.ok(check(5, { rounds: 3 }).solved);
  assert.not.ok(check(6, { mixture: 2 }).solved);
  assert.not.ok(check(7, { answers: ["line 3"] }).solved);
});

test("9 claims what is so: the truth rises, and H against the log falls to half", () => {
  const training = new Training(exerciseState(9, "auto"));
  const [start, end] = [training.start, training.moment(150)].map(({ curves }) => curves);
  training.dispose();
  assert.ok(end.expectedTruth > start.expectedTruth + 0.05, `${start.expectedTruth} to ${end.expectedTruth}`);
  assert.ok(end.hit < start.hit / 2, `${start.hit} to ${end.hit}`);
});

test("DPO moves two lists of a group of four, GRPO and GoalRank all", () => {
  assert.equal((["goalrank", "grpo", "dpo"] as const).map(movedLists), [4, 4, 2]);
});

test("the lesson goes through the panels in order and takes at most 15 minutes", () => {
  assert.ok(LESSON_MINUTES <= 15);
  const tabs = LESSON.map(({ tab }) => labSchema.shape.tab.unwrap().options.indexOf(tab));
  assert.equal(
    tabs,
    tabs.toSorted((a, b) => a - b),
  );
});

test.run();
