/** Chooses the device of a process in Node or of a page, once, by name. */
import type { Device } from "./device.ts";
import { host } from "./runtime.ts";
import { CpuDevice, type CpuDeviceOptions } from "./wasm/cpu-device.ts";
import { type AdapterProbe, probeAdapter } from "./webgpu/adapter-probe.ts";
import { type AdapterDescription, describeAdapter, requestWebGpuDevice, type WebGpuDevice } from "./webgpu/device.ts";
import { createNodeGpu } from "./webgpu/node.ts";

/** The devices that can be asked for by name. */
export const DEVICE_NAMES = ["auto", "cpu", "webgpu"] as const;
/** One of {@link DEVICE_NAMES}. */
export type DeviceName = (typeof DEVICE_NAMES)[number];

/** A device, and what a person is told of it. */
export interface ChosenDevice {
  readonly device: Device;
  /** For people: the device, its adapter, and a warning where one is due. */
  readonly description: string;
}

/**
 * `cpu` and `webgpu` are what they say. `auto` is a GPU where there is one, and else the CPU device: an adapter that
 * runs shaders on the processor is taken only when `webgpu` is asked for.
 *
 * @param options for the CPU device, where it is chosen
 * @throws RangeError for another name; Error when `webgpu` is asked for and there is no adapter
 */
export async function chooseDevice(
  name: string,
  options: Pick<CpuDeviceOptions, "threads"> = {},
): Promise<ChosenDevice> {
  switch (name) {
    case "cpu":
      return chooseCpu(options);
    case "webgpu":
      return describe(await requestWebGpuDevice(await findGpu()));
    case "auto":
      return chooseBest(options);
    default:
      throw new RangeError(`device: there is no device "${name}"; expected one of ${DEVICE_NAMES.join(", ")}`);
  }
}

/** What a browser has, or in Node the package "webgpu". */
async function findGpu(): Promise<GPU> {
  const { navigator, process } = host;
  if (navigator?.gpu !== undefined) return navigator.gpu;
  if (process !== undefined) return createNodeGpu();
  throw new Error("webgpu: this browser has no WebGPU, or the page is not from https; use the cpu device");
}

/** The adapter of a browser, which can be asked at once. */
async function askAdapter(gpu: GPU): Promise<AdapterProbe> {
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  return adapter === null ? { reason: "no GPU was found" } : describeAdapter(adapter.info);
}

async function chooseBest(options: CpuDeviceOptions): Promise<ChosenDevice> {
  const own = host.navigator?.gpu;
  const found = own === undefined ? probeAdapter() : await askAdapter(own);
  if ("reason" in found) return chooseCpu(options, ` (${found.reason})`);
  if (found.isSoftware) {
    return chooseCpu(options, ` (the only adapter, ${nameOf(found)}, runs shaders on the processor)`);
  }
  return describe(await requestWebGpuDevice(await findGpu()));
}

function chooseCpu(options: CpuDeviceOptions, reason = ""): ChosenDevice {
  const device = new CpuDevice(options);
  const { threads } = device;
  return { device, description: `cpu, ${threads} ${threads === 1 ? "thread" : "threads"}${reason}` };
}

function describe(device: WebGpuDevice): ChosenDevice {
  const { adapter } = device;
  const warning = adapter.isSoftware ? "; it runs shaders on the processor, which is slower than the cpu device" : "";
  return { device, description: `webgpu (${nameOf(adapter)}${warning})` };
}

/** An adapter for people: browsers leave parts out. */
function nameOf({ vendor, architecture, description }: AdapterDescription): string {
  return [vendor, architecture, description].filter((part) => part !== "").join(", ");
}
