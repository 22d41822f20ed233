/**
 * An online experiment in a world: users in eight buckets, a period in which everyone gets the control's lists,
 * then one in which two buckets get a mixture, two the treatment, and four the control, of which two are compared with the
 * other two: that comparison must find nothing.
 */
import { type ListDataset, type RequestColumns, selectRows } from "../../data/dataset.ts";
import {
  bucketOf,
  compareGroups,
  type GroupDifference,
  type UserMeasurements,
  userMeans,
} from "../../evaluation/ab-test.ts";
import type { RankedLists } from "../../methods/answering.ts";
import { Random } from "../../tensor/index.ts";
import { rememberLists } from "../../world/histories.ts";
import { drawLog } from "../../world/logging-policy.ts";
import { OUTCOMES, simulateSessions } from "../../world/sessions.ts";
import type { World } from "../../world/world.ts";

/** Answers requests. */
export type Policy = (requests: RequestColumns) => Promise<Pick<RankedLists, "lists">>;

export interface Policies {
  readonly control: Policy;
  readonly treatment: Policy;
}

export type Outcome = (typeof OUTCOMES)[number];

/** What is compared with the control. */
export const ARMS = ["A/A", "hybrid", "pure"] as const;
export type Arm = (typeof ARMS)[number];

/** What the users of each bucket get. */
const BUCKETS = ["control", "control", "A/A", "A/A", "hybrid", "hybrid", "pure", "pure"] as const;

/** Share of a hybrid's requests that the treatment answers. */
export const HYBRID_SHARE = 0.3;

/** Chance that one interval or more of a test leaves out what is true. */
const ERROR_RATE = 0.05;
/** Of each interval, so that all of a test hold together (Bonferroni). */
export const CONFIDENCE = 1 - ERROR_RATE / (ARMS.length * OUTCOMES.length);

export interface AbTestOptions {
  /** Mean number of each period. */
  readonly sessionsPerUser: number;
  readonly seed: number;
  /** What users were shown before, where requests know it. */
  readonly past?: ListDataset;
}

export interface ArmResult {
  readonly arm: Arm;
  /** Users of the arm who came in both periods. */
  readonly users: number;
  readonly outcomes: Readonly<Record<Outcome, GroupDifference>>;
}

/**
 * Runs the test. The A/A buckets are compared with the two other buckets of the control, the arms with all four.
 * @throws RangeError when fewer than two users of an arm came in both periods
 */
export async function simulateAbTest(
  world: World,
  { control, treatment }: Policies,
  { sessionsPerUser, seed, past }: AbTestOptions,
): Promise<readonly ArmResult[]> {
  const size = Math.round(sessionsPerUser * world.settings.userCount);
  const period = (name: string) => {
    const drawn = drawLog(world, { size, seed, stream: `A/B test ${name}` });
    // A world may draw histories of its own.
    const isComplete = past === undefined || drawn.historyLength > 0;
    return isComplete ? drawn : rememberLists(drawn, past.historyLength, [past]);
  };
  const [before, during] = [period("before"), period("during")];
  const known = measure(world, before, (await control(before)).lists, { seed, stream: "before" });
  const isTreated = treatedRows(during, seed);
  const lists = await answerBoth(during, isTreated, { control, treatment });
  const measured = measure(world, during, lists, { seed, stream: "during" });

  const groupOf = (outcome: Outcome, chosen: readonly string[]): UserMeasurements => {
    const [own, history] = [measured[outcome], known[outcome]];
    const users = [...own.keys()].filter((user) => history.has(user) && chosen.includes(armOf(user, seed)));
    return { during: users.map((user) => own.get(user) ?? 0), before: users.map((user) => history.get(user) ?? 0) };
  };
  return ARMS.map((arm) => {
    const others = arm === "A/A" ? ["control"] : ["control", "A/A"];
    const compare = (outcome: Outcome) => compareGroups(groupOf(outcome, others), groupOf(outcome, [arm]), CONFIDENCE);
    return { arm, users: groupOf("views", [arm]).during.length, outcomes: eachOutcome(compare) };
  });
}

function armOf(user: number, seed: number): (typeof BUCKETS)[number] {
  return BUCKETS[bucketOf(user, BUCKETS.length, seed)];
}

/** Whether the treatment answers each request. */
function treatedRows({ users }: RequestColumns, seed: number): boolean[] {
  return Array.from(users, (user, row) => {
    const arm = armOf(user, seed);
    if (arm !== "hybrid") return arm === "pure";
    return new Random({ seed, stream: "A/B test hybrid", step: row }).uniform() < HYBRID_SHARE;
  });
}

async function answerBoth(
  requests: ListDataset,
  isTreated: readonly boolean[],
  { control, treatment }: Policies,
): Promise<Int32Array> {
  const { listLength: length } = requests;
  const lists = new Int32Array(requests.size * length);
  for (const treats of [false, true]) {
    const policy = treats ? treatment : control;
    const rows = [...isTreated.keys()].filter((row) => isTreated[row] === treats);
    if (rows.length === 0) continue;
    const answered = await policy(selectRows(requests, rows));
    rows.forEach((row, i) => {
      lists.set(answered.lists.subarray(i * length, (i + 1) * length), row * length);
    });
  }
  return lists;
}

/** The mean of each outcome over the sessions of each user. */
function measure(
  world: World,
  requests: ListDataset,
  lists: Int32Array,
  { seed, stream }: { readonly seed: number; readonly stream: string },
): Record<Outcome, Map<number, number>> {
  const sessions = simulateSessions(world, requests, lists, { seed, stream: `A/B test sessions ${stream}` });
  return eachOutcome((outcome) => userMeans(requests.users, sessions[outcome]));
}

function eachOutcome<Value>(of: (outcome: Outcome) => Value): Record<Outcome, Value> {
  return Object.fromEntries(OUTCOMES.map((outcome) => [outcome, of(outcome)])) as Record<Outcome, Value>;
}
