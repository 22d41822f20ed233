/** An experiment small enough for tests: three methods on the tiny world, in processes of their own. */

import type { Contender } from "../../src/experiments/contenders.ts";
import { chooseDataset, type DatasetChoice } from "../../src/experiments/datasets.ts";
import type { Experiment } from "../../src/experiments/experiment.ts";
import { rankingTrials } from "../../src/experiments/ranking-trials.ts";
import { type RunOptions, runExperiment } from "../../src/experiments/run-experiment.ts";
import { QUIET } from "./trials.ts";

export async function smallDataset(): Promise<DatasetChoice> {
  return chooseDataset({ name: "tiny", maxLists: 400 });
}

export function smallExperiment(contenders: (dataset: DatasetChoice) => readonly Contender[]): Experiment {
  return {
    name: "small",
    title: "Small",
    summary: "for tests",
    data: "any",
    trials: ({ seeds, dataset }) =>
      rankingTrials(
        "small",
        { seeds, dataset },
        contenders(dataset).map((contender) => ({ contender })),
      ),
    notes: [],
    present: (results) => ({
      tables: [
        {
          name: "small",
          caption: "Small",
          columns: [{ title: "method" }, { title: "seeds", digits: 0 }],
          rows: results.rows.map(({ method, trials }) => [method, trials.length]),
        },
      ],
      pictures: [],
    }),
  };
}

/** A method that learns, and some that do not. */
export const CONTENDERS = ({ policy }: DatasetChoice): readonly Contender[] => [
  { method: "random" },
  { method: "prm" },
  { method: "goalrank", policy: { ...policy, policyRequests: 320 } },
];

export async function runSmall(
  root: string,
  options: Partial<RunOptions> & { readonly contenders?: typeof CONTENDERS } = {},
) {
  const { contenders = CONTENDERS, ...others } = options;
  return runExperiment(
    smallExperiment(contenders),
    { seeds: [1], dataset: await smallDataset() },
    {
      root,
      dataFolder: undefined,
      jobs: 1,
      listener: QUIET,
      command: "goalrank experiment small",
      signal: new AbortController().signal,
      ...others,
    },
  );
}
