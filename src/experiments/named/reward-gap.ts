/**
 * Eq. 3 measured and acted on: inside groups, how often the judge orders lists rightly that it puts at least delta apart, and
 * what GoalRank comes to when its groups hold no lists that lie nearer.
 */
import { feedbackBatch } from "../../data/batch.ts";
import { selectRows } from "../../data/dataset.ts";
import { labelsOfLists } from "../../data/labels.ts";
import { shapedBatches } from "../../data/shapes.ts";
import { gapAccuracy } from "../../evaluation/reward-report.ts";
import { scoreGroups } from "../../goalrank/goalrank-task.ts";
import { sharedModel } from "../../methods/method.ts";
import { scope } from "../../tensor/index.ts";
import { expectedRewards } from "../../world/oracle.ts";
import { GOAL_RANK } from "../contenders.ts";
import type { PolicyOptions } from "../datasets.ts";
import type { Experiment, ExperimentRequest, Surroundings } from "../experiment.ts";
import { landmarkEntries, rankingTrials } from "../ranking-trials.ts";
import { type Results, seedMean } from "../results.ts";
import { loadShared, type SharedWork, sharedTrial } from "../shared-work.ts";
import { type Table, tableOf } from "../tables.ts";
import type { Trial, TrialOutcome, Work } from "../trial.ts";
import { presentSweep, sweptLine } from "./sweep.ts";

const EXPERIMENT = "reward-gap";
/** In rewards: expected positives of a list. */
const GAPS = [0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4];
const variantOf = (gap: number) => `delta ${gap}`;
const JUDGE = "judge";
/** Requests whose groups are looked at. */
const REQUESTS = 500;

interface GapWork extends Work {
  readonly kind: "gap-accuracy";
  readonly shared: SharedWork;
  readonly groups: PolicyOptions["groups"];
  readonly gaps: readonly number[];
  readonly requests: number;
}

function trialsOf({ seeds, dataset }: ExperimentRequest): Trial[] {
  const { policy } = dataset;
  const accuracies = seeds.map((seed): Trial => {
    const needs = sharedTrial(dataset, seed);
    const own = { shared: needs.work, groups: policy.groups, gaps: GAPS, requests: REQUESTS };
    const work: GapWork = { kind: "gap-accuracy", ...own };
    return { experiment: EXPERIMENT, dataset: dataset.label, method: JUDGE, seed, variant: "", work, needs };
  });
  const entries = GAPS.map((minimumGap) => ({
    contender: { method: "goalrank", policy: { ...policy, groups: { ...policy.groups, minimumGap } } },
    variant: variantOf(minimumGap),
  }));
  return [...accuracies, ...rankingTrials(EXPERIMENT, { seeds, dataset }, [...landmarkEntries(dataset), ...entries])];
}

/**
 * Order accuracy by predicted gap, in groups that the imitation of the log stands for the policy in; what lists are worth is
 * the truth of a world, or what of them was shown and liked.
 */
async function measureGaps(work: GapWork, surroundings: Surroundings): Promise<TrialOutcome> {
  const { data, models } = await loadShared(work.shared, surroundings);
  const [generator, judge, pointwise] = [
    sharedModel(models.context, "imitation"),
    sharedModel(models.context, "judge"),
    sharedModel(models.context, "pointwise"),
  ];
  const { test, world } = data;
  const rows = Array.from({ length: Math.min(work.requests, test.size) }, (_, row) => row);
  const asked = selectRows(test, rows);
  const [predicted, worth]: [number[], number[]] = [[], []];
  let groupSize = 1;
  for (const [step, batchRows] of [...shapedBatches(asked, 64)].entries()) {
    using _ = scope();
    const batch = feedbackBatch(asked, batchRows);
    const key = { seed: work.shared.data.seed, stream: "reward gap", step };
    // What the options leave out of a group is looked at too.
    const all = { ...work.groups, spaced: undefined, minimumGap: 0, refreshEvery: 1 };
    const { groups, rewards } = await scoreGroups({ generator, judge, pointwise }, batch, all, key);
    groupSize = groups.groupSize;
    const rowOfList = Int32Array.from(rewards, (_own, at) => batchRows[Math.floor(at / groupSize)]);
    const labels = labelsOfLists(batch, groups.lists);
    const length = groups.lists.length / rewards.length;
    const liked = Array.from(rewards, (_own, at) =>
      labels.subarray(at * length, (at + 1) * length).reduce((sum, label) => sum + label, 0),
    );
    predicted.push(...rewards);
    worth.push(...(world === undefined ? liked : expectedRewards(world, selectRows(asked, rowOfList), groups.lists)));
  }
  const found = gapAccuracy(predicted, worth, groupSize, work.gaps);
  const pairs = found[0]?.pairs ?? 0;
  return {
    metrics: Object.fromEntries(
      found.flatMap((own): [string, number][] => [
        [`share at ${own.gap}`, pairs === 0 ? 0 : own.pairs / pairs],
        ...(own.accuracy === undefined ? [] : [[`accuracy at ${own.gap}`, own.accuracy] as [string, number]]),
      ]),
    ),
  };
}

/** Undefined where nothing was measured. */
function accuracyTable(results: Results): Table | undefined {
  const row = results.row(JUDGE);
  if (row === undefined) return undefined;
  const caption =
    `Pairs of lists inside a group that the judge puts at least delta apart on ${results.place}: their share of all pairs whose ` +
    "worth differs, and how many of them are in the right order.";
  return tableOf("reward-gap-accuracy", caption, GAPS, [
    { title: "delta", digits: 2, of: (gap) => gap },
    { title: "share of the pairs", isPercent: true, of: (gap) => seedMean(row, `share at ${gap}`) },
    { title: "in the right order", isPercent: true, of: (gap) => seedMean(row, `accuracy at ${gap}`) },
  ]);
}

export const rewardGap: Experiment = {
  name: EXPERIMENT,
  title: "Eq. 3: the gap between the lists of a group",
  summary: "how often the judge orders lists rightly by their predicted gap, and GoalRank with a least gap",
  data: "any",
  trials: trialsOf,
  works: { "gap-accuracy": measureGaps },
  notes: [
    "Eq. 3 asks that a judge orders lists rightly whose rewards lie more than delta apart, and lets groups be made of such lists. " +
      "Here delta is of the predicted reward, in expected positives: of lists that lie nearer the better one stays. Groups of " +
      "which fewer than two lists stay teach nothing, so that a large delta also means less to learn from.",
    "On a log a list is worth what of it was shown and liked, which is not what it would have got.",
  ],
  present(results) {
    const places = GAPS.map((x) => ({ x, method: GOAL_RANK, variant: variantOf(x) }));
    const { tables, pictures } = presentSweep(results, {
      name: EXPERIMENT,
      caption: `GoalRank by the least gap in predicted reward between the lists of a group on ${results.place}.`,
      head: "GoalRank with",
      title: ({ variant }) => variant,
      axis: { label: "delta, expected positives" },
      lines: [sweptLine(results, GOAL_RANK, places)],
      level: "logging policy",
    });
    const accuracy = accuracyTable(results);
    return { tables: [...(accuracy ? [accuracy] : []), ...tables], pictures };
  },
};
