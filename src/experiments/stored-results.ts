/**
 * The results of an experiment, as tidy tables of JSON lines in its folder:
 *
 *   results.jsonl   a line for every trial and metric: key, experiment, dataset, method, seed, variant, metric, value,
 *                   which is text for what is said in words
 *   values.jsonl    a line for every work and measure: key, measure, a value for each test request
 *
 * The lines of a trial are appended with one write, its metric `seconds` last: a trial without that line, as a crash may
 * leave it, is none. Its values are written before, so that they are there where its results are.
 */
import { join } from "node:path";
import { JsonLines } from "./json-lines.ts";
import { RequestMoments, type RowValues } from "./request-moments.ts";
import { type ResultSource, rowName } from "./results.ts";
import type { TrialLabel, TrialOutcome, TrialResult } from "./trial.ts";

interface ResultLine extends Omit<TrialResult, "metrics" | "facts"> {
  readonly metric: string;
  readonly value: number | string;
}

type WorkValues = NonNullable<TrialOutcome["values"]>;
type RequestValues = WorkValues[string];

interface ValueLine {
  readonly key: string;
  readonly measure: string;
  readonly values: RequestValues;
}

/** What stands among the values to tell whose request each is. */
export const USER = "user";

/** The metric that closes a trial's lines: how long it took. */
const CLOSING = "seconds";
/** Digits of a value of one request. */
const DIGITS = 7;

export class StoredResults implements ResultSource {
  /** By label. */
  private readonly results = new Map<string, TrialResult>();
  private readonly resultLines: JsonLines<ResultLine>;
  private readonly valueLines: JsonLines<ValueLine>;
  /** By key and measure; read when somebody asks. */
  private values: Map<string, WorkValues> | undefined;

  private constructor(folder: string) {
    this.resultLines = new JsonLines(join(folder, "results.jsonl"));
    this.valueLines = new JsonLines(join(folder, "values.jsonl"));
  }

  /** Reads what the folder holds, passing over what a crash left of a trial. A missing folder holds nothing. */
  static open(folder: string): StoredResults {
    const stored = new StoredResults(folder);
    const open = new Map<string, TrialResult>();
    for (const { metric, value, ...own } of stored.resultLines.read()) {
      const name = JSON.stringify(own);
      const { metrics, facts } = open.get(name) ?? { metrics: {}, facts: {} };
      const found =
        typeof value === "number"
          ? { ...own, metrics: { ...metrics, [metric]: value }, facts }
          : { ...own, metrics, facts: { ...facts, [metric]: value } };
      open.set(name, found);
      if (metric === CLOSING) stored.results.set(labelName(own), found);
    }
    return stored;
  }

  get trials(): readonly TrialResult[] {
    return [...this.results.values()];
  }

  /** What stands under a label. */
  resultOf(label: TrialLabel): TrialResult | undefined {
    return this.results.get(labelName(label));
  }

  has(label: TrialLabel, key: string): boolean {
    return this.resultOf(label)?.key === key;
  }

  /** The values of a measure, request by request; undefined where none were kept. */
  valuesOf(key: string, measure: string): RequestValues | undefined {
    return this.knownValues().get(key)?.[measure];
  }

  /** Rows without values of the measure, and those that measured other requests than the first, are left out. */
  momentsOf(
    dataset: string,
    rows: readonly string[],
    seeds: readonly number[],
    measure: string,
  ): RequestMoments | undefined {
    const known = rows.flatMap((name): RowValues[] => {
      const trials = seeds.map((seed) =>
        this.trials.find((own) => own.dataset === dataset && own.seed === seed && rowName(own) === name),
      );
      const columns = trials.map((trial) => trial && this.requestValues(trial, measure));
      const found = columns.filter((column) => column !== undefined);
      return found.length < seeds.length ? [] : [{ name, seeds: found }];
    });
    const [first] = known;
    if (first === undefined || first.seeds.some(({ size }) => size < 2)) return undefined;
    const same = known.filter(({ seeds: own }) =>
      own.every(
        (values, n) =>
          values.size === first.seeds[n].size && [...values.keys()].every((key) => first.seeds[n].has(key)),
      ),
    );
    return RequestMoments.of(same);
  }

