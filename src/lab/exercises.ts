/** Nine exercises: a state to start from, what is asked, a hint, a check that computes the answer, and a key for teachers. */
import { BUGS } from "./kernel.ts";
import { type ScoredList, viewGroup } from "./objective.ts";
import { FIRST_STATE, type LabState, type ObjectiveName, type Tab } from "./state.ts";
import { FIT_UPDATES, Fit, numbersLearned, targetPolicy } from "./theorem.ts";
import { Training, wholeReference } from "./training.ts";
import { expectation } from "./world.ts";

/** A field that is filled in: a number, or one of several choices. */
export interface Field {
  readonly label: string;
  readonly choices?: readonly string[];
}

/** What the page says to an answer. */
export interface Verdict {
  readonly solved: boolean;
  readonly says: string;
}

/** One exercise. */
export interface Exercise {
  readonly name: string;
  /** Where it is worked on. */
  readonly tab: Tab;
  readonly setting: Partial<LabState>;
  readonly task: string;
  readonly hint: string;
  readonly fields: readonly Field[];
  check(state: LabState): Verdict;
  /** A change of the state that solves it. */
  key(): Partial<LabState>;
  /** The key in words. */
  readonly because: string;
}

/** The four rewards of the first exercise. */
export const HAND_REWARDS = [1, 2, 2, 3] as const;

const listOf = (reward: number, logProbability: number): ScoredList => ({ reward, logProbability, isDistinct: true });

const PLAIN = { temperature: 1, normalisation: "group", minimumSpread: 0, loudness: 1, objective: "goalrank" } as const;

/** The group of the second exercise, and with the reward of list C doubled. */
const FLIP_LOGS = [-2.2, -2.4, -2.6, -1.6];
const FLIP_REWARDS = [1.5, 1.2, 0.9, 0.6];
export const FLIP_GROUP = FLIP_REWARDS.map((reward, at) => listOf(reward, FLIP_LOGS[at]));
const FLIPPED_GROUP = FLIP_REWARDS.map((reward, at) => listOf(at === 2 ? 2 * reward : reward, FLIP_LOGS[at]));

const LETTERS = ["A", "B", "C", "D"];
const flips = () => {
  const signs = [FLIP_GROUP, FLIPPED_GROUP].map((lists) =>
    viewGroup(lists, PLAIN, FLIP_LOGS).rows.map(({ push }) => Math.sign(push)),
  );
  return LETTERS.filter((_, at) => signs[0][at] !== signs[1][at]);
};

/** Lists that an objective moves, in the group of the second exercise. */
export function movedLists(objective: ObjectiveName): number {
  const start = FLIP_LOGS.map((log) => log - 0.1);
  return viewGroup(FLIP_GROUP, { ...PLAIN, objective }, start).rows.filter(({ push }) => Math.abs(push) > 1e-9).length;
}

const number = (text: string | undefined) => (text === undefined || text.trim() === "" ? Number.NaN : Number(text));

/** Share of the best list's truth that pi_ref over all lists expects. */
export function oracleShare(state: LabState): number {
  const training = new Training(state);
  const { oracle, referenceTruth } = training.levels(training.start);
  training.dispose();
  return referenceTruth / oracle;
}

/** How a hacked judge's pi_ref does: by its own judge, and in truth, beside lists drawn by chance. */
export function hackReport(state: LabState) {
  const training = new Training(state);
  const { random, referenceJudge, referenceTruth } = training.levels(training.start);
  const honest = wholeReference(training.truth, state);
  const honestJudge = expectation(honest, training.truth);
  training.dispose();
  return { random, referenceJudge, referenceTruth, honestJudge };
}

const percentOf = (share: number) => `${(100 * share).toFixed(1)}%`;

/** Truth at the end of training as a share of the oracle's. */
export function trainedShare(state: LabState): number {
  const training = new Training(state);
  const moment = training.moment(150);
  const { oracle } = training.levels(moment);
  training.dispose();
  return moment.curves.expectedTruth / oracle;
}

/** Both sides of the sixth exercise, fitted to the end. */
export function fitBoth({ seed, mixture, narrow, wide }: LabState) {
  const target = targetPolicy(seed);
  return [
    { members: mixture, width: narrow },
    { members: 1, width: wide },
  ].map((shape) => {
    const fit = new Fit(shape, target, seed);
    fit.advance(FIT_UPDATES);
    const { error } = fit;
    fit.dispose();
    return { error, numbers: numbersLearned(shape) };
  });
}

