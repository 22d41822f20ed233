/**
 * Looks for a GPU in a process of its own: a driver that has none may print to the terminal while it is looked for, or
 * crash.
 */
import { host, nodeModule } from "../runtime.ts";
import { type AdapterDescription, describeAdapter } from "./device.ts";

/** Milliseconds that a driver may take to answer. */
const PATIENCE = 20_000;

/** Where the package "webgpu" lies; undefined where it is not installed. */
function findPackage(): string | undefined {
  try {
    return import.meta.resolve("webgpu");
  } catch {
    return undefined;
  }
}

/** An adapter, or why there is none. */
export type AdapterProbe = AdapterDescription | { readonly reason: string };

/** The adapter that this process would find, or why it would find none. */
export function probeAdapter(): AdapterProbe {
  const processes = nodeModule("child_process");
  const address = findPackage();
  if (address === undefined) return { reason: 'the package "webgpu" is not installed' };
  if (processes === undefined || host.process === undefined) return { reason: "this is not Node" };
  const script = `
    const { create } = await import(${JSON.stringify(address)});
    const gpu = create([]);
    const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
    const { vendor, architecture, description } = adapter?.info ?? {};
    console.log(JSON.stringify(adapter === null ? {} : { vendor, architecture, description }));
  `;
  const { status, stdout } = processes.spawnSync(host.process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
    timeout: PATIENCE,
  });
  if (status !== 0) return { reason: 'the package "webgpu" does not load here, or its driver failed' };
  const { vendor = "", architecture = "", description } = JSON.parse(stdout) as Partial<AdapterDescription>;
  if (description === undefined) return { reason: "no GPU was found" };
  return describeAdapter({ vendor, architecture, description });
}
