/** Table 2 of the paper: the number of lists in a group. */
import { type GroupSet, groupSizeOf } from "../../goalrank/groups/group-set.ts";
import { compareWithBest } from "../best-baseline.ts";
import { GOAL_RANK } from "../contenders.ts";
import type { DatasetChoice, PolicyOptions } from "../datasets.ts";
import type { Experiment } from "../experiment.ts";
import { mainMetric, metricName } from "../ranking-table.ts";
import { type Entry, landmarkEntries, rankingTrials } from "../ranking-trials.ts";
import { type Results, seedMean } from "../results.ts";
import { type Table, tableOf } from "../tables.ts";
import { presentSweep, type SweptLine, type SweptRow, sweptLine } from "./sweep.ts";

const SIZES = [3, 5, 8, 10, 20, 50, 80, 100];

/** What stays the same when groups grow. */
interface Series {
  readonly name: string;
  variantOf(size: number): string;
  /** Requests that GoalRank learns from, with groups of `size`. */
  requests(policy: PolicyOptions, size: number): number;
}

const SERIES: readonly Series[] = [
  {
    name: "as many requests",
    variantOf: (size) => `groups of ${size}`,
    requests: ({ policyRequests }) => policyRequests,
  },
  {
    name: "as many lists",
    variantOf: (size) => `groups of ${size}, as many lists in all`,
    requests: ({ policyRequests, groups }, size) => Math.round((policyRequests * groupSizeOf(groups.set)) / size),
  },
];

/** The set with `size` lists in about the same parts: rounded down, and what is left to the largest remainders. */
export function scaleSet(set: GroupSet, size: number): GroupSet {
  const total = groupSizeOf(set);
  const shares = set.map(({ count }) => (count * size) / total);
  const left = size - shares.reduce((sum, share) => sum + Math.floor(share), 0);
  const byRemainder = shares.map((_, i) => i).sort((a, b) => (shares[b] % 1) - (shares[a] % 1) || a - b);
  const raised = new Set(byRemainder.slice(0, left));
  return set.map((entry, i) => ({ ...entry, count: Math.floor(shares[i]) + (raised.has(i) ? 1 : 0) }));
}

/** GoalRank with every size of a group, but those for which there are too few requests. */
function entriesOf({ policy, settings }: DatasetChoice): Entry[] {
  const available = settings.source === "world" ? settings.trainingLists : (settings.options.maxLists ?? Infinity);
  return SERIES.flatMap(({ variantOf, requests }) =>
    SIZES.flatMap((size): Entry[] => {
      const policyRequests = requests(policy, size);
      if (policyRequests > Math.max(available, policy.policyRequests)) return [];
      const groups = { ...policy.groups, set: scaleSet(policy.groups.set, size) };
      const contender = { method: "goalrank", policy: { ...policy, policyRequests, groups } };
      return [{ contender, variant: variantOf(size) }];
    }),
  );
}

/** The best size of each series, and how far its smallest and its largest size stay under that. */
function endsTable(results: Results, lines: readonly SweptLine[]): Table {
  const metric = mainMetric(results);
  const caption = `The best size by ${metricName(metric)}, and the ends less the best, per request of all seeds.`;
  const series = lines.flatMap(({ name, points }) => {
    const rows = points.map(({ row }) => row);
    const comparison = compareWithBest(results, metric, (row) => rows.includes(row));
    const best = points.find(({ row }) => row === comparison?.reference);
    const behind = ({ row }: SweptRow) => comparison?.contrasts.find((contrast) => contrast.row === row);
    return best === undefined ? [] : [{ name, best, behind, first: points[0], last: points[points.length - 1] }];
  });
  return tableOf("table2-ends", caption, series, [
    { title: "with", of: ({ name }) => name },
    { title: "best size", digits: 0, of: ({ best }) => best.x },
    { title: "its value", of: ({ best }) => seedMean(best.row, metric)?.mean },
    { title: "smallest size", digits: 0, of: ({ first }) => first.x },
    { title: "less the best", of: ({ behind, first }) => behind(first) },
    { title: "largest size", digits: 0, of: ({ last }) => last.x },
    { title: "less the best", of: ({ behind, last }) => behind(last) },
  ]);
}

export const table2: Experiment = {
  name: "table2",
  title: "Table 2: group size",
  summary: "GoalRank with groups of 3 to 100 lists",
  data: "any",
  trials: ({ seeds, dataset }) =>
    rankingTrials("table2", { seeds, dataset }, [...landmarkEntries(dataset), ...entriesOf(dataset)]),
  notes: [
    "A group of any size has the same sources in about the same parts. With as many requests, every size has the same number " +
      "of updates, and larger groups cost more; with as many lists in all, every size costs about the same, and larger groups " +
      "have fewer updates. Sizes for which there are too few requests are left out.",
  ],
  present(results) {
    const lines = SERIES.map(({ name, variantOf }) => {
      const places = SIZES.map((x) => ({ x, method: GOAL_RANK, variant: variantOf(x) }));
      return sweptLine(results, name, places);
    }).filter(({ points }) => points.length > 0);
    const { tables, pictures } = presentSweep(results, {
      name: "table2",
      caption: `GoalRank by group size on ${results.place}.`,
      head: "GoalRank with",
      title: ({ variant }) => variant,
      axis: { label: "lists in a group", type: "log" },
      lines,
      level: "logging policy",
    });
    return { tables: [...tables, endsTable(results, lines)], pictures };
  },
};
