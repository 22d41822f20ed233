/**
 * Group-normalised cross-entropy (arXiv 2509.22046, Eq. 4 and 5): rewards r [B, G] of the G lists in each user's
 * group, and the policy's log-probabilities of those lists, log pi [B, G],
 *
 *   pi_ref = softmax_g(z / temperature),   z = (r - mean) / std      [B, G]
 *   loss   = - sum_g pi_ref log pi                                    [B]
 *
 * Mean and population standard deviation are those of the group ("group"), of the whole batch ("batch"), or 0 and 1
 * ("none"). An optional mask [B, G] leaves lists out of their group. A group that is empty, or whose rewards spread
 * (maximum - minimum) by `minimumSpread` or less, says nothing about what is better: it gives 0 and takes no
 * gradient. A reward that is not finite makes its group's loss and reference NaN, so that nobody learns on without
 * noticing. The rewards are held constant. The second output is pi_ref (zeros for a group that was skipped), and the
 * gradient with respect to log pi is simply -pi_ref.
 */
import type { Draw } from "../draw.ts";
import { checkMask, forEachRow, type IsKept, keptBy } from "../mask.ts";
import { checkTypes, type HostTensor, type Operation } from "../operation.ts";
import { formatShape, ShapeError, sameShape } from "../shape.ts";
import { f32, indexProgram } from "../webgpu/program.ts";
import { rowProgram } from "../webgpu/rows.ts";
import { elementwise } from "./elementwise/elementwise.ts";

/** Over what rewards are standardised. */
export type RewardNormalisation = "group" | "batch" | "none";

/** Of {@link groupCrossEntropy}. */
export interface GroupCrossEntropyAttributes {
  readonly normalisation: RewardNormalisation;
  /** Divides the standardised rewards; below 1 the reference policy is sharper. */
  readonly temperature: number;
  /** Groups whose rewards spread by this much or less are skipped. At least 0. */
  readonly minimumSpread: number;
}

/** Mean and population standard deviation of the kept elements from `start` to `end`. */
function momentsOf(r: HostTensor, start: number, end: number, isKept: IsKept) {
  let count = 0;
  let total = 0;
  for (let i = start; i < end; i++) {
    if (!isKept(i)) continue;
    count++;
    total += r.data[i];
  }
  const mean = count === 0 ? 0 : total / count;
  let squares = 0;
  for (let i = start; i < end; i++) if (isKept(i)) squares += (r.data[i] - mean) ** 2;
  return { mean, deviation: count === 0 ? 0 : Math.sqrt(squares / count) };
}

/** Number, mean and sum of squared deviations from the mean of the kept elements. */
const GROUP_MOMENTS = `  var count = 0.0;
  var total = 0.0;
  for (var j = 0u; j < parameters.columns; j++) {
    if (is_kept(mask_start + j)) { count += 1.0; total += rewards[start + j]; }
  }
  let mean = total / max(count, 1.0);
  var squares = 0.0;
  for (var j = 0u; j < parameters.columns; j++) {
    let deviation = rewards[start + j] - mean;
    if (is_kept(mask_start + j)) { squares += deviation * deviation; }
  }
  moments[row * 3u] = count;
  moments[row * 3u + 1u] = mean;
  moments[row * 3u + 2u] = squares;`;

/** The same of all groups together: a group's squares about the common mean are its own and those of its mean. */
const BATCH_MOMENTS = `  var count = 0.0;
  var total = 0.0;
  for (var group = 0u; group < parameters.groups; group++) {
    count += parts[group * 3u];
    total += parts[group * 3u] * parts[group * 3u + 1u];
  }
  let mean = total / max(count, 1.0);
  var squares = 0.0;
  for (var group = 0u; group < parameters.groups; group++) {
    let deviation = parts[group * 3u + 1u] - mean;
    squares += parts[group * 3u + 2u] + parts[group * 3u] * deviation * deviation;
  }
  moments[0] = count;
  moments[1] = mean;
  moments[2] = squares;`;

const POLICY = `  var smallest = 3.4e38;
  var largest = -3.4e38;
  for (var j = 0u; j < parameters.columns; j++) {
    policy[start + j] = 0.0;
    if (is_kept(mask_start + j)) {
      smallest = min(smallest, rewards[start + j]);
      largest = max(largest, rewards[start + j]);
    }
  }
  loss[row] = 0.0;
  // By its bits, since a compiler may assume that there is nothing of the kind.
  for (var j = 0u; j < parameters.columns; j++) {
    let bits = bitcast<u32>(rewards[start + j]);
    if (is_kept(mask_start + j) && (bits & 0x7f800000u) == 0x7f800000u) {
      let nothing = bitcast<f32>(bits | 0x7fc00000u);
      loss[row] = nothing;
      for (var k = 0u; k < parameters.columns; k++) {
        if (is_kept(mask_start + k)) { policy[start + k] = nothing; }
      }
      return;
    }
  }
  // Comparing the two first keeps an empty group's difference from overflowing.
  if (smallest >= largest || largest - smallest <= parameters.minimum_spread) { return; }

  let at = row * parameters.moments_stride;
  let deviation = select(1.0, sqrt(moments[at + 2u] / moments[at]), parameters.is_standardised != 0u);
  let scale = 1.0 / (parameters.temperature * deviation);
  var total = 0.0;
  for (var j = 0u; j < parameters.columns; j++) {
    if (is_kept(mask_start + j)) { total += exp((rewards[start + j] - largest) * scale); }
  }
  var sum = 0.0;
  for (var j = 0u; j < parameters.columns; j++) {
    if (is_kept(mask_start + j)) {
      let probability = exp((rewards[start + j] - largest) * scale) / total;
      policy[start + j] = probability;
      sum -= probability * log_probabilities[start + j];
    }
  }
  loss[row] = sum;`;

