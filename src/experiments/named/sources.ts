/** Ablation of the helper set M: GoalRank's groups from all sources, without each of them, and from each alone. */
import { type GroupEntry, type GroupSet, groupSizeOf } from "../../goalrank/groups/group-set.ts";
import { compareWithBest } from "../best-baseline.ts";
import { GOAL_RANK } from "../contenders.ts";
import type { DatasetChoice } from "../datasets.ts";
import type { Experiment } from "../experiment.ts";
import { mainMetric, rankingTable } from "../ranking-table.ts";
import { type Entry, landmarkEntries, rankingTrials } from "../ranking-trials.ts";
import { scaleSet } from "./table2.ts";

/** Everything that lists may come from, two of each. */
const SOURCES: Readonly<Record<string, GroupEntry>> = {
  policy: { source: "policy", count: 2, temperature: 1 },
  tree: { source: "tree", count: 2 },
  "DNN's scores": { source: "pointwise", count: 2, temperature: 0.5 },
  "policy's first scores": { source: "pointwise", count: 2, scores: "policy" },
  markov: { source: "markov", count: 2 },
  random: { source: "random", count: 2 },
  substitution: { source: "substitution", count: 2 },
  diverse: { source: "diverse", count: 2, scores: "policy" },
  PRM: { source: "helper", method: "prm", count: 2, temperature: 0.5 },
  EGRerank: { source: "helper", method: "eg-rerank", count: 2 },
  "logged list": { source: "logged", count: 1 },
};
const NAMES = Object.keys(SOURCES);
/** Sources that give a whole group by themselves: the others need a list to start from, or are a single list. */
const ALONE = NAMES.filter((name) => !["substitution", "logged list"].includes(name));

const USUAL = "the dataset's own sources";
const ALL = "all sources";
const without = (name: string) => `all but ${name}`;
const alone = (name: string) => `${name} alone`;
const VARIANTS = [USUAL, ALL, ...NAMES.map(without), ...ALONE.map(alone)];

function setsOf(usual: GroupSet): Readonly<Record<string, GroupSet>> {
  const size = groupSizeOf(usual);
  const scaled = (names: readonly string[]) =>
    scaleToSize(
      names.map((name) => SOURCES[name]),
      size,
    );
  return {
    [USUAL]: usual,
    [ALL]: scaled(NAMES),
    ...Object.fromEntries(NAMES.map((name) => [without(name), scaled(NAMES.filter((other) => other !== name))])),
    ...Object.fromEntries(ALONE.map((name) => [alone(name), scaled([name])])),
  };
}

/** `size` lists in about equal parts; of what was logged there is one. */
function scaleToSize(set: GroupSet, size: number): GroupSet {
  const logged = set.filter(({ source }) => source === "logged");
  const others = set.filter(({ source }) => source !== "logged");
  return [...scaleSet(others, size - logged.length), ...logged];
}

function entriesOf({ policy }: DatasetChoice): Entry[] {
  return Object.entries(setsOf(policy.groups.set)).map(([variant, set]) => ({
    contender: { method: "goalrank", policy: { ...policy, groups: { ...policy.groups, set } } },
    variant,
  }));
}

export const sources: Experiment = {
  name: "sources",
  title: "Appendix C: where the lists of a group come from",
  summary: "GoalRank with groups from all sources, without each, and from each alone",
  data: "any",
  trials: ({ seeds, dataset }) =>
    rankingTrials("sources", { seeds, dataset }, [...landmarkEntries(dataset), ...entriesOf(dataset)]),
  notes: [
    "A group has as many lists as the dataset's own, in about equal parts of the sources. PRM and EGRerank are trained before " +
      "GoalRank, in its own time: each gives its answer, and lists drawn from its scores. The logged list is ours.",
    "Substitution needs lists to start from, and the logged list is one list: neither stands alone.",
  ],
  present(results) {
    const rows = VARIANTS.flatMap((variant) => results.row(GOAL_RANK, variant) ?? []);
    const landmarks = results.rowsOf(["logging policy", "oracle"]);
    const comparison = compareWithBest(results, mainMetric(results), ({ variant }) => variant === ALL);
    const caption = `GoalRank by the sources of its groups on ${results.place}; differences to all sources over the requests of all seeds.`;
    const head = { head: "GoalRank with", title: ({ method, variant }: (typeof rows)[number]) => variant || method };
    const competes = ({ method }: (typeof rows)[number]) => method === GOAL_RANK;
    const table = { name: "sources", caption, rows: [...rows, ...landmarks], competes, comparison, ...head };
    return { tables: [rankingTable(results, table)], pictures: [] };
  },
};
