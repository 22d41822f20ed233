/**
 * A judge that is wrong on purpose (the paper's Table 3): r = (1 - lambda) r_hat + lambda noise. The paper does not say
 * what the noise is. Here (ours) it is normal, with the mean and the standard deviation that r_hat has over logged lists,
 * and fixed for each user and list: asked again, the judge says the same, so that no averaging helps.
 */
import type { RequestBatch } from "../data/batch.ts";
import { type ListDataset, selectRows } from "../data/dataset.ts";
import { allRows, showableLists } from "../data/labels.ts";
import { mean, standardDeviation } from "../evaluation/statistics.ts";
import { type ListJudge, predictedRewards } from "../goalrank/judge.ts";
import { Random, type Tensor, tensor } from "../tensor/index.ts";

export interface NoiseOptions {
  /** lambda, from 0 (the judge alone) to 1 (noise alone). */
  readonly bias: number;
  /** Of the noise. */
  readonly mean: number;
  readonly deviation: number;
  readonly seed: number;
}

/** Reads lists at once, so tensors must lie where that is possible, as they do on the CPU. */
export class NoisyJudge implements ListJudge {
  /** @throws RangeError for a bias outside of 0 to 1 */
  constructor(
    private readonly judge: ListJudge,
    private readonly options: NoiseOptions,
  ) {
    if (!(options.bias >= 0 && options.bias <= 1)) {
      throw new RangeError(`noisy judge: the bias must lie between 0 and 1, got ${options.bias}`);
    }
  }

  rewards(batch: RequestBatch, lists: Tensor): Tensor {
    const { bias } = this.options;
    const honest = this.judge.rewards(batch, lists);
    if (bias === 0) return honest;
    return honest.mul(1 - bias).add(tensor(this.noiseOf(batch, lists), honest.shape).mul(bias));
  }

  /** The honest judge's: lists may be drawn from them, and what they are worth is told with noise. */
  candidateLogits(batch: RequestBatch): Tensor | undefined {
    return this.judge.candidateLogits?.(batch);
  }

  /** Noise of each list: [B, G]. */
  private noiseOf({ users, items }: RequestBatch, lists: Tensor): Float32Array {
    const [requests, group, length] = lists.shape;
    const candidates = items.shape[1];
    const [userOf, itemOf, positions] = [users.dataSync(), items.dataSync(), lists.dataSync()];
    return Float32Array.from({ length: requests * group }, (_, at) => {
      const request = Math.floor(at / group);
      const list = Array.from(
        positions.subarray(at * length, (at + 1) * length),
        (position) => itemOf[request * candidates + position],
      );
      return this.noise(userOf[request], list);
    });
  }

  private noise(user: number, list: readonly number[]): number {
    const { mean, deviation, seed } = this.options;
    const random = new Random({ seed, stream: `reward noise ${user}: ${list.join(" ")}`, step: 0 });
    return mean + deviation * random.normal();
  }
}

/** Logged lists that the spread of rewards is taken from. */
const SAMPLE = 1000;

/** Mean and standard deviation of a judge's rewards for the first training lists. */
export async function rewardSpread(
  judge: ListJudge,
  training: ListDataset,
): Promise<Pick<NoiseOptions, "mean" | "deviation">> {
  const sample = selectRows(training, allRows(training).subarray(0, SAMPLE));
  const rewards = await predictedRewards(judge, sample, showableLists(sample));
  return { mean: mean(rewards), deviation: standardDeviation(rewards) };
}
