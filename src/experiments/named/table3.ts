/** Table 3 of the paper: a biased reward model, and a sweep from an honest one to pure noise. */
import { GOAL_RANK } from "../contenders.ts";
import type { Experiment } from "../experiment.ts";
import { landmarkEntries, rankingTrials } from "../ranking-trials.ts";
import { presentSweep, sweptLine } from "./sweep.ts";

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
    const places = BIASES.map((x) => ({ x, method: GOAL_RANK, variant: variantOf(x) }));
    return presentSweep(results, {
      name: "table3",
      caption: `GoalRank with r = (1 - lambda) r_hat + lambda noise on ${results.place}.`,
      head: "GoalRank with",
      title: ({ variant }) => variant,
      axis: { label: "lambda" },
      lines: [sweptLine(results, GOAL_RANK, places)],
      level: "logging policy",
    });
  },
};
