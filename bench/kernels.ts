/**
 * The kernels that bench/peers compares, on the CPU device alone: quick enough to be run after every change.
 *
 *   npx tsx bench/kernels.ts [--threads N] [--samples N] [--filter TEXT] [--json]
 */
import { Command } from "commander";
import { quartilesOf } from "./measure/quantiles.ts";
import { makeTable, milliseconds } from "./measure/report.ts";
import type { Computation, Contender } from "./peers/contender.ts";
import { open } from "./peers/contenders/goalrank.ts";
import { drawInput } from "./peers/protocol.ts";
import { type TimeRuns, takeSample, timeRuns, warmUp } from "./peers/sampling.ts";
import { describeKernelError, type KernelWorkload, kernelWorkloads, probesOf } from "./peers/workloads.ts";

interface Arguments {
  readonly threads: number;
  readonly samples: number;
  readonly filter: string;
  readonly json?: boolean;
}

const program = new Command("kernels")
  .option("--threads <count>", "threads of the CPU device", Number, 1)
  .option("--samples <count>", "samples of each kernel, taken in turns", Number, 20)
  .option("--filter <text>", "only kernels whose name contains it", "")
  .option("--json", "print one line of JSON per kernel")
  .parse();
const { threads, samples: sampleCount, filter, json } = program.opts<Arguments>();

/** One kernel's turns. */
interface Entry {
  readonly workload: KernelWorkload;
  readonly time: TimeRuns;
  readonly expected: number;
  readonly samples: number[];
}

/** @throws Error when the result is wrong */
async function check(workload: KernelWorkload, computation: Computation): Promise<void> {
  const result = await computation.read();
  const fault = describeKernelError(
    workload,
    probesOf(workload).map((index) => result[index]),
  );
  if (fault !== undefined) throw new Error(`${workload.name} is wrong, so nothing was timed: ${fault}`);
}

async function prepare(contender: Contender, workload: KernelWorkload): Promise<Entry> {
  const computation = await contender.kernels[workload.kernel]?.(workload.inputs.map(drawInput));
  if (computation === undefined) throw new Error(`${contender.version} has no ${workload.kernel}`);
  await check(workload, computation);
  const time: TimeRuns = (runs) => timeRuns(() => computation.run(), runs);
  return { workload, time, expected: await warmUp(time), samples: [] };
}

/** Per second: operations where they are counted, else bytes. */
function rateOf({ flops, bytes }: KernelWorkload, seconds: number) {
  return flops === undefined
    ? { unit: "GB/s", field: "gbs", rate: bytes / seconds / 1e9 }
    : { unit: "GFLOP/s", field: "gflops", rate: flops / seconds / 1e9 };
}

const contender = await open(threads);
const entries: Entry[] = [];
for (const workload of kernelWorkloads.filter(({ name }) => name.includes(filter))) {
  entries.push(await prepare(contender, workload));
}
for (let round = 0; round < sampleCount; round++) {
  for (const { time, expected, samples } of entries) samples.push(await takeSample(time, expected));
}

const results = entries.map(({ workload, samples }) => {
  const timing = quartilesOf(samples);
  return { kernel: workload.name, timing, ...rateOf(workload, timing.median) };
});
if (json) {
  for (const { kernel, timing, field, rate } of results) {
    console.log(JSON.stringify({ kernel, ms_median: 1e3 * timing.median, [field]: rate, threads }));
  }
} else {
  const rows = results.map(({ kernel, timing: { median, lowerQuartile, upperQuartile }, unit, rate }) => [
    kernel,
    milliseconds(median),
    `${milliseconds(lowerQuartile)} to ${milliseconds(upperQuartile)}`,
    `${rate.toPrecision(3)} ${unit}`,
  ]);
  console.log(`${threads} threads`);
  console.log(makeTable(["kernel", "median ms", "quartiles ms", "rate"], 1, rows));
}
