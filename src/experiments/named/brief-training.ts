/**
 * For whoever measures what models cost and does not ask what they know: models after a few steps of training, as large and
 * as costly as those of a comparison, and the floating-point operations of what a trial computes.
 */
import { selectRows } from "../../data/dataset.ts";
import { CountingDevice } from "../../kernels/index.ts";
import type { RunData } from "../../run/data.ts";
import { DEFAULT_RUN } from "../../run/settings.ts";
import { trainSharedModels } from "../../run/shared-models.ts";
import { defaultDevice, setDefaultDevice } from "../../tensor/index.ts";
import type { TrainingContext } from "../../training/trainer.ts";
import type { PolicyOptions, SharedOptions } from "../datasets.ts";
import type { Shared } from "../shared-work.ts";

export interface BriefOptions {
  readonly options: SharedOptions;
  readonly policy: PolicyOptions;
  readonly seed: number;
  /** Training lists, at most, each of which is used once. */
  readonly requests: number;
}

/** What methods share, learned from the first lists on the default device, and how GoalRank goes on from there. */
export async function trainBriefly(
  data: RunData,
  { options, policy, seed, requests }: BriefOptions,
  context: TrainingContext,
): Promise<{ readonly shared: Shared; readonly policy: PolicyOptions }> {
  const rows = Int32Array.from({ length: Math.min(requests, data.training.size) }, (_, row) => row);
  const few = { ...data, training: selectRows(data.training, rows) };
  const once = {
    ...options,
    feedbackTraining: { ...options.feedbackTraining, epochs: 1 },
    rewardTraining: { ...options.rewardTraining, epochs: 1 },
    imitationTraining: { ...options.imitationTraining, epochs: 1 },
  };
  const models = await trainSharedModels(few, { ...DEFAULT_RUN, ...once, seed }, context);
  return {
    shared: { data: few, models, options: once },
    policy: { ...policy, policyRequests: rows.length, policyTraining: { ...policy.policyTraining, epochs: 1 } },
  };
}

/** Runs `work` with a counting device around the default one; tensors that were made before cannot take part. */
export async function countingOperations<Result>(work: (device: CountingDevice) => Promise<Result>): Promise<Result> {
  const usual = defaultDevice();
  const device = new CountingDevice(usual);
  setDefaultDevice(device);
  try {
    return await work(device);
  } finally {
    setDefaultDevice(usual);
  }
}
