/**
 * Where a training step of the reference Transformer spends its time on the CPU device: by operation, beside the least
 * time that its arithmetic and its memory traffic take at the device's measured ceilings.
 *
 *   npx tsx bench/profile.ts [--threads N] [--steps N] [--json]
 */
import Table from "cli-table3";
import { Command } from "commander";
import { CpuDevice, type DeviceTensor, type GradientOperation } from "../src/kernels/index.ts";
import { setDefaultDevice } from "../src/tensor/index.ts";
import { sampleWithBenchmarkJs } from "./measure/benchmark-js.ts";
import { type Ceilings, measureCeilings } from "./measure/ceilings.ts";
import { quartilesOf } from "./measure/quantiles.ts";
import { createTrainingStep } from "./reference-transformer.ts";

const WARM_UP = 5;
const BYTES = 4;

interface Entry {
  calls: number;
  milliseconds: number;
  /** Floating-point operations and bytes that the calls need at least. */
  operations: number;
  bytes: number;
}

const elements = (tensors: readonly DeviceTensor[]) =>
  tensors.reduce((sum, { shape }) => sum + shape.reduce((size, extent) => size * extent, 1), 0);

/** Floating-point operations of the products inside of an operation, a multiply-add counted as two. */
function operationsOf(name: string, inputs: readonly DeviceTensor[], [out]: readonly DeviceTensor[]): number {
  if (name === "matmul") {
    const products = elements([inputs[0]]) * elements([inputs[1]]) * elements([out]);
    return 2 * Math.sqrt(products);
  }
  // Two products forward and four backward, of every query with every key over the whole width.
  const products = { attention: 2, "attention.gradient": 4 }[name] ?? 0;
  return products === 0 ? 0 : 2 * products * elements([inputs[0]]) * inputs[1].shape[inputs[1].shape.length - 2];
}

/** Notes how long each operation takes. */
class ProfilingDevice extends CpuDevice {
  entries = new Map<string, Entry>();

  override run<Attributes>(
    operation: GradientOperation<Attributes>,
    inputs: readonly DeviceTensor[],
    outputs: readonly DeviceTensor[],
    attributes: Attributes,
  ): void {
    const start = performance.now();
    super.run(operation, inputs, outputs, attributes);
    const milliseconds = performance.now() - start;
    const { name } = operation;
    const entry = this.entries.get(name) ?? { calls: 0, milliseconds: 0, operations: 0, bytes: 0 };
    entry.calls++;
    entry.milliseconds += milliseconds;
    entry.operations += operationsOf(name, inputs, outputs);
    entry.bytes += BYTES * (elements(inputs) + elements(outputs));
    this.entries.set(name, entry);
  }
}

const program = new Command("profile")
  .option("--threads <count>", "threads of the CPU device; by default one for each core", Number)
  .option("--steps <count>", "steps to measure", Number, 30)
  .option("--json", "print one line of JSON for each operation")
  .parse();
const { threads, steps, json } = program.opts<{ threads?: number; steps: number; json?: boolean }>();

const device = new ProfilingDevice(threads === undefined ? {} : { threads });
setDefaultDevice(device);
const description = `cpu, ${device.threads} threads`;
const ceilings = await measureCeilings(
  { device, kind: "cpu", description, hasTimestamps: false, sample: sampleWithBenchmarkJs },
  1,
);

const step = createTrainingStep();
const profiles: Map<string, Entry>[] = [];
const times: number[] = [];
for (let i = 0; i < WARM_UP + steps; i++) {
  device.entries = new Map();
  const start = performance.now();
  step().dispose();
  times.push(performance.now() - start);
  profiles.push(device.entries);
}
const measured = profiles.slice(WARM_UP);
const total = quartilesOf(times.slice(WARM_UP)).median;

function floorOf({ operations, bytes }: Entry, { operationsPerSecond, bytesPerSecond }: Ceilings): number {
  return 1e3 * Math.max(operations / operationsPerSecond, bytes / bytesPerSecond);
}

const rows = [...measured[0]]
  .map(([name, entry]) => {
    const own = measured.map((entries) => entries.get(name)?.milliseconds ?? 0);
    return { name, calls: entry.calls, ms: quartilesOf(own).median, floor_ms: floorOf(entry, ceilings) };
  })
  .sort((a, b) => b.ms - a.ms);
const named = rows.reduce((sum, { ms }) => sum + ms, 0);
const rest = { name: "recording, gradients' bookkeeping", calls: 0, ms: Math.max(0, total - named), floor_ms: 0 };

if (json) {
  for (const row of [...rows, rest]) console.log(JSON.stringify({ ...row, step_ms: total, threads: device.threads }));
} else {
  const { operationsPerSecond, bytesPerSecond } = ceilings;
  console.log(
    `${description}: step ${total.toFixed(1)} ms; ceilings ${(operationsPerSecond / 1e9).toFixed(0)} GFLOP/s, ` +
      `${(bytesPerSecond / 1e9).toFixed(1)} GB/s`,
  );
  const table = new Table({
    head: ["operation", "calls", "ms", "share of the step", "floor, ms", "floor / ms"],
    colAligns: ["left", "right", "right", "right", "right", "right"],
    style: { head: [], border: [], compact: true },
  });
  const percent = (value: number) => `${(100 * value).toFixed(0)}%`;
  for (const { name, calls, ms, floor_ms } of [...rows, rest]) {
    const floor = floor_ms === 0 ? ["", ""] : [floor_ms.toFixed(2), percent(floor_ms / ms)];
    table.push([name, calls || "", ms.toFixed(2), percent(ms / total), ...floor]);
  }
  console.log(table.toString());
}
