/**
 * Reverse-mode differentiation over the operations that were recorded while computing something. It asks little of what
 * is differentiated, so it reads without knowing tensors: see {@link Variable}.
 */
import { outsideScopes, scope } from "./scope.ts";

/** What can be differentiated: tensors here. */
export interface Variable {
  /** Whether gradients flow to it. */
  readonly requiresGrad: boolean;
  /** How it was made; undefined for leaves. */
  readonly node: TapeNode | undefined;
  /** The gradient that leaves accumulate. */
  grad: Variable | undefined;
  add(other: Variable | number): Variable;
  /** The same numbers, for somebody else to dispose of. */
  detach(): Variable;
  dispose(): void;
}

/** One recorded step: how a variable came from others. */
export interface TapeNode {
  /** Increases with every recorded operation, so that descending order is a reverse topological order. */
  readonly id: number;
  readonly operation: string;
  readonly inputs: readonly Variable[];
  readonly output: Variable;
  /** Gradients with respect to the inputs, given that of the output. */
  gradients(outputGradient: Variable): readonly (Variable | undefined)[];
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

/**
 * Adds the gradients of the leaves that `root` depends on to their `grad`, given `seed`, the gradient of `root`. Every
 * gradient on the way, the seed too, is freed once it was used. To be run in a scope, without recording.
 */
export function backpropagate(root: Variable, seed: Variable): void {
  const gradients = new Map([[root, seed]]);
  for (const step of stepsTo(root)) {
    const gradient = gradients.get(step.output);
    if (gradient === undefined) continue;
    using local = scope();
    step.gradients(gradient).forEach((contribution, index) => {
      const input = step.inputs[index];
      if (contribution === undefined || !input.requiresGrad) return;
      // A rule may pass its own argument through, or one tensor to two inputs: each gets a view of its own.
      const before = gradients.get(input);
      const total = before === undefined ? contribution.detach() : before.add(contribution);
      gradients.set(input, local.keep(total));
      before?.dispose();
    });
    gradients.delete(step.output);
    gradient.dispose();
  }
  for (const [variable, gradient] of gradients) {
    if (variable.node === undefined) accumulate(variable, gradient);
  }
}

/** The recorded steps that lead to `root`, last first. */
function stepsTo(root: Variable): TapeNode[] {
  const found = new Set<TapeNode>();
  const pending = [root];
  for (let variable = pending.pop(); variable !== undefined; variable = pending.pop()) {
    const { node } = variable;
    if (node === undefined || found.has(node)) continue;
    found.add(node);
    pending.push(...node.inputs.filter((input) => input.requiresGrad));
  }
  return [...found].sort((a, b) => b.id - a.id);
}

/** Adds `gradient` to the leaf's own, outside of any scope: it lives until `zeroGrad`. */
function accumulate(leaf: Variable, gradient: Variable): void {
  outsideScopes(() => {
    const before = leaf.grad;
    leaf.grad = before === undefined ? gradient.detach() : before.add(gradient);
    before?.dispose();
  });
}
