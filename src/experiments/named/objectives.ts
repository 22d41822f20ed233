/** Eq. 5 against objectives from the wider literature, on the same generator, judge and requests. */
import { type GroupSet, groupSizeOf } from "../../goalrank/groups/group-set.ts";
import type { ObjectiveName } from "../../methods/objectives/objective-settings.ts";
import { compareWithBest } from "../best-baseline.ts";
import type { DatasetChoice } from "../datasets.ts";
import type { Experiment } from "../experiment.ts";
import { mainMetric, rankingTable } from "../ranking-table.ts";
import { type Entry, landmarkEntries, rankingTrials } from "../ranking-trials.ts";

const EQ_5 = "Eq. 5";
const ON_THE_SAME_GROUPS: Readonly<Record<string, ObjectiveName>> = {
  [EQ_5]: "goalrank",
  "LiPO-lambda": "lipo-lambda",
  RankList: "rank-list",
  "DPO, best and worst": "dpo",
  "DPO, all pairs": "dpo-all-pairs",
  ListMLE: "listmle",
  PRO: "pro",
  ApproxNDCG: "approx-ndcg",
  NeuralNDCG: "neural-ndcg",
  "Eq. 5, leave-one-out": "leave-one-out",
  "Eq. 5, tournament": "tournament",
  "trajectory balance": "trajectory-balance",
};
/** All lists of a group are samples of the policy itself, as some objectives need. */
const ON_OWN_LISTS: Readonly<Record<string, ObjectiveName>> = {
  "Eq. 5, own lists": "goalrank",
  "REINFORCE, own lists": "reinforce",
  "GRPO, own lists": "grpo",
  "Rank-GRPO, own lists": "rank-grpo",
};
const ROWS = [...Object.keys(ON_THE_SAME_GROUPS), ...Object.keys(ON_OWN_LISTS)];
const LANDMARKS = ["logging policy", "imitation", "oracle"];

function entriesOf({ policy }: DatasetChoice): Entry[] {
  const size = groupSizeOf(policy.groups.set);
  const samples: GroupSet = [{ source: "policy", count: size, temperature: 1 }];
  const entries = (objectives: Readonly<Record<string, ObjectiveName>>, set: GroupSet) =>
    Object.entries(objectives).map(([method, objective]) => {
      const groups = { ...policy.groups, objective, set };
      return { method, contender: { method: "goalrank", policy: { ...policy, groups } } };
    });
  return [...entries(ON_THE_SAME_GROUPS, policy.groups.set), ...entries(ON_OWN_LISTS, samples)];
}

export const objectives: Experiment = {
  name: "objectives",
  title: "Objectives: Eq. 5 and alternatives",
  summary: "GoalRank's generator trained with Eq. 5, every other objective",
  data: "any",
  trials: ({ seeds, dataset }) =>
    rankingTrials("objectives", { seeds, dataset }, [...landmarkEntries(dataset, LANDMARKS), ...entriesOf(dataset)]),
  notes: [
    "The paper has no such comparison. All objectives share learning rate, updates and number of lists, which were " +
      "chosen for Eq. 5; clip and beta are the defaults of src/methods/objectives. Policy gradients learn from the " +
      "policy's own lists alone, so Eq. 5 is shown with such groups too.",
  ],
  present(results) {
    const rows = results.rowsOf([...ROWS, ...LANDMARKS]);
    const comparison = compareWithBest(results, mainMetric(results), ({ method }) => method === EQ_5);
    const caption =
      `The same generator trained with different objectives on ${results.place}; differences to Eq. 5 over the requests ` +
      "of all seeds.";
    const competes = ({ method }: { readonly method: string }) => ROWS.includes(method);
    return {
      tables: [rankingTable(results, { name: "objectives", caption, rows, competes, comparison })],
      pictures: [],
    };
  },
};
