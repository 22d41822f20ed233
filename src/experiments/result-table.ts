/**
 * The results of an experiment, as tidy tables of JSON lines in its folder:
 *
 *   results.jsonl   a line for every trial and metric: key, experiment, dataset, method, seed, variant, metric, value
 *   values.jsonl    a line for every work and measure: key, measure, a value for each test request
 *
 * The lines of a trial are appended with one write, its metric `seconds` last: a trial without that line, as a crash may
 * leave it, is none.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeWhole } from "../files/write-whole.ts";
import type { TrialLabel, TrialOutcome } from "./trial.ts";

/** A finished trial. */
export interface TrialResult extends TrialLabel {
  readonly key: string;
  readonly metrics: Readonly<Record<string, number>>;
}

interface ResultLine extends TrialLabel {
  readonly key: string;
  readonly metric: string;
  readonly value: number;
}

interface ValueLine {
  readonly key: string;
  readonly measure: string;
  readonly values: readonly (number | null)[];
}

/** Values of requests by key and measure. */
type ValuesByKey = Map<string, Map<string, readonly (number | null)[]>>;

/** The metric that closes a trial's lines: how long it took. */
const CLOSING = "seconds";
/** Digits of a value of one request. */
const DIGITS = 7;

export class ResultTable {
  private readonly results = new Map<string, TrialResult>();
  private values: ValuesByKey | undefined;
  /** Whether a file ends in something unfinished; it is tidied before something is added, and never by a reader. */
  private areResultsTorn = false;
  private areValuesTorn = false;

  private constructor(private readonly folder: string) {}

  /** Reads what the folder holds, passing over what a crash left of a trial. A missing folder is an empty table. */
  static open(folder: string): ResultTable {
    const table = new ResultTable(folder);
    const { lines, torn } = readLines<ResultLine>(table.resultsFile);
    const open = new Map<string, [string, number][]>();
    for (const { metric, value, ...label } of lines) {
      const name = labelName(label);
      const metrics = open.get(name) ?? [];
      open.set(name, metrics);
      metrics.push([metric, value]);
      if (metric !== CLOSING) continue;
      table.results.set(name, { ...label, metrics: Object.fromEntries(metrics) });
      open.delete(name);
    }
    table.areResultsTorn = torn || open.size > 0;
    return table;
  }

  get trials(): readonly TrialResult[] {
    return [...this.results.values()];
  }

  has(label: TrialLabel, key: string): boolean {
    return this.results.get(labelName(label))?.key === key;
  }

  /** A result of the same work, whatever its label. */
  find(key: string): TrialResult | undefined {
    return this.trials.find((result) => result.key === key);
  }

  /** The values of a measure, request by request; undefined where none were kept. */
  valuesOf(key: string, measure: string): readonly (number | null)[] | undefined {
    return this.loadValues().get(key)?.get(measure);
  }

  /** Everything that is known of a work, to be kept in another table too. */
  outcomeOf(key: string): TrialOutcome | undefined {
    const found = this.find(key);
    if (found === undefined) return undefined;
    return { metrics: found.metrics, values: Object.fromEntries(this.loadValues().get(key) ?? []) };
  }

  /** @param outcome with the metric `seconds` */
  append(label: TrialLabel, key: string, { metrics, values = {} }: TrialOutcome): void {
    const { experiment, dataset, method, seed, variant } = label;
    const own = { key, experiment, dataset, method, seed, variant };
    const { [CLOSING]: seconds, ...others } = metrics;
    if (seconds === undefined) throw new Error(`results: a trial needs the metric ${CLOSING}`);
    const ordered = Object.entries({ ...others, [CLOSING]: seconds });
    const known = this.loadValues();
    mkdirSync(this.folder, { recursive: true });
    if (this.areResultsTorn) this.rewriteResults();
    if (this.areValuesTorn) this.rewriteValues(known);
    if (!known.has(key) && Object.keys(values).length > 0) {
      const rounded = Object.entries(values).map(
        ([measure, list]): ValueLine => ({
          key,
          measure,
          values: list.map((value) => (value === null ? null : Number(value.toPrecision(DIGITS)))),
        }),
      );
      appendFileSync(this.valuesFile, toLines(rounded));
      known.set(key, new Map(rounded.map((line) => [line.measure, line.values])));
    }
    appendFileSync(this.resultsFile, toLines(ordered.map(([metric, value]) => ({ ...own, metric, value }))));
    this.results.set(labelName(own), { ...own, metrics: Object.fromEntries(ordered) });
  }

  /** Discards results: their trials will run again. @returns how many */
  forget(unwanted: (result: TrialResult) => boolean): number {
    const names = [...this.results].filter(([, result]) => unwanted(result)).map(([name]) => name);
    if (names.length === 0) return 0;
    for (const name of names) this.results.delete(name);
    this.rewriteResults();
    const kept = new Set(this.trials.map(({ key }) => key));
    const values = [...this.loadValues()].filter(([key]) => kept.has(key));
    this.values = new Map(values);
    this.rewriteValues(this.values);
    return names.length;
  }

  private rewriteResults(): void {
    const lines = this.trials.flatMap(({ metrics, ...label }) =>
      Object.entries(metrics).map(([metric, value]): ResultLine => ({ ...label, metric, value })),
    );
    writeWhole(this.resultsFile, toLines(lines));
    this.areResultsTorn = false;
  }

  private rewriteValues(values: ValuesByKey): void {
    const lines = [...values].flatMap(([key, measures]) =>
      [...measures].map(([measure, list]): ValueLine => ({ key, measure, values: list })),
    );
    writeWhole(this.valuesFile, toLines(lines));
    this.areValuesTorn = false;
  }

  private loadValues(): ValuesByKey {
    if (this.values !== undefined) return this.values;
    this.values = new Map();
    const { lines, torn } = readLines<ValueLine>(this.valuesFile);
    const known = new Set(this.trials.map(({ key }) => key));
    for (const { key, measure, values } of lines) {
      // Values are written before the trial's results: a crash in between leaves them without.
      if (!known.has(key)) continue;
      const measures = this.values.get(key) ?? new Map();
      this.values.set(key, measures.set(measure, values));
    }
    this.areValuesTorn = torn;
    return this.values;
  }

  private get resultsFile(): string {
    return join(this.folder, "results.jsonl");
  }

  private get valuesFile(): string {
    return join(this.folder, "values.jsonl");
  }
}

function labelName({ experiment, dataset, method, seed, variant }: TrialLabel): string {
  return JSON.stringify([experiment, dataset, method, seed, variant]);
}

function toLines(values: readonly object[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join("");
}

/** The lines of a file that were written whole; `torn`: there was the beginning of another. */
function readLines<Line>(file: string): { readonly lines: readonly Line[]; readonly torn: boolean } {
  if (!existsSync(file)) return { lines: [], torn: false };
  const text = readFileSync(file, "utf8");
  const end = text.lastIndexOf("\n") + 1;
  const lines = text.slice(0, end).split("\n").slice(0, -1);
  return { lines: lines.map((line) => JSON.parse(line) as Line), torn: end < text.length };
}
