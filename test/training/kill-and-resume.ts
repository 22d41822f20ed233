/** Kills a training process at random moments, starts it again, and so on until it is done. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Random } from "../../src/tensor/index.ts";
import type { SmallRunResult } from "./small-run.ts";

/** A line of what the child says: a step that it made, or what its run came to. */
export type ChildMessage = { readonly stage: string; readonly step: number } | { readonly result: SmallRunResult };

/** How a child ended: by itself with a result, or killed, and the last step that it had told of. */
export interface ChildEnd {
  readonly result?: SmallRunResult;
  readonly killedAfter?: string;
}

const CHILD = fileURLToPath(new URL("./train-in-child.ts", import.meta.url));

/** What the child trains, and where. */
export interface ChildSettings {
  /** The folder of the run. */
  readonly path: string;
  readonly device: string;
  readonly epochs: number;
}

/** When to kill a child: after so many of its steps, and then so many milliseconds. */
interface KillMoment {
  readonly steps: number;
  readonly delay: number;
}

/**
 * Runs the child until it ends, or kills it (SIGKILL).
 * @throws Error with what the child wrote to its standard error, when it fails
 */
export async function runChild(
  { path, device, epochs }: ChildSettings,
  kill?: KillMoment | undefined,
): Promise<ChildEnd> {
  const child = spawn(process.execPath, ["--import", "tsx", CHILD, path, device, String(epochs)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = exitOf(child);
  let errors = "";
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  let steps = 0;
  let last = "nothing";
  let result: SmallRunResult | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    const message = parseMessage(line);
    if (message === undefined) continue;
    if ("result" in message) result = message.result;
    else {
      last = `${message.stage}, step ${message.step}`;
      if (++steps === kill?.steps) void setTimeout(kill.delay).then(() => child.kill("SIGKILL"));
    }
  }
  const { code, signal } = await ended;
  if (signal === "SIGKILL" && result === undefined) return { killedAfter: last };
  if (result === undefined) throw new Error(`the training process ended with ${code ?? signal}: ${errors}`);
  return { result };
}

/** Kills and resumes `kills` times at moments that `random` chooses, then lets the run end. */
export async function killAndResume(
  settings: ChildSettings,
  kills: number,
  random: Random,
): Promise<{ readonly result: SmallRunResult; readonly killedAfter: readonly string[] }> {
  const killedAfter: string[] = [];
  for (;;) {
    const moment = { steps: 1 + random.integer(12), delay: random.integer(10) };
    const end = await runChild(settings, killedAfter.length < kills ? moment : undefined);
    if (end.killedAfter !== undefined) killedAfter.push(end.killedAfter);
    if (end.result !== undefined) return { result: end.result, killedAfter };
  }
}

/** A killed process may leave half a line. */
function parseMessage(line: string): ChildMessage | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function exitOf(child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
}
