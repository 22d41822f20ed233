/** Runs an experiment: what is left of its grid, then its tables and pictures. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileName, writeWhole } from "../files/write-whole.ts";
import type { Tuned } from "../run/tuning.ts";
import { startTrialProcess } from "./child-process.ts";
import { type DatasetChoice, withTuned } from "./datasets.ts";
import type { Experiment, ExperimentRequest, Presentation } from "./experiment.ts";
import { type GridOptions, type GridReport, runTrials, type TrialProcess } from "./job-grid.ts";
import type { RankingWork } from "./ranking-work.ts";
import { Results } from "./results.ts";
import { recordRun } from "./run-log.ts";
import { chooseTuning, type MethodSearch, SEARCH, searchesOf, searchStages } from "./search.ts";
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
  /** Settings that are tried of each method, where the experiment searches: none unless given. */
  readonly search?: number;
  /** Titles of the methods that run: all unless given. */
  readonly methods?: readonly string[] | undefined;
  /** Methods whose results are discarded first. */
  readonly again?: readonly string[];
  /** What runs a trial: a process of its own unless given. */
  readonly start?: () => TrialProcess;
}

export interface ExperimentRun extends GridReport {
  /** Those that were asked for, without what they need. */
  readonly trials: readonly Trial[];
  readonly results: StoredResults;
  readonly presentation: Presentation;
  /** Files written. */
  readonly files: readonly string[];
}

/** Searches, where the experiment asks for it, runs the trials whose results are not there, and presents all that are. */
export async function runExperiment(
  experiment: Experiment,
  request: ExperimentRequest,
  options: RunOptions,
): Promise<ExperimentRun> {
  const { root, again = [] } = options;
  const started = Date.now();
  const folder = join(root, experiment.name);
  const tables = new OpenTables(root);
  const own = tables.of(experiment.name);
  own.forget(({ method }) => again.includes(method));
  tables.of(SEARCH).forget(({ method, dataset }) => again.includes(method) && dataset === request.dataset.label);
  const jobs = experiment.alone === true ? 1 : options.jobs;
  const run = (trials: readonly Trial[]) => runGrid(trials, tables, { ...options, jobs });
  const reports: GridReport[] = [];
  const dataset = await tune(experiment, request, options, async (searches) => {
    forgetOthers(tables.of(SEARCH), searches);
    reports.push(await run(searches.flatMap(({ candidates }) => candidates.map(({ trial }) => trial))));
    return tables.of(SEARCH);
  });
  const trials = chosenTrials(experiment, { ...request, dataset }, options);
  if (!options.signal.aborted) reports.push(await run(trials));
  const report = joinReports(reports, options.signal);
  const label = experiment.data === "none" ? "" : dataset.label;
  recordRun(folder, { command: options.command, started, jobs, dataset: label }, report);
  const presentation = experiment.present(new Results(own, label, tables.of(SEARCH)));
  return { ...report, trials, results: own, presentation, files: writePresentation(folder, label, presentation) };
}

/** The trials of the methods that were asked for. */
function chosenTrials(experiment: Experiment, request: ExperimentRequest, { methods }: RunOptions): readonly Trial[] {
  const trials = experiment.trials(request);
  return methods === undefined ? trials : trials.filter(({ method }) => methods.includes(method));
}

/** The dataset with what the searches found best for each method; each stage learns from what those before it chose. */
async function tune(
  experiment: Experiment,
  { seeds, dataset }: ExperimentRequest,
  options: RunOptions,
  run: (searches: readonly MethodSearch[]) => Promise<StoredResults>,
): Promise<DatasetChoice> {
  const { search: count = 0, signal } = options;
  if (experiment.isTuned !== true || count === 0) return dataset;
  const seed = seeds.includes(0) ? Math.max(...seeds) + 1 : 0;
  const works = chosenTrials(experiment, { seeds: seeds.slice(0, 1), dataset }, options).map(({ work }) => work);
  const methods = new Set(
    works.flatMap((work) => ("contender" in work ? [(work as RankingWork).contender.method] : [])),
  );
  let tuned: Tuned = {};
  for (const stage of searchStages([...methods])) {
    const searches = searchesOf(withTuned(dataset, tuned), stage, { count, seed });
    if (signal.aborted || searches.length === 0) break;
    const found = await run(searches);
    const chosen = searches.map((own) => {
      return [own.method, chooseTuning(own, (trial) => found.outcomeOf(workKey(trial.work))?.metrics)] as const;
    });
    const others = chosen.filter(([, tuning]) => Object.keys(tuning).length > 0);
    tuned = { ...tuned, ...Object.fromEntries(others) };
  }
  return withTuned(dataset, tuned);
}

/** What was tried of these methods before, and is not any more, is no part of their search. */
function forgetOthers(stored: StoredResults, searches: readonly MethodSearch[]): void {
  for (const { candidates } of searches) {
    const labels = candidates.map(({ trial }) => trial);
    stored.forget(
      ({ dataset, method, seed, variant }) =>
        dataset === labels[0]?.dataset &&
        method === labels[0]?.method &&
        !labels.some((label) => label.variant === variant && label.seed === seed),
    );
  }
}

function runGrid(trials: readonly Trial[], tables: OpenTables, options: RunOptions): Promise<GridReport> {
  const { root, dataFolder, listener, signal, jobs, again = [] } = options;
  for (const trial of trials) if (!again.includes(trial.method)) tables.copyFromAnother(trial);
  return runTrials(trials, {
    jobs,
    start: options.start ?? (() => startTrialProcess({ root, dataFolder }, signal)),
    isFinished: (trial, key) =>
      trial.experiment === SHARED ? isSharedFinished(root, key) : tables.of(trial.experiment).has(trial, key),
    keep: (trial, key, outcome) => tables.of(trial.experiment).append(trial, key, outcome),
    listener,
    signal,
  });
}

function joinReports(reports: readonly GridReport[], { aborted }: AbortSignal): GridReport {
  const sum = (of: "ran" | "skipped") => reports.reduce((total, report) => total + report[of], 0);
  return {
    ran: sum("ran"),
    skipped: sum("skipped"),
    failed: reports.flatMap(({ failed }) => failed),
    interrupted: aborted,
  };
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
