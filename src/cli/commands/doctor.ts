/** `goalrank doctor`: what this machine has to compute with, and whether it works. */
import { Command, Option } from "commander";
import type { DeviceReport, HostReport } from "../doctor/examine.ts";
import { DEVICES, examineGpuInChild, examineHere, examineHost } from "../doctor/examine.ts";
import { EXIT } from "../exit-codes.ts";

interface DoctorOptions {
  readonly device?: DeviceReport["name"];
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ goalrank doctor
  $ goalrank doctor --json

Each device is tested for about two seconds. The exit code is 0 where at least the CPU works.`;

export function doctorCommand(): Command {
  return new Command("doctor")
    .addOption(new Option("--device <name>", "look at one device alone").choices([...DEVICES]))
    .option("--json", "print what was found as JSON")
    .addHelpText("after", EXAMPLES)
    .action(examine);
}

async function examine({ device, json }: DoctorOptions): Promise<void> {
  const host = examineHost();
  if (json !== true) console.log(formatHost(host));
  const devices: DeviceReport[] = [];
  // Asked for by itself, a device is tested here: so this process tests a GPU in a child, and the child does not.
  for (const name of device === undefined ? DEVICES : [device]) {
    const isApart = name === "webgpu" && device === undefined;
    const report = isApart ? examineGpuInChild() : await examineHere(name);
    devices.push(report);
    if (json !== true) console.log(formatDevice(report));
  }
  if (json === true) console.log(JSON.stringify({ host, devices }));
  // The CPU comes first, where it is not left out.
  const [{ test }] = devices;
  if (test === undefined || test.problem !== undefined) process.exitCode = EXIT.defect;
}

function formatHost(host: HostReport): string {
  const versions = Object.entries(host.packages).map(([name, version]) => `${name} ${version ?? "is not installed"}`);
  const cores = host.cores === 1 ? "1 core" : `${host.cores} cores`;
  return [
    `goalrank ${host.goalrank}, ${host.runtime}, ${host.platform}`,
    `processor: ${host.processor}, ${cores}, ${(host.memoryBytes / 2 ** 30).toFixed(1)} GiB of memory`,
    `packages: ${versions.join(", ")}`,
  ].join("\n");
}

function formatDevice({ name, reason, facts, limits = {}, test }: DeviceReport): string {
  const lines = [
    ...Object.entries(facts).map(([fact, value]) => `  ${fact}: ${formatFact(value)}`),
    ...Object.entries(limits).map(([limit, value]) => `  ${limit}: ${value.toLocaleString("en-US")}`),
    ...(reason === undefined ? [] : [`  not usable: ${reason}`]),
    ...(test === undefined ? [] : [`  self-test: ${formatTest(test)}`]),
  ];
  return [`${name}:`, ...lines].join("\n");
}

function formatFact(value: string | number | boolean): string {
  return typeof value === "boolean" ? (value ? "yes" : "no") : String(value);
}

function formatTest({ problem, gflops }: NonNullable<DeviceReport["test"]>): string {
  return problem === undefined
    ? `passed; ${gflops.toFixed(1)} GFLOP/s in matrix products of 512 x 512`
    : `FAILED: ${problem}`;
}
