/** Prints what the contests gave, as a table to read or as records to keep. */
import { loadavg } from "node:os";
import { describeEnvironment, makeTable, milliseconds } from "../measure/report.ts";
import type { ContestResult } from "./contest.ts";
import { workloads } from "./workloads.ts";

/** A result's numbers by name; `error` in their place where the contender failed or was wrong. */
export interface ContestRecord {
  readonly workload: string;
  readonly contender: string;
  readonly version: string;
  readonly threads: number | undefined;
  readonly medianMs?: number;
  readonly quartilesMs?: readonly [number, number];
  readonly samples?: number;
  readonly gflops?: number;
  /** Time relative to that of this project with as many threads. */
  readonly timeRatio?: number;
  readonly error?: string;
}

/** @param oursName the contender that the others of the same workload and threads are compared with */
export function contestRecords(results: readonly ContestResult[], oursName: string): ContestRecord[] {
  const medianOfOurs = ({ workload, entrant }: ContestResult) => {
    const found = results.find(
      (other) =>
        other.workload === workload && other.entrant.name === oursName && other.entrant.threads === entrant.threads,
    );
    return typeof found?.outcome === "object" ? found.outcome.median : undefined;
  };
  const byThreads = results.toSorted(
    (left, right) =>
      workloads.indexOf(left.workload) - workloads.indexOf(right.workload) ||
      (left.entrant.threads ?? 0) - (right.entrant.threads ?? 0),
  );
  return byThreads.map((result) => {
    const { workload, entrant, outcome } = result;
    const { name: contender, threads, greeting } = entrant;
    const common = { workload: workload.name, contender, version: greeting.version, threads };
    if (typeof outcome === "string") return { ...common, error: outcome };
    const { lowerQuartile, median, upperQuartile, sampleCount } = outcome;
    const reference = medianOfOurs(result);
    return {
      ...common,
      medianMs: 1e3 * median,
      quartilesMs: [1e3 * lowerQuartile, 1e3 * upperQuartile],
      samples: sampleCount,
      ...(workload.flops !== undefined && { gflops: workload.flops / median / 1e9 }),
      ...(reference !== undefined && { timeRatio: median / reference }),
    };
  });
}

const HEAD = ["workload", "contender", "threads", "median ms", "quartiles ms", "GFLOP/s", "time / ours"];

export function formatRecords(records: readonly ContestRecord[]): string {
  const rows = records.flatMap(({ workload, contender, threads, medianMs, quartilesMs, gflops, timeRatio }, index) => {
    if (medianMs === undefined || quartilesMs === undefined) return [];
    return [
      [
        workload === records[index - 1]?.workload ? "" : workload,
        contender,
        threads?.toString() ?? "",
        milliseconds(medianMs / 1e3),
        quartilesMs.map((quartile) => milliseconds(quartile / 1e3)).join(" to "),
        gflops?.toPrecision(3) ?? "",
        timeRatio?.toFixed(2) ?? "",
      ],
    ];
  });
  return makeTable(HEAD, 2, rows);
}

/** A line for each contender that failed at a workload, or was wrong. */
export function formatErrors(records: readonly ContestRecord[]): string[] {
  return records.flatMap(({ workload, contender, threads, error }) =>
    error === undefined
      ? []
      : [`${contender}${threads === undefined ? "" : `, ${threads} threads`}, ${workload}: ${error}`],
  );
}

/** With the load of the machine: figures from a busy one are worth less. */
export function describeRun() {
  return { ...describeEnvironment(), loadAverage: loadavg()[0] };
}
