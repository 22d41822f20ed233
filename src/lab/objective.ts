/**
 * What is learned from a group, on the library's operations: GoalRank's Eq. 4 and 5, or GRPO, REINFORCE and DPO on the same
 * lists; and every intermediate number of it.
 */
import { grpo, reinforce } from "../methods/objectives/policy-gradient.ts";
import { dpo } from "../methods/objectives/preference.ts";
import { concat, groupCrossEntropy, scope, type Tensor, tensor } from "../tensor/index.ts";
import type { LabState, ObjectiveName } from "./state.ts";

/** A list of a group as an objective sees it. */
export interface ScoredList {
  readonly reward: number;
  /** log pi of it, over all lists. */
  readonly logProbability: number;
  readonly isDistinct: boolean;
}

/** What of the state shapes an objective. */
export type ObjectiveState = Pick<
  LabState,
  "temperature" | "normalisation" | "minimumSpread" | "loudness" | "objective"
>;

/** beta and clip of the others, as the library has them. */
const OPTIONS = { clip: 0.2, beta: 0.5 };

/**
 * The loss of one group, a scalar, given log pi of its lists [1, G].
 *
 * @param start log pi before the first step, which GRPO and DPO stay near: [G]
 */
export function groupLoss(
  objective: ObjectiveName,
  logs: Tensor,
  lists: readonly ScoredList[],
  state: ObjectiveState,
  start: readonly number[],
): Tensor {
  const rewards = numbersLike(
    logs,
    lists.map(({ reward }) => reward),
  );
  const distinct = tensor(
    Int32Array.from(lists, ({ isDistinct }) => Number(isDistinct)),
    [1, lists.length],
  );
  if (objective === "goalrank") return batchLoss(rewards, logs, distinct, lists, state).loss.sum();
  const steps = logs.reshape([1, lists.length, 1]);
  const evidence = {
    steps,
    sampledSteps: steps.detach(),
    referenceSteps: numbersLike(logs, start).reshape([1, lists.length, 1]),
    rewards,
    positionRewards: undefined,
    distinct,
  };
  return { grpo, reinforce, dpo }[objective](evidence, { ...OPTIONS, referenceTemperature: state.temperature }).sum();
}

/** Eq. 4 and 5 of the group; with `batch`, its rewards are standardised together with those of the neighbour. */
function batchLoss(
  rewards: Tensor,
  logs: Tensor,
  mask: Tensor,
  lists: readonly ScoredList[],
  { temperature, normalisation, minimumSpread, loudness }: ObjectiveState,
) {
  const attributes = { temperature, normalisation, minimumSpread };
  if (normalisation !== "batch") return groupCrossEntropy(rewards, logs, { ...attributes, mask });
  const neighbour = numbersLike(logs, neighbourRewards(lists, loudness));
  const { loss, referencePolicy } = groupCrossEntropy(
    concat([rewards, neighbour], 0),
    concat([logs, logs.detach()], 0),
    { ...attributes, mask: concat([mask, mask], 0) },
  );
  const first = tensor(logs.dtype === "f64" ? Float64Array.of(1, 0) : Float32Array.of(1, 0), [2]);
  return { loss: loss.mul(first), referencePolicy };
}

/**
 * Rewards of another user of the batch, who reacts to the same lists `loudness` times as strongly around the same mean:
 * [G].
 */
export function neighbourRewards(lists: readonly ScoredList[], loudness: number): number[] {
  const own = lists.filter(({ isDistinct }) => isDistinct).map(({ reward }) => reward);
  const mean = average(own);
  return lists.map(({ reward }) => mean + loudness * (reward - mean));
}

/** Numbers of a tensor's type as [1, G]. */
function numbersLike(like: Tensor, values: readonly number[]): Tensor {
  return tensor(like.dtype === "f64" ? Float64Array.from(values) : Float32Array.from(values), [1, values.length]);
}

/** A list of a group with all that is made of it. */
export interface GroupRow extends ScoredList {
  readonly z: number;
  /** pi_ref */
  readonly reference: number;
  /** pi_theta over the lists of the group alone. */
  readonly policy: number;
  /** Minus the loss's derivative with respect to the list's logit in the group: where it is pushed. */
  readonly push: number;
}

/** A group with every number between its rewards and its gradient. */
export interface GroupView {
  readonly rows: readonly GroupRow[];
  /** What rewards are standardised by: the group's, the batch's, or 0 and 1. */
  readonly mean: number;
  readonly deviation: number;
  /** Greatest reward less the smallest. */
  readonly spread: number;
  /** Whether the spread is too small for the group to count. */
  readonly isSkipped: boolean;
  /** Of the objective, with pi_theta over all lists. */
  readonly loss: number;
  /** KL(pi_ref || pi_theta), both over the lists of the group alone. */
  readonly divergence: number;
}

/** Everything of a group, in double precision, by the library's operations. */
export function viewGroup(lists: readonly ScoredList[], state: ObjectiveState, start: readonly number[]): GroupView {
  using _ = scope();
  const kept = lists.filter(({ isDistinct }) => isDistinct);
  const rewards = kept.map(({ reward }) => reward);
  const spread = kept.length === 0 ? 0 : Math.max(...rewards) - Math.min(...rewards);
  const { mean, deviation } = momentsOf(lists, state);
  const mask = tensor(
    Int32Array.from(lists, ({ isDistinct }) => Number(isDistinct)),
    [1, lists.length],
  );
  const numbers = (pick: (list: ScoredList) => number) => tensor(Float64Array.from(lists, pick), [1, lists.length]);
  const logs = numbers(({ logProbability }) => logProbability);
  const reference = batchLoss(
    numbers(({ reward }) => reward),
    logs,
    mask,
    lists,
    state,
  ).referencePolicy.dataSync();
  const logits = logs.requireGrad();
  const restricted = logits.logSoftmax(mask);
  groupLoss(state.objective, restricted, lists, state, start).backward();
  const gradient = logits.grad?.dataSync() ?? new Float64Array(lists.length);
  const policy = restricted.dataSync();
  const rows = lists.map((list, at) => ({
    ...list,
    z: deviation === 0 ? 0 : (list.reward - mean) / deviation,
    reference: reference[at],
    policy: list.isDistinct ? Math.exp(policy[at]) : 0,
    push: list.isDistinct || state.objective !== "goalrank" ? 0 - gradient[at] : 0,
  }));
  return {
    rows,
    mean,
    deviation,
    spread,
    isSkipped: !(spread > state.minimumSpread),
    loss: groupLoss(state.objective, logs.detach(), lists, state, start).dataSync()[0],
    divergence: rows.reduce(
      (sum, { reference: share, policy: own }) => sum + (share > 0 ? share * Math.log(share / own) : 0),
      0,
    ),
  };
}

/** Mean and population deviation that z is made with. */
function momentsOf(lists: readonly ScoredList[], { normalisation, loudness }: ObjectiveState) {
  if (normalisation === "none") return { mean: 0, deviation: 1 };
  const neighbour = normalisation === "batch" ? neighbourRewards(lists, loudness) : [];
  const kept = lists.flatMap(({ isDistinct, reward }, at) =>
    isDistinct ? [reward, ...(normalisation === "batch" ? [neighbour[at]] : [])] : [],
  );
  const mean = average(kept);
  return { mean, deviation: Math.sqrt(average(kept.map((reward) => (reward - mean) ** 2))) };
}

function average(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
