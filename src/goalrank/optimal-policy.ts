/**
 * The policy that ranking is after (section 3, Eq. 1 and 2), over lists that can be enumerated. With rewards r of all S
 * lists of a user and a temperature tau,
 *
 *   J(pi) = sum_l pi(l) r(l) + tau H(pi),   H(pi) = - sum_l pi(l) log pi(l)
 *   Eq. 1   pi*(l) = exp(r(l) / tau) / Z,   Z = sum_l exp(r(l) / tau), has the highest J of all policies
 *   Eq. 2   J(pi) = - tau KL(pi || pi*) + tau log Z: to raise J is to come near pi*
 *
 * Where lists cannot be enumerated, Eq. 4 takes pi*'s place within a group.
 */
import { logSumExp } from "../evaluation/statistics.ts";

/** pi* of lists with these rewards: [S]. @throws RangeError for a temperature that is not positive */
export function boltzmannPolicy(rewards: ArrayLike<number>, temperature: number): Float64Array {
  const logZ = logPartition(rewards, temperature);
  return Float64Array.from(rewards, (reward) => Math.exp(reward / temperature - logZ));
}

/** log Z, so that tau log Z is the highest J there is. @throws RangeError for a temperature that is not positive */
export function logPartition(rewards: ArrayLike<number>, temperature: number): number {
  if (!(temperature > 0)) throw new RangeError(`optimal policy: the temperature must be positive, got ${temperature}`);
  return logSumExp(Array.from(rewards, (reward) => reward / temperature));
}

/** J of a policy over all lists [S]: its expected reward, and tau times its entropy in nats. */
export function regularisedReward(policy: ArrayLike<number>, rewards: ArrayLike<number>, temperature: number): number {
  return Array.from(policy, (share, list) =>
    share === 0 ? 0 : share * (rewards[list] - temperature * Math.log(share)),
  ).reduce((sum, term) => sum + term, 0);
}
