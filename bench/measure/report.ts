/** Prints what was measured, as tables to read or as lines of JSON to keep. */
import { cpus } from "node:os";
import Table from "cli-table3";
import type { Ceilings } from "./ceilings.ts";
import type { BenchmarkDevice } from "./devices.ts";
import type { KernelResult } from "./kernel-results.ts";

/** Where and when measurements are made. */
export interface Environment {
  readonly node: string;
  readonly cpu: string;
  readonly date: string;
}

export function describeEnvironment(): Environment {
  const model = cpus()[0]?.model ?? "unknown CPU";
  return { node: process.version, cpu: model, date: new Date().toISOString().slice(0, 10) };
}

/** One line: Node.js version, CPU model, date. */
export function formatHeader(): string {
  const { node, cpu, date } = describeEnvironment();
  return `Node.js ${node}, ${cpu}, ${date}`;
}

export function formatCeilings({ bytesPerSecond, operationsPerSecond }: Ceilings): string {
  const gigabytes = (bytesPerSecond / 1e9).toFixed(1);
  const gigaflops = (operationsPerSecond / 1e9).toFixed(1);
  return `measured ceilings: ${gigabytes} GB/s copying or adding, ${gigaflops} GFLOP/s multiplying and adding in registers`;
}

/** Three significant digits of milliseconds. */
export const milliseconds = (seconds: number) => {
  const value = 1e3 * seconds;
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
};

/** A table whose first `names` columns are text and whose others are numbers. */
export function makeTable(head: readonly string[], names: number, rows: readonly (readonly string[])[]): string {
  const table = new Table({
    head: [...head],
    colAligns: head.map((_, column) => (column < names ? "left" : "right")),
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) table.push([...row]);
  return table.toString();
}

export function formatKernels(results: readonly KernelResult[], { hasTimestamps }: BenchmarkDevice): string {
  const onGpu = (value: string) => (hasTimestamps ? [value] : []);
  const head = ["kernel", "shape", "median ms", "quartiles ms", ...onGpu("GPU ms"), "rate", "of ceiling"];
  const rows = results.map(({ kernel, shape, timing, unit, rate, share }) => [
    kernel,
    shape,
    milliseconds(timing.median),
    `${milliseconds(timing.lowerQuartile)} to ${milliseconds(timing.upperQuartile)}`,
    ...onGpu(milliseconds(timing.gpuMedian ?? 0)),
    `${rate.toPrecision(3)} ${unit}`,
    `${(100 * share).toFixed(0)}%`,
  ]);
  return makeTable(head, 2, rows);
}

/** A result's numbers by name, for JSON. */
export function kernelRecord({ kernel, shape, timing, unit, rate, share }: KernelResult) {
  return {
    kernel,
    shape,
    medianMs: 1e3 * timing.median,
    quartilesMs: [1e3 * timing.lowerQuartile, 1e3 * timing.upperQuartile],
    samples: timing.sampleCount,
    ...(timing.gpuMedian !== undefined && { gpuMs: 1e3 * timing.gpuMedian }),
    rate,
    unit,
    shareOfCeiling: share,
  };
}
