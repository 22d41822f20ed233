/** The two ends that shares of what can be had are measured between: the logging policy and the oracle. */

import { contenderTitle, landmarks } from "../contenders.ts";
import type { DatasetChoice } from "../datasets.ts";
import { rankingTrial } from "../ranking-work.ts";
import type { Trial } from "../trial.ts";

/** Trials of the rows of `landmarks` with these names, where the dataset has them. */
export function landmarkTrials(
  experiment: string,
  dataset: DatasetChoice,
  seed: number,
  names: readonly string[] = ["logging policy", "oracle"],
): Trial[] {
  return landmarks(dataset)
    .filter(({ name }) => names.includes(name))
    .map((own) => rankingTrial({ experiment, method: contenderTitle(own), seed }, dataset, own));
}
