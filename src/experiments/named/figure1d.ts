/**
 * Figure 1d of the paper: what a generator-evaluator gains from more lists, and a multi-generator-evaluator from more
 * generators, beside GoalRank, which proposes nothing.
 */
import { compareWithBest } from "../best-baseline.ts";
import { GOAL_RANK, methodTitle, tableMethods } from "../contenders.ts";
import type { Experiment } from "../experiment.ts";
import { mainMetric, rankingTable } from "../ranking-table.ts";
import { landmarkEntries, rankingTrials } from "./ranking-trials.ts";
import { sweepPicture, sweptLine } from "./sweep-picture.ts";

const LISTS = [1, 3, 10, 30, 100, 300, 1000];
const EVALUATOR = "generator-evaluator";
/** The multi-generator-evaluators of Table 1, with their number of generators. */
const FLEETS = tableMethods().flatMap((contender) => {
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
      ...LISTS.map((lists) => ({
        contender: `${EVALUATOR}-${lists}`,
        method: EVALUATOR,
        variant: variantOf(lists),
      })),
      ...FLEETS.map(({ contender }) => ({ contender })),
    ]),
  notes: [
    "Lists are drawn from the pointwise ranker without replacement, at the temperature of five that wins the judge's " +
      "favour on 256 training requests.",
  ],
  present(results) {
    const lines = [
      sweptLine(
        results,
        EVALUATOR,
        LISTS.map((x) => ({ x, method: EVALUATOR, variant: variantOf(x) })),
      ),
      sweptLine(
        results,
        "MG-E",
        FLEETS.map(({ contender, size }) => ({ x: size, method: methodTitle(contender) })),
      ),
    ];
    const shown = {
      name: "figure1d",
      caption: `Generator-evaluators by the number of lists that they choose from, on ${results.place}.`,
    };
    const rows = lines.flatMap(({ points }) => points.map(({ row }) => row));
    const comparison = compareWithBest(results, mainMetric(results), ({ method }) => method === EVALUATOR);
    return {
      tables: [
        rankingTable(results, { ...shown, rows: [...rows, ...results.rowsOf([GOAL_RANK])], comparison }),
      ],
      pictures: [
        sweepPicture(results, {
          ...shown,
          axis: "lists or generators",
          type: "log",
          lines,
          level: GOAL_RANK,
        }),
      ],
    };
  },
};
