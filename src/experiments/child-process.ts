/** A process that runs trials, as the grid sees it, and what the two tell each other. */
import { setMaxListeners } from "node:events";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { execaNode } from "execa";
import { TrialInterrupted, type TrialProcess, type TrialProgress } from "./job-grid.ts";
import type { Trial, TrialOutcome } from "./trial.ts";

/** To the process. */
export interface TrialRequest {
  readonly trial: Trial;
  readonly key: string;
  readonly root: string;
  readonly dataFolder: string | undefined;
}

/** From it: any number of reports of progress, and then how the trial ended. */
export type TrialAnswer =
  | ({ readonly kind: "progress" } & TrialProgress)
  | { readonly kind: "finished"; readonly outcome: TrialOutcome }
  | { readonly kind: "failed"; readonly error: unknown }
  | { readonly kind: "interrupted" };

/** What the process runs, beside this file in source and in the built package. */
const ENTRY = fileURLToPath(new URL(`./trial-process${extname(import.meta.url)}`, import.meta.url));

/** What a trial may take to stop, since only training listens. */
const PATIENCE_MILLISECONDS = 10_000;

/** Starts a process that computes on one core, until it is closed or `signal` is aborted. */
export function startTrialProcess(
  settings: Pick<TrialRequest, "root" | "dataFolder">,
  signal: AbortSignal,
): TrialProcess {
  // As many processes listen as there are jobs.
  setMaxListeners(0, signal);
  const child = execaNode(ENTRY, {
    // What a trial prints belongs to no table.
    ...({ stdin: "ignore", stdout: 2, stderr: 2, buffer: false, reject: false } as const),
    env: { GOALRANK_THREADS: "1" },
    ...({ cancelSignal: signal, gracefulCancel: true, forceKillAfterDelay: PATIENCE_MILLISECONDS } as const),
  });
  const answers = child.getEachMessage();
  return {
    async run(trial, key, onProgress) {
      const request: TrialRequest = { trial, key, ...settings };
      // One that is no longer there to be told ends the answers below.
      await child.sendMessage(request).catch(() => child.kill("SIGKILL"));
      for (;;) {
        const { value, done } = await answers.next();
        if (done) break;
        const answer = value as TrialAnswer;
        if (answer.kind === "finished") return answer.outcome;
        if (answer.kind === "failed") throw answer.error;
        if (answer.kind === "interrupted") throw new TrialInterrupted("interrupted");
        onProgress(answer);
      }
      const { signal: killedBy, exitCode } = await child;
      const how = killedBy ?? `exit code ${exitCode}`;
      throw signal.aborted ? new TrialInterrupted(how) : new Error(`the trial's process ended: ${how}`);
    },
    close: () => void child.kill("SIGKILL"),
  };
}
