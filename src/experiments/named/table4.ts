/**
 * Table 4 of the paper, an online A/B test, simulated in a world: GoalRank alone, and for a share of the
 * requests, against MG-E.
 */
import { mean } from "../../evaluation/statistics.ts";
import { OUTCOMES } from "../../world/sessions.ts";
import { contender, GOAL_RANK, learn, methodTitle } from "../contenders.ts";
import type { PolicyOptions } from "../datasets.ts";
import type { Experiment, Surroundings } from "../experiment.ts";
import { drawPanels, markOf, type Picture } from "../pictures.ts";
import type { Results } from "../results.ts";
import { loadShared, type SharedWork, sharedTrial } from "../shared-work.ts";
import { type Estimate, type Table, tableOf } from "../tables.ts";
import type { TrialOutcome, TrialResult, Work } from "../trial.ts";
import { ARMS, type Arm, CONFIDENCE, HYBRID_SHARE, type Outcome, simulateAbTest } from "./simulated-ab-test.ts";

interface AbTestWork extends Work {
  readonly kind: "ab-test";
  readonly shared: SharedWork;
  readonly policy: PolicyOptions;
  /** A method by its name. */
  readonly control: string;
  readonly sessionsPerUser: number;
}

const CONTROL = "mg-e-20";
/**
 * Of each period. With the thousand users of the embedded world a test's interval is then about 2% of the control's mean
 * either way for watch time and views, and 5% for likes.
 */
const SESSIONS_PER_USER = 100;
/** A world fitted on a log has twenty times the users: as many sessions in all. */
const SESSIONS_PER_FITTED_USER = 5;

const METHOD = `${GOAL_RANK} against ${methodTitle(CONTROL)}`;
const OUTCOME_TITLES: Readonly<Record<Outcome, string>> = {
  staySeconds: "stay time",
  watchSeconds: "watch time",
  views: "views",
  likes: "likes",
  comments: "comments",
};
const ARM_TITLES: Readonly<Record<Arm, string>> = {
  "A/A": "A/A: control against itself",
  hybrid: `hybrid: ${100 * HYBRID_SHARE}% ${GOAL_RANK}`,
  pure: `pure ${GOAL_RANK}`,
};

async function runAbTest(work: AbTestWork, surroundings: Surroundings): Promise<TrialOutcome> {
  const shared = await loadShared(work.shared, surroundings);
  const { world } = shared.data;
  if (world === undefined) throw new Error("table4: only users of a world can be shown other lists");
  const { seed } = work.shared.data;
  const learned = (name: string) => learn(contender(name, work.policy), shared, seed, surroundings.context);
  const [control, treatment] = [await learned(work.control), await learned("goalrank")];
  const results = await simulateAbTest(
    world,
    { control: control.instance.rank, treatment: treatment.instance.rank },
    { sessionsPerUser: work.sessionsPerUser, seed, past: shared.data.training },
  );
  const measures = results.flatMap(({ arm, users, outcomes }): [string, number][] => [
    [`${arm} users`, users],
    ...OUTCOMES.flatMap((outcome): [string, number][] => {
      const { control, relative, relativeHalfWidth, significant } = outcomes[outcome];
      return [
        [`${arm} ${outcome} control`, control],
        [`${arm} ${outcome} change`, relative],
        [`${arm} ${outcome} half width`, relativeHalfWidth],
        [`${arm} ${outcome} significant`, significant ? 1 : 0],
      ];
    }),
  ]);
  return { metrics: { ...Object.fromEntries(measures), sessionsPerUser: work.sessionsPerUser } };
}

/** One outcome of one arm, over the tests of all seeds. */
interface Change extends Estimate {
  readonly outcome: string;
  readonly isSignificant: boolean;
  /** Tests whose own interval leaves out 0. */
  readonly significantTests: number;
}

