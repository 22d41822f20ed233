/** Who follows training: a terminal, files, a test. */

/** What is logged of a step: the quantities that were used, by name. */
export type StepMetrics = Readonly<Record<string, number>>;

/** Metrics that count something in a batch, and so add up over its parts; the others are means over its requests. */
export const COUNTED_METRICS: ReadonlySet<string> = new Set(["duplicates", "tokens", "zeroSpread"]);

/** Follows training. */
export interface TrainingListener {
  /**
   * A model starts to train for `totalSteps` updates, of which the first `firstStep` were made in an earlier process:
   * what was reported of this stage's later steps is void.
   */
  begin(stage: string, totalSteps: number, firstStep: number): void;
  /** Update `step`, from 0, was made. */
  step(stage: string, step: number, metrics: StepMetrics): void;
  /** The model was judged on held-out data after update `step`. */
  validation?(stage: string, step: number, metrics: StepMetrics): void;
  end(stage: string): void;
}

/** Follows a training and says nothing. */
export const SILENT: TrainingListener = { begin() {}, step() {}, end() {} };

/** Passes everything on to several listeners. */
export function combineListeners(listeners: readonly TrainingListener[]): TrainingListener {
  const tell = (each: (listener: TrainingListener) => void) => listeners.forEach(each);
  return {
    begin: (...event) => tell((listener) => listener.begin(...event)),
    step: (...event) => tell((listener) => listener.step(...event)),
    validation: (...event) => tell((listener) => listener.validation?.(...event)),
    end: (...event) => tell((listener) => listener.end(...event)),
  };
}
