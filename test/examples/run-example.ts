/** Runs an example as its reader does. */
import { spawnSync } from "node:child_process";

export interface Outcome {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** @param name of a file of `examples`, or of another program by its path */
export function runExample(name: string, ...words: string[]): Outcome {
  const program = name.includes("/") ? name : `examples/${name}`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", program, ...words], {
    encoding: "utf8",
  });
  return { code: status, output: stdout.trimEnd(), errors: stderr.trimEnd() };
}
