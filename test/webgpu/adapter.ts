/** The device that the WGSL tests share, where this machine has an adapter. */
import { CpuDevice, createNodeGpu, requestWebGpuDevice, type WebGpuDevice } from "../../src/kernels/index.ts";

/**
 * The device, or undefined where there is no adapter: then WGSL tests are skipped, except in CI, where that is a
 * failure.
 */
export async function testDevice(): Promise<WebGpuDevice | undefined> {
  const reason = process.env.GOALRANK_NO_ADAPTER;
  const required = process.env.CI === "true" || process.env.GOALRANK_REQUIRE_ADAPTER === "1";
  if (reason !== undefined) {
    if (required) throw new Error(`the WGSL tests need an adapter: ${reason}`);
    return undefined;
  }
  return requestWebGpuDevice(await createNodeGpu()).catch((error) => {
    if (required) throw error;
    return undefined;
  });
}

export const cpu = new CpuDevice();
