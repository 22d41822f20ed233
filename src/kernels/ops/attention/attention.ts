/**
 * Multi-head attention with a masked softmax (Vaswani et al. 2017), on heads that lie side by side in the width:
 * q [..., Q, D], k [..., K, D], v [..., K, D], an optional mask that broadcasts to [..., Q, K] and holds for all
 * heads; h heads of width d = D / h. For each head
 *
 *   p = softmax_masked(q k^T / sqrt(d))      [..., h, Q, K]
 *   y = p v                                  [..., Q, D], the heads side by side
 *
 * A query whose mask keeps no key gives zeros and takes no gradient. The second output is what the gradient makes p
 * from: for short lists p itself; for long ones the log-sum-exp of every query's scores, [..., h, Q] (0 where no key is
 * kept), so that nothing of size Q x K outlives the call.
 */
import type { Draw } from "../../draw.ts";
import { checkMask } from "../../mask.ts";
import { checkTypes, type GradientOperation, type Operation } from "../../operation.ts";
import { formatShape, type Shape, ShapeError, sameShape } from "../../shape.ts";
import { maskCode } from "../../webgpu/rows.ts";
import { extentsOf, keepsProbabilities } from "./extents.ts";
import { attentionGradientReference, attentionReference } from "./reference.ts";
import { attentionKernels, gradientKernels } from "./simd.ts";
import { attentionCall } from "./simd-heads.ts";
import { longAttentionGradientPrograms, longAttentionProgram } from "./wgsl-long.ts";
import { shortAttentionGradientPrograms, shortAttentionPrograms } from "./wgsl-short.ts";

/** Of {@link attention}. */
export interface AttentionAttributes {
  /** Number of heads; divides the width D. */
  readonly heads: number;
}

/**
 * Inputs q, k, v, y, the statistics, g and perhaps the mask; outputs dq, dk, dv. With dp = g v^T and s the softmax's
 * gradient p (dp - sum_j dp_j p_j), where that sum is g y: dv = p^T g, dq = s k / sqrt(d), dk = s^T q / sqrt(d).
 */
const attentionGradient: GradientOperation<AttentionAttributes> = {
  name: "attention.gradient",
  signature: "q, k, v, y, statistics, g, mask -> dq, dk, dv",
  outputs: ([q, k, v]) => [q, k, v],
  reference: (inputs, outputs, { heads }) => attentionGradientReference(inputs, outputs, heads),
  simd([q, k, , , , , mask], _, { heads }) {
    const at = extentsOf(q, k, heads);
    if (keepsProbabilities(at.keys)) return attentionCall(gradientKernels.short, at, undefined);
    return attentionCall(gradientKernels.long, at, mask);
  },
  wgsl([q, k, , , , , mask], _, { heads }) {
    const at = extentsOf(q, k, heads);
    if (keepsProbabilities(at.keys)) return shortAttentionGradientPrograms(at);
    return longAttentionGradientPrograms(at, maskCode(at.maskedShape, mask));
  },
};

/** Multi-head attention: q [..., Q, D], k and v [..., K, D], and a mask -> [..., Q, D]. */
export const attention: Operation<AttentionAttributes> = {
  name: "attention",
  signature: "q, k, v, mask -> y, statistics",
  outputs(inputs, { heads }) {
    const [q, k, v, mask] = inputs;
    checkTypes("attention", [q, k, v], ["float"]);
    const shapes = `q ${formatShape(q.shape)}, k ${formatShape(k.shape)}, v ${formatShape(v.shape)}`;
    const leading = (shape: Shape) => shape.slice(0, -2);
    if (
      q.shape.length < 2 ||
      !sameShape(k.shape, v.shape) ||
      !sameShape(leading(q.shape), leading(k.shape)) ||
      q.shape.at(-1) !== k.shape.at(-1)
    ) {
      throw new ShapeError(`attention: expected q [..., Q, D], k and v [..., K, D], got ${shapes}`);
    }
    const width = q.shape[q.shape.length - 1];
    if (!Number.isInteger(heads) || heads < 1 || width % heads !== 0) {
      throw new ShapeError(`attention: ${heads} heads do not divide the width ${width} of ${shapes}`);
    }
    const { queries, keys, maskedShape } = extentsOf(q, k, heads);
    if (mask !== undefined) checkMask("attention", mask, maskedShape);
    const ofQueries = [...q.shape.slice(0, -2), heads, queries];
    return [
      { shape: q.shape, dtype: q.dtype },
      { shape: keepsProbabilities(keys) ? [...ofQueries, keys] : ofQueries, dtype: q.dtype },
    ];
  },
  reference: (inputs, outputs, { heads }) => attentionReference(inputs, outputs, heads),
  simd([q, k, , mask], _, { heads }) {
    const at = extentsOf(q, k, heads);
    return attentionCall(attentionKernels[keepsProbabilities(at.keys) ? "short" : "long"], at, mask);
  },
  wgsl([q, k, , mask], _, { heads }) {
    const at = extentsOf(q, k, heads);
    const hiding = maskCode(at.maskedShape, mask);
    return keepsProbabilities(at.keys) ? shortAttentionPrograms(at, hiding) : [longAttentionProgram(at, hiding)];
  },
  gradient({ inputs: [q, k, v, mask], outputs: [y, statistics], outputGradient, attributes, run }) {
    const inputs = [q, k, v, y, statistics, outputGradient];
    return run(attentionGradient, mask === undefined ? inputs : [...inputs, mask], attributes);
  },
  sample(draw: Draw) {
    const heads = draw.integer(1, 2);
    // The kernels for long lists are unrolled over the width of a head: wide ones take long to compile.
    const width = heads * draw.extent(1, 3, 33);
    const [queries, keys] = [draw.extent(0, 5), draw.extent(0, 5)];
    const batch = draw.shape(0, 2);
    const inputs = [
      [queries, width],
      [keys, width],
      [keys, width],
    ].map((rows) => draw.floats([...batch, ...rows]));
    const masked = draw.integer(0, 2);
    if (masked === 1) inputs.push(draw.mask([queries, keys]));
    if (masked === 2) inputs.push(draw.mask([...batch, 1, keys]));
    return { inputs, attributes: { heads } };
  },
};
