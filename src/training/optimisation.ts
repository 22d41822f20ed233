/** One update of a model: AdamW on the averaged gradients of some batches, with clipping and a scheduled rate. */
import type { Module, StateDict } from "../nn/index.ts";
import { AdamW, clipScale, Dropout, learningRateAt, NonFiniteScan } from "../nn/index.ts";
import { scope, type Tensor } from "../tensor/index.ts";
import type { TrainingOptions } from "./options.ts";

/** An update that was made; what it used is on the device until it is read. */
export interface Update {
  /**
   * Waits for the learning rate and the norm of all gradients together, before clipping.
   * @throws NonFiniteError when the loss, a gradient, or an updated parameter holds NaN or infinity
   */
  read(): Promise<{ readonly learningRate: number; readonly gradientNorm: number }>;
}

/** Updates of a model over a known number of steps. */
export class Optimisation {
  private readonly optimiser: AdamW;
  private readonly parameters: ReadonlyMap<string, Tensor>;

  /** @param stage names the model in errors */
  constructor(
    private readonly model: Module,
    private readonly totalSteps: number,
    private readonly options: TrainingOptions,
    private readonly stage: string,
  ) {
    this.parameters = model.namedParameters();
    this.optimiser = new AdamW([...this.parameters.values()], options);
  }

  /** Updates made so far, in this process and before. */
  get steps(): number {
    return this.optimiser.steps;
  }

  /** @throws NonFiniteError when a parameter holds NaN or infinity: no training would mend it */
  async checkParameters(): Promise<void> {
    using _ = scope();
    await new NonFiniteScan(this.parameters).check(`${this.stage}, before step ${this.steps + 1}`);
  }

  /**
   * Updates the model with the gradients that it holds, and clears them.
   * @param loss that led to them; it is only checked
   */
  update(loss: Tensor): Update {
    const { learningRate: peak, warmup, schedule, clipNorm } = this.options;
    const { totalSteps } = this;
    const warmupSteps = Math.ceil(warmup * totalSteps);
    const learningRate = learningRateAt(this.steps, { schedule, peak, warmupSteps, totalSteps });
    const { norm, scale } = clipScale(this.optimiser.parameters, clipNorm);
    this.optimiser.step({ learningRate, gradientScale: scale });
    const scan = new NonFiniteScan(this.watched(loss));
    this.optimiser.zeroGrad();
    const when = `${this.stage}, step ${this.steps} of ${totalSteps}`;
    return {
      async read() {
        const [gradientNorm] = await Promise.all([norm.item(), scan.check(when)]);
        return { learningRate, gradientNorm };
      },
    };
  }

  /**
   * All that the next updates depend on besides the batches: the parameters under `model.`, the optimiser's state under
   * `optimiser.`, and what dropout has drawn so far under `dropout.`.
   */
  async stateDict(): Promise<StateDict> {
    const passes: StateDict = new Map();
    for (const [name, layer] of this.dropoutLayers()) {
      passes.set(name, { dtype: "I32", shape: [1], data: Int32Array.of(layer.passes) });
    }
    return new Map([
      ...prefixed("model.", await this.model.stateDict()),
      ...prefixed("optimiser.", await this.optimiser.stateDict()),
      ...prefixed("dropout.", passes),
    ]);
  }

  /** @throws Error when the state is of another model */
  loadStateDict(saved: StateDict): void {
    const layers = this.dropoutLayers();
    const passes = withoutPrefix("dropout.", saved);
    const [found, expected] = [passes, layers].map((named) => [...named.keys()].join(", "));
    if (found !== expected) {
      throw new Error(`${this.stage}: the saved state has dropout in ${found}; expected ${expected}`);
    }
    this.model.loadStateDict(withoutPrefix("model.", saved));
    this.optimiser.loadStateDict(withoutPrefix("optimiser.", saved));
    for (const [name, layer] of layers) layer.passes = passes.get(name)?.data[0] ?? 0;
  }

  private dropoutLayers(): Map<string, Dropout> {
    const layers = [...this.model.namedModules()].filter(
      (entry): entry is [string, Dropout] => entry[1] instanceof Dropout,
    );
    return new Map(layers.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Gradients first: they are what breaks the parameters. */
  private watched(loss: Tensor): Map<string, Tensor> {
    const tensors = new Map<string, Tensor>();
    for (const [name, { grad }] of this.parameters) {
      if (grad !== undefined) tensors.set(`the gradient of ${name}`, grad);
    }
    for (const [name, parameter] of this.parameters) tensors.set(name, parameter);
    return tensors.set("the loss", loss);
  }

  [Symbol.dispose](): void {
    this.optimiser.dispose();
  }
}

/** The entries under names that start with `prefix`. */
export function prefixed(prefix: string, state: StateDict): StateDict {
  return new Map([...state].map(([name, entry]) => [prefix + name, entry]));
}

/** The entries whose names start with `prefix`, without it, in the order of their names. */
export function withoutPrefix(prefix: string, state: StateDict): StateDict {
  const found = [...state].filter(([name]) => name.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map(found.map(([name, entry]) => [name.slice(prefix.length), entry]));
}
