/**
 * Figure 1d of the paper: what a generator-evaluator gains from more lists, and a multi-generator-evaluator from more
 * generators, beside GoalRank, which proposes nothing.
 */
import { compareWithBest } from "../best-baseline.ts";
import { GOAL_RANK, methodTitle, TABLE_METHODS } from "../contenders.ts";
import type { Experiment } from "../experiment.ts";
import { mainMetric } from "../ranking-table.ts";
import { landmarkEntries, rankingTrials } from "../ranking-trials.ts";
import { presentSweep, sweptLine } from "./sweep.ts";

const LISTS = [1, 3, 10, 30, 100, 300, 1000];
const EVALUATOR = "generator-evaluator";
/** The multi-generator-evaluators of Table 1, with their number of generators. */
const FLEETS = TABLE_METHODS.flatMap((contender) => {
  const [, size] = /^mg-e-(\d+)$/.exec(contender) ?? [];
  return size === undefined ? [] : [{ contender, size: Number(size) }];
});

const variantOf = (lists: number) => `${lists} ${lists === 1 ? "list" : "lists"}`;

export const figure1d: Experiment = {
  name: "figure1d",
  title: "Figure 1d: more lists, more generators",
  summary: "saturation of generator-evaluators with 1 to 1000 lists, beside GoalRank",
  data: "any",
  trials: ({ seeds, dataset }) =>
    rankingTrials("figure1d", { seeds, dataset }, [
      ...landmarkEntries(dataset),
      { contender: "goalrank" },
      ...LISTS.map((lists) => ({ contender: `${EVALUATOR}-${lists}`, method: EVALUATOR, variant: variantOf(lists) })),
      ...FLEETS.map(({ contender }) => ({ contender })),
    ]),
  notes: [
    "Lists are drawn from the pointwise ranker without replacement, at the temperature of five that wins the judge's " +
      "favour on 256 training requests.",
  ],
  present(results) {
    const evaluators = LISTS.map((x) => ({ x, method: EVALUATOR, variant: variantOf(x) }));
    const fleets = FLEETS.map(({ contender, size }) => ({ x: size, method: methodTitle(contender) }));
    const lines = [sweptLine(results, EVALUATOR, evaluators), sweptLine(results, "MG-E", fleets)];
    return presentSweep(results, {
      name: "figure1d",
      caption: `Generator-evaluators by the number of lists that they choose from, on ${results.place}.`,
      axis: { label: "lists or generators", type: "log" },
      lines,
      level: GOAL_RANK,
      others: results.rowsOf([GOAL_RANK]),
      comparison: compareWithBest(results, mainMetric(results), ({ method }) => method === EVALUATOR),
    });
  },
};
