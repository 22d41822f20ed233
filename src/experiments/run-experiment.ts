/** Runs an experiment: what is left of its grid, then its tables and pictures. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileName, writeWhole } from "../files/write-whole.ts";
import { startTrialProcess } from "./child-process.ts";
import type { Experiment, ExperimentRequest, Presentation } from "./experiment.ts";
import { type GridOptions, type GridReport, runTrials, type TrialProcess } from "./job-grid.ts";
import { Results } from "./results.ts";
import { recordRun } from "./run-log.ts";
import { isSharedFinished, SHARED } from "./shared-work.ts";
import { StoredResults } from "./stored-results.ts";
import { toCsv, toLatex, toMarkdown } from "./tables.ts";
import { type Trial, workKey } from "./trial.ts";

export interface RunOptions extends Pick<GridOptions, "jobs" | "listener" | "signal"> {
  /** Folder of all experiments. */
  readonly root: string;
  readonly dataFolder: string | undefined;
  /** For the record. */
  readonly command: string;
  /** Methods whose results are discarded first. */
  readonly again?: readonly string[];
  /** What runs a trial: a process of its own unless given. */
  readonly start?: () => TrialProcess;
}

export interface ExperimentRun extends GridReport {
  readonly presentation: Presentation;
  /** Files written. */
  readonly files: readonly string[];
}

/** Runs the trials whose results are not there, and writes the tables and pictures of all that are. */
export async function runExperiment(
  experiment: Experiment,
  request: ExperimentRequest,
  options: RunOptions,
): Promise<ExperimentRun> {
  const { root, dataFolder, listener, signal, again = [] } = options;
  const started = Date.now();
  const folder = join(root, experiment.name);
  const trials = experiment.trials(request);
  const tables = new OpenTables(root);
  const own = tables.of(experiment.name);
  own.forget(({ method }) => again.includes(method));
  for (const trial of trials) if (!again.includes(trial.method)) tables.copyFromAnother(trial);
  const jobs = experiment.alone === true ? 1 : options.jobs;
  const report = await runTrials(trials, {
    jobs,
    start: options.start ?? (() => startTrialProcess({ root, dataFolder }, signal)),
    isFinished: (trial, key) => (trial.experiment === SHARED ? isSharedFinished(root, key) : own.has(trial, key)),
    keep: (trial, key, outcome) => tables.of(trial.experiment).append(trial, key, outcome),
    listener,
    signal,
  });
  const dataset = experiment.data === "none" ? "" : request.dataset.label;
  recordRun(folder, { command: options.command, started, jobs, dataset }, report);
  const presentation = experiment.present(new Results(own, dataset));
  return { ...report, presentation, files: writePresentation(folder, dataset, presentation) };
}

/** The tables of all experiments that have a folder. */
class OpenTables {
  private readonly tables = new Map<string, StoredResults>();

  constructor(private readonly root: string) {
    const folders = existsSync(root) ? readdirSync(root) : [];
    for (const name of folders) if (existsSync(join(root, name, "results.jsonl"))) this.of(name);
  }

  of(experiment: string): StoredResults {
    const known = this.tables.get(experiment);
    if (known !== undefined) return known;
    const table = StoredResults.open(join(this.root, experiment));
    this.tables.set(experiment, table);
    return table;
  }

  /** Takes over the result of the same work that stands in another place, if there is one. */
  copyFromAnother(trial: Trial): void {
    const key = workKey(trial.work);
    const own = this.of(trial.experiment);
    if (own.has(trial, key)) return;
    const outcome = [...this.tables.values()].map((table) => table.outcomeOf(key)).find(Boolean);
    if (outcome !== undefined) own.append(trial, key, outcome);
  }
}

const FORMATS = { md: toMarkdown, csv: toCsv, tex: toLatex };

/** Writes every table in three formats, and every picture. @returns the files */
function writePresentation(folder: string, dataset: string, { tables, pictures }: Presentation): string[] {
  const write = (name: string, extension: string, content: string) => {
    const file = join(folder, `${fileName(dataset, name)}.${extension}`);
    writeWhole(file, content);
    return file;
  };
  return [
    ...tables.flatMap((table) =>
      Object.entries(FORMATS).map(([extension, format]) => write(table.name, extension, format(table))),
    ),
    ...pictures.map(({ name, svg }) => write(name, "svg", svg)),
  ];
}
