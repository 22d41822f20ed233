/** The trials of experiments that compare rankings: everything that takes part, with every seed. */
import { type Contender, contender, landmarks, methodTitle } from "./contenders.ts";
import type { DatasetChoice } from "./datasets.ts";
import type { ExperimentRequest } from "./experiment.ts";
import type { RankingWork } from "./ranking-work.ts";
import { sharedTrial } from "./shared-work.ts";
import type { Trial } from "./trial.ts";

/** What takes part, and where it stands in the table. */
export interface Entry extends Pick<RankingWork, "testOrder"> {
  /** A method by its name learns as the dataset says. */
  readonly contender: Contender | string;
  /** The contender's title unless given. */
  readonly method?: string;
  readonly variant?: string;
}

/** @param sharedVariant tells what these trials share from what other trials of the dataset's label share */
export function rankingTrials(
  experiment: string,
  { seeds, dataset }: ExperimentRequest,
  entries: readonly Entry[],
  sharedVariant = "",
): Trial<RankingWork>[] {
  return seeds.flatMap((seed) =>
    entries.map(({ contender: given, method, variant = "", ...order }): Trial<RankingWork> => {
      const own = typeof given === "string" ? contender(given, dataset.policy, dataset.tuned) : given;
      const needs = { ...sharedTrial(dataset, seed), variant: sharedVariant };
      const label = { experiment, dataset: dataset.label, method: method ?? methodTitle(own.method), seed, variant };
      return { ...label, work: { kind: "ranking", shared: needs.work, contender: own, ...order }, needs };
    }),
  );
}

/** Landmarks with these names, where the dataset has them: unless given, the ends that shares are measured between. */
export function landmarkEntries(
  dataset: DatasetChoice,
  names: readonly string[] = ["logging policy", "oracle"],
): Entry[] {
  return landmarks(dataset)
    .filter((method) => names.includes(methodTitle(method)))
    .map((method) => ({ contender: method }));
}
