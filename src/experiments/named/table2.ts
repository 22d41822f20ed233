/** Table 2 of the paper: the number of lists in a group. */
import type { GroupSet } from "../../goalrank/index.ts";
import type { DatasetChoice } from "../datasets.ts";
import type { Experiment } from "../experiment.ts";
import { mainMetric, metricName } from "../ranking-table.ts";
import { injectedCandidates, SMALLER_MODELS } from "./deviations.ts";
import { type SweepPoint, showSweep, sweepTrials, sweptPoints } from "./goalrank-sweep.ts";

const SIZES = [3, 5, 8, 10, 20, 50, 80, 100];
const PLACES = SIZES.map((x) => ({ x, variant: `groups of ${x}` }));

/** The set with `size` lists in about the same parts: rounded down, and what is left to the largest remainders. */
export function scaleSet(set: GroupSet, size: number): GroupSet {
  const total = set.reduce((sum, { count }) => sum + count, 0);
  const shares = set.map(({ count }) => (count * size) / total);
  const left = size - shares.reduce((sum, share) => sum + Math.floor(share), 0);
  const byRemainder = shares.map((_, i) => i).sort((a, b) => (shares[b] % 1) - (shares[a] % 1) || a - b);
  const raised = new Set(byRemainder.slice(0, left));
  return set.map((entry, i) => ({ ...entry, count: Math.floor(shares[i]) + (raised.has(i) ? 1 : 0) }));
}

function pointsOf({ policy }: DatasetChoice): SweepPoint[] {
  return PLACES.map(({ x, variant }) => {
    const groups = { ...policy.groups, set: scaleSet(policy.groups.set, x) };
    return { x, variant, contender: { name: "goalrank", policy: { ...policy, groups } } };
  });
}

export const table2: Experiment = {
  name: "table2",
  title: "Table 2: group size",
  summary: "GoalRank with groups of 3 to 100 lists",
  usesData: true,
  trials: ({ seeds, dataset }) => sweepTrials("table2", dataset, seeds, pointsOf(dataset)),
  present(results) {
    const points = sweptPoints(results, PLACES);
    const best = points.toSorted((a, b) => b.value - a.value)[0];
    const [first, last] = [points[0], points.at(-1)];
    const isInside = best !== first && best !== last;
    const caption = `GoalRank by group size on ${results.dataset}, seeds ${results.seeds.join(", ")}.`;
    return {
      findings:
        best === undefined || last === undefined
          ? []
          : [
              `By ${metricName(mainMetric(results))} groups of ${best.x} are best: ${best.value.toFixed(3)}, against ` +
                `${first.value.toFixed(3)} with ${first.x} lists and ${last.value.toFixed(3)} with ${last.x}. ` +
                (isInside
                  ? "As in the paper, the best size lies between the ends."
                  : "The paper finds the best size between the ends; here it is an end."),
            ],
      deviations: [
        SMALLER_MODELS,
        "A group of any size has the same sources in about the same parts, and every size the same number of requests and " +
          "updates: larger groups cost more.",
        ...injectedCandidates(results.dataset),
      ],
      ...showSweep(results, points, { name: "table2", caption, axis: "lists in a group", isLog: true }),
    };
  },
};
