/** Optimisers: they own their state and update parameters in place. Gradients of undefined are skipped. */
import type { ParameterUpdate, UpdateAttributes } from "../kernels/index.ts";
import { adamWStep, sgdStep, sumOfSquares } from "../kernels/index.ts";
import type { Tensor } from "../tensor/index.ts";
import { apply, applyInPlace, full, noGrad, outsideScopes, scope, zeros } from "../tensor/index.ts";
import { SAFETENSORS_TYPE, type StateDict, safetensorsEntry } from "./module.ts";
import type { SafetensorsEntry } from "./safetensors.ts";

/** Of one step. */
export interface StepOptions {
  /** Overrides the optimiser's learning rate for this step. */
  readonly learningRate?: number;
  /** Multiplies every gradient: a scalar tensor, as `clipScale` returns. */
  readonly gradientScale?: Tensor;
}

interface Rates {
  readonly learningRate: number;
}

/** Common to all optimisers: parameters, one tensor of state for all of them, and how a step goes. */
export abstract class Optimiser {
  /** Each parameter once. */
  readonly parameters: readonly Tensor[];
  /** Where each parameter's elements start in a row of the state, and how long a row is. */
  private readonly offsets = new Map<Tensor, number>();
  private readonly elements: number;
  /** [rows, elements] from the first step on. */
  private state: Tensor | undefined;
  /** Updates so far. */
  steps = 0;

  /**
   * @param operation of one step; its attributes are `rates`, the step's number, and where the parameters' states start
   * @throws TypeError unless all parameters have one element type and are on one device
   */
  constructor(
    parameters: readonly Tensor[],
    private readonly operation: ParameterUpdate<UpdateAttributes & Rates>,
    private readonly rates: Rates,
  ) {
    this.parameters = [...new Set(parameters)];
    const [first] = this.parameters;
    let elements = 0;
    for (const parameter of this.parameters) {
      if (parameter.dtype !== first.dtype || parameter.device !== first.device) {
        throw new TypeError(
          `optimiser: parameters are ${first.dtype} on ${first.device.name} and ${parameter.dtype} on ` +
            `${parameter.device.name}; expected one element type and one device`,
        );
      }
      this.offsets.set(parameter, elements);
      elements += parameter.size;
    }
    this.elements = elements;
  }

  /** Updates every parameter that has a gradient; the state of the others stays as it is. */
  step({ learningRate = this.rates.learningRate, gradientScale }: StepOptions = {}): void {
    this.steps++;
    const targets: Tensor[] = [];
    const pairs: Tensor[] = [];
    const offsets: number[] = [];
    for (const [parameter, offset] of this.offsets) {
      if (parameter.grad === undefined) continue;
      targets.push(parameter);
      pairs.push(parameter, parameter.grad);
      offsets.push(offset);
    }
    if (targets.length === 0) return;
    using _ = scope();
    const [like] = targets;
    this.state ??= outsideScopes(() => zeros([this.operation.stateRows, this.elements], like));
    const scale = gradientScale ?? full([], 1, like);
    const attributes = { ...this.rates, learningRate, step: this.steps, offsets };
    applyInPlace(this.operation, [scale, this.state, ...pairs], [this.state, ...targets], attributes);
  }

  zeroGrad(): void {
    for (const parameter of this.parameters) parameter.zeroGrad();
  }

  /** What the next update depends on besides parameters and gradients: `steps` [1], and `state` [rows, elements]. */
  async stateDict(): Promise<StateDict> {
    const saved: StateDict = new Map([["steps", { dtype: "I32", shape: [1], data: Int32Array.of(this.steps) }]]);
    if (this.state !== undefined) saved.set("state", await safetensorsEntry(this.state));
    return saved;
  }

  /**
   * Goes on where another optimiser of the same kind and parameters was.
   * @throws Error when the state is of other parameters; nothing is changed then
   */
  loadStateDict(saved: ReadonlyMap<string, SafetensorsEntry>): void {
    const steps = saved.get("steps");
    const state = saved.get("state");
    if (steps?.dtype !== "I32" || steps.data.length !== 1) {
      throw new Error("optimiser: the saved state holds no number of steps; expected steps, I32 [1]");
    }
    if (state !== undefined) this.loadState(state);
    this.steps = steps.data[0];
  }

  private loadState({ dtype, shape, data }: SafetensorsEntry): void {
    const [like] = this.parameters;
    const expected = SAFETENSORS_TYPE[like.dtype];
    const isOwn = dtype === expected && shape.length === 2 && shape[1] === this.elements;
    if (!isOwn || data instanceof Uint8Array) {
      throw new Error(
        `optimiser: the saved state is ${dtype} [${shape}], expected ${expected} [${shape[0]},${this.elements}]; it is ` +
          "of other parameters",
      );
    }
    this.state?.dispose();
    this.state = outsideScopes(() => zeros(shape, like));
    this.state.assign(data);
  }

  dispose(): void {
    this.state?.dispose();
    this.state = undefined;
  }
}

/** Of {@link AdamW}. */
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
  constructor(parameters: readonly Tensor[], options: AdamWOptions) {
    const defaults = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 };
    super(parameters, adamWStep, { ...defaults, ...options });
  }
}

/** Of {@link Sgd}. */
export interface SgdOptions {
  readonly learningRate: number;
  /** Default 0. */
  readonly momentum?: number;
  /** Default 0. */
  readonly weightDecay?: number;
}

/** Stochastic gradient descent with momentum. */
export class Sgd extends Optimiser {
  constructor(parameters: readonly Tensor[], options: SgdOptions) {
    super(parameters, sgdStep, { momentum: 0, weightDecay: 0, ...options });
  }
}

/** The norm of all gradients together, and what to multiply them by so that it is at most `maximum`. */
export function clipScale(parameters: readonly Tensor[], maximum: number): { norm: Tensor; scale: Tensor } {
  return noGrad(() => {
    const gradients = parameters.flatMap(({ grad }) => grad ?? []);
    if (gradients.length === 0) throw new Error("clipScale: no parameter has a gradient; call backward first");
    const norm = apply(sumOfSquares, gradients, undefined)[0].sqrt();
    const limit = full([], maximum, norm);
    return { norm, scale: limit.div(norm.maximum(limit)) };
  });
}
