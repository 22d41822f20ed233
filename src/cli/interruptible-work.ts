/** Work that shows how far it is, and that Ctrl-C may end. */
import { combineListeners } from "../training/listener.ts";
import { type TrainingContext, TrainingInterrupted } from "../training/trainer.ts";
import { InterruptedError, Interruption } from "./interruption.ts";
import { ProgressDisplay } from "./terminal/progress-display.ts";

export interface Work {
  readonly interruption: Interruption;
  readonly display: ProgressDisplay;
  /** For trainings that are part of it: shown, and ended by a signal. */
  readonly context: TrainingContext;
}

/**
 * Does `work`. The exit code of one that was interrupted is the signal's.
 * @param interrupted says what is left of it: told how the work came to an end, or nothing where it was cut off
 */
export async function workInterruptibly(
  work: (own: Work) => Promise<void>,
  interrupted: (how?: string) => void,
): Promise<void> {
  using interruption = new Interruption();
  const display = new ProgressDisplay();
  using _ = interruption.onExit(() => {
    display.close();
    interrupted();
  });
  const listener = combineListeners([display, interruption.listener]);
  try {
    await work({ interruption, display, context: { listener, signal: interruption.signal } });
    display.close();
  } catch (error) {
    display.close();
    if (!(error instanceof TrainingInterrupted || error instanceof InterruptedError)) throw error;
    interrupted(error.message);
    process.exitCode = interruption.code;
  }
}
