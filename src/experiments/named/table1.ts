/** Table 1 of the paper: every method on one dataset, with the same data, features, width, depth, budget and judge. */
import { type Comparison, compareWithBest, highest } from "../best-baseline.ts";
import { contenderTitle, GOAL_RANK, landmarks, tableMethods } from "../contenders.ts";
import type { Experiment } from "../experiment.ts";
import { drawDots, type Picture } from "../pictures.ts";
import { estimateText, mainMetric, metricName, pText, rankingTable, shareOfLead } from "../ranking-table.ts";
import { rankingTrial } from "../ranking-work.ts";
import { type Results, type Row, seedMean } from "../results.ts";
import { injectedCandidates, SMALLER_MODELS } from "./deviations.ts";

const BASELINES = tableMethods().map(contenderTitle);
/** Rows in the order of the table; the oracle reads the truth, so it is no contender. */
const ORDER = ["random", "logging policy", "retriever", "imitation", ...BASELINES, GOAL_RANK, "oracle"];

function isBaseline({ method }: Row): boolean {
  return BASELINES.includes(method);
}

function learns(row: Row): boolean {
  return row.method === GOAL_RANK || row.method === "imitation" || isBaseline(row);
}

function findings(results: Results, comparison: Comparison | undefined): string[] {
  const own = results.row(GOAL_RANK);
  const main = mainMetric(results);
  const value = own && seedMean(own, main);
  if (own === undefined || value === undefined || comparison === undefined) return [];
  const ranked = results.measured(main).filter(learns);
  const place = 1 + ranked.filter((row) => (seedMean(row, main)?.mean ?? 0) > value.mean).length;
  const first = highest(ranked, main);
  const contrast = comparison.contrasts.find(({ row }) => row === own);
  const share = shareOfLead(results, own);
  return [
    `GoalRank is ${place === 1 ? "first" : `number ${place}`} of ${ranked.length} methods that learn by ` +
      `${metricName(main)}: ${estimateText(value)}` +
      `${place === 1 || first === undefined ? "" : `; first is ${first.method}`}. ` +
      `The best baseline of Table 1 is ${comparison.reference.method}` +
      (contrast === undefined
        ? "."
        : `; GoalRank less ${comparison.reference.method} is ${estimateText(contrast)} per request ` +
          `(paired randomisation test over the requests of all seeds, adjusted by Holm: p ${pSentence(contrast.adjustedPValue)}).`),
    ...(share === undefined
      ? []
      : [
          `It covers ${estimateText(share, { isPercent: true })}% of the way from the logging policy to the oracle.`,
        ]),
  ];
}

function pSentence(value: number): string {
  const text = pText(value);
  return text.startsWith("<") ? text : `= ${text}`;
}

function differencesPicture(results: Results, comparison: Comparison): Picture {
  const { reference, contrasts } = comparison;
  const shown = contrasts.filter(({ row }) => learns(row)).toSorted((a, b) => b.mean - a.mean);
  return {
    name: "table1",
    caption:
      `What each method's lists are worth less those of ${reference.method}, by ` +
      `${metricName(mainMetric(results))}: mean and 95% interval over the requests of all seeds.`,
    draw: () =>
      drawDots({
        description: `Differences of all methods to ${reference.method} on ${results.dataset}`,
        label: `difference to ${reference.method}`,
        bars: shown.map(({ row, mean, halfWidth }) => ({
          name: row.method,
          value: mean,
          low: mean - halfWidth,
          high: mean + halfWidth,
          isMarked: row.method === GOAL_RANK,
        })),
      }),
  };
}

const LISTS_OF_THE_WORLD =
  "GoalRank and all that choose among lists are as good as the judge, and the judge as the number of lists that it learned " +
  "from (see the correlations under Data). The usual 100,000 of the embedded world were settled on after a comparison on " +
  "20,000 had been seen, in which GoalRank was not first; `--max-lists` gives both.";

const FEEDBACK_OF_LOGS =
  "On these logs an item counts 1 if it was shown and liked, whatever stood around it: the value of a list is the sum of its " +
  "items', and methods that learn each item's feedback aim at the metrics themselves. " +
  "[Experiments](experiments.md#how-to-read-this) has figures on that.";

export const table1: Experiment = {
  name: "table1",
  title: "Table 1: all methods",
  summary: "every method of the paper's Table 1 and GoalRank on one dataset",
  usesData: true,
  trials: ({ seeds, dataset }) =>
    seeds.flatMap((seed) =>
      [...landmarks(dataset), ...tableMethods(), { name: "goalrank", policy: dataset.policy } as const].map(
        (contender) =>
          rankingTrial({ experiment: "table1", method: contenderTitle(contender), seed }, dataset, contender),
      ),
    ),
  present(results) {
    const comparison = compareWithBest(results, mainMetric(results), isBaseline);
    const rows = results.rows
      .toSorted((a, b) => ORDER.indexOf(a.method) - ORDER.indexOf(b.method))
      .map((row) => ({ title: row.method, row }));
    const caption =
      `All methods on ${results.dataset}: mean ± 95% interval over seeds ${results.seeds.join(", ")}; differences ` +
      "to the best baseline over the requests of all seeds.";
    return {
      findings: findings(results, comparison),
      deviations: [
        SMALLER_MODELS,
        "Every method is trained on the same lists, with the same number of epochs, batch, optimiser and learning rate, " +
          "which were not tuned for any of them; what a method's publication leaves open is decided in its file under " +
          "src/goalrank/baselines. GoalRank starts from what it learned of the log or of rewards, as the settings say, and " +
          "has its own number of requests to learn from. All methods that choose among lists ask the same judge.",
        ...(mainMetric(results) === "trueReward" ? [LISTS_OF_THE_WORLD] : [FEEDBACK_OF_LOGS]),
        ...injectedCandidates(results.dataset),
      ],
      tables: [rankingTable(results, { name: "table1", caption, rows, competes: learns, comparison })],
      pictures: comparison === undefined ? [] : [differencesPicture(results, comparison)],
    };
  },
};
