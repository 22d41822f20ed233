/**
 * Times training steps of the reference Transformer (see reference-transformer.ts) on one device.
 *
 *   npx tsx bench/step.ts [--device cpu|webgpu|auto] [--threads N] [--steps N] [--json]
 */
import { Command, Option } from "commander";
import { CpuDevice, chooseDevice, DEVICE_NAMES, WebGpuDevice } from "../src/kernels/index.ts";
import { setDefaultDevice } from "../src/tensor/index.ts";
import { describeLossError, measureTrainingStep } from "./measure/training-step.ts";

const program = new Command("step")
  .addOption(new Option("--device <name>", "where to train").choices([...DEVICE_NAMES]).default("cpu"))
  .option("--steps <count>", "steps to time, after three to warm up", Number, 15)
  .option("--threads <count>", "threads of the CPU device; by default one for each core", Number)
  .option("--json", "print one line of JSON")
  .parse();
const options = program.opts<{ device: string; steps: number; threads?: number; json?: boolean }>();
const { device: name, steps, threads: wanted, json } = options;

const { device, description } = await chooseDevice(name, wanted === undefined ? {} : { threads: wanted });
setDefaultDevice(device);
const threads = device instanceof CpuDevice ? device.threads : 1;
const result = { device: description, threads, ...(await measureTrainingStep(steps)) };
if (json) console.log(JSON.stringify(result));
else for (const [key, value] of Object.entries(result)) console.log(`${key.padEnd(12)} ${value}`);
const error = describeLossError(result);
if (error !== undefined) {
  console.error(error);
  process.exitCode = 1;
}
if (device instanceof WebGpuDevice) device.destroy();
