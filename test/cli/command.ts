/** Runs `goalrank` as a user does: in this process, or in one of its own where it is to be stopped from outside. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { runCommandLine } from "../../src/cli/command-line.ts";
import { TRAININGS } from "../../src/run/settings.ts";

export const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
export const LOADER = import.meta.resolve("tsx");

export interface Ended {
  readonly code: number | string | null | undefined;
  readonly output: string;
  readonly errors: string;
}

/** For tests whose figures do not matter: trainings of a small log that are no longer than their epochs are. */
export const FEW_STEPS = Object.fromEntries(TRAININGS.map((training) => [training, { leastSteps: 1 }]));

// The CPU device, named once: looking for a GPU takes longer than most of these runs.
process.env.GOALRANK_DEVICE = "cpu";

/** Runs a command line in this process, one at a time. @param folder the working folder */
export async function goalrank(folder: string, ...words: string[]): Promise<Ended> {
  const before = process.cwd();
  const stdout = capture(process.stdout);
  const stderr = capture(process.stderr);
  process.chdir(folder);
  try {
    await runCommandLine(words);
  } finally {
    process.chdir(before);
    stdout.restore();
    stderr.restore();
  }
  const code = process.exitCode ?? 0;
  process.exitCode = 0;
  return { code, output: stdout.text().trimEnd(), errors: stderr.text().trimEnd() };
}

function capture(stream: NodeJS.WriteStream): { text(): string; restore(): void } {
  const { write } = stream;
  let text = "";
  stream.write = (chunk: string | Uint8Array) => {
    text += chunk;
    return true;
  };
  return {
    text: () => text,
    restore: () => {
      stream.write = write;
    },
  };
}

/** Runs a command line in a process of its own, and calls `watch` with all that it wrote to stderr so far. */
export function goalrankInChild(
  folder: string,
  words: readonly string[],
  watch: (errors: string, child: ChildProcess) => void,
): Promise<Ended> {
  const child = spawn(process.execPath, ["--import", LOADER, MAIN, ...words], { cwd: folder });
  let output = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
    watch(errors, child);
  });
  return new Promise((done) => child.on("close", (code) => done({ code, output, errors })));
}