/** Tests are independent: the interval of their mean is that of a sum, by the same confidence. */
function changesOf(arm: Arm, trials: readonly TrialResult[]): readonly Change[] {
  return OUTCOMES.map((outcome) => {
    const values = (what: string) => trials.map(({ metrics }) => metrics[`${arm} ${outcome} ${what}`]);
    const change = mean(values("change"));
    const halfWidth = Math.hypot(...values("half width")) / trials.length;
    return {
      outcome: OUTCOME_TITLES[outcome],
      mean: change,
      halfWidth,
      isSignificant: Math.abs(change) > halfWidth,
      significantTests: values("significant").filter((own) => own === 1).length,
    };
  });
}

function changesTable(results: Results, trials: readonly TrialResult[]): Table {
  const [{ metrics }] = trials;
  const caption =
    `Relative change against ${methodTitle(CONTROL)} per session, on ${results.place}: mean over the tests of all seeds with ` +
    `its ${(100 * CONFIDENCE).toFixed(2)}% interval, so that all ${ARMS.length * OUTCOMES.length} of a test hold together at 95%; ` +
    `${metrics.sessionsPerUser} sessions per user before and during each test.`;
  const arms = ARMS.map((arm) => ({ arm, changes: changesOf(arm, trials) }));
  const significant = (changes: readonly Change[]) =>
    changes.flatMap(({ outcome, isSignificant }) => (isSignificant ? [outcome] : [])).join(", ") || "none";
  const tests = (changes: readonly Change[]) =>
    changes.map((own) => `${own.outcome} ${own.significantTests} of ${trials.length}`).join(", ");
  return tableOf("table4", caption, arms, [
    { title: "arm", of: ({ arm }) => ARM_TITLES[arm] },
    { title: "users", digits: 0, of: ({ arm }) => metrics[`${arm} users`] },
    ...OUTCOMES.map((outcome, i) => ({
      title: OUTCOME_TITLES[outcome],
      isPercent: true,
      of: ({ changes }: (typeof arms)[number]) => changes[i],
    })),
    { title: "significant", of: ({ changes }) => significant(changes) },
    { title: "significant tests", of: ({ changes }) => tests(changes) },
  ]);
}

function pictureOf(results: Results, trials: readonly TrialResult[]): Picture {
  const bars = ARMS.flatMap((arm) =>
    changesOf(arm, trials).map(({ outcome, ...change }) => {
      return { name: `${arm}, ${outcome}`, ...markOf(change, 100), isMarked: arm === "pure" };
    }),
  );
  return drawPanels({
    name: "table4",
    caption: `Relative change against ${methodTitle(CONTROL)} with its interval, over the tests of all seeds.`,
    description: `Changes in an A/B test of ${METHOD} on ${results.dataset}`,
    x: { label: "change against the control, %" },
    panels: [{ bars }],
  });
}

export const table4: Experiment = {
  name: "table4",
  title: "Table 4: an A/B test, simulated",
  summary: "GoalRank against MG-E with users in buckets: stay and watch time, views, likes and comments per session",
  // Only users of a world can be shown other lists.
  data: "world",
  trials: ({ seeds, dataset }) =>
    seeds.map((seed) => {
      const needs = sharedTrial(dataset, seed);
      const work: AbTestWork = {
        kind: "ab-test",
        shared: needs.work,
        policy: dataset.policy,
        control: CONTROL,
        sessionsPerUser: "fittedOn" in dataset.settings ? SESSIONS_PER_FITTED_USER : SESSIONS_PER_USER,
      };
      const label = { experiment: "table4", dataset: dataset.label, method: METHOD, seed, variant: "" };
      return { ...label, work, needs };
    }),
  works: { "ab-test": runAbTest },
  notes: [
    "The paper's test ran on a product's users; here users, sessions and what they do are simulated, in the world whose " +
      "log the methods learned from. Seconds, views, likes and comments follow from what pleases the user " +
      "(src/world/sessions.ts), and no method is trained for them. The control compared with itself must show no " +
      "difference; if it does, the other rows are to be doubted.",
  ],
  present(results) {
    const trials = results.row(METHOD)?.trials ?? [];
    if (trials.length === 0) return { tables: [], pictures: [] };
    return { tables: [changesTable(results, trials)], pictures: [pictureOf(results, trials)] };
  },
};