/** In the order of the page. */
export const EXERCISES: readonly Exercise[] = [
  {
    name: "z and pi_ref by hand",
    tab: "exercises",
    setting: {},
    task: "A group of four lists has rewards 1, 2, 2 and 3. With temperature 1, compute z of the first and the last list, and pi_ref of all four (two decimals).",
    hint: "The mean is 2. The deviation is the root of the mean of the squares: half a square on average. Then exponentials, then their sum.",
    fields: ["z of 1", "z of 3", "π_ref of 1", "π_ref of 2", "π_ref of 2 (again)", "π_ref of 3"].map((label) => ({
      label,
    })),
    check({ answers }) {
      const { rows } = viewGroup(
        HAND_REWARDS.map((reward) => listOf(reward, -1)),
        PLAIN,
        [-1, -1, -1, -1],
      );
      const wanted = [rows[0].z, rows[3].z, ...rows.map(({ reference }) => reference)];
      const wrong = wanted.flatMap((value, at) => (Math.abs(number(answers[at]) - value) <= 0.011 ? [] : [at + 1]));
      return wrong.length === 0
        ? { solved: true, says: "All six are right." }
        : { solved: false, says: `Not yet: look again at field ${wrong.join(", ")}.` };
    },
    key: () => ({ answers: ["-1.41", "1.41", "0.04", "0.16", "0.16", "0.65"] }),
    because: "mean 2, deviation √½ = 0.707; z = −1.41, 0, 0, 1.41; e^z = 0.243, 1, 1, 4.113, which sum to 6.356.",
  },
  {
    name: "Which arrow flips?",
    tab: "exercises",
    setting: {},
    task: "Lists A, B, C and D have rewards 1.5, 1.2, 0.9 and 0.6, and the policy gives them log-probabilities −2.2, −2.4, −2.6 and −1.6; the temperature is 1. Now C's reward doubles. Whose arrow changes its direction? Name them, in order.",
    hint: "The arrow is pi_ref less pi_theta within the group. C rises for certain. But shares sum to 1, and mean and deviation have moved as well.",
    fields: [{ label: "lists, such as AD" }],
    check({ answers: [answer = ""] }) {
      const own = [...answer.toUpperCase().replace(/[^A-D]/g, "")].sort().join("");
      const wanted = flips().join("");
      if (own === wanted) return { solved: true, says: "Right." };
      if (own === "") return { solved: false, says: "Name at least one list." };
      const missing = [...wanted].filter((letter) => !own.includes(letter)).length;
      return { solved: false, says: missing > 0 ? "There is one more, or another." : "That is too many." };
    },
    key: () => ({ answers: [flips().join("")] }),
    because:
      "C turns from down to up, and B from up to down: its z falls although its reward stayed, since mean and deviation moved.",
  },
  {
    name: "A temperature for 95%",
    tab: "exact",
    setting: { judge: "truth", space: "all", temperature: 1 },
    task: "The judge knows the truth, and training sees all lists. Find a temperature at which the policy it converges to expects at least 95% of the best list's true reward.",
    hint: "Training converges to pi_ref, not to the best list. Look at the expected truth of pi_ref while you move the temperature.",
    fields: [],
    check(state) {
      const share = oracleShare(state);
      const isHonest = state.judge === "truth" && Object.keys(state.edits).length === 0 && state.kindness === 0;
      if (!isHonest) return { solved: false, says: "Leave the judge the truth: the temperature alone is asked for." };
      return { solved: share >= 0.95, says: `pi_ref expects ${percentOf(share)} of the oracle's truth.` };
    },
    key: () => ({ temperature: 0.15 }),
    because: "Only up to about 0.2 does pi_ref put enough on the best handful of lists.",
  },
  {
    name: "Hack the judge in ten edits",
    tab: "judge",
    setting: { judge: "truth", temperature: 0.2, edits: {} },
    task: "Move at most ten points of the judge so that pi_ref looks better to the judge than an honest one to itself, and is in truth worse than lists drawn by chance.",
    hint: "Which lists would you have to overrate? Those that are truly the worst. Are ten enough to take nearly all of pi_ref?",
    fields: [],
    check(state) {
      const edits = Object.keys(state.edits).length;
      const { random, referenceJudge, referenceTruth, honestJudge } = hackReport(state);
      const says = `${edits} edits; the judge expects ${referenceJudge.toFixed(2)} (an honest one ${honestJudge.toFixed(2)}), the truth is ${referenceTruth.toFixed(2)} (chance ${random.toFixed(2)}).`;
      const isAllowed = edits >= 1 && edits <= 10 && state.judge === "truth" && state.kindness === 0;
      return { solved: isAllowed && referenceTruth < random && referenceJudge > honestJudge, says };
    },
    key: () => ({ edits: overrateWorst(10) }),
    because: "Ten overrated lists of 120 are enough: softmax looks at the top alone.",
  },
  {
    name: "Repair it without the truth",
    tab: "time",
    setting: { kindItem: 5, kindness: 1.2, exploration: 0.3, truthHidden: true, rounds: 0 },
    task: "The judge of the first failure, and the truth is hidden from you. With at most two rounds of fresh feedback, bring the policy to at least 80% of the oracle after 150 steps.",
    hint: "In a round, lists of the policy are shown to the user, and the judge learns from what happens. When should that be, if the policy is to have found the judge's mistake before?",
    fields: [],
    check(state) {
      const isSame =
        state.kindness === 1.2 && state.kindItem === 5 && state.judge === "log" && state.exploration === 0.3;
      if (!isSame) return { solved: false, says: "The judge's prejudice and its log must stay as they are." };
      if (state.rounds < 1 || state.rounds > 2)
        return { solved: false, says: "One or two rounds of feedback, please." };
      if (state.rounds * state.roundEvery > 120) return { solved: false, says: "Leave 30 steps after the last round." };
      const share = trainedShare(state);
      return { solved: share >= 0.8, says: `The policy reaches ${percentOf(share)} of the oracle.` };
    },
    key: () => ({ rounds: 2, roundEvery: 40 }),
    because:
      "The policy shows exactly the lists that the judge overrates, so their feedback corrects it where it matters.",
  },
  {
    name: "Match four generators with one",
    tab: "theorem",
    setting: { mixture: 4, narrow: 1, wide: 2 },
    task: "Four small generators of width 1 and their mixture against one generator. Choose its width so that it comes nearer to the target (smaller KL) with fewer numbers.",
    hint: "Each member pays for its own biases and its own way in. One generator pays once.",
    fields: [],
    check(state) {
      if (state.mixture !== 4 || state.narrow !== 1) return { solved: false, says: "Keep four generators of width 1." };
      const [small, one] = fitBoth(state);
      const says = `Mixture: KL ${small.error.toFixed(3)} with ${small.numbers} numbers. One: KL ${one.error.toFixed(3)} with ${one.numbers}.`;
      return { solved: one.error < small.error && one.numbers < small.numbers, says };
    },
    key: () => ({ wide: 5 }),
    because: "Width 5 has 111 numbers against 112, and comes nearer.",
  },
  {
    name: "Find the bug in the kernel",
    tab: "kernel",
    setting: { bug: 4 },
    task: "One line of the TypeScript column is wrong. Run a row, look at the variables and at both checks, and click the line.",
    hint: "If gradcheck complains, loss and gradient contradict each other. If only the comparison does, both are wrong together.",
    fields: [{ label: "line" }],
    check({ bug, answers: [answer] }) {
      if (bug === 0) return { solved: false, says: "There is no bug in it now: start the exercise anew." };
      const isRight = answer === `bug ${bug}`;
      return isRight
        ? { solved: true, says: BUGS[bug - 1].says }
        : { solved: false, says: "That line is as it should be." };
    },
    key: () => ({ answers: ["bug 4"] }),
    because: "sum += instead of sum −=: gradcheck sees that the derivative has the other sign.",
  },
  {
    name: "GRPO or DPO on the same group",
    tab: "group",
    setting: {},
    task: "Switch the objective in the panel Group and watch the arrows. Which objective moves exactly two lists? Which one pushes a list the same, however likely the policy makes it already? Which one has no push left once the policy agrees with the judge's shares?",
    hint: "DPO looks at the best and the worst. GRPO's push is the standardised reward. GoalRank's is pi_ref less pi_theta.",
    fields: ["moves two lists", "does not look at pi_theta", "comes to rest"].map((label) => ({
      label,
      choices: ["goalrank", "grpo", "dpo"],
    })),
    check({ answers }) {
      const twoMoved = (["goalrank", "grpo", "dpo"] as const).filter((objective) => movedLists(objective) === 2);
      const wanted = [twoMoved[0], "grpo", "goalrank"];
      const right = wanted.filter((name, at) => answers[at] === name).length;
      return { solved: right === wanted.length, says: `${right} of ${wanted.length} are right.` };
    },
    key: () => ({ answers: ["dpo", "grpo", "goalrank"] }),
    because:
      "DPO compares one pair; GRPO multiplies log pi by a constant; cross-entropy's gradient is a difference of shares.",
  },
  {
    name: "Why H falls as the truth rises",
    tab: "time",
    setting: { start: "imitation", judge: "truth", exploration: 0.5 },
    task: "The policy starts as an imitation of the log, and the judge is right. Train for 150 steps: the truth rises, and H against the log falls to half. Why?",
    hint: "What counts as a hit? Who chose what was shown?",
    fields: [
      {
        label: "because",
        choices: ["the judge is wrong", "the log shows the old policy's lists", "the policy forgets the user"],
      },
    ],
    check({ answers: [answer] }) {
      const solved = answer === "the log shows the old policy's lists";
      return solved
        ? { solved, says: "Yes: a better list holds what was never shown there, and counts as a miss." }
        : { solved, says: "Look at the curve of the truth: it is computed from the world itself." };
    },
    key: () => ({ answers: ["the log shows the old policy's lists"] }),
    because: "Metrics against a log reward repeating its policy; a better list differs from it, and counts as a miss.",
  },
];

/** Edits that overrate the truly worst lists of the first state. */
export function overrateWorst(count: number): Record<string, number> {
  const training = new Training({ ...FIRST_STATE, judge: "truth" });
  const worst = [...training.truth.keys()].sort((a, b) => training.truth[a] - training.truth[b]).slice(0, count);
  training.dispose();
  return Object.fromEntries(worst.map((index) => [index, 2.5]));
}

/** The state that an exercise starts from; what the visitor set before is left behind. */
export function exerciseState(which: number, theme: LabState["theme"]): LabState {
  const { tab, setting } = EXERCISES[which - 1];
  return { ...FIRST_STATE, theme, ...setting, tab, exercise: which };
}
