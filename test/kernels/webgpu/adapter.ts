/** The device that the WGSL tests share, where this machine has an adapter. */
import type { Test } from "uvu";
import { CpuDevice, createNodeGpu, requestWebGpuDevice, type WebGpuDevice } from "../../../src/kernels/index.ts";
import { type Device, setDefaultDevice } from "../../../src/tensor/index.ts";

export const cpu = new CpuDevice();

/**
 * The device, or undefined where there is no adapter: then WGSL tests are skipped, except in CI and with
 * `--require-adapter`, where that is a failure.
 */
async function findDevice(): Promise<WebGpuDevice | undefined> {
  const required = process.env.CI === "true" || process.env.GOALRANK_REQUIRE_ADAPTER === "1";
  try {
    const reason = process.env.GOALRANK_NO_ADAPTER;
    if (reason !== undefined) throw new Error(`the WGSL tests need an adapter: ${reason}`);
    return await requestWebGpuDevice(await createNodeGpu());
  } catch (error) {
    if (required) throw error;
    return undefined;
  }
}

const device = await findDevice();

/** Adds a test of the device to a suite; skipped where there is none. */
export function testOnDevice(test: Test, name: string, run: (device: WebGpuDevice) => Promise<void>): void {
  if (device === undefined) test.skip(name);
  else test(name, () => run(device));
}

/** Runs on a device that is the default one meanwhile. */
export async function on<Result>(chosen: Device, run: () => Promise<Result>): Promise<Result> {
  setDefaultDevice(chosen);
  try {
    return await run();
  } finally {
    setDefaultDevice(cpu);
  }
}
