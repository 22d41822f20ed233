/** The results of one experiment on one dataset, as presentations ask for them. */
import { mean, meanHalfWidth } from "../evaluation/statistics.ts";
import { METHODS } from "../methods/index.ts";
import { SHARED_METHODS } from "./datasets.ts";
import type { RequestMoments } from "./request-moments.ts";
import type { Estimate } from "./tables.ts";
import type { TrialResult } from "./trial.ts";

/** Trials of one method and variant, by rising seed. */
export interface Row {
  readonly method: string;
  readonly variant: string;
  readonly trials: readonly TrialResult[];
}

/** Where results come from: the files of the runs, or what was saved of them. */
export interface ResultSource {
  readonly trials: readonly TrialResult[];
  /** Of the values of single requests, for rows of these names that have these seeds; undefined where none were kept. */
  momentsOf(
    dataset: string,
    rows: readonly string[],
    seeds: readonly number[],
    measure: string,
  ): RequestMoments | undefined;
}

export class Results {
  readonly rows: readonly Row[];

  /** @param searches results of the searches, for what they took */
  constructor(
    private readonly source: ResultSource,
    readonly dataset: string,
    private readonly searches?: Pick<ResultSource, "trials">,
  ) {
    const rows = new Map<string, TrialResult[]>();
    for (const trial of source.trials) {
      if (trial.dataset !== dataset) continue;
      const name = JSON.stringify([trial.method, trial.variant]);
      rows.set(name, [...(rows.get(name) ?? []), trial]);
    }
    this.rows = [...rows.values()].map((trials) => {
      const [{ method, variant }] = trials;
      return { method, variant, trials: trials.toSorted((a, b) => a.seed - b.seed) };
    });
  }

  get seeds(): readonly number[] {
    const all = this.rows.flatMap(({ trials }) => trials.map(({ seed }) => seed));
    return [...new Set(all)].sort((a, b) => a - b);
  }

  /** For captions: `embedded, seeds 1, 2, 3`. */
  get place(): string {
    const { seeds } = this;
    return `${this.dataset}, ${seeds.length === 1 ? "seed" : "seeds"} ${seeds.join(", ")}`;
  }

  row(method: string, variant = ""): Row | undefined {
    return this.rows.find((row) => row.method === method && row.variant === variant);
  }

  /** The rows of these methods, in this order. */
  rowsOf(methods: readonly string[]): readonly Row[] {
    return methods.flatMap((method) => this.rows.filter((row) => row.method === method));
  }

  /** The rows that measured `metric`. */
  measured(metric: string): readonly Row[] {
    return this.rows.filter((row) => seedMean(row, metric) !== undefined);
  }

  /** Processor seconds of the search of a method; undefined where there was none, or not all of it is known. */
  searchSeconds(method: string): number | undefined {
    const trials = this.searches?.trials.filter((trial) => trial.method === method && trial.dataset === this.dataset);
    const isShared = METHODS.some(({ name, title }) => title === method && SHARED_METHODS.includes(name));
    const seconds = trials?.map(({ metrics }): number | undefined =>
      isShared ? metrics.totalCpuSeconds : metrics.cpuSeconds,
    );
    if (seconds === undefined || seconds.length === 0 || seconds.includes(undefined)) return undefined;
    return seconds.reduce<number>((sum, own = 0) => sum + own, 0);
  }

  /** What the single requests say of the rows that have these seeds; undefined where that is not known. */
  momentsWith(seeds: readonly number[], measure: string): RequestMoments | undefined {
    const rows = this.rows.filter(({ trials }) => `${trials.map(({ seed }) => seed)}` === `${seeds}`);
    return this.source.momentsOf(this.dataset, rows.map(rowName), seeds, measure);
  }
}

/** A row in words. */
export function rowName({ method, variant }: Pick<Row, "method" | "variant">): string {
  return variant === "" ? method : `${method}, ${variant}`;
}

/** A mean with its 95% confidence interval, Student's t; undefined without values, and one value has no interval. */
export function estimateOf(values: readonly number[]): Estimate | undefined {
  return values.length === 0 ? undefined : { mean: mean(values), halfWidth: meanHalfWidth(values) };
}

/** The mean of a metric over the seeds of a row; undefined where none has it. */
export function seedMean({ trials }: Row, metric: string): Estimate | undefined {
  return estimateOf(trials.flatMap(({ metrics }) => (metric in metrics ? [metrics[metric]] : [])));
}