/** Eq. 4 and 5: rewards and log-probabilities [B, G], and a mask -> the loss [B] and the reference policy [B, G]. */
export const groupCrossEntropy: Operation<GroupCrossEntropyAttributes> = {
  name: "groupCrossEntropy",
  signature: "rewards, log_probabilities, mask -> loss, policy",
  constants: [0],
  outputs([rewards, logProbabilities, mask], { temperature, minimumSpread }) {
    checkTypes("groupCrossEntropy", [rewards, logProbabilities], ["float"]);
    if (rewards.shape.length !== 2 || !sameShape(rewards.shape, logProbabilities.shape)) {
      throw new ShapeError(
        "groupCrossEntropy: expected rewards and log-probabilities of one shape [users, lists], got " +
          `${formatShape(rewards.shape)} and ${formatShape(logProbabilities.shape)}`,
      );
    }
    if (!(temperature > 0)) {
      throw new RangeError(`groupCrossEntropy: the temperature must be positive, got ${temperature}`);
    }
    if (!(minimumSpread >= 0)) {
      throw new RangeError(`groupCrossEntropy: the minimum spread must be at least 0, got ${minimumSpread}`);
    }
    if (mask !== undefined) {
      checkMask("groupCrossEntropy", mask, rewards.shape);
      if (!sameShape(mask.shape, rewards.shape)) {
        throw new ShapeError(
          `groupCrossEntropy: the mask must be ${formatShape(rewards.shape)}, got ${formatShape(mask.shape)}`,
        );
      }
    }
    const { shape, dtype } = rewards;
    return [
      { shape: shape.slice(0, 1), dtype },
      { shape, dtype },
    ];
  },
  reference([rewards, logProbabilities, mask], [loss, policy], { normalisation, temperature, minimumSpread }) {
    loss.data.fill(0);
    policy.data.fill(0);
    const isOfBatch = normalisation === "batch";
    const whole = isOfBatch && momentsOf(rewards, 0, rewards.data.length, keptBy(mask, 0, 0));
    forEachRow(rewards, mask, (group, start, end, isKept) => {
      let smallest = Number.POSITIVE_INFINITY;
      let largest = Number.NEGATIVE_INFINITY;
      let areFinite = true;
      for (let i = start; i < end; i++) {
        if (!isKept(i)) continue;
        smallest = Math.min(smallest, rewards.data[i]);
        largest = Math.max(largest, rewards.data[i]);
        areFinite &&= Number.isFinite(rewards.data[i]);
      }
      if (!areFinite) {
        loss.data[group] = Number.NaN;
        for (let i = start; i < end; i++) if (isKept(i)) policy.data[i] = Number.NaN;
        return;
      }
      if (!(largest - smallest > minimumSpread)) return;

      // softmax does not see the mean, so the largest reward stands in for it: the exponents are at most 0.
      const moments = whole || momentsOf(rewards, start, end, isKept);
      const scale = 1 / (temperature * (normalisation === "none" ? 1 : moments.deviation));
      let total = 0;
      for (let i = start; i < end; i++) {
        if (isKept(i)) total += Math.exp((rewards.data[i] - largest) * scale);
      }
      let sum = 0;
      for (let i = start; i < end; i++) {
        if (!isKept(i)) continue;
        const probability = Math.exp((rewards.data[i] - largest) * scale) / total;
        policy.data[i] = probability;
        sum -= probability * logProbabilities.data[i];
      }
      loss.data[group] = sum;
    });
  },
  /** Each group's moments, for the batch's also these combined, and then each group's policy and loss. */
  wgsl([rewards, , mask], _, { normalisation, temperature, minimumSpread }) {
    const { shape, dtype } = rewards;
    const [groups] = shape;
    const ofGroups = { scratch: 0, length: groups * 3, dtype };
    const ofBatch = { scratch: 1, length: 3, dtype };
    const isOfBatch = normalisation === "batch";
    const policy = rowProgram("groupCrossEntropy", shape, POLICY, {
      mask,
      tensors: { moments: isOfBatch ? ofBatch : ofGroups },
      parameters: {
        // Where the moments of one group end and those of the next start: nowhere, when all share the batch's.
        moments_stride: isOfBatch ? 0 : 3,
        is_standardised: normalisation === "none" ? 0 : 1,
        temperature: f32(temperature),
        minimum_spread: f32(minimumSpread),
      },
    });
    const options = { mask, tensors: { moments: ofGroups } };
    const groupMoments = rowProgram("groupCrossEntropy moments", shape, GROUP_MOMENTS, options);
    if (!isOfBatch) return [groupMoments, policy];
    const batchMoments = indexProgram("groupCrossEntropy batch moments", 1, BATCH_MOMENTS, {
      tensors: { parts: ofGroups, moments: ofBatch },
      parameters: { groups },
    });
    return [groupMoments, batchMoments, policy];
  },
  gradient({ outputs: [loss, policy], outputGradient, run }) {
    const weights = outputGradient.reshape([...loss.shape, 1]);
    const [product] = run(elementwise.multiply, [policy, weights], undefined);
    return [undefined, ...run(elementwise.negate, [product], undefined)];
  },
  sample(draw: Draw) {
    const shape = [draw.extent(0, 4), draw.extent(0, 5)];
    const inputs = [draw.floats(shape), draw.floats(shape, { minimum: -5, maximum: 0 })];
    if (draw.boolean()) inputs.push(draw.mask(shape));
    const normalisation = (["group", "batch", "none"] as const)[draw.integer(0, 2)];
    const attributes = { normalisation, temperature: draw.integer(1, 4) / 2, minimumSpread: 1e-6 };
    return { inputs, attributes };
  },
};
