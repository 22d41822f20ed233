/**
 * Everything that is to be known of a machine with a GPU, in one run of a few minutes: the adapter, whether every
 * operation agrees with its reference, a training step of the reference Transformer (beside PyTorch's where python3 has
 * it), and the micro-benchmarks of all kernels against the ceilings measured in the same run.
 *
 *   npx tsx bench/gpu.ts --out bench/results/NAME.json
 *
 * is the one command on a machine with the project and its packages. Bundled into one file (esbuild, platform node,
 * the package `webgpu` left out), it needs nothing but Node.js, that package and the GPU's Vulkan driver:
 *
 *   node entry.mjs --out results.json [--torch-script torch_step.py]
 *
 * The exit code is 1 where something failed or differs; what was measured until then is printed and written.
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { setDefaultDevice } from "../src/tensor/index.ts";
import { kernelCases } from "./kernels/index.ts";
import { type AdapterReport, describeAdapter, formatAdapter } from "./measure/adapter-report.ts";
import { type Ceilings, measureCeilings } from "./measure/ceilings.ts";
import { type BenchmarkDevice, gpuBenchmarkDevice } from "./measure/devices.ts";
import { isMeasured, type KernelResult, measureKernel } from "./measure/kernel-results.ts";
import { checkParity } from "./measure/parity.ts";
import {
  describeEnvironment,
  type Environment,
  formatCeilings,
  formatHeader,
  formatKernels,
  kernelRecord,
} from "./measure/report.ts";
import { describeLossError, measureTrainingStep, type TrainingStepResult } from "./measure/training-step.ts";
import { runTorch, type TorchResult } from "./peers/torch-peer.ts";
import { createTrainingStep } from "./reference-transformer.ts";

interface Arguments {
  readonly out?: string;
  readonly seconds: number;
  readonly steps: number;
  readonly filter: string;
  readonly torchScript: string;
}

/** What the file holds. */
interface Report {
  environment: Environment;
  adapter?: AdapterReport;
  parity?: { readonly operations: number; readonly failures: readonly string[] };
  trainingStep?: TrainingStepResult & UnreadSteps;
  torch?: TorchResult | string;
  ceilings?: Ceilings;
  kernels?: readonly ReturnType<typeof kernelRecord>[];
  /** Whatever went wrong, a line each. */
  readonly errors: string[];
}

/** Milliseconds of a step when many are recorded before the last loss is read, on the wall and on the GPU itself. */
interface UnreadSteps {
  readonly ms_unread: number;
  readonly ms_gpu?: number;
}

const program = new Command("gpu")
  .option("--out <file>", "write everything there as JSON")
  .option("--seconds <count>", "how long to measure each kernel", Number, 0.5)
  .option("--steps <count>", "training steps to time, at least 10", Number)
  .option("--filter <text>", "only kernels whose name or shape contains it", "")
  .option(
    "--torch-script <file>",
    "the same training step in PyTorch",
    fileURLToPath(new URL("./peers/torch_step.py", import.meta.url)),
  )
  .parse();
const options = program.opts<Arguments>();
const report: Report = { environment: describeEnvironment(), errors: [] };

/** A device for the benchmarks, which becomes the default one. */
async function openDevice(): Promise<BenchmarkDevice> {
  const opened = await gpuBenchmarkDevice();
  setDefaultDevice(opened.device);
  return opened;
}

/** Runs a part; where it fails the others still run. What is known so far is in the file after each. */
async function part(title: string, run: () => Promise<void>): Promise<void> {
  console.log(`\n${title}`);
  const start = performance.now();
  try {
    await run();
  } catch (error) {
    fail(`${title}: ${error instanceof Error ? error.message : error}`);
  }
  console.log(`${((performance.now() - start) / 1e3).toFixed(1)} s`);
  if (options.out !== undefined) writeFileSync(options.out, `${JSON.stringify(report, undefined, 1)}\n`);
}

function fail(error: string): void {
  report.errors.push(error);
  console.log(`FAILED: ${error}`);
}

async function reportParity(): Promise<void> {
  const failures: string[] = [];
  let count = 0;
  for await (const { failure } of checkParity(async () => (await gpuBenchmarkDevice()).device)) {
    count++;
    if (failure === undefined) continue;
    failures.push(failure);
    fail(failure);
  }
  report.parity = { operations: count, failures };
  console.log(`${count - failures.length} of ${count} operations agree with their references`);
}

async function reportTrainingStep(): Promise<void> {
  const target = await openDevice();
  // A software adapter takes a second for a step.
  const steps = options.steps ?? (target.kind === "gpu" ? 100 : 10);
  const result = await measureTrainingStep(steps);
  const step = createTrainingStep();
  const { median, gpuMedian } = await target.sample(() => step().dispose(), 2);
  const unread = { ms_unread: 1e3 * median, ...(gpuMedian !== undefined && { ms_gpu: 1e3 * gpuMedian }) };
  report.trainingStep = { ...result, ...unread };
  for (const [name, value] of Object.entries(report.trainingStep)) console.log(`${name.padEnd(12)} ${value}`);
  const error = describeLossError(result);
  if (error !== undefined) fail(error);
}

async function compareWithTorch(): Promise<void> {
  const torch = runTorch(options.torchScript);
  report.torch = torch;
  if (typeof torch === "string") {
    console.log(torch);
    return;
  }
  console.log(JSON.stringify(torch));
  const error = describeLossError(torch);
  if (error !== undefined) fail(`PyTorch: ${error}`);
  if (report.trainingStep === undefined) return;
  const ratio = report.trainingStep.ms_median / torch.ms_median;
  console.log(`our step takes ${ratio.toFixed(2)} times as long as that of ${torch.peer} on ${torch.device}`);
}

async function reportKernels(): Promise<void> {
  let target = await openDevice();
  const ceilings = await measureCeilings(target, 1);
  report.ceilings = ceilings;
  console.log(formatCeilings(ceilings));
  const results: KernelResult[] = [];
  for (const kernelCase of kernelCases) {
    const { kernel, shape } = kernelCase;
    const isWanted = `${kernel} ${shape}`.includes(options.filter);
    if (!isWanted || !isMeasured(kernelCase, target)) continue;
    try {
      results.push(await measureKernel(kernelCase, target, ceilings, options.seconds));
    } catch (error) {
      fail(`${kernel} ${shape}: ${error instanceof Error ? error.message : error}`);
      // After an error a device refuses all that follows.
      target = await openDevice();
    }
  }
  report.kernels = results.map(kernelRecord);
  console.log(formatKernels(results, target));
}

console.log(formatHeader());
await part("the adapter", async () => {
  const { device } = await gpuBenchmarkDevice();
  report.adapter = await describeAdapter(device.gpu);
  console.log(formatAdapter(report.adapter));
});
if (report.adapter !== undefined) {
  await part("parity with the references", reportParity);
  await part("a training step of the reference Transformer", reportTrainingStep);
  await part("the same step in PyTorch", compareWithTorch);
  await part("kernels", reportKernels);
}
const failures = report.errors.length;
console.log(`\n${failures === 0 ? "everything ran and agrees" : `${failures} lines above start with FAILED`}`);
process.exit(failures === 0 ? 0 : 1);
