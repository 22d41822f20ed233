/**
 * What keeps a method from being deployed, and what to be wary of when one is: each gate has a name, a figure, a threshold
 * and what to do. docs/verdict.md lists them for people.
 *
 * Five block: without validation lists nothing can be chosen, without training lists nothing was learned, a method that is
 * not above random is no ranker, where another ranker is better it is to be taken, and where the test measures the
 * injection of candidates its figures say nothing of those that a server will rank. The others warn, since the choice on validation lists has their effect in it already.
 */
import type { DataReport } from "../../data/report/data-report-schema.ts";
import type { RewardReport } from "../../evaluation/reward-report.ts";
import type { LearningRecord } from "../learning-records.ts";
import type { Choice, Difference, Gate, RivalLead } from "../result-schema.ts";
import { isAbove, SIGNIFICANCE } from "./choice.ts";
import { isRivalBetter } from "./rival.ts";
import { formatLead, formatShare, formatWorth, listed, measureTitle, pText } from "./words.ts";

/** What the reward model knows of held-out lists. */
export interface JudgeEvidence extends Pick<RewardReport, "pearson"> {
  /** Undefined for one whose rewards only order lists, and are not on the scale of what lists earn. */
  readonly rSquared: number | undefined;
}

/** Whether a reward model knows anything of what held-out lists earn. */
export function knowsLists({ rSquared = 1, pearson = 0 }: JudgeEvidence): boolean {
  return rSquared > 0 && pearson > 0;
}

/** What gates look at. */
export interface Evidence {
  readonly choice: Choice;
  /** Items of a list, L. */
  readonly listLength: number;
  readonly trainingLists: number;
  /** Test requests that count: those with a positive. */
  readonly testLists: number;
  readonly judge: JudgeEvidence;
  /** Titles of the compared methods that learn from the judge or answer with it. */
  readonly judged: readonly string[];
  readonly learning: readonly LearningRecord[];
  /** What is known of a log; undefined for a world. */
  readonly report: DataReport | undefined;
  /** On the test lists: the chosen method's leads over the retriever and over random. */
  readonly tested: readonly (Difference & { readonly over: string })[];
  /** Another ranker beside ours, where one was named. */
  readonly rival?: RivalLead | undefined;
}

/** Test lists under which an interval is too wide to see the differences that methods make. */
export const FEW_TEST_LISTS = 300;
/** Updates under which a model has hardly left its initial weights: warm-up alone takes a tenth of them. */
export const FEW_STEPS = 100;
/** Share by which the loss may still fall, from the last but one fifth of the steps to the last. */
export const STILL_FALLING = 0.05;
/** Areas under the curve outside of which the retriever's score tells what was injected. */
export const TELLING_AREA = { low: 0.25, high: 0.75 };
/** Share of positive feedback from which there is nothing to tell apart among what was shown. */
export const NEARLY_ALL_POSITIVE = 0.95;
/** Share of what users like later that counted as not liked in training, from which it is more than a rare mistake. */
export const LIKED_BUT_NEGATIVE = 0.1;
/** Share of the log's interactions that the core should keep for the results to speak of the log. */
export const LEAST_KEPT = 0.7;

/** All gates that hold, those that block first. */
export function openGates(evidence: Evidence): Gate[] {
  const found = GATES.flatMap((gate) => gate(evidence) ?? []);
  return [...found.filter(({ blocks }) => blocks), ...found.filter(({ blocks }) => !blocks)];
}

type GateRule = (evidence: Evidence) => Gate | undefined;

const noTraining: GateRule = ({ trainingLists: figure }) =>
  figure > 0
    ? undefined
    : blocking("no-training-lists", figure, "there are no training lists, so nothing was learned; `prepare` says why");

const noValidation: GateRule = ({ choice: { chosen, lists } }) =>
  chosen !== undefined
    ? undefined
    : blocking(
        "no-validation-lists",
        lists,
        `${lists} validation lists hold a positive, so nothing can be chosen; a longer log or a lower ` +
          "trainingFraction leaves more",
      );

