/** The results of one experiment on one dataset, as presentations ask for them. */
import { mean, meanHalfWidth } from "../evaluation/statistics.ts";
import type { ResultTable, TrialResult } from "./result-table.ts";

/** A mean over seeds. */
export interface SeedMean {
  readonly mean: number;
  /** Half the width of its 95% confidence interval (Student's t over seeds); undefined for a single seed. */
  readonly halfWidth: number | undefined;
  /** By seed, in their order. */
  readonly values: readonly number[];
}

/** Trials of one method and variant, by rising seed. */
export interface Row {
  readonly method: string;
  readonly variant: string;
  readonly trials: readonly TrialResult[];
}

export class Results {
  readonly rows: readonly Row[];

  constructor(
    private readonly table: ResultTable,
    readonly dataset: string,
  ) {
    const rows = new Map<string, TrialResult[]>();
    for (const trial of table.trials) {
      if (trial.dataset !== dataset) continue;
      const name = JSON.stringify([trial.method, trial.variant]);
      const own = rows.get(name) ?? [];
      rows.set(name, own);
      own.push(trial);
    }
    this.rows = [...rows.values()].map((trials) => {
      const [{ method, variant }] = trials;
      return { method, variant, trials: trials.toSorted((a, b) => a.seed - b.seed) };
    });
  }

  get seeds(): readonly number[] {
    return [...new Set(this.rows.flatMap(({ trials }) => trials.map(({ seed }) => seed)))].sort(
      (a, b) => a - b,
    );
  }

  row(method: string, variant = ""): Row | undefined {
    return this.rows.find((row) => row.method === method && row.variant === variant);
  }

  /** The rows that measured `metric`. */
  measured(metric: string): readonly Row[] {
    return this.rows.filter((row) => seedMean(row, metric) !== undefined);
  }

  /** Values of all requests, those of one seed after those of another; undefined where a seed has none. */
  requestValues({ trials }: Row, measure: string): readonly (number | null)[] | undefined {
    const columns = trials.map(({ key }) => this.table.valuesOf(key, measure));
    return columns.some((column) => column === undefined) ? undefined : columns.flatMap((own) => own ?? []);
  }
}

/** A row in words. */
export function rowName({ method, variant }: Row): string {
  return variant === "" ? method : `${method}, ${variant}`;
}

/** The mean of a metric over the seeds of a row; undefined where none has it. */
export function seedMean({ trials }: Row, metric: string): SeedMean | undefined {
  const values = trials.flatMap(({ metrics }) => (metric in metrics ? [metrics[metric]] : []));
  if (values.length === 0) return undefined;
  return { mean: mean(values), halfWidth: meanHalfWidth(values), values };
}
