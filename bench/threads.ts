/**
 * From which size on sharing a call between threads pays: the sum of two tensors, on the calling thread alone and shared
 * however small it is, in alternating rounds.
 *
 *   npx tsx bench/threads.ts [--threads N] [--json]
 */
import Table from "cli-table3";
import { Command } from "commander";
import { CpuDevice, Random } from "../src/kernels/index.ts";
import { scope, type Tensor, tensor } from "../src/tensor/index.ts";
import { quartilesOf } from "./measure/quantiles.ts";

const SIZES = [1_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000];
const ROUNDS = 200;
/** Calls that follow each other, as in a training step: threads are still awake from the one before. */
const CALLS = 10;

const program = new Command("threads")
  .option("--threads <count>", "threads that share; by default one for each core", Number)
  .option("--json", "print one line of JSON for each size")
  .parse();
const { threads, json } = program.opts<{ threads?: number; json?: boolean }>();

const alone = new CpuDevice({ threads: 1 });
const shared = new CpuDevice({ sharedWork: 0, ...(threads !== undefined && { threads }) });

function createOperands(size: number, device: CpuDevice): [Tensor, Tensor] {
  const random = new Random({ seed: 1, stream: "operands", step: size });
  const draw = () => Float32Array.from({ length: size }, () => random.uniform());
  return [tensor(draw(), [size], { device }), tensor(draw(), [size], { device })];
}

/** Microseconds of a call. */
function time([a, b]: readonly [Tensor, Tensor]): number {
  using _ = scope();
  const start = performance.now();
  for (let call = 0; call < CALLS; call++) a.add(b).dispose();
  return (1e3 * (performance.now() - start)) / CALLS;
}

function measure(size: number) {
  const operands = [createOperands(size, alone), createOperands(size, shared)] as const;
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    for (const [which, pair] of operands.entries()) times[which].push(time(pair));
  }
  const [one, all] = times.map((samples) => quartilesOf(samples).median);
  return { elements: size, threads: shared.threads, alone_us: one, shared_us: all, speedup: one / all };
}

const results = SIZES.map(measure);
if (json) {
  for (const result of results) console.log(JSON.stringify(result));
} else {
  const table = new Table({
    head: ["elements", "1 thread, us", `${shared.threads} threads, us`, "speed-up"],
    colAligns: ["right", "right", "right", "right"],
    style: { head: [], border: [], compact: true },
  });
  for (const { elements, alone_us, shared_us, speedup } of results) {
    table.push([elements, alone_us.toFixed(1), shared_us.toFixed(1), speedup.toFixed(2)]);
  }
  console.log(table.toString());
}
