/** Table 1 of the paper: every method on one dataset, with the same data, features, width, depth, budget and judge. */
import { type Comparison, compareWithBest } from "../best-baseline.ts";
import { GOAL_RANK, landmarks, methodTitle, TABLE_METHODS } from "../contenders.ts";
import type { Experiment } from "../experiment.ts";
import { drawPanels, markOf, type Picture } from "../pictures.ts";
import { mainMetric, metricName, rankingTable } from "../ranking-table.ts";
import { rankingTrials } from "../ranking-trials.ts";
import { type Results, type Row, rowName } from "../results.ts";

const BASELINES = TABLE_METHODS.map(methodTitle);
/** Methods that learn; the oracle reads the truth, so it is no contender. */
const LEARNERS = ["imitation", ...BASELINES, GOAL_RANK];
const ORDER = ["random", "logging policy", "retriever", ...LEARNERS, "oracle"];

function learns({ method }: Row): boolean {
  return LEARNERS.includes(method);
}

function differencesPicture(results: Results, { reference, contrasts }: Comparison): Picture {
  const shown = contrasts.filter(({ row }) => learns(row)).toSorted((a, b) => b.mean - a.mean);
  return drawPanels({
    name: "table1",
    caption:
      `What each method's lists are worth less those of ${reference.method}, by ` +
      `${metricName(mainMetric(results))}: mean and 95% interval over the requests of all seeds.`,
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
    const entries = [...landmarks(dataset), ...TABLE_METHODS, "goalrank"].map((contender) => ({ contender }));
    return rankingTrials("table1", { seeds, dataset }, entries);
  },
  notes: [
    "Every method is trained on the same lists, with the same number of epochs, batch, optimiser and learning rate, which " +
      "were not tuned for any of them; what a method's publication leaves open is decided in its file under src/methods. " +
      "GoalRank starts from what it learned of the log or of rewards, as the settings say, and has its own number of requests " +
      "to learn from. All methods that choose among lists ask the same judge.",
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
    const caption =
      `All methods on ${results.place}: mean ± 95% interval over seeds; differences to the best baseline over the ` +
      "requests of all seeds.";
    const rows = results.rowsOf(ORDER);
    return {
      tables: [rankingTable(results, { name: "table1", caption, rows, competes: learns, comparison })],
      pictures: comparison === undefined ? [] : [differencesPicture(results, comparison)],
    };
  },
};
