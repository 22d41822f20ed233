/** How many updates the weights of each model of a run have had: what a training of the same models without validation goes by. */
import type { StepMetrics, TrainingListener } from "../training/listener.ts";
import type { EarlyStoppingOptions } from "../training/options.ts";

/** Follows the trainings of a run, or what was kept of them. */
export class ChosenSteps implements TrainingListener {
  private readonly made = new Map<string, number>();
  private readonly judged = new Map<string, { readonly steps: number; readonly metrics: StepMetrics }[]>();

  begin(): void {}

  step(stage: string, step: number): void {
    this.made.set(stage, Math.max(step + 1, this.made.get(stage) ?? 0));
  }

  validation(stage: string, step: number, metrics: StepMetrics): void {
    const judged = this.judged.get(stage) ?? [];
    judged.push({ steps: step + 1, metrics });
    this.judged.set(stage, judged);
  }

  end(): void {}

  /** The updates up to the weights that were kept: the first of the best validated ones, or all; undefined where none is known. */
  of(stage: string, earlyStopping?: EarlyStoppingOptions): number | undefined {
    const made = this.made.get(stage);
    if (earlyStopping === undefined) return made;
    const { metric, better } = earlyStopping;
    const sign = better === "higher" ? 1 : -1;
    let best: { steps: number; value: number } | undefined;
    for (const { steps, metrics } of this.judged.get(stage) ?? []) {
      const value = sign * metrics[metric];
      if (best === undefined || value > best.value) best = { steps, value };
    }
    return best?.steps ?? made;
  }
}
