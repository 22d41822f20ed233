/** The device that a command computes on. */
import { chooseDevice, type DeviceName, WebGpuDevice } from "../kernels/index.ts";
import type { RunDevice } from "../run/folder/run-record.ts";
import { setDefaultDevice } from "../tensor/index.ts";
import { say } from "./terminal/say.ts";
import { UsageError } from "./usage-error.ts";

/** Chooses the device, makes it the default, and says so on stderr. @throws UsageError for a GPU that is not there */
export async function useDevice(name: DeviceName): Promise<RunDevice> {
  const { device, description } = await chooseDevice(name).catch((error: Error) => {
    throw new UsageError(error.message, { cause: error });
  });
  setDefaultDevice(device);
  say(`device: ${description}`);
  return { description, driver: device instanceof WebGpuDevice ? device.adapter.description : undefined };
}
