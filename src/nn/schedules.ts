/** Learning rates over the course of training: linear warm-up to a peak, then one of several ways down. */

/** How the rate falls after warm-up: by half a cosine, in a straight line, or not at all. */
export const SCHEDULES = ["cosine", "linear", "constant"] as const;
/** One of {@link SCHEDULES}. */
export type ScheduleName = (typeof SCHEDULES)[number];

/** How the learning rate goes. */
export interface ScheduleOptions {
  readonly schedule: ScheduleName;
  /** The rate after warm-up. */
  readonly peak: number;
  /** Steps of linear growth from near 0 to the peak. */
  readonly warmupSteps: number;
  readonly totalSteps: number;
  /** The rate at the last step, as a share of the peak. Default 0; without effect on a constant rate. */
  readonly floor?: number;
}

/** What is left of the way from the peak to the floor, from the share of the way gone: both 0 to 1. */
const REMAINING: Readonly<Record<ScheduleName, (progress: number) => number>> = {
  cosine: (progress) => 0.5 * (1 + Math.cos(Math.PI * progress)),
  linear: (progress) => 1 - progress,
  constant: () => 1,
};

/** Learning rate of step `step` (from 0). */
export function learningRateAt(step: number, options: ScheduleOptions): number {
  const { schedule, peak, warmupSteps, totalSteps, floor = 0 } = options;
  if (step < warmupSteps) return (peak * (step + 1)) / warmupSteps;
  const progress = Math.min(1, (step - warmupSteps) / Math.max(1, totalSteps - 1 - warmupSteps));
  return peak * (floor + (1 - floor) * REMAINING[schedule](progress));
}
