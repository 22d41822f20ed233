/**
 * Table 4 of the paper, an online A/B test, simulated in the embedded world: GoalRank alone, and for a share of the
 * requests, against MG-E.
 */
import { OUTCOMES } from "../../world/sessions.ts";
import { GOAL_RANK, learn, learnerTitle, namedLearner } from "../contenders.ts";
import type { PolicyOptions } from "../datasets.ts";
import { type Experiment, type Surroundings, workRunner } from "../experiment.ts";
import { drawDots, type Picture } from "../pictures.ts";
import type { Results } from "../results.ts";
import { loadShared, type SharedWork, sharedTrial } from "../shared-work.ts";
import type { Table } from "../tables.ts";
import type { TrialOutcome, Work } from "../trial.ts";
import { SMALLER_MODELS } from "./deviations.ts";
import {
  ARMS,
  type Arm,
  CONFIDENCE,
  HYBRID_SHARE,
  type Outcome,
  simulateAbTest,
} from "./simulated-ab-test.ts";

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

const METHOD = `${GOAL_RANK} against ${learnerTitle(CONTROL)}`;
const OUTCOME_TITLES: Readonly<Record<Outcome, string>> = {
  watchSeconds: "watch time",
  views: "views",
  likes: "likes",
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
  const learned = (name: string) =>
    learn(namedLearner(name, work.policy), shared, seed, surroundings.context);
  const [control, treatment] = [await learned(work.control), await learned(GOAL_RANK)];
  const results = await simulateAbTest(
    world,
    { control: control.rank, treatment: treatment.rank },
    { sessionsPerUser: work.sessionsPerUser, seed },
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
interface Change {
  readonly arm: Arm;
  readonly outcome: Outcome;
  /** Mean of the tests. */
  readonly mean: number;
  /** Tests are independent: half the width of the interval of their mean, by the same confidence. */
  readonly halfWidth: number;
  readonly significant: boolean;
  /** Tests whose own interval leaves out 0. */
  readonly significantTests: number;
  readonly tests: number;
}

function changesOf(results: Results): readonly Change[] {
  const trials = results.row(METHOD)?.trials ?? [];
  if (trials.length === 0) return [];
  return ARMS.flatMap((arm) =>
    OUTCOMES.map((outcome) => {
      const values = (what: string) => trials.map(({ metrics }) => metrics[`${arm} ${outcome} ${what}`]);
      const sum = (numbers: readonly number[]) => numbers.reduce((total, value) => total + value, 0);
      const mean = sum(values("change")) / trials.length;
      const halfWidth = Math.sqrt(sum(values("half width").map((width) => width ** 2))) / trials.length;
      return {
        ...{ arm, outcome, mean, halfWidth, tests: trials.length },
        significant: Math.abs(mean) > halfWidth,
        significantTests: sum(values("significant")),
      };
    }),
  );
}

function percent(share: number): string {
  return `${share > 0 ? "+" : ""}${(100 * share).toFixed(1)}%`;
}

function percentInterval({ mean, halfWidth }: Pick<Change, "mean" | "halfWidth">): string {
  return `${percent(mean)} ± ${(100 * halfWidth).toFixed(1)}%`;
}

function findings(changes: readonly Change[]): readonly string[] {
  if (changes.length === 0)
    return ["Only users of a world can be shown other lists: there is no test on a log."];
  const sentence = (arm: Arm) => {
    const own = changes.filter((change) => change.arm === arm);
    const parts = own.map(
      (change) =>
        `${OUTCOME_TITLES[change.outcome]} ${percentInterval(change)}` +
        `${change.significant ? "" : " (not significant)"}`,
    );
    return `${ARM_TITLES[arm]}: ${parts.join(", ")}.`;
  };
  const found = changes.filter(({ arm, significant }) => arm === "A/A" && significant);
  const check =
    found.length === 0
      ? "The control compared with itself shows no difference, as it must."
      : `The control compared with itself shows a difference in ${found.map(({ outcome }) => OUTCOME_TITLES[outcome]).join(" and ")}: ` +
        "the other rows are to be doubted.";
  return [sentence("pure"), sentence("hybrid"), check];
}

function tableOf(results: Results, changes: readonly Change[]): Table {
  const [first] = results.row(METHOD)?.trials ?? [];
  return {
    name: "table4",
    caption:
      `Relative change against ${learnerTitle(CONTROL)} per session, on ${results.dataset}: mean over ${changes[0].tests} tests ` +
      `(seeds ${results.seeds.join(", ")}) with its ${(100 * CONFIDENCE).toFixed(2)}% interval, so that all ${changes.length} of a test hold ` +
      `together at 95%; ${first.metrics.sessionsPerUser} sessions per user before and during each test.`,
    columns: [
      { title: "arm" },
      { title: "users", digits: 0 },
      ...OUTCOMES.map((outcome) => ({ title: OUTCOME_TITLES[outcome], isPercent: true })),
      { title: "significant" },
      { title: "significant tests" },
    ],
    rows: ARMS.map((arm) => {
      const own = changes.filter((change) => change.arm === arm);
      const significant = own.filter((change) => change.significant);
      const tests = own.map(({ outcome, significantTests, tests }) => {
        return `${OUTCOME_TITLES[outcome]} ${significantTests} of ${tests}`;
      });
      return [
        ARM_TITLES[arm],
        first.metrics[`${arm} users`],
        ...own.map(({ mean, halfWidth }) => ({ mean, halfWidth })),
        significant.map(({ outcome }) => OUTCOME_TITLES[outcome]).join(", ") || "none",
        tests.join(", "),
      ];
    }),
  };
}

function pictureOf(results: Results, changes: readonly Change[]): Picture {
  return {
    name: "table4",
    caption: `Relative change against ${learnerTitle(CONTROL)} with its interval, over the tests of all seeds.`,
    draw: () =>
      drawDots({
        description: `Changes in an A/B test of ${GOAL_RANK} against ${learnerTitle(CONTROL)} on ${results.dataset}`,
        label: "change against the control, %",
        bars: changes.map(({ arm, outcome, mean, halfWidth }) => ({
          name: `${arm}, ${OUTCOME_TITLES[outcome]}`,
          value: 100 * mean,
          low: 100 * (mean - halfWidth),
          high: 100 * (mean + halfWidth),
          isMarked: arm === "pure",
        })),
      }),
  };
}

export const table4: Experiment = {
  name: "table4",
  title: "Table 4: an A/B test, simulated",
  summary: "GoalRank against MG-E with users in buckets: watch time, views and likes per session",
  usesData: true,
  trials: ({ seeds, dataset }) =>
    dataset.settings.source === "log"
      ? []
      : seeds.map((seed) => {
          const needs = sharedTrial(dataset, seed);
          const work: AbTestWork = {
            kind: "ab-test",
            shared: needs.work as SharedWork,
            policy: dataset.policy,
            control: CONTROL,
            sessionsPerUser: SESSIONS_PER_USER,
          };
          return {
            ...{
              experiment: "table4",
              dataset: dataset.label,
              method: METHOD,
              seed,
              variant: "",
              work,
              needs,
            },
          };
        }),
  works: { "ab-test": workRunner(runAbTest) },
  present(results) {
    const changes = changesOf(results);
    return {
      findings: findings(changes),
      deviations: [
        SMALLER_MODELS,
        "The paper's test ran on a product's users; here users, sessions and what they do are simulated, in the world whose " +
          "log the methods learned from. Seconds, views and likes follow from what pleases the user " +
          "(src/world/sessions.ts), and no method is trained for them.",
      ],
      tables: changes.length === 0 ? [] : [tableOf(results, changes)],
      pictures: changes.length === 0 ? [] : [pictureOf(results, changes)],
    };
  },
};
