/** Learning rates over the course of training. */

export interface WarmupCosineOptions {
  /** The rate after warm-up. */
  readonly peak: number;
  /** Steps of linear growth from near 0 to the peak. */
  readonly warmupSteps: number;
  readonly totalSteps: number;
  /** The rate at the last step, as a share of the peak. Default 0. */
  readonly floor?: number;
}

/** Learning rate of step `step` (from 0): linear warm-up, then half a cosine down to the floor. */
export function warmupCosine(step: number, options: WarmupCosineOptions): number {
  const { peak, warmupSteps, totalSteps, floor = 0 } = options;
  if (step < warmupSteps) return (peak * (step + 1)) / warmupSteps;
  const progress = Math.min(1, (step - warmupSteps) / Math.max(1, totalSteps - 1 - warmupSteps));
  return peak * (floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * progress)));
}
