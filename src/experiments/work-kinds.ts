/** The kinds of work that experiments share, and how to find what does a trial's work. */
import { type WorkRunner, workRunner } from "./experiment.ts";
import { findExperiment } from "./named/index.ts";
import { runRankingWork } from "./ranking-work.ts";
import { runSharedWork } from "./shared-work.ts";
import type { Trial } from "./trial.ts";

const COMMON: Readonly<Record<string, WorkRunner>> = {
  shared: workRunner(runSharedWork),
  ranking: workRunner(runRankingWork),
};

/** @throws Error for work that neither all experiments nor the trial's own know */
export function runnerOf({ experiment, work: { kind } }: Trial): WorkRunner {
  const found = COMMON[kind] ?? findExperiment(experiment).works?.[kind];
  if (found === undefined)
    throw new Error(`experiment ${experiment}: nothing does work of the kind "${kind}"`);
  return found;
}
