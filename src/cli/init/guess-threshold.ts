/** From which feedback on an interaction counts as liked. */

export interface ThresholdGuess {
  readonly threshold: number;
  /** Why, for the configuration's comment. */
  readonly reason: string;
}

/** @param values feedback of the first rows, all finite */
export function guessThreshold(values: readonly number[]): ThresholdGuess {
  const sorted = values.toSorted((a, b) => a - b);
  if (sorted.length === 0) return { threshold: 3, reason: "the default; there is nothing to guess from" };
  const [lowest, highest] = [sorted[0], sorted[sorted.length - 1]];
  const isWhole = sorted.every(Number.isInteger);
  if (isWhole && lowest >= -1 && highest <= 1) {
    return { threshold: 1, reason: lowest < 0 ? "of -1, 0 and 1" : "of 0 and 1" };
  }
  const isStars =
    lowest >= 0.5 && highest > 3 && highest <= 5 && sorted.every((value) => Number.isInteger(2 * value));
  if (isStars) {
    // What services ask for their stars is generous: 3 of 5 is rather "so-so".
    return { threshold: 4, reason: "of 5 stars; docs/experiments.md uses 3" };
  }
  const median = sorted[Math.floor(sorted.length / 2)];
  const threshold = median > lowest ? median : (sorted.find((value) => value > lowest) ?? lowest);
  return {
    threshold,
    reason: `of ${lowest} to ${highest}; about half of the first rows reach it`,
  };
}
