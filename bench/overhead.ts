/**
 * What a dispatch costs in JavaScript: whole training steps on Dawn's null backend, which validates and encodes every
 * command like a real one but computes nothing, so that no GPU is needed and none is waited for. Its adapter has the
 * smallest limits that WebGPU allows, so a few operations take more dispatches than on most GPUs.
 *
 *   npx tsx bench/overhead.ts [--steps N] [--json]
 */
import Table from "cli-table3";
import { Command } from "commander";
import { createNodeGpu, requestWebGpuDevice, type WebGpuDevice } from "../src/kernels/index.ts";
import { setDefaultDevice } from "../src/tensor/index.ts";
import { createGoalRankSteps } from "./goalrank-steps.ts";
import { type Quartiles, quartilesOf } from "./measure/quantiles.ts";
import { createTrainingStep } from "./reference-transformer.ts";

/** Steps before the first that is timed: they compile shaders, fill pools, and let the JavaScript engine warm up. */
const WARM_UP = 50;

interface Workload {
  readonly name: string;
  /** Makes the models on the default device; the result runs one step and reads nothing. */
  create(): () => void;
}

interface Overhead {
  readonly workload: string;
  readonly dispatches: number;
  readonly pipelines: number;
  /** Milliseconds of a step. */
  readonly step: Quartiles;
}

const WORKLOADS: readonly Workload[] = [
  {
    name: "reference Transformer, training step",
    create() {
      const step = createTrainingStep();
      return () => step().dispose();
    },
  },
  { name: "GoalRank generator, training step", create: () => createGoalRankSteps().trainGenerator },
  { name: "GoalRank groups, drawn and scored", create: () => createGoalRankSteps().scoreGroups },
];

/** A device of its own for each workload, so that its pipelines and dispatches are counted alone. */
async function createNullDevice(): Promise<WebGpuDevice> {
  return requestWebGpuDevice(await createNodeGpu(["backend=null"]));
}

async function measureOverhead({ name, create }: Workload, steps: number): Promise<Overhead> {
  const device = await createNullDevice();
  setDefaultDevice(device);
  const step = create();
  const times: number[] = [];
  let dispatches = 0;
  for (let i = 0; i < WARM_UP + steps; i++) {
    const before = device.dispatches;
    const start = performance.now();
    step();
    device.flush();
    if (i >= WARM_UP) times.push(performance.now() - start);
    dispatches = device.dispatches - before;
    // Lets errors and finished submissions arrive, as the readback of a loss would.
    await new Promise(setImmediate);
  }
  const pipelines = device.pipelineCount;
  device.destroy();
  return { workload: name, dispatches, pipelines, step: quartilesOf(times) };
}

const perDispatch = ({ step, dispatches }: Overhead) => (1e3 * step.median) / dispatches;

function formatTable(results: readonly Overhead[]): string {
  const table = new Table({
    head: ["workload", "dispatches", "pipelines", "ms per step", "quartiles ms", "us per dispatch"],
    colAligns: ["left", "right", "right", "right", "right", "right"],
    style: { head: [], border: [], compact: true },
  });
  for (const result of results) {
    const { workload, dispatches, pipelines, step } = result;
    table.push([
      workload,
      dispatches,
      pipelines,
      step.median.toFixed(3),
      `${step.lowerQuartile.toFixed(3)} to ${step.upperQuartile.toFixed(3)}`,
      perDispatch(result).toFixed(2),
    ]);
  }
  return table.toString();
}

function formatJson(result: Overhead): string {
  const { workload, dispatches, pipelines, step } = result;
  return JSON.stringify({
    workload,
    dispatches,
    pipelines,
    msPerStep: step.median,
    quartilesMs: [step.lowerQuartile, step.upperQuartile],
    steps: step.sampleCount,
    usPerDispatch: perDispatch(result),
  });
}

const program = new Command("overhead")
  .option("--steps <count>", `steps to time, after ${WARM_UP} to warm up`, Number, 300)
  .option("--json", "print one line of JSON per workload")
  .parse();
const { steps, json } = program.opts<{ steps: number; json?: boolean }>();

const results: Overhead[] = [];
for (const workload of WORKLOADS) results.push(await measureOverhead(workload, steps));
if (json) for (const result of results) console.log(formatJson(result));
else console.log(`Dawn's null backend, Node.js ${process.version}\n${formatTable(results)}`);
