/** What there is to compute on, and whether it works. */
import { spawnSync } from "node:child_process";
import { availableParallelism, cpus, totalmem } from "node:os";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import {
  CpuDevice,
  createNodeGpu,
  hasRelaxedSimd,
  hasSimd,
  probeAdapter,
  requestWebGpuDevice,
  type WebGpuDevice,
} from "../../kernels/index.ts";
import { packageVersions, programVersion, runtimeName } from "../versions.ts";
import { type SelfTest, selfTest } from "./self-test.ts";

export type HostReport = ReturnType<typeof examineHost>;

export interface DeviceReport {
  readonly name: "cpu" | "webgpu";
  /** Why there is no such device; undefined where there is one. */
  readonly reason?: string;
  /** What is known of it, by name. */
  readonly facts: Readonly<Record<string, string | number | boolean>>;
  readonly limits?: Readonly<Record<string, number>>;
  readonly test?: SelfTest;
}

export const DEVICES = ["cpu", "webgpu"] as const;

export function examineHost() {
  const packages = Object.entries(packageVersions()).map(([name, version]) => [name, version ?? null]);
  return {
    goalrank: programVersion(),
    /** Node.js, Deno or Bun, and its version. */
    runtime: runtimeName(),
    platform: `${process.platform} ${process.arch}`,
    processor: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    packages: Object.fromEntries(packages) as Record<string, string | null>,
  };
}

/** Seconds of measuring a device's speed; with its start and its checks about two. */
const SECONDS = 1.5;

/** The device, tested in this process. A GPU's driver may crash it: see {@link examineInChild}. */
export async function examineHere(name: DeviceReport["name"]): Promise<DeviceReport> {
  return name === "cpu" ? examineCpu() : examineGpu();
}

async function examineCpu(): Promise<DeviceReport> {
  const device = new CpuDevice();
  const facts = { threads: device.threads, "WebAssembly SIMD": simdName() };
  return { name: "cpu", facts, test: await selfTest(device, SECONDS) };
}

function simdName(): string {
  if (!hasSimd) return "none: every operation runs its plain reference";
  return hasRelaxedSimd ? "128 bits, relaxed" : "128 bits";
}

async function examineGpu(): Promise<DeviceReport> {
  let device: WebGpuDevice;
  try {
    device = await requestWebGpuDevice(await createNodeGpu());
  } catch (error) {
    return { name: "webgpu", reason: (error as Error).message, facts: {} };
  }
  const { vendor, architecture, description, isSoftware } = device.adapter;
  return {
    name: "webgpu",
    facts: { vendor, architecture, adapter: description, "runs shaders on the processor": isSoftware },
    limits: device.limits,
    test: await selfTest(device, SECONDS),
  };
}

/** Milliseconds that a device may take to answer. */
const PATIENCE = 60_000;

/** The GPU, tested in a process of its own. */
export function examineGpuInChild(): DeviceReport {
  const found = probeAdapter();
  if ("reason" in found) return { name: "webgpu", reason: found.reason, facts: {} };
  const main = fileURLToPath(new URL(`../main${extname(import.meta.url)}`, import.meta.url));
  const { stdout, signal, status } = spawnSync(
    process.execPath,
    [...process.execArgv, main, "doctor", "--device", "webgpu", "--json"],
    { encoding: "utf8", timeout: PATIENCE },
  );
  try {
    const { devices } = JSON.parse(stdout) as { devices: DeviceReport[] };
    return devices[0];
  } catch {
    const reason = `the self-test ended with ${signal ?? `exit code ${status}`}; the driver may be at fault`;
    return { name: "webgpu", reason, facts: { adapter: found.description } };
  }
}
