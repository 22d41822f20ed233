/**
 * What the choices of a protocol do to the figures: whether exposed items are put among the candidates, whether they then
 * come first, as in the program that the paper's authors published, and how lists are split.
 */
import type { CandidateProtocol, SplitProtocol } from "../../data/protocols.ts";
import { type Contender, contenderTitle, GOAL_RANK, learnerTitle, namedLearner } from "../contenders.ts";
import type { DatasetChoice, LogSettings } from "../datasets.ts";
import type { Experiment } from "../experiment.ts";
import { drawPanels, type Picture } from "../pictures.ts";
import { type RankingWork, rankingTrial } from "../ranking-work.ts";
import { type Results, type Row, seedMean } from "../results.ts";
import type { Cell, Table } from "../tables.ts";
import type { Trial } from "../trial.ts";
import { SMALLER_MODELS } from "./deviations.ts";

interface Protocol extends Pick<RankingWork, "testOrder">, Pick<LogSettings, "order"> {
  readonly title: string;
  readonly protocol?: CandidateProtocol;
  readonly split?: SplitProtocol;
}

const USUAL = "injected, shuffled";
const FIRST_IN_TEST = "first in the test";
const FIRST = "first throughout";
const RETRIEVED = "retrieved";

/** Each says in what it is not as the first. */
const PROTOCOLS: readonly [Protocol, ...Protocol[]] = [
  { title: USUAL },
  { title: FIRST_IN_TEST, testOrder: "exposed first" },
  { title: FIRST, order: "exposed first" },
  { title: RETRIEVED, protocol: "retrieved" },
  { title: "split by time", split: "global-time" },
];

const AS_THEY_COME = "candidates as they come";
const LEARNERS = ["dnn", "set-rank", "prm", "prm-as-they-come", GOAL_RANK];
const PRM_AS_THEY_COME = learnerTitle("prm-as-they-come");
/** In the order of the table. */
const TITLES = [AS_THEY_COME, "retriever", ...LEARNERS.map(learnerTitle)];

function contendersOf({ policy }: DatasetChoice): readonly Contender[] {
  const learners = LEARNERS.map((name) => namedLearner(name, policy));
  return [{ name: AS_THEY_COME }, { name: "retriever" }, ...learners];
}

/** The log under a protocol, in the same table. */
function under(
  dataset: DatasetChoice,
  settings: LogSettings,
  { protocol = "injected", split = "last-list", order }: Protocol,
): DatasetChoice {
  const options = { ...settings.options, protocol, split };
  return { ...dataset, settings: { ...settings, options, ...(order && { order }) } };
}

function trialsOf(dataset: DatasetChoice, seeds: readonly number[]): Trial[] {
  const { settings } = dataset;
  if (settings.source === "world") return [];
  return PROTOCOLS.flatMap((protocol) => {
    const { title: variant, testOrder } = protocol;
    const own = under(dataset, settings, protocol);
    return seeds.flatMap((seed) =>
      contendersOf(dataset).map((contender) => {
        const label = { experiment: "protocols", method: contenderTitle(contender), seed, variant };
        const { needs, ...trial } = rankingTrial(label, own, contender, testOrder && { testOrder });
        if (needs === undefined) return trial;
        // What is shared under other protocols than the usual is told apart in the table of shared models.
        const isUsual = protocol.protocol === undefined && protocol.split === undefined && !protocol.order;
        return { ...trial, needs: isUsual ? needs : { ...needs, variant } };
      }),
    );
  });
}

/** The methods that were measured, in the order of the experiment. */
function methodsOf(results: Results): readonly string[] {
  return TITLES.filter((method) => results.rows.some((row) => row.method === method));
}

function hitsOf(results: Results, method: string, protocol: string): number | undefined {
  const row = results.row(method, protocol);
  return row && seedMean(row, "hit")?.mean;
}

/** Requests that the metrics are over: the mean of the seeds. */
function requestsWithPositive(results: Results, row: Row): number | undefined {
  const hits = results.requestValues(row, "hit");
  return hits && hits.filter((value) => value !== null).length / row.trials.length;
}

const percent = (share: number) => `${(100 * share).toFixed(1)}%`;

