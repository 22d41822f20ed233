/**
 * Micro-benchmarks of every kernel on every device, each against the device's own ceiling, which is measured in the
 * same run; and matmul, softmax and log-sum-exp beside gpu.js and plain loops.
 *
 *   npm run bench                                      two tables per device
 *   npm run --silent bench -- --json                   one line of JSON per row
 *   npm run bench -- --device webgpu --filter softmax  rows whose kernel or shape contains the text
 */
import { Command, Option } from "commander";
import { setDefaultDevice } from "../src/tensor/index.ts";
import { kernelCases } from "./kernels/index.ts";
import { sampleWithBenchmarkJs } from "./measure/benchmark-js.ts";
import { measureCeilings } from "./measure/ceilings.ts";
import { type BenchmarkDevice, cpuBenchmarkDevice, gpuBenchmarkDevice } from "./measure/devices.ts";
import { isMeasured, type KernelResult, measureKernel } from "./measure/kernel-results.ts";
import { describeEnvironment, formatCeilings, formatHeader, formatKernels, kernelRecord } from "./measure/report.ts";
import { onDefaultDevice } from "./peers/contenders/goalrank.ts";
import { openModes } from "./peers/contenders/gpu-js.ts";
import { threeLoops } from "./peers/contenders/loops.ts";
import { enter, hold } from "./peers/contest.ts";
import { OURS } from "./peers/peers.ts";
import { contestRecords, formatErrors, formatRecords } from "./peers/report.ts";
import { quickWorkloads } from "./peers/workloads.ts";

/** Samples of each contender. */
const SAMPLES = 10;

interface Arguments {
  readonly device: "all" | "auto" | "cpu" | "webgpu";
  readonly filter: string;
  readonly seconds: number;
  readonly json?: boolean;
}

const program = new Command("bench")
  .addOption(
    new Option("--device <name>", "where to measure; all is the CPU, and a GPU where there is an adapter")
      .choices(["all", "auto", "cpu", "webgpu"])
      .default("all"),
  )
  .option("--filter <text>", "only rows whose kernel or shape contains it", "")
  .option("--seconds <count>", "how long to measure each kernel", Number, 0.5)
  .option("--json", "print one line of JSON per row")
  .parse();
const { device: wanted, filter, seconds, json } = program.opts<Arguments>();
const isWanted = (...texts: string[]) => texts.some((text) => text.includes(filter));

/** @throws Error when `webgpu` is asked for and there is no adapter */
async function openDevices(): Promise<BenchmarkDevice[]> {
  const cpu = await cpuBenchmarkDevice(sampleWithBenchmarkJs);
  if (wanted === "cpu") return [cpu];
  const gpu = await gpuBenchmarkDevice().catch((error: Error) => error);
  if (gpu instanceof Error) {
    if (wanted === "webgpu") throw gpu;
    console.error(`only the cpu device: ${gpu.message}`);
    return [cpu];
  }
  if (wanted === "webgpu") return [gpu];
  if (wanted === "all") return [cpu, gpu];
  return [gpu.kind === "gpu" ? gpu : cpu];
}

/** One record per line, with what all have in common. */
function printRecords(target: BenchmarkDevice, records: readonly object[]): void {
  const common = { device: target.description, ...describeEnvironment() };
  for (const record of records) console.log(JSON.stringify({ ...record, ...common }));
}

/** On one line of a terminal, in place of what was there. */
function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

async function benchmarkKernels(target: BenchmarkDevice): Promise<void> {
  const cases = kernelCases.filter(
    (kernelCase) => isMeasured(kernelCase, target) && isWanted(kernelCase.kernel, kernelCase.shape),
  );
  if (cases.length === 0) return;
  const ceilings = await measureCeilings(target, 1);
  if (!json) console.log(formatCeilings(ceilings));
  const results: KernelResult[] = [];
  for (const kernelCase of cases) {
    showProgress(`${results.length} of ${cases.length}: ${kernelCase.kernel} ${kernelCase.shape}`);
    results.push(await measureKernel(kernelCase, target, ceilings, seconds));
  }
  showProgress("");
  if (json)
    printRecords(
      target,
      results.map((result) => ({ ...kernelRecord(result), ceilings })),
    );
  else console.log(formatKernels(results, target));
}

async function benchmarkContenders(target: BenchmarkDevice): Promise<void> {
  const workloads = quickWorkloads.filter(({ name }) => isWanted(name));
  if (workloads.length === 0) return;
  const others = [threeLoops, ...openModes(target.device)];
  const entrants = [enter(OURS, onDefaultDevice()), ...others.map((contender) => enter(contender.version, contender))];
  const results = [];
  for (const workload of workloads) {
    showProgress(workload.name);
    results.push(...(await hold(workload, entrants, SAMPLES)));
  }
  showProgress("");
  const records = contestRecords(results, OURS);
  if (json) printRecords(target, records);
  else console.log(`inputs at hand, results complete:\n${formatRecords(records)}`);
  for (const line of formatErrors(records)) console.error(line);
}

if (!json) console.log(formatHeader());
for (const target of await openDevices()) {
  setDefaultDevice(target.device);
  if (!json) console.log(`\n${target.description}`);
  await benchmarkKernels(target);
  await benchmarkContenders(target);
}
// gpu.js holds on to a GPU device of its own.
process.exit();
