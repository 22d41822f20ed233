/** Rerankers of the wider literature beside GoalRank, on the same data, with the same budget and judge. */
import { RELATIVES } from "../../methods/index.ts";
import { compareWithBest } from "../best-baseline.ts";
import { GOAL_RANK, landmarks, methodTitle } from "../contenders.ts";
import type { Experiment } from "../experiment.ts";
import { mainMetric, rankingTable } from "../ranking-table.ts";
import { rankingTrials } from "../ranking-trials.ts";
import type { Row } from "../results.ts";

const TITLES = RELATIVES.map(({ title }) => title);
const LANDMARKS = ["random", "logging policy", "retriever", "imitation"];

export const relatives: Experiment = {
  name: "relatives",
  title: "Relatives: rerankers that the paper does not compare with",
  summary: "rerankers of the wider literature beside GoalRank",
  data: "any",
  isTuned: true,
  trials: ({ seeds, dataset }) => {
    const names = [...landmarks(dataset), ...RELATIVES.map(({ name }) => name), "goalrank"];
    return rankingTrials(
      "relatives",
      { seeds, dataset },
      names.map((contender) => ({ contender })),
    );
  },
  notes: [
    "The paper has no such comparison. Each method gets the search and the budget of Table 1's; its idea, its source and " +
      "what is ours are in [relatives](relatives.md).",
  ],
  present(results) {
    const isRelative = ({ method }: Row) => TITLES.includes(method);
    const comparison = compareWithBest(results, mainMetric(results), isRelative);
    const rows = results.rowsOf([...LANDMARKS, ...TITLES, GOAL_RANK, methodTitle("oracle")]);
    const caption =
      `Rerankers of the wider literature on ${results.place}: mean ± 95% interval over seeds; differences to the best of ` +
      "them over the requests of all seeds.";
    const competes = (row: Row) => isRelative(row) || row.method === GOAL_RANK;
    return {
      tables: [rankingTable(results, { name: "relatives", caption, rows, competes, comparison })],
      pictures: [],
    };
  },
};
