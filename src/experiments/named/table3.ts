/** Table 3 of the paper: a biased reward model, and a sweep from an honest one to pure noise. */
import { GOAL_RANK } from "../contenders.ts";
import type { Experiment } from "../experiment.ts";
import { rankingTable } from "../ranking-table.ts";
import { landmarkEntries, rankingTrials } from "./ranking-trials.ts";
import { sweepPicture, sweptLine } from "./sweep-picture.ts";

/** 0, 0.2 and 0.5 are the paper's. */
const BIASES = [0, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1];
const variantOf = (bias: number) => `lambda ${bias}`;

export const table3: Experiment = {
  name: "table3",
  title: "Table 3: a biased reward model",
  summary: "GoalRank with rewards that are noise in part, lambda from 0 to 1",
  data: "any",
  trials: ({ seeds, dataset }) =>
    rankingTrials("table3", { seeds, dataset }, [
      ...landmarkEntries(dataset),
      ...BIASES.map((bias) => ({
        contender: { method: "goalrank", policy: dataset.policy, ...(bias > 0 && { bias }) },
        variant: variantOf(bias),
      })),
    ]),
  notes: [
    "The paper does not say what its noise is. Here it is normal, with the mean and the standard deviation of r_hat over " +
      "the logged lists of 1,000 training requests, and fixed for each user and list. Those deviate between users too, so " +
      "that the noise within a group is larger than what r_hat itself tells apart there: lambda = 0.5 is a hard case. " +
      "The judge that measures the predicted reward is always the honest one.",
  ],
  present(results) {
    const caption = `GoalRank with r = (1 - lambda) r_hat + lambda noise on ${results.place}.`;
    const places = BIASES.map((x) => ({ x, method: GOAL_RANK, variant: variantOf(x) }));
    const line = sweptLine(results, GOAL_RANK, places);
    const shown = { name: "table3", caption };
    return {
      tables: [
        rankingTable(results, {
          ...shown,
          rows: line.points.map(({ row }) => row),
          head: "GoalRank with",
          title: ({ variant }) => variant,
        }),
      ],
      pictures: [
        sweepPicture(results, {
          ...shown,
          axis: "lambda",
          type: "linear",
          lines: [line],
          level: "logging policy",
        }),
      ],
    };
  },
};
