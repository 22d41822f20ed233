/** Prints timings as tables to read, or as lines of JSON to keep. */
import { cpus } from "node:os";
import Table from "cli-table3";
import type { Timing } from "./measure.ts";

/** How one contender did at one task. */
export interface Result extends Timing {
  readonly contender: string;
  /** Floating-point operations of one run, a multiply-add counted as two. */
  readonly flops: number;
}

/** The results of all contenders at one task, the one that the others are compared with first. */
export interface Task {
  readonly name: string;
  readonly results: readonly Result[];
  /** Largest absolute difference between what two contenders computed. */
  readonly maxDifference: number;
}

/** Where and when the measurements were made. */
function environment(): { node: string; cpu: string; date: string } {
  const model = cpus()[0]?.model ?? "unknown CPU";
  return { node: process.version, cpu: model, date: new Date().toISOString().slice(0, 10) };
}

/** One line: Node.js version, CPU model, date. */
export function formatHeader(): string {
  const { node, cpu, date } = environment();
  return `Node.js ${node}, ${cpu}, ${date}`;
}

const milliseconds = (seconds: number) => seconds * 1e3;
const gigaflops = ({ flops, median }: Result) => flops / median / 1e9;
/** Time relative to that of the task's first contender. */
const timeRatio = ({ median }: Result, { results }: Task) => median / results[0].median;

/** A table with one row for each contender of each task. */
export function formatTable(tasks: readonly Task[]): string {
  const table = new Table({
    head: ["product", "contender", "median ms", "quartiles ms", "GFLOP/s", "time / ours", "max difference"],
    colAligns: ["left", "left", "right", "right", "right", "right", "right"],
    style: { head: [], border: [], compact: true },
  });
  for (const task of tasks) {
    task.results.forEach((result, index) => {
      const { contender, median, lowerQuartile, upperQuartile } = result;
      table.push([
        index === 0 ? task.name : "",
        contender,
        milliseconds(median).toFixed(2),
        `${milliseconds(lowerQuartile).toFixed(2)} to ${milliseconds(upperQuartile).toFixed(2)}`,
        gigaflops(result).toFixed(2),
        timeRatio(result, task).toFixed(2),
        index === 0 ? task.maxDifference.toExponential(1) : "",
      ]);
    });
  }
  return table.toString();
}

/** One line of JSON for each contender of each task. */
export function formatJsonLines(tasks: readonly Task[]): string {
  const lines = tasks.flatMap((task) =>
    task.results.map((result) =>
      JSON.stringify({
        product: task.name,
        contender: result.contender,
        medianMs: milliseconds(result.median),
        quartilesMs: [milliseconds(result.lowerQuartile), milliseconds(result.upperQuartile)],
        samples: result.sampleCount,
        gflops: gigaflops(result),
        timeRatio: timeRatio(result, task),
        maxDifference: task.maxDifference,
        ...environment(),
      }),
    ),
  );
  return lines.join("\n");
}