const notAboveRandom: GateRule = ({ choice, listLength }) => {
  const { overRandom } = choice;
  if (overRandom === undefined || isAbove(overRandom)) return undefined;
  const lead = formatLead(overRandom, "a random order", choice, listLength);
  const problem = `the best choice, ${titleOf(choice, choice.chosen)}, is not shown to rank better than chance: ${lead}`;
  return blocking("not-above-random", overRandom.pValue, `${problem}; more lists, features or epochs may help`);
};

const rivalIsBetter: GateRule = ({ choice, listLength, rival }) => {
  if (rival === undefined || !isRivalBetter(rival)) return undefined;
  const { method, lists, count, mean, ours, oursMean, lead } = rival;
  const worths = [formatWorth(mean, choice), formatWorth(oursMean, choice)];
  return blocking(
    "rival-is-better",
    lead.mean,
    `take theirs: ${method} has ${measureTitle(choice, listLength)} ${worths[0]} on ${count} ${lists} lists, ` +
      `${titleOf(choice, ours)} has ${worths[1]}, ${formatLead(lead, "it", choice, listLength)}`,
  );
};

const measuresInjection: GateRule = ({ report }) => {
  const split = report?.splits.test;
  const area = split?.scoreToExposure;
  if (split?.candidates !== "injected" || area === undefined) return undefined;
  if (area >= TELLING_AREA.low && area <= TELLING_AREA.high) return undefined;
  return blocking(
    "measures-injection",
    area,
    `the retriever's score alone tells the injected items from the retrieved ones (AUC ${area.toFixed(3)}, 0.5 tells ` +
      "nothing), so these figures measure the injection, not the ranking of candidates that a server gets; train with " +
      "protocol: retrieved, or logged where the log names its candidates",
  );
};

const notAboveRetriever: GateRule = ({ choice, listLength }) => {
  if (choice.chosen !== "retriever" || choice.methods.length < 2) return undefined;
  const learned = choice.methods.filter(({ name }) => name !== "retriever");
  const best = learned.reduce((high, own) => (own.mean > high.mean ? own : high));
  const own = choice.methods.find(({ name }) => name === "retriever");
  const lead = best.mean - (own?.mean ?? 0);
  const size = formatLead({ mean: lead }, "it", choice, listLength);
  return warning(
    "not-above-retriever",
    lead,
    `no method is shown to rank better than the retriever; the best of them, ${best.method}, is ${size}`,
  );
};

const withinNoise: GateRule = ({ choice }) => {
  const { chosen, best, methods } = choice;
  const noise = methods.filter(({ isWithinNoise, name }) => isWithinNoise && name !== chosen);
  if (chosen === undefined || chosen === "retriever" || noise.length === 0) return undefined;
  const names = noise.map(({ method }) => method);
  const compared = chosen === best ? noise : methods.filter(({ name }) => name === chosen);
  const figure = compared.reduce((most, { toBest }) => Math.max(most, toBest?.pValue ?? 0), 0);
  return warning(
    "within-noise",
    figure,
    `${titleOf(choice, chosen)} and ${listed(names)} cannot be told apart on ${choice.lists} validation lists ` +
      `(${pText(figure)}); the simplest of them is chosen`,
  );
};

const judgeKnowsNothing: GateRule = ({ judge, judged }) => {
  const { rSquared, pearson } = judge;
  // Where all lists earned the same it is not defined.
  if (judged.length === 0 || pearson === undefined || knowsLists(judge)) return undefined;
  const explained = rSquared === undefined ? "" : `R² ${rSquared.toFixed(3)}, `;
  return warning(
    "judge",
    pearson > 0 && rSquared !== undefined ? rSquared : pearson,
    `the reward model does not know what held-out lists earn (${explained}correlation ${pearson.toFixed(3)}); ` +
      `${listed(judged)} learn from it or answer with it`,
  );
};

const nearlyAllPositive: GateRule = ({ report }) => {
  const kept = report?.preparation?.kept;
  if (kept === undefined || kept.interactions === 0) return undefined;
  const share = kept.positives / kept.interactions;
  return share < NEARLY_ALL_POSITIVE
    ? undefined
    : warning(
        "all-positive",
        share,
        `${formatShare(share)} of the feedback is positive: what is learned is what people meet, not what they like ` +
          "of it; a higher positiveThreshold, if the feedback has degrees, tells more",
      );
};

