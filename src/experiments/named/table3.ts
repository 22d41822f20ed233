/** Table 3 of the paper: a biased reward model, and a sweep from an honest one to pure noise. */
import { GOAL_RANK } from "../contenders.ts";
import type { DatasetChoice } from "../datasets.ts";
import type { Experiment } from "../experiment.ts";
import { mainMetric, metricName } from "../ranking-table.ts";
import { injectedCandidates, SMALLER_MODELS } from "./deviations.ts";
import { type SweepPoint, showSweep, sweepTrials, sweptPoints } from "./goalrank-sweep.ts";

/** 0, 0.2 and 0.5 are the paper's. */
const BIASES = [0, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1];
const PLACES = BIASES.map((x) => ({ x, variant: `lambda ${x}` }));

function pointsOf({ policy }: DatasetChoice): SweepPoint[] {
  return PLACES.map(({ x, variant }) => ({
    x,
    variant,
    contender: { name: "goalrank", policy, ...(x > 0 && { bias: x }) },
  }));
}

export const table3: Experiment = {
  name: "table3",
  title: "Table 3: a biased reward model",
  summary: "GoalRank with rewards that are noise in part, lambda from 0 to 1",
  usesData: true,
  trials: ({ seeds, dataset }) => sweepTrials("table3", dataset, seeds, pointsOf(dataset)),
  present(results) {
    const points = sweptPoints(results, PLACES);
    const at = (bias: number) => points.find(({ x }) => x === bias)?.value;
    const [honest, slight, half, noise] = [at(0), at(0.2), at(0.5), at(1)];
    const lost = (value: number) => (honest === undefined ? "" : `${(value - honest).toFixed(3)}`);
    const caption = `GoalRank with r = (1 - lambda) r_hat + lambda noise on ${results.dataset}, seeds ${results.seeds.join(", ")}.`;
    return {
      findings:
        honest === undefined || slight === undefined || half === undefined || noise === undefined
          ? []
          : [
              `By ${metricName(mainMetric(results))} GoalRank has ${honest.toFixed(3)} with the honest judge; ` +
                `lambda = 0.2 changes that by ${lost(slight)}, 0.5 by ${lost(half)}, and pure noise by ${lost(noise)}.`,
            ],
      deviations: [
        SMALLER_MODELS,
        "The paper does not say what its noise is. Here it is normal, with the mean and the standard deviation of r_hat over " +
          "the logged lists of 1,000 training requests, and fixed for each user and list. Those deviate between users too, so " +
          "that the noise within a group is larger than what r_hat itself tells apart there: lambda = 0.5 is a hard case. " +
          "The judge that measures the predicted reward is always the honest one.",
        ...injectedCandidates(results.dataset),
      ],
      ...showSweep(results, [{ name: GOAL_RANK, points }], {
        name: "table3",
        caption,
        axis: "lambda",
        isLog: false,
      }),
    };
  },
};
