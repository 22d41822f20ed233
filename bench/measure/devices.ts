/** The devices that benchmarks run on, with GPU timestamps wherever the adapter has them. */
import { chooseDevice, createNodeGpu, requestWebGpuDevice, type WebGpuDevice } from "../../src/kernels/index.ts";
import type { Device } from "../../src/tensor/index.ts";
import { deviceSampler, type Sampler } from "./timing.ts";

export interface BenchmarkDevice {
  readonly device: Device;
  readonly kind: "cpu" | "software adapter" | "gpu";
  /** For people: the device and its adapter. */
  readonly description: string;
  /** Whether `Timing.gpuMedian` is measured. */
  readonly hasTimestamps: boolean;
  readonly sample: Sampler;
}

/** Dawn rounds timestamps to 65 microseconds unless it is told not to. */
const EXACT_TIMESTAMPS = "disable-dawn-features=timestamp_quantization";

/**
 * The CPU device that `chooseDevice` gives to everyone.
 * @param sample how to time what is done when a function returns
 */
export async function cpuBenchmarkDevice(sample: Sampler): Promise<BenchmarkDevice> {
  return { ...(await chooseDevice("cpu")), kind: "cpu", hasTimestamps: false, sample };
}

/** @throws Error when there is no adapter */
export async function gpuBenchmarkDevice(): Promise<BenchmarkDevice & { readonly device: WebGpuDevice }> {
  const gpu = await createNodeGpu([EXACT_TIMESTAMPS]);
  const device = await requestWebGpuDevice(gpu, { timestamps: true });
  const { vendor, architecture, description, isSoftware } = device.adapter;
  return {
    device,
    kind: isSoftware ? "software adapter" : "gpu",
    description: `webgpu (${[vendor, architecture, description].filter((part) => part !== "").join(", ")})`,
    hasTimestamps: device.timestamps !== undefined,
    sample: deviceSampler(device),
  };
}
