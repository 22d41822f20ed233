/**
 * The results of an experiment, as tidy tables of JSON lines in its folder:
 *
 *   results.jsonl   a line for every trial and metric: key, experiment, dataset, method, seed, variant, metric, value
 *   values.jsonl    a line for every work and measure: key, measure, a value for each test request
 *
 * The lines of a trial are appended with one write, its metric `seconds` last: a trial without that line, as a crash may
 * leave it, is none. Its values are written before, so that they are there where its results are.
 */
import { join } from "node:path";
import { JsonLines } from "./json-lines.ts";
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

type RequestValues = readonly (number | null)[];

interface ValueLine {
  readonly key: string;
  readonly measure: string;
  readonly values: RequestValues;
}

/** The metric that closes a trial's lines: how long it took. */
const CLOSING = "seconds";
/** Digits of a value of one request. */
const DIGITS = 7;

export class StoredResults {
  /** By label. */
  private readonly results = new Map<string, TrialResult>();
  private readonly resultLines: JsonLines<ResultLine>;
  private readonly valueLines: JsonLines<ValueLine>;
  /** By key and measure; read when somebody asks. */
  private values: Map<string, Map<string, RequestValues>> | undefined;

  private constructor(folder: string) {
    this.resultLines = new JsonLines(join(folder, "results.jsonl"));
    this.valueLines = new JsonLines(join(folder, "values.jsonl"));
  }

  /** Reads what the folder holds, passing over what a crash left of a trial. A missing folder holds nothing. */
  static open(folder: string): StoredResults {
    const stored = new StoredResults(folder);
    const open = new Map<string, [string, number][]>();
    for (const { metric, value, ...own } of stored.resultLines.read()) {
      const name = JSON.stringify(own);
      const metrics = [...(open.get(name) ?? []), [metric, value] as [string, number]];
      open.set(name, metrics);
      if (metric === CLOSING)
        stored.results.set(labelName(own), { ...own, metrics: Object.fromEntries(metrics) });
    }
    return stored;
  }

  get trials(): readonly TrialResult[] {
    return [...this.results.values()];
  }

  has(label: TrialLabel, key: string): boolean {
    return this.results.get(labelName(label))?.key === key;
  }

  /** The values of a measure, request by request; undefined where none were kept. */
  valuesOf(key: string, measure: string): RequestValues | undefined {
    return this.knownValues().get(key)?.get(measure);
  }

  /** Everything that is known of a work, whatever its label, to be kept elsewhere too. */
  outcomeOf(key: string): TrialOutcome | undefined {
    const found = this.trials.find((result) => result.key === key);
    return found && { metrics: found.metrics, values: Object.fromEntries(this.knownValues().get(key) ?? []) };
  }

  /** @param outcome with the metric `seconds` */
  append(label: TrialLabel, key: string, { metrics, values = {} }: TrialOutcome): void {
    const { experiment, dataset, method, seed, variant } = label;
    const own = { key, experiment, dataset, method, seed, variant };
    const { [CLOSING]: seconds, ...others } = metrics;
    if (seconds === undefined) throw new Error(`results: a trial needs the metric ${CLOSING}`);
    const ordered = Object.entries({ ...others, [CLOSING]: seconds });
    const known = this.knownValues();
    if (!known.has(key) && Object.keys(values).length > 0) {
      const rounded = Object.entries(values).map(([measure, list]) => ({
        key,
        measure,
        values: list.map(round),
      }));
      this.valueLines.append(rounded);
      known.set(key, new Map(rounded.map((line) => [line.measure, line.values])));
    }
    this.resultLines.append(ordered.map(([metric, value]) => ({ ...own, metric, value })));
    this.results.set(labelName(own), { ...own, metrics: Object.fromEntries(ordered) });
  }

  /** Discards results: their trials will run again. @returns how many */
  forget(unwanted: (result: TrialResult) => boolean): number {
    const names = [...this.results].filter(([, result]) => unwanted(result)).map(([name]) => name);
    if (names.length === 0) return 0;
    for (const name of names) this.results.delete(name);
    this.resultLines.rewrite(
      this.trials.flatMap(({ metrics, ...own }) =>
        Object.entries(metrics).map(([metric, value]) => ({ ...own, metric, value })),
      ),
    );
    this.values = undefined;
    this.valueLines.rewrite(
      [...this.knownValues()].flatMap(([key, measures]) =>
        [...measures].map(([measure, values]) => ({ key, measure, values })),
      ),
    );
    return names.length;
  }

  /** Values of trials that have results: a crash leaves values without them. */
  private knownValues(): Map<string, Map<string, RequestValues>> {
    if (this.values !== undefined) return this.values;
    const keys = new Set(this.trials.map(({ key }) => key));
    this.values = new Map();
    for (const { key, measure, values } of this.valueLines.read()) {
      if (!keys.has(key)) continue;
      const measures = this.values.get(key) ?? new Map<string, RequestValues>();
      this.values.set(key, measures.set(measure, values));
    }
    return this.values;
  }
}

function labelName({ experiment, dataset, method, seed, variant }: TrialLabel): string {
  return JSON.stringify([experiment, dataset, method, seed, variant]);
}

function round(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(DIGITS));
}
