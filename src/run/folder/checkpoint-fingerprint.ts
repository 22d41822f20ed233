/** What a run's checkpoints are told apart by: its configuration and its data. */
import { createHash } from "node:crypto";
import { changePaths } from "./path-settings.ts";

/**
 * Changes with whatever changes a run's numbers: the data, and the configuration without the device, the server, and
 * where files lie.
 */
export function checkpointFingerprint(
  configuration: Readonly<Record<string, unknown>>,
  dataFingerprint: string,
): string {
  const { device: _, serve: __, ...shaping } = configuration;
  return createHash("sha256")
    .update(JSON.stringify([changePaths(shaping, () => undefined), dataFingerprint]))
    .digest("hex");
}