function findings(results: Results): readonly string[] {
  const sentences: string[] = [];
  const [come, ceiling] = [USUAL, FIRST].map((protocol) => hitsOf(results, AS_THEY_COME, protocol));
  if (come !== undefined && ceiling !== undefined) {
    sentences.push(
      `Leaving candidates as they come has an H@L of ${percent(come)} where they are shuffled, and of ${percent(ceiling)}, the most ` +
        "there can be, where those that were exposed come first.",
    );
  }
  const placed = [USUAL, FIRST_IN_TEST, FIRST].map((protocol) => hitsOf(results, PRM_AS_THEY_COME, protocol));
  if (placed.every((value) => value !== undefined)) {
    const [shuffled, test, throughout] = placed.map(percent);
    sentences.push(
      `A PRM that takes this order for its initial ranking has ${shuffled} on shuffled candidates, ${test} where only the test's ` +
        `come with the exposed first, and ${throughout} where the training's do too.`,
    );
  }
  const unmoved = methodsOf(results).filter((method) => {
    const [shuffled, test] = [USUAL, FIRST_IN_TEST].map((protocol) => hitsOf(results, method, protocol));
    return shuffled !== undefined && test !== undefined && Math.abs(shuffled - test) < 5e-4;
  });
  if (unmoved.length > 0) {
    sentences.push(
      `The order of the test's candidates changes H@L by less than 0.05 points for ${unmoved.join(", ")}: no method of the ` +
        "comparison sees where a candidate stands.",
    );
  }
  const [injected, retrieved] = [USUAL, RETRIEVED].map((protocol) => hitsOf(results, GOAL_RANK, protocol));
  const row = results.row(GOAL_RANK, RETRIEVED);
  const requests = row && seedMean(row, "requests")?.mean;
  const answerable = row && requestsWithPositive(results, row);
  if (
    injected !== undefined &&
    retrieved !== undefined &&
    requests !== undefined &&
    answerable !== undefined
  ) {
    sentences.push(
      `With nothing injected ${percent(answerable / requests)} of the requests have a positive among the candidates at all, and on ` +
        `those GoalRank's H@L is ${percent(retrieved)} instead of ${percent(injected)}.`,
    );
  }
  return sentences;
}

const METRICS = [
  { metric: "hit", title: "H@L" },
  { metric: "ndcg", title: "NDCG@L" },
  { metric: "map", title: "MAP@L" },
  { metric: "f1", title: "F1@L" },
  { metric: "auc", title: "AUC" },
];

function tableOf(results: Results): Table {
  const estimate = (row: Row, metric: string): Cell => seedMean(row, metric);
  return {
    name: "protocols",
    caption: `One log under several protocols, ${results.dataset}: mean ± 95% interval over seeds ${results.seeds.join(", ")}.`,
    columns: [
      { title: "protocol" },
      { title: "method" },
      { title: "requests with a positive", digits: 0 },
      ...METRICS.map(({ title }) => ({ title, isPercent: true })),
    ],
    rows: PROTOCOLS.flatMap(({ title }) =>
      methodsOf(results).flatMap((method) => {
        const row = results.row(method, title);
        if (row === undefined) return [];
        return [
          [
            title,
            method,
            requestsWithPositive(results, row),
            ...METRICS.map(({ metric }) => estimate(row, metric)),
          ],
        ];
      }),
    ),
  };
}

function pictureOf(results: Results): Picture {
  const methods = methodsOf(results);
  return {
    name: "protocols",
    caption: `H@L in % under several protocols, ${results.dataset}: mean and 95% interval over seeds.`,
    draw: () =>
      drawPanels({
        description: `H@L of methods under several protocols on ${results.dataset}`,
        x: { label: "H@L, %", domain: [0, 100], ticks: [0, 25, 50, 75] },
        panels: PROTOCOLS.map(({ title }) => ({
          name: title,
          bars: methods.flatMap((method) => {
            const row = results.row(method, title);
            const hits = row && seedMean(row, "hit");
            if (hits === undefined) return [];
            const { mean, halfWidth } = hits;
            const interval = halfWidth !== undefined && {
              low: 100 * (mean - halfWidth),
              high: 100 * (mean + halfWidth),
            };
            return [{ name: method, value: 100 * mean, ...interval, isMarked: method === GOAL_RANK }];
          }),
        })),
      }),
  };
}

export const protocols: Experiment = {
  name: "protocols",
  title: "Protocols: what candidates there are, and how they lie",
  summary: "a log with exposed items injected, put first, or left out: what each choice does to the figures",
  usesData: true,
  trials: ({ seeds, dataset }) => trialsOf(dataset, seeds),
  present(results) {
    const isEmpty = results.rows.length === 0;
    return {
      findings: isEmpty
        ? ["A world's candidates are drawn before anything is shown: there is nothing to inject."]
        : findings(results),
      deviations: [
        SMALLER_MODELS,
        "The paper's figures are on injected candidates; the program that its authors published evaluates with the exposed items " +
          "first, and keeps the best value of each metric over the evaluations on the test, each by itself. Here one model is " +
          "taken after its last epoch, and the test chooses nothing.",
      ],
      tables: isEmpty ? [] : [tableOf(results)],
      pictures: isEmpty ? [] : [pictureOf(results)],
    };
  },
};
