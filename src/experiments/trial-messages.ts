/** What the process of a grid and the processes of its trials tell each other. */
import type { TrialProgress } from "./job-grid.ts";
import type { Trial, TrialOutcome } from "./trial.ts";

/** To a trial's process. */
export type TrialRequest =
  | {
      readonly kind: "run";
      readonly trial: Trial;
      readonly key: string;
      readonly root: string;
      readonly dataFolder: string | undefined;
    }
  | { readonly kind: "stop" };

/** From a trial's process. */
export type TrialAnswer =
  | ({ readonly kind: "progress" } & TrialProgress)
  | { readonly kind: "finished"; readonly outcome: TrialOutcome }
  | { readonly kind: "failed"; readonly message: string; readonly stack: string | undefined }
  | { readonly kind: "interrupted" };
