/** A trial: one cell of an experiment's grid, its work, and the key under which its result is kept. */
import { createHash } from "node:crypto";

/**
 * Changes with what a trial's metrics mean, so that results of an older program are not taken for this one's. A method
 * that is changed needs no new version: `--again` discards its results.
 */
export const RESULT_VERSION = 2;

/** Where a trial stands in the table of its experiment. */
export interface TrialLabel {
  readonly experiment: string;
  /** Such as `embedded`; "" for an experiment that needs no data. */
  readonly dataset: string;
  readonly method: string;
  readonly seed: number;
  /** What tells trials of one method and seed apart, such as `20 lists`; "" where nothing does. */
  readonly variant: string;
}

/** What is to be done: plain data that JSON holds, and all that shapes the result. */
export interface Work {
  /** Names the {@link WorkRunner} that does it. */
  readonly kind: string;
}

export interface Trial<OwnWork extends Work = Work> extends TrialLabel {
  readonly work: OwnWork;
  /** What must be done before; several trials may share it. */
  readonly needs?: Trial;
}

/** What a trial found. */
export interface TrialOutcome {
  readonly metrics: Readonly<Record<string, number>>;
  /** What is said of it in words, such as where weights come from. */
  readonly facts?: Readonly<Record<string, string>>;
  /** A value for each test request, null where it is not defined, by measure: for paired tests. */
  readonly values?: Readonly<Record<string, readonly (number | null)[]>>;
}

/** A finished trial. */
export interface TrialResult extends TrialLabel {
  readonly key: string;
  readonly metrics: Readonly<Record<string, number>>;
  readonly facts: Readonly<Record<string, string>>;
}

/** Trials of one work have one key, whatever tables they stand in. */
export function workKey(work: Work): string {
  const text = canonicalJson({ version: RESULT_VERSION, work });
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

/** For people: `table1 dlcm, seed 2`. */
export function describeTrial({ experiment, dataset, method, seed, variant }: TrialLabel): string {
  const parts = [dataset, method, variant].filter((part) => part !== "").join(" ");
  return `${experiment}: ${parts}, seed ${seed}`;
}

/** JSON whose text does not depend on the order in which keys were set. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, own: unknown) =>
    typeof own === "object" && own !== null && !Array.isArray(own)
      ? Object.fromEntries(Object.entries(own).sort(([a], [b]) => (a < b ? -1 : 1)))
      : own,
  );
}
