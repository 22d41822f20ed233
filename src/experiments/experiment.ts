/** What an experiment is: the trials of its grid, how their work is done, and what is shown of the results. */
import type { TrainingContext } from "../training/trainer.ts";
import type { DatasetChoice } from "./datasets.ts";
import type { Picture } from "./pictures.ts";
import type { Results } from "./results.ts";
import type { Table } from "./tables.ts";
import type { Trial, TrialLabel, TrialOutcome } from "./trial.ts";

/** What a person asks an experiment for. */
export interface ExperimentRequest {
  readonly seeds: readonly number[];
  readonly dataset: DatasetChoice;
}

/** An experiment with a name. Each is a file of `named/` and a line in `named/index.ts`. */
export interface Experiment {
  readonly name: string;
  /** What the paper calls it, such as `Table 1`, or what it is. */
  readonly title: string;
  /** A line for the list of experiments. */
  readonly summary: string;
  /** What it runs on; to one that needs nothing, a request's dataset means nothing. */
  readonly data: "any" | "world" | "log" | "none";
  /** Whether each of its methods is tuned by a search on validation requests first. */
  readonly isTuned?: boolean;
  /** Whether its trials measure time, so that nothing else may run beside them. */
  readonly alone?: boolean;
  trials(request: ExperimentRequest): readonly Trial[];
  /** Work of this experiment that others do not know, by kind. */
  readonly works?: Readonly<Record<string, WorkRunner>>;
  /** How to read its tables, and where it differs from the paper: true of any results. */
  readonly notes: readonly string[];
  /** What is shown of the results of one dataset. */
  present(results: Results): Presentation;
}

export interface Presentation {
  readonly tables: readonly Table[];
  readonly pictures: readonly Picture[];
}

/** Whether an experiment can run on a dataset. */
export function runsOn({ data }: Experiment, { settings }: DatasetChoice): boolean {
  return data === "any" || data === "none" || data === settings.source;
}

/** What a trial's work may use, in a process of its own that computes on one core. */
export interface Surroundings {
  /** What was done, to name files after. */
  readonly label: TrialLabel;
  /** Where logs lie, by the folders `ml-1m` and `kuairand-pure`. */
  readonly dataFolder: string | undefined;
  /** Of all experiments. */
  readonly root: string;
  /** Training reports, checkpoints of this trial alone, and the signal to stop. */
  readonly context: TrainingContext;
}

/** Does one kind of work, which it alone knows. What it throws is the trial's error. */
export type WorkRunner = (work: never, surroundings: Surroundings) => Promise<TrialOutcome>;