  /** By request: those of one user of a log have one name, whatever the seed. */
  private requestValues({ key, seed }: TrialResult, measure: string): ReadonlyMap<string, number> | undefined {
    const values = this.valuesOf(key, measure);
    if (values === undefined) return undefined;
    const users = this.valuesOf(key, USER);
    const met = new Map<number, number>();
    const named = values.map((value, row): [string, number | null] => {
      const user = users?.[row];
      if (user === undefined || user === null) return [`${seed}: ${row}`, value];
      const before = met.get(user) ?? 0;
      met.set(user, before + 1);
      return [`user ${user}: ${before}`, value];
    });
    return new Map(named.filter((entry): entry is [string, number] => entry[1] !== null));
  }

  /** Everything that is known of a work, whatever its label, to be kept elsewhere too. */
  outcomeOf(key: string): TrialOutcome | undefined {
    const found = this.trials.find((result) => result.key === key);
    return found && { metrics: found.metrics, facts: found.facts, values: this.knownValues().get(key) ?? {} };
  }

  /** @param outcome with the metric `seconds` */
  append(label: TrialLabel, key: string, { metrics, facts = {}, values = {} }: TrialOutcome): void {
    const { experiment, dataset, method, seed, variant } = label;
    const { [CLOSING]: seconds, ...others } = metrics;
    if (seconds === undefined) throw new Error(`results: a trial needs the metric ${CLOSING}`);
    const known = this.knownValues();
    const measures = Object.entries(values);
    if (!known.has(key) && measures.length > 0) {
      const rounded = Object.fromEntries(measures.map(([measure, own]) => [measure, own.map(round)]));
      this.valueLines.append(valueLinesOf(key, rounded));
      known.set(key, rounded);
    }
    const own = { key, experiment, dataset, method, seed, variant };
    const result = { ...own, metrics: { ...others, [CLOSING]: seconds }, facts };
    this.resultLines.append(resultLinesOf(result));
    this.results.set(labelName(label), result);
  }

  /** Discards results: their trials will run again. @returns how many */
  forget(unwanted: (result: TrialResult) => boolean): number {
    const names = [...this.results].filter(([, result]) => unwanted(result)).map(([name]) => name);
    if (names.length === 0) return 0;
    for (const name of names) this.results.delete(name);
    this.resultLines.rewrite(this.trials.flatMap(resultLinesOf));
    this.values = undefined;
    this.valueLines.rewrite([...this.knownValues()].flatMap(([key, own]) => valueLinesOf(key, own)));
    return names.length;
  }

  /** Values of trials that have results: a crash leaves values without them. */
  private knownValues(): Map<string, WorkValues> {
    if (this.values !== undefined) return this.values;
    const keys = new Set(this.trials.map(({ key }) => key));
    this.values = new Map();
    for (const { key, measure, values } of this.valueLines.read()) {
      if (keys.has(key)) this.values.set(key, { ...this.values.get(key), [measure]: values });
    }
    return this.values;
  }
}

/** The closing metric is the last. */
function resultLinesOf({ metrics, facts, ...own }: TrialResult): ResultLine[] {
  return Object.entries({ ...facts, ...metrics }).map(([metric, value]) => ({ ...own, metric, value }));
}

function valueLinesOf(key: string, values: WorkValues): ValueLine[] {
  return Object.entries(values).map(([measure, own]) => ({ key, measure, values: own }));
}

function labelName({ experiment, dataset, method, seed, variant }: TrialLabel): string {
  return JSON.stringify([experiment, dataset, method, seed, variant]);
}

function round(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(DIGITS));
}
