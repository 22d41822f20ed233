/** What an adapter says of itself, for the record of a run. */

export interface AdapterReport {
  /** Vendor, architecture, device and description, which on most systems names the driver. */
  readonly info: Readonly<Record<string, string>>;
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
}

const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupsPerDimension",
] as const;

/** @throws Error when there is no adapter */
export async function describeAdapter(gpu: GPU): Promise<AdapterReport> {
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (adapter === null) throw new Error("adapter: none was found");
  const { vendor, architecture, device, description, subgroupMinSize, subgroupMaxSize } = adapter.info;
  return {
    info: { vendor, architecture, device, description, subgroups: `${subgroupMinSize} to ${subgroupMaxSize}` },
    features: [...adapter.features].sort(),
    limits: Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]])),
  };
}

export function formatAdapter({ info, features, limits }: AdapterReport): string {
  const list = (record: object) =>
    Object.entries(record)
      .map(([name, value]) => `${name} ${value}`)
      .join(", ");
  return [`adapter: ${list(info)}`, `features: ${features.join(", ")}`, `limits: ${list(limits)}`].join("\n");
}
