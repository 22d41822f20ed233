/** Optimisers: they own their state and update parameters in place. Gradients of undefined are skipped. */
import { adamWStep, sgdStep, sumOfSquares } from "../kernels/index.ts";
import {
  apply,
  applyInPlace,
  full,
  noGrad,
  outsideScopes,
  scope,
  type Tensor,
  zeros,
} from "../tensor/index.ts";

export interface StepOptions {
  /** Overrides the optimiser's learning rate for this step. */
  readonly learningRate?: number;
  /** Multiplies every gradient: a scalar tensor, as `clipScale` returns. */
  readonly gradientScale?: Tensor;
}

/** Common to all optimisers: parameters, and tensors of state for each. */
export abstract class Optimiser {
  private readonly states = new Map<Tensor, Tensor[]>();

  constructor(readonly parameters: readonly Tensor[]) {}

  /** Updates every parameter that has a gradient. */
  abstract step(options?: StepOptions): void;

  zeroGrad(): void {
    for (const parameter of this.parameters) parameter.zeroGrad();
  }

  dispose(): void {
    for (const state of this.states.values()) for (const tensor of state) tensor.dispose();
    this.states.clear();
  }

  /** `count` tensors of the parameter's shape that start as zeros and live as long as the optimiser. */
  protected stateOf(parameter: Tensor, count: number): Tensor[] {
    let state = this.states.get(parameter);
    if (state === undefined) {
      state = outsideScopes(() => Array.from({ length: count }, () => zeros(parameter.shape, parameter)));
      this.states.set(parameter, state);
    }
    return state;
  }

  protected update(
    options: StepOptions,
    apply: (parameter: Tensor, gradient: Tensor, scale: Tensor) => void,
  ): void {
    using _ = scope();
    for (const parameter of this.parameters) {
      if (parameter.grad === undefined) continue;
      apply(parameter, parameter.grad, options.gradientScale ?? full([], 1, parameter));
    }
  }
}

export interface AdamWOptions {
  readonly learningRate: number;
  /** Default 0.9. */
  readonly beta1?: number;
  /** Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
  /** Decoupled from the gradient; default 0, which is plain Adam. */
  readonly weightDecay?: number;
}

/** Adam (Kingma and Ba 2015) with decoupled weight decay (Loshchilov and Hutter 2019). */
export class AdamW extends Optimiser {
  /** Updates so far. */
  steps = 0;
  private readonly options: Required<AdamWOptions>;

  constructor(parameters: readonly Tensor[], options: AdamWOptions) {
    super(parameters);
    this.options = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, ...options };
  }

  step(options: StepOptions = {}): void {
    this.steps++;
    const { learningRate = this.options.learningRate } = options;
    const attributes = { ...this.options, learningRate, step: this.steps };
    this.update(options, (parameter, gradient, scale) => {
      const [first, second] = this.stateOf(parameter, 2);
      const inputs = [parameter, gradient, scale, first, second];
      applyInPlace(adamWStep, inputs, [parameter, first, second], attributes);
    });
  }
}

export interface SgdOptions {
  readonly learningRate: number;
  /** Default 0. */
  readonly momentum?: number;
  /** Default 0. */
  readonly weightDecay?: number;
}

/** Stochastic gradient descent with momentum. */
export class Sgd extends Optimiser {
  private readonly options: Required<SgdOptions>;

  constructor(parameters: readonly Tensor[], options: SgdOptions) {
    super(parameters);
    this.options = { momentum: 0, weightDecay: 0, ...options };
  }

  step(options: StepOptions = {}): void {
    const { learningRate = this.options.learningRate } = options;
    this.update(options, (parameter, gradient, scale) => {
      const [velocity] = this.stateOf(parameter, 1);
      const inputs = [parameter, gradient, scale, velocity];
      applyInPlace(sgdStep, inputs, [parameter, velocity], { ...this.options, learningRate });
    });
  }
}

/** The norm of all gradients together, and what to multiply them by so that it is at most `maximum`. */
export function clipScale(parameters: readonly Tensor[], maximum: number): { norm: Tensor; scale: Tensor } {
  return noGrad(() => {
    const gradients = parameters.flatMap(({ grad }) => (grad === undefined ? [] : [grad]));
    if (gradients.length === 0)
      throw new Error("clipScale: no parameter has a gradient; call backward first");
    const norm = apply(sumOfSquares, gradients, undefined)[0].sqrt();
    const limit = full([], maximum, norm);
    return { norm, scale: limit.div(norm.maximum(limit)) };
  });
}
