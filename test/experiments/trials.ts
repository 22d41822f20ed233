/** Trials, processes and listeners for tests of grids. */
import type { GridListener, TrialProcess } from "../../src/experiments/job-grid.ts";
import type { Trial, TrialOutcome } from "../../src/experiments/trial.ts";

/** A trial whose work is named, and perhaps one that it needs. */
export function trial(method: string, needs?: Trial, settings: object = {}): Trial {
  const work = { kind: "test", name: method, ...settings };
  const label = { experiment: "grid", dataset: "nothing", method, seed: 1, variant: "" };
  return { ...label, work, ...(needs && { needs }) };
}

export const QUIET: GridListener = { begin() {}, started() {}, progress() {}, finished() {}, failed() {} };

/** A process that does its trials with a function, and notes when they start and end. */
export function fakeProcess(
  run: (trial: Trial) => Promise<TrialOutcome>,
  log: string[] = [],
): { readonly start: () => TrialProcess; readonly log: string[]; readonly started: () => number } {
  let started = 0;
  const start = (): TrialProcess => {
    const number = ++started;
    return {
      async run(own) {
        log.push(`${number}: ${own.method}`);
        return run(own);
      },
      close: () => log.push(`${number}: closed`),
    };
  };
  return { start, log, started: () => started };
}

export function outcome(value: number): TrialOutcome {
  return { metrics: { value, seconds: 1 } };
}
