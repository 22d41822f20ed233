/**
 * Results as they are kept beside the document that shows them: small enough for a repository, and enough to write the
 * document again on any machine. A file for each experiment, NAME.jsonl, whose lines are trials, runs, and moments, which
 * stand for the values of single requests.
 */
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { JsonLines } from "./json-lines.ts";
import { RequestMoments, type StoredMoments } from "./request-moments.ts";
import { type ResultSource, Results } from "./results.ts";
import { type RunRecord, readRuns } from "./run-log.ts";
import { StoredResults } from "./stored-results.ts";
import type { TrialResult } from "./trial.ts";

/** What methods may be compared by. */
const COMPARED = ["trueReward", "ndcg"];
/** Digits of a metric. */
const DIGITS = 7;

/** Moments, and what they are of. */
interface SavedMoments extends StoredMoments {
  readonly dataset: string;
  readonly measure: string;
  readonly seeds: readonly number[];
}

type SavedLine =
  | { readonly trial: Omit<TrialResult, "key" | "experiment"> }
  | { readonly run: RunRecord }
  | { readonly moments: SavedMoments };

export class SavedResults implements ResultSource {
  private constructor(
    private readonly experiment: string,
    private readonly lines: readonly SavedLine[],
  ) {}

  /** Those of an experiment; a missing file holds none. */
  static read(folder: string, experiment: string): SavedResults {
    return new SavedResults(experiment, linesOf(folder, experiment).read());
  }

  get trials(): readonly TrialResult[] {
    const { experiment } = this;
    return this.lines.flatMap((line) => ("trial" in line ? [{ ...line.trial, key: "", experiment }] : []));
  }

  get runs(): readonly RunRecord[] {
    return this.lines.flatMap((line) => ("run" in line ? [line.run] : []));
  }

  momentsOf(dataset: string, rows: readonly string[], seeds: readonly number[], measure: string) {
    const all = this.lines.flatMap((line) => ("moments" in line ? [line.moments] : []));
    const found = all.find(
      (own) =>
        own.dataset === dataset &&
        own.measure === measure &&
        `${own.seeds}` === `${seeds}` &&
        rows.some((name) => own.rows.includes(name)),
    );
    return found && new RequestMoments(found);
  }
}

/** Saves what the experiments under `root` found: a dataset's results take the place of those that were saved of it. */
export function saveResults(root: string, folder: string): void {
  const names = existsSync(root) ? readdirSync(root) : [];
  for (const name of names.filter((own) => existsSync(join(root, own, "results.jsonl")))) {
    const stored = StoredResults.open(join(root, name));
    const datasets = new Set(stored.trials.map(({ dataset }) => dataset));
    const kept = linesOf(folder, name)
      .read()
      .filter((line) => !datasets.has(datasetOf(line)));
    const runs = readRuns(join(root, name)).map((run) => ({ run }));
    const lines = [...datasets].flatMap((dataset): SavedLine[] => [
      ...stored.trials.filter((trial) => trial.dataset === dataset).map((trial) => ({ trial: savedTrial(trial) })),
      ...momentsIn(stored, dataset).map((moments) => ({ moments })),
    ]);
    mkdirSync(folder, { recursive: true });
    linesOf(folder, name).rewrite([...kept, ...lines, ...runs.filter(({ run }) => datasets.has(run.dataset))]);
  }
}

function datasetOf(line: SavedLine): string {
  if ("trial" in line) return line.trial.dataset;
  return "run" in line ? line.run.dataset : line.moments.dataset;
}

function savedTrial({ key: _, experiment: __, metrics, ...own }: TrialResult): Omit<TrialResult, "key" | "experiment"> {
  const rounded = Object.entries(metrics).map(([name, value]) => [name, Number(value.toPrecision(DIGITS))] as const);
  return { ...own, metrics: Object.fromEntries(rounded) };
}

/** Of all rows with the same seeds, by each measure that methods may be compared by. */
function momentsIn(stored: StoredResults, dataset: string): SavedMoments[] {
  const results = new Results(stored, dataset);
  const groups = new Map(results.rows.map(({ trials }) => [`${trials.map(({ seed }) => seed)}`, trials]));
  return [...groups.values()].flatMap((trials) => {
    const seeds = trials.map(({ seed }) => seed);
    return COMPARED.flatMap((measure) => {
      const moments = results.momentsWith(seeds, measure);
      return moments === undefined ? [] : [{ dataset, measure, seeds, ...moments.stored }];
    });
  });
}

function linesOf(folder: string, experiment: string): JsonLines<SavedLine> {
  return new JsonLines(join(folder, `${experiment}.jsonl`));
}
