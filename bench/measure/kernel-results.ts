/** Runs the micro-benchmarks on a device and sets each kernel against the device's measured ceiling. */
import { scope } from "../../src/tensor/index.ts";
import type { KernelCase } from "../kernels/index.ts";
import { bestClock, type Ceilings } from "./ceilings.ts";
import type { BenchmarkDevice } from "./devices.ts";
import type { Timing } from "./timing.ts";

export interface KernelResult {
  readonly kernel: string;
  readonly shape: string;
  readonly timing: Timing;
  readonly unit: "GFLOP/s" | "GB/s";
  /** In `unit`, by the GPU's clock where it has one. */
  readonly rate: number;
  /** Share of the device's ceiling, from 0 to about 1; caches may lift a kernel over the ceiling. */
  readonly share: number;
}

/** Whether `kernelCase` is worth its time on that kind of device. */
export function isMeasured({ isLarge }: KernelCase, { kind }: BenchmarkDevice): boolean {
  return !isLarge || kind === "gpu";
}

/** Measures one kernel on the default device, which `target` is. */
export async function measureKernel(
  kernelCase: KernelCase,
  target: BenchmarkDevice,
  ceilings: Ceilings,
  seconds: number,
): Promise<KernelResult> {
  using _ = scope();
  return describe(kernelCase, await target.sample(kernelCase.prepare(), seconds), ceilings);
}

function describe({ kernel, shape, work }: KernelCase, timing: Timing, ceilings: Ceilings): KernelResult {
  const perSecond = work.amount / bestClock(timing);
  const isCompute = work.kind === "operations";
  return {
    kernel,
    shape,
    timing,
    unit: isCompute ? "GFLOP/s" : "GB/s",
    rate: perSecond / 1e9,
    share: perSecond / (isCompute ? ceilings.operationsPerSecond : ceilings.bytesPerSecond),
  };
}
