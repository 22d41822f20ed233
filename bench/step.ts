/**
 * Times training steps of the reference Transformer (see reference-transformer.ts) on one device.
 *
 *   npx tsx bench/step.ts [--device cpu|webgpu|auto] [--steps N] [--json]
 */
import { Command, Option } from "commander";
import { chooseDevice, DEVICE_NAMES, WebGpuDevice } from "../src/kernels/index.ts";
import { setDefaultDevice } from "../src/tensor/index.ts";
import { createTrainingStep, stepFlops } from "./reference-transformer.ts";

const program = new Command("step")
  .addOption(new Option("--device <name>", "where to train").choices([...DEVICE_NAMES]).default("cpu"))
  .option("--steps <count>", "steps to time, after three to warm up", Number, 15)
  .option("--json", "print one line of JSON")
  .parse();
const { device: name, steps, json } = program.opts<{ device: string; steps: number; json?: boolean }>();

const { device, description } = await chooseDevice(name);
setDefaultDevice(device);
const step = createTrainingStep();
const losses: number[] = [];
const times: number[] = [];
let dispatches = 0;
for (let i = 0; i < steps + 3; i++) {
  const before = device instanceof WebGpuDevice ? device.dispatches : 0;
  const start = performance.now();
  const loss = step();
  losses.push(await loss.item());
  loss.dispose();
  times.push(performance.now() - start);
  if (device instanceof WebGpuDevice) dispatches = device.dispatches - before;
}
const timed = times.slice(3).sort((a, b) => a - b);
const median = timed[Math.floor(timed.length / 2)];
const result = {
  device: description,
  ms_median: median,
  ms_minimum: timed[0],
  gflops: stepFlops() / median / 1e6,
  threads: 1,
  ...(device instanceof WebGpuDevice && { dispatches }),
  loss1: losses[0],
  loss3: losses[2],
  loss13: losses[12],
};
if (json) console.log(JSON.stringify(result));
else for (const [key, value] of Object.entries(result)) console.log(`${key.padEnd(12)} ${value}`);
if (device instanceof WebGpuDevice) device.destroy();
