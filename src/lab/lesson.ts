/** The lesson "from group to gradient", step by step, with the minutes that each takes. */
import type { LabState, Tab } from "./state.ts";

/** A step of the lesson. */
export interface LessonStep {
  readonly tab: Tab;
  readonly title: string;
  readonly text: string;
  /** Something to do. */
  readonly task: string;
  readonly minutes: number;
  /** What the step sets, so that its words fit the figures. */
  readonly setting?: Partial<LabState>;
}

/** The lesson from its beginning. */
export const LESSON: readonly LessonStep[] = [
  {
    tab: "world",
    title: "A list is more than its items",
    text: "Six items, one user, lists of three. What the user reacts to depends on the whole list: a topic that repeats tires, one topic prepares the ground for another, and attention fades from the top to the bottom.",
    task: "Put the two items that this user likes best on top of the list. Is it the best list? Press “Best list” and compare.",
    minutes: 1,
  },
  {
    tab: "world",
    title: "The truth, by position",
    text: "A list's true reward is the number of positive reactions to be expected: the sum of three probabilities. Only here is it known; outside of a simulator nobody can look it up.",
    task: "Move “fatigue” to 0. Which list is best now?",
    minutes: 1,
  },
  {
    tab: "judge",
    title: "A judge in the place of the truth",
    text: "A log holds some lists that were shown, and what happened. From it a reward model learns to predict the reward r̂ of any list. Each point is one of all 120 lists: the truth across, the judge's opinion up.",
    task: "Turn “exploration” down. The log becomes narrow, and the points leave the diagonal.",
    minutes: 2,
  },
  {
    tab: "group",
    title: "A group of lists",
    text: "Ranking cannot try all lists: there are millions. So each step compares a handful: some written by the policy itself, some by other sources, some at random. This is the group.",
    task: "Move one of the r̂ sliders, and watch everything to the right of it move.",
    minutes: 1,
  },
  {
    tab: "group",
    title: "Standardise, then soften",
    text: "z says how many deviations a reward lies above its group's mean. The reference policy is softmax of z over the temperature (Eq. 4): how often each list ought to be shown, as far as the judge can tell.",
    task: "Lower the temperature to 0.1, then raise it to 3. What becomes of the bars?",
    minutes: 1,
  },
  {
    tab: "group",
    title: "From group to gradient",
    text: "The loss is the cross-entropy of the policy towards the reference (Eq. 5). Its gradient is a difference of shares: where π_ref is over π_θ the arrow points up, where it is under it, down.",
    task: "Make all rewards equal, with “Level all”. The group has no spread, says nothing, and is skipped.",
    minutes: 1,
  },
  {
    tab: "generator",
    title: "A policy that writes lists",
    text: "The generator chooses the first item, then the second given the first, then the third. A list's probability is the product of three edges, so its logarithm is a sum, and so its gradient reaches every edge on the way.",
    task: "Choose a wide cell of the tree and read log π as a sum. Edges that this step pushes up are lit.",
    minutes: 1,
  },
  {
    tab: "time",
    title: "One step, seven moves",
    text: "Sample, score, standardise, soften, compare, backprop, update: this is the whole method. Then the next group is drawn, from a policy that has become a little better.",
    task: "Press “next move” seven times. Then play.",
    minutes: 2,
    setting: { step: 0, phase: 0 },
  },
  {
    tab: "time",
    title: "What the judge says, and what is true",
    text: "The solid line is the true reward that the policy expects, the thin one what the judge believes. They rise together as long as the judge is right about the lists that the policy finds.",
    task: "Go to step 150. How far is the truth from the line of the best list?",
    minutes: 1,
    setting: { step: 150, phase: 0 },
  },
  {
    tab: "exact",
    title: "What a sample can know",
    text: "With 120 lists the exact gradient can be computed. A group is a sample of it: the larger, the nearer. And over the whole space training converges to π_ref, not to the best list; groups of the policy's own lists sharpen it.",
    task: "Switch to “all lists” and lower the temperature: the curve follows the line of π_ref.",
    minutes: 1,
  },
  {
    tab: "failures",
    title: "How it fails",
    text: "The policy climbs the judge, wherever that leads. Nine failures are one click away each, and what helps is a switch.",
    task: "Look at the first. Then switch on one remedy after the other.",
    minutes: 2,
    setting: { exhibit: 1, remedies: [] },
  },
];

/** Of the whole lesson. */
export const LESSON_MINUTES = LESSON.reduce((sum, { minutes }) => sum + minutes, 0);

/** Minutes that are left from step `at` on. */
export function minutesLeft(at: number): number {
  return LESSON.slice(at).reduce((sum, { minutes }) => sum + minutes, 0);
}
