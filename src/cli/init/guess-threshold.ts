/** From which feedback on an interaction counts as liked. */

export interface ThresholdGuess {
  readonly threshold: number;
  /** Why, for the configuration's comment. */
  readonly reason: string;
  /** What only whoever knows the log can tell. */
  readonly question?: string;
}

/** Share of the rows that must reach a weight of events for it to be the threshold. */
const ENOUGH_EVENTS = 0.05;
/** Share of zeros from which on they are rather no opinion than a bad one. */
const MANY_ZEROS = 0.1;

/** @param values feedback of the rows, all finite */
export function guessThreshold(values: ArrayLike<number>): ThresholdGuess {
  const sorted = Float64Array.from(values).sort();
  if (sorted.length === 0) return { threshold: 3, reason: "the default; there is nothing to guess from" };
  const [lowest, highest] = [sorted[0], sorted[sorted.length - 1]];
  if (sorted.every(Number.isInteger) && lowest >= -1 && highest <= 1) {
    return { threshold: 1, reason: lowest < 0 ? "of -1, 0 and 1" : "of 0 and 1" };
  }
  const zeros = sorted.filter((value) => value === 0).length;
  if (
    lowest === 0 &&
    highest >= 5 &&
    highest <= 10 &&
    zeros >= MANY_ZEROS * sorted.length &&
    new Set(sorted).size <= 11
  ) {
    const question =
      `${percent(zeros / sorted.length)} of the feedback is 0: where that means no opinion and not a bad one, ` +
      "leave those rows out of the log";
    return { ...guessThreshold(sorted.filter((value) => value !== 0)), question };
  }
  const isStars = lowest >= 0.5 && highest > 3 && highest <= 5 && sorted.every((value) => Number.isInteger(2 * value));
  if (isStars) {
    // What services ask for their stars is generous: 3 of 5 is rather "so-so".
    return { threshold: 4, reason: `of 5 stars; ${reached(sorted, 4)}, and docs/experiments.md uses 3` };
  }
  const median = sorted[Math.floor(sorted.length / 2)];
  const threshold = median > lowest ? median : (sorted.find((value) => value > lowest) ?? lowest);
  return { threshold, reason: `of ${lowest} to ${highest}; ${reached(sorted, threshold)}` };
}

/**
 * The most that enough events count, where it is more than what most of them do: of views, carts and purchases the carts.
 * @param weights what each event counts
 */
export function thresholdOfEvents(weights: ArrayLike<number>): ThresholdGuess {
  const sorted = Float64Array.from(weights).sort();
  const common = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  const above = [...new Set(sorted.filter((weight) => weight > common))];
  const share = (least: number) => sorted.filter((weight) => weight >= least).length / sorted.length;
  const threshold = above.find((weight) => share(weight) >= ENOUGH_EVENTS) ?? Math.max(common, 1);
  return { threshold, reason: `what the words count; ${reached(sorted, threshold)}` };
}

function reached(values: Float64Array, threshold: number): string {
  const count = values.filter((value) => value >= threshold).length;
  return `${percent(count / values.length)} of the rows reach it`;
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(share > 0 && share < 0.01 ? 1 : 0)}%`;
}