const tooFewSteps: GateRule = ({ learning }) => {
  const short = learning.filter(({ losses }) => losses.length < FEW_STEPS);
  if (short.length === 0) return undefined;
  const least = short.reduce((low, { losses }) => Math.min(low, losses.length), Number.POSITIVE_INFINITY);
  const names = short.map(({ stage, losses }) => `${stage} (${losses.length})`);
  return warning(
    "too-few-steps",
    least,
    `fewer than ${FEW_STEPS} training steps: ${listed(names)}; more --epochs or smaller batches give more`,
  );
};

const notConverged: GateRule = ({ learning }) => {
  const falling = learning.flatMap(({ stage, losses }) => {
    const fall = losses.length < FEW_STEPS ? 0 : lastFall(losses);
    return fall > STILL_FALLING ? [{ stage, fall }] : [];
  });
  if (falling.length === 0) return undefined;
  const names = falling.map(({ stage, fall }) => `${stage} (by ${formatShare(fall)})`);
  return warning(
    "not-converged",
    falling.reduce((most, { fall }) => Math.max(most, fall), 0),
    `the loss was still falling in the last fifth of the training: ${listed(names)}; more --epochs may help`,
  );
};

/** The share by which the mean loss of the last fifth lies under that of the fifth before it. */
function lastFall(losses: readonly number[]): number {
  const fifth = Math.floor(losses.length / 5);
  const average = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [before, last] = [average(losses.slice(-2 * fifth, -fifth)), average(losses.slice(-fifth))];
  return before === 0 ? 0 : (before - last) / Math.abs(before);
}

const likedButNegative: GateRule = ({ report }) => {
  const { liked = 0, others = 0 } = report?.passedOver ?? {};
  return liked <= LIKED_BUT_NEGATIVE || liked < others
    ? undefined
    : warning(
        "liked-but-negative",
        liked,
        `${formatShare(liked)} of what test users like had counted as not liked in their training lists ` +
          `(${formatShare(others)} of the other candidates): a model that remembers it is wrong about what comes next`,
      );
};

const fewTestLists: GateRule = ({ testLists }) =>
  testLists >= FEW_TEST_LISTS
    ? undefined
    : warning(
        "few-test-lists",
        testLists,
        `only ${testLists} test lists hold a positive: their figures may be off by more than the methods differ`,
      );

const fewKept: GateRule = ({ report }) => {
  const { read, kept, core } = report?.preparation ?? {};
  if (read === undefined || kept === undefined || read.interactions === 0) return undefined;
  const share = kept.interactions / read.interactions;
  return share >= LEAST_KEPT
    ? undefined
    : warning(
        "core",
        share,
        `users and items with fewer than ${core} interactions were left out, and with them all but ` +
          `${formatShare(share)} of the log: nothing here speaks of them; a smaller --core keeps more`,
      );
};

const testDisagrees: GateRule = ({ choice, tested, listLength }) => {
  const worse = tested.filter(({ mean, pValue }) => mean < 0 && pValue < SIGNIFICANCE);
  if (worse.length === 0) return undefined;
  const leads = worse.map(({ over, ...lead }) => formatLead(lead, over, choice, listLength));
  return warning(
    "test-disagrees",
    worse[0].mean,
    `on the test lists ${titleOf(choice, choice.chosen)} is ${listed(leads)}: validation and test are not ` +
      "alike, so test it with real users before it replaces anything",
  );
};

const GATES: readonly GateRule[] = [
  noTraining,
  noValidation,
  notAboveRandom,
  rivalIsBetter,
  measuresInjection,
  notAboveRetriever,
  withinNoise,
  testDisagrees,
  judgeKnowsNothing,
  nearlyAllPositive,
  tooFewSteps,
  notConverged,
  likedButNegative,
  fewTestLists,
  fewKept,
];

function blocking(name: string, figure: number, text: string): Gate {
  return { name, figure, text, blocks: true };
}

function warning(name: string, figure: number, text: string): Gate {
  return { name, figure, text, blocks: false };
}

/** What people call a method that was compared. */
export function titleOf({ methods }: Choice, name: string | undefined): string {
  return methods.find((own) => own.name === name)?.method ?? name ?? "nothing";
}
