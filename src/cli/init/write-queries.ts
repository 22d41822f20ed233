/** The configuration that `goalrank init` writes for queries whose candidates carry features and grades. */
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { stringify } from "yaml";
import { nameOfLog } from "../../data/readers/input-files.ts";
import type { QueryFormat } from "../../data/settings.ts";

/** Files of one's own that stand beside the one to train on, such as `test.txt` beside `train.txt`. */
export interface SplitNames {
  readonly validationFile?: string;
  readonly testFile?: string;
}

/** By their names, where they are there. Files for validation alone are no test. */
export function filesBeside(log: string): SplitNames {
  const sibling = (names: readonly string[]) =>
    names
      .map((name) => join(dirname(log), basename(log).replace("train", name)))
      .find((path) => path !== log && existsSync(path));
  const testFile = sibling(["test"]);
  if (testFile === undefined) return {};
  const validationFile = sibling(["vali", "valid", "validation"]);
  return { testFile, ...(validationFile !== undefined && { validationFile }) };
}

/** @param log paths relative to the configuration's folder, as those of `beside` are */
export function writeQueries(format: QueryFormat, log: string, schema: string, beside: SplitNames): string {
  const scalar = (value: string) => stringify(value).trimEnd();
  const files = Object.entries(beside).map(([key, path]) => `  ${key}: ${scalar(path)}\n`);
  const held =
    files.length === 0
      ? "  # The last of the queries are for validation and test; validationFile and testFile name others.\n"
      : "";
  return `# yaml-language-server: $schema=${schema}
#
# Settings of goalrank for the queries of ${basename(log)}: candidates carry their own features and grades.
# What is not here has its default; docs/configuration.md has all settings, and so has \`goalrank train --help-all\`.

seed: 1        # of every random choice
device: auto   # cpu, webgpu, or auto: a GPU if there is one, else the CPU

data:
  file: ${scalar(log)}
  format: ${format}
${files.join("")}${held}
  # Results of a list.
  listLength: 10

  # Written by \`goalrank prepare\`, read by \`goalrank train\`.
  prepared: ${scalar(`${nameOfLog(log)}.goalrank`)}
`;
}
