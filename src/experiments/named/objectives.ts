/** Eq. 5 against objectives from the wider literature, on the same generator, judge and requests. */
import type { GroupOptions } from "../../goalrank/goalrank-task.ts";
import type { GroupSet } from "../../goalrank/groups/group-set.ts";
import type { ObjectiveName } from "../../methods/objectives/index.ts";
import { compareWithBest, highest } from "../best-baseline.ts";
import type { Contender } from "../contenders.ts";
import type { DatasetChoice } from "../datasets.ts";
import type { Experiment } from "../experiment.ts";
import { estimateText, mainMetric, metricName, rankingTable } from "../ranking-table.ts";
import { rankingTrial } from "../ranking-work.ts";
import { type Results, seedMean } from "../results.ts";
import { injectedCandidates, SMALLER_MODELS } from "./deviations.ts";
import { landmarkTrials } from "./landmark-trials.ts";

interface Row {
  readonly title: string;
  readonly objective: ObjectiveName;
  /** Whether all lists of a group are samples of the policy itself, as some objectives need. */
  readonly ownLists: boolean;
}

const EQ_5 = "Eq. 5";
const ROWS: readonly Row[] = [
  { title: EQ_5, objective: "goalrank", ownLists: false },
  { title: "LiPO-lambda", objective: "lipo-lambda", ownLists: false },
  { title: "RankList", objective: "rank-list", ownLists: false },
  { title: "DPO, best and worst", objective: "dpo", ownLists: false },
  { title: "Eq. 5, own lists", objective: "goalrank", ownLists: true },
  { title: "REINFORCE, own lists", objective: "reinforce", ownLists: true },
  { title: "GRPO, own lists", objective: "grpo", ownLists: true },
  { title: "Rank-GRPO, own lists", objective: "rank-grpo", ownLists: true },
];
const LANDMARKS = ["logging policy", "imitation", "oracle"];

function contenderOf({ objective, ownLists }: Row, { policy }: DatasetChoice): Contender {
  const size = policy.groups.set.reduce((sum, { count }) => sum + count, 0);
  const samples: GroupSet = [{ source: "policy", count: size, temperature: 1 }];
  const groups: GroupOptions = { ...policy.groups, objective, ...(ownLists && { set: samples }) };
  return { name: "goalrank", policy: { ...policy, groups } };
}

function findings(results: Results): string[] {
  const main = mainMetric(results);
  const rows = results.rows.filter(({ method }) => ROWS.some(({ title }) => title === method));
  const best = highest(rows, main);
  const [bestValue, own] = [best, results.row(EQ_5)].map((row) => row && seedMean(row, main));
  if (best === undefined || bestValue === undefined || own === undefined) return [];
  return [
    `By ${metricName(main)} the best objective is ${best.method} with ${estimateText(bestValue)}; Eq. 5 with ` +
      `GoalRank's groups has ${estimateText(own)}.`,
  ];
}

export const objectives: Experiment = {
  name: "objectives",
  title: "Objectives: Eq. 5 and alternatives",
  summary: "GoalRank's generator trained with Eq. 5, REINFORCE, GRPO, LiPO, DPO and others",
  usesData: true,
  trials: ({ seeds, dataset }) =>
    seeds.flatMap((seed) => [
      ...landmarkTrials("objectives", dataset, seed, LANDMARKS),
      ...ROWS.map((row) =>
        rankingTrial(
          { experiment: "objectives", method: row.title, seed },
          dataset,
          contenderOf(row, dataset),
        ),
      ),
    ]),
  present(results) {
    const main = mainMetric(results);
    const rows = [...ROWS.map(({ title }) => title), ...LANDMARKS].flatMap((title) => {
      const row = results.row(title);
      return row === undefined ? [] : [{ title, row }];
    });
    const comparison = compareWithBest(results, main, ({ method }) => method === EQ_5);
    const caption =
      `The same generator trained with different objectives on ${results.dataset}, seeds ${results.seeds.join(", ")}; ` +
      "differences to Eq. 5 over the requests of all seeds.";
    const competes = ({ method }: { readonly method: string }) => !LANDMARKS.includes(method);
    return {
      findings: findings(results),
      deviations: [
        SMALLER_MODELS,
        "The paper has no such comparison. All objectives share learning rate, updates and number of lists, which were " +
          "chosen for Eq. 5; clip and beta are the defaults of src/goalrank/objectives. Policy gradients learn from the " +
          "policy's own lists alone, so Eq. 5 is shown with such groups too.",
        ...injectedCandidates(results.dataset),
      ],
      tables: [rankingTable(results, { name: "objectives", caption, rows, competes, comparison })],
      pictures: [],
    };
  },
};
