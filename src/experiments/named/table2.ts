/** Table 2 of the paper: the number of lists in a group. */
import type { GroupSet } from "../../goalrank/groups/group-set.ts";
import { compareWithBest } from "../best-baseline.ts";
import type { DatasetChoice, PolicyOptions } from "../datasets.ts";
import type { Experiment } from "../experiment.ts";
import { estimateText, mainMetric, metricName } from "../ranking-table.ts";
import type { Results } from "../results.ts";
import { injectedCandidates, SMALLER_MODELS } from "./deviations.ts";
import { type SweepPoint, type SweptLine, showSweep, sweepTrials, sweptPoints } from "./goalrank-sweep.ts";

const SIZES = [3, 5, 8, 10, 20, 50, 80, 100];

/** What stays the same when groups grow. */
interface Series {
  readonly name: string;
  readonly places: readonly Omit<SweepPoint, "contender">[];
  /** Requests that GoalRank learns from, with groups of `size`. */
  requests(policy: PolicyOptions, size: number): number;
}

function series(name: string, variantOf: (size: number) => string, requests: Series["requests"]): Series {
  return { name, places: SIZES.map((x) => ({ x, variant: variantOf(x) })), requests };
}

const SERIES: readonly Series[] = [
  series(
    "as many requests",
    (size) => `groups of ${size}`,
    ({ policyRequests }) => policyRequests,
  ),
  series(
    "as many lists",
    (size) => `groups of ${size}, as many lists in all`,
    ({ policyRequests, groups }, size) => Math.round((policyRequests * sizeOf(groups.set)) / size),
  ),
];

function sizeOf(set: GroupSet): number {
  return set.reduce((sum, { count }) => sum + count, 0);
}

/** The set with `size` lists in about the same parts: rounded down, and what is left to the largest remainders. */
export function scaleSet(set: GroupSet, size: number): GroupSet {
  const total = sizeOf(set);
  const shares = set.map(({ count }) => (count * size) / total);
  const left = size - shares.reduce((sum, share) => sum + Math.floor(share), 0);
  const byRemainder = shares.map((_, i) => i).sort((a, b) => (shares[b] % 1) - (shares[a] % 1) || a - b);
  const raised = new Set(byRemainder.slice(0, left));
  return set.map((entry, i) => ({ ...entry, count: Math.floor(shares[i]) + (raised.has(i) ? 1 : 0) }));
}

function pointsOf({ policy, settings }: DatasetChoice): SweepPoint[] {
  const available =
    settings.source === "world" ? settings.trainingLists : (settings.options.maxLists ?? Infinity);
  return SERIES.flatMap(({ places, requests }) =>
    places.flatMap(({ x, variant }): SweepPoint[] => {
      const policyRequests = requests(policy, x);
      if (policyRequests > Math.max(available, policy.policyRequests)) return [];
      const groups = { ...policy.groups, set: scaleSet(policy.groups.set, x) };
      return [{ x, variant, contender: { name: "goalrank", policy: { ...policy, policyRequests, groups } } }];
    }),
  );
}

function finding(results: Results, { name, points }: SweptLine): string[] {
  const metric = mainMetric(results);
  const comparison = compareWithBest(results, metric, (row) => points.some((point) => point.row === row));
  const best = points.find(({ row }) => row === comparison?.reference);
  const [first, last] = [points[0], points.at(-1)];
  if (best === undefined || last === undefined || first === last) return [];
  const ends = [first, last].filter((end) => end !== best);
  const behind = ends.map(({ row, x, value }) => {
    const contrast = comparison?.contrasts.find((own) => own.row === row);
    const lost = contrast && { mean: -contrast.mean, halfWidth: contrast.halfWidth };
    const text = `${value.toFixed(3)} with ${x} lists${lost ? ` (${estimateText(lost)} less per request)` : ""}`;
    return { x, text, isTold: lost === undefined || lost.mean > lost.halfWidth };
  });
  const untold = behind.filter(({ isTold }) => !isTold).map(({ x }) => x);
  const verdict =
    ends.length < 2
      ? "The paper finds the best size between the ends; here it is an end."
      : untold.length === 0
        ? "As in the paper, the best size lies between the ends."
        : `As in the paper, the best size lies between the ends, but ${untold.join(" and ")} cannot be told from it.`;
  return [
    `With ${name}, by ${metricName(metric)}, groups of ${best.x} are best: ${best.value.toFixed(3)}, against ` +
      `${behind.map(({ text }) => text).join(" and ")}. ${verdict}`,
  ];
}

export const table2: Experiment = {
  name: "table2",
  title: "Table 2: group size",
  summary: "GoalRank with groups of 3 to 100 lists",
  usesData: true,
  trials: ({ seeds, dataset }) => sweepTrials("table2", dataset, seeds, pointsOf(dataset)),
  present(results) {
    const lines = SERIES.map(({ name, places }) => ({ name, points: sweptPoints(results, places) })).filter(
      ({ points }) => points.length > 0,
    );
    const caption = `GoalRank by group size on ${results.dataset}, seeds ${results.seeds.join(", ")}.`;
    return {
      findings: lines.flatMap((line) => finding(results, line)),
      deviations: [
        SMALLER_MODELS,
        "A group of any size has the same sources in about the same parts. With as many requests, every size has the same number " +
          "of updates, and larger groups cost more; with as many lists in all, every size costs about the same, and larger groups " +
          "have fewer updates. Sizes for which there are too few requests are left out.",
        ...injectedCandidates(results.dataset),
      ],
      ...showSweep(results, lines, { name: "table2", caption, axis: "lists in a group", isLog: true }),
    };
  },
};
