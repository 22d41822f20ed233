/** Reverse-mode differentiation over the operations that were recorded while computing a tensor. */
import { ShapeError, sameShape } from "../kernels/index.ts";
// Tensors call this module, and it makes tensors: these files import each other.
import { ones } from "./create.ts";
import { outsideScopes, scope } from "./scope.ts";
import type { Tensor } from "./tensor.ts";

/** One recorded step: how a tensor came from others. */
export interface TapeNode {
  /** Increases with every recorded operation, so that descending order is a reverse topological order. */
  readonly id: number;
  readonly operation: string;
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
  /** Gradients with respect to the inputs, given that of the output. */
  gradients(outputGradient: Tensor): readonly (Tensor | undefined)[];
}

let recording = true;
let nextId = 0;

/** Whether operations on tensors that require gradients are being recorded. */
export function isRecording(): boolean {
  return recording;
}

/** Runs `compute` without recording: nothing in it can be differentiated, and nothing is remembered for it. */
export function noGrad<Result>(compute: () => Result): Result {
  const before = recording;
  recording = false;
  try {
    return compute();
  } finally {
    recording = before;
  }
}

/** Remembers how `node.output` was made. */
export function record(node: Omit<TapeNode, "id">): TapeNode {
  return { ...node, id: nextId++ };
}

/** The recorded steps that lead to `root`, last first. */
function stepsTo(root: Tensor): TapeNode[] {
  const found = new Set<TapeNode>();
  const pending = [root];
  for (let tensor = pending.pop(); tensor !== undefined; tensor = pending.pop()) {
    const { node } = tensor;
    if (node === undefined || found.has(node)) continue;
    found.add(node);
    pending.push(...node.inputs.filter((input) => input.requiresGrad));
  }
  return [...found].sort((a, b) => b.id - a.id);
}

/** Adds `gradient` to the leaf's own, outside of any scope: it lives until `zeroGrad`. */
function accumulateLeaf(leaf: Tensor, gradient: Tensor): void {
  outsideScopes(() => {
    const before = leaf.grad;
    leaf.grad = before === undefined ? gradient.alias() : before.add(gradient);
    before?.dispose();
  });
}

/**
 * Adds the gradient of `root` with respect to every leaf that requires one to the leaf's `grad`.
 *
 * @param seed gradient of the loss with respect to `root`, of its shape; by default 1, for a `root` of one element
 * @throws Error when `root` does not depend on anything that requires a gradient
 */
export function backward(root: Tensor, seed?: Tensor): void {
  if (!root.requiresGrad) {
    throw new Error("backward: the tensor depends on no tensor that requires a gradient");
  }
  if (seed === undefined && root.size !== 1) {
    throw new ShapeError(
      `backward: a tensor of shape [${root.shape}] has no single gradient; reduce it to one number or pass a seed`,
    );
  }
  if (seed !== undefined && !sameShape(seed.shape, root.shape)) {
    throw new ShapeError(`backward: the seed [${seed.shape}] must have the tensor's shape [${root.shape}]`);
  }
  using _sweep = scope();
  noGrad(() => sweep(root, seed?.alias() ?? ones(root.shape, root)));
}

function sweep(root: Tensor, seed: Tensor): void {
  const gradients = new Map<Tensor, Tensor>([[root, seed]]);
  for (const step of stepsTo(root)) {
    const gradient = gradients.get(step.output);
    if (gradient === undefined) continue;
    using local = scope();
    step.gradients(gradient).forEach((contribution, index) => {
      const input = step.inputs[index];
      if (contribution === undefined || !input.requiresGrad) return;
      // A rule may pass its own argument through, or one tensor to two inputs: each gets a view of its own.
      const before = gradients.get(input);
      const total = before === undefined ? contribution.alias() : before.add(contribution);
      gradients.set(input, local.keep(total));
      before?.dispose();
    });
    gradients.delete(step.output);
    gradient.dispose();
  }
  for (const [tensor, gradient] of gradients) {
    if (tensor.node === undefined) accumulateLeaf(tensor, gradient);
  }
}
