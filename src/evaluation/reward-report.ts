/** How well a judge's rewards agree with what lists were worth (section 2; Eq. 3's condition, measured). */
import { Random } from "../tensor/index.ts";
import { mean, pearsonCorrelation, spearmanCorrelation } from "./statistics.ts";

/** Lists whose predicted rewards lie next to each other. */
export interface CalibrationBin {
  readonly predicted: number;
  readonly observed: number;
  readonly lists: number;
}

/** Pairs of lists whose observed rewards differ by `gap` or more, and less than the next entry's. */
export interface OrderAccuracy {
  readonly gap: number;
  readonly pairs: number;
  /** Share of the pairs that the predictions put in the right order; ties count a half. */
  readonly accuracy: number;
}

/** How well a judge's rewards agree with feedback. */
export interface RewardReport {
  readonly lists: number;
  readonly meanSquaredError: number;
  /** 1 minus the squared error over the variance: 0 for a judge that always says the mean. */
  readonly rSquared: number;
  /** Undefined where one side is constant. */
  readonly pearson: number | undefined;
  readonly spearman: number | undefined;
  /** Ten bins of equal size, by rising prediction; a bin for each list where there are fewer than ten. */
  readonly calibration: readonly CalibrationBin[];
  readonly orderAccuracy: readonly OrderAccuracy[];
}

const BINS = 10;
const PAIRS = 20_000;
/** Lower ends of the gaps for which the order is reported, in positives. */
const GAPS = [0, 0.5, 1, 2, 3];

/**
 * Compares predicted with observed rewards of the same S lists. Order accuracy is over pairs drawn with `seed` from all
 * lists whose observed rewards differ, or over `pairs` where these are given.
 *
 * @param pairs two list numbers each: [P, 2]
 */
export function rewardReport(
  predicted: ArrayLike<number>,
  observed: ArrayLike<number>,
  { seed, pairs = drawPairs(predicted.length, seed) }: { readonly seed: number; readonly pairs?: Int32Array },
): RewardReport {
  const average = mean(observed);
  const squares = Array.from(predicted, (value, i) => (value - observed[i]) ** 2);
  const deviations = Array.from(observed, (value) => (value - average) ** 2);
  return {
    lists: predicted.length,
    meanSquaredError: mean(squares),
    rSquared: 1 - mean(squares) / mean(deviations),
    pearson: pearsonCorrelation(predicted, observed),
    spearman: spearmanCorrelation(predicted, observed),
    calibration: calibrate(predicted, observed),
    orderAccuracy: orderAccuracy(predicted, observed, pairs),
  };
}

/** Pairs of lists of one group whose predicted rewards differ by `gap` or more. */
export interface GapAccuracy {
  readonly gap: number;
  /** Pairs that are as far apart, and differ in what they are worth. */
  readonly pairs: number;
  /** Share of the pairs that are in the right order; undefined where there are none. */
  readonly accuracy: number | undefined;
}

/**
 * Eq. 3's condition where it is needed, inside groups, and as it can be acted on, by the gap that the judge itself predicts:
 * how often lists that it puts at least so far apart are in the right order.
 *
 * @param predicted of groups of `groupSize` lists: [B, G]
 * @param observed what the lists were worth: [B, G]
 */
export function gapAccuracy(
  predicted: ArrayLike<number>,
  observed: ArrayLike<number>,
  groupSize: number,
  gaps: readonly number[],
): GapAccuracy[] {
  const counts = gaps.map((gap) => ({ gap, pairs: 0, right: 0 }));
  for (let start = 0; start < predicted.length; start += groupSize) {
    for (let a = start; a < start + groupSize; a++) {
      for (let b = a + 1; b < start + groupSize; b++) {
        const [said, was] = [predicted[a] - predicted[b], observed[a] - observed[b]];
        if (said === 0 || was === 0) continue;
        for (const count of counts) {
          if (Math.abs(said) < count.gap) continue;
          count.pairs++;
          count.right += Number(said > 0 === was > 0);
        }
      }
    }
  }
  return counts.map(({ gap, pairs, right }) => ({ gap, pairs, accuracy: pairs === 0 ? undefined : right / pairs }));
}

function drawPairs(size: number, seed: number): Int32Array {
  if (size === 0) return new Int32Array(0);
  const random = new Random({ seed, stream: "order accuracy", step: 0 });
  return Int32Array.from({ length: 2 * PAIRS }, () => random.integer(size));
}

function calibrate(predicted: ArrayLike<number>, observed: ArrayLike<number>): CalibrationBin[] {
  const order = Array.from(predicted, (_, i) => i).sort((a, b) => predicted[a] - predicted[b] || a - b);
  const bins = Math.min(BINS, order.length);
  const start = (bin: number) => Math.floor((bin * order.length) / bins);
  return Array.from({ length: bins }, (_, bin) => {
    const own = order.slice(start(bin), start(bin + 1));
    return {
      predicted: mean(own.map((i) => predicted[i])),
      observed: mean(own.map((i) => observed[i])),
      lists: own.length,
    };
  });
}

function orderAccuracy(predicted: ArrayLike<number>, observed: ArrayLike<number>, pairs: Int32Array): OrderAccuracy[] {
  const counts = GAPS.map(() => ({ pairs: 0, right: 0 }));
  for (let at = 0; at < pairs.length; at += 2) {
    const gap = observed[pairs[at]] - observed[pairs[at + 1]];
    if (gap === 0) continue;
    const count = counts[GAPS.findLastIndex((low) => Math.abs(gap) >= low)];
    const said = predicted[pairs[at]] - predicted[pairs[at + 1]];
    count.pairs++;
    count.right += said === 0 ? 0.5 : Number(said > 0 === gap > 0);
  }
  return counts
    .map((count, index) => ({ gap: GAPS[index], pairs: count.pairs, accuracy: count.right / count.pairs }))
    .filter(({ pairs: found }) => found > 0);
}
