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
