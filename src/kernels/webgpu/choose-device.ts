/** Chooses the device of a process in Node, once, by name. */
import { CpuDevice, type CpuDeviceOptions } from "../cpu-device.ts";
import type { Device } from "../device.ts";
import { probeAdapter } from "./adapter-probe.ts";
import { requestWebGpuDevice, type WebGpuDevice } from "./device.ts";
import { createNodeGpu } from "./node.ts";

export const DEVICE_NAMES = ["auto", "cpu", "webgpu"] as const;
export type DeviceName = (typeof DEVICE_NAMES)[number];

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
      return describe(await requestWebGpuDevice(await createNodeGpu()));
    case "auto":
      return chooseBest(options);
    default:
      throw new RangeError(
        `device: there is no device "${name}"; expected one of ${DEVICE_NAMES.join(", ")}`,
      );
  }
}

async function chooseBest(options: CpuDeviceOptions): Promise<ChosenDevice> {
  const found = probeAdapter();
  if ("reason" in found) return chooseCpu(options, ` (${found.reason})`);
  if (found.isSoftware) {
    return chooseCpu(options, ` (the only adapter, ${found.description}, runs shaders on the processor)`);
  }
  return describe(await requestWebGpuDevice(await createNodeGpu()));
}

function chooseCpu(options: CpuDeviceOptions, reason = ""): ChosenDevice {
  const device = new CpuDevice(options);
  const { threads } = device;
  return { device, description: `cpu, ${threads} ${threads === 1 ? "thread" : "threads"}${reason}` };
}

function describe(device: WebGpuDevice): ChosenDevice {
  const { vendor, architecture, description, isSoftware } = device.adapter;
  const adapter = [vendor, architecture, description].filter((part) => part !== "").join(", ");
  const warning = isSoftware ? "; it runs shaders on the processor, which is slower than the cpu device" : "";
  return { device, description: `webgpu (${adapter}${warning})` };
}
