/**
 * Layers: each a few parameters and a forward pass. Shapes: D is a layer's input width, C its output width. Initial
 * weights come from `random`, which is by default the process's own (see `setSeed`).
 */
import type { Activation, DType, RandomKey, Tensor } from "../tensor/index.ts";
import { defaultKey, defaultRandom, dropout, embedding, layerNorm } from "../tensor/index.ts";
import { constant, normal, xavierUniform } from "./initialisers.ts";
import { Module, parameter } from "./module.ts";

/** y = f(x W + b), perhaps with an activation f: x [..., D] -> [..., C]. */
export class Linear extends Module {
  /** [D, C] */
  readonly weight: Tensor;
  /** [C] */
  readonly bias: Tensor;

  constructor(inputs: number, outputs: number, random = defaultRandom()) {
    super();
    this.weight = parameter(xavierUniform(inputs, outputs, random), [inputs, outputs]);
    this.bias = parameter(constant([outputs], 0), [outputs]);
  }

  forward<D extends DType>(x: Tensor<D>, activation?: Activation): Tensor<D> {
    return x.matmul(this.weight, { bias: this.bias, activation });
  }
}

/** Rows of a learned table: indices i32 [...] -> [..., C]. */
export class Embedding extends Module {
  /** [V, C] */
  readonly weight: Tensor;

  constructor(rows: number, width: number, random = defaultRandom(), deviation = 0.02) {
    super();
    this.weight = parameter(normal([rows, width], deviation, random), [rows, width]);
  }

  forward(indices: Tensor): Tensor {
    return embedding(this.weight, indices);
  }
}

/** Keeps layer normalisation of a constant row finite. */
export const LAYER_NORM_EPSILON = 1e-5;

/** Layer normalisation with learned gain and bias: x [..., D] -> [..., D]. */
export class LayerNorm extends Module {
  readonly gain: Tensor;
  readonly bias: Tensor;

  constructor(
    width: number,
    private readonly epsilon = LAYER_NORM_EPSILON,
  ) {
    super();
    this.gain = parameter(constant([width], 1), [width]);
    this.bias = parameter(constant([width], 0), [width]);
  }

  forward<D extends DType>(x: Tensor<D>): Tensor<D> {
    return layerNorm(x, this.gain, this.bias, this.epsilon);
  }
}

/** What a dropout layer's random numbers are keyed by: unlike that of every other dropout layer of the model. */
export type DropoutKey = Pick<RandomKey, "seed" | "stream">;

/** Dropout while training, the identity otherwise. */
export class Dropout extends Module {
  /** Forward passes so far while training: the step of the next random key. Set it to resume a run. */
  passes = 0;

  constructor(
    readonly rate: number,
    private readonly key: DropoutKey = defaultKey("dropout"),
  ) {
    super();
    if (!(rate >= 0 && rate < 1)) throw new RangeError(`Dropout: the rate must be in [0, 1), got ${rate}`);
  }

  forward<D extends DType>(x: Tensor<D>): Tensor<D> {
    return this.training ? dropout(x, this.rate, { ...this.key, step: this.passes++ }) : x;
  }
}

/** Linear layers with an activation between them (none after the last): x [..., widths[0]] -> [..., widths.at(-1)]. */
export class MLP extends Module {
  readonly layers: Linear[];

  constructor(
    widths: readonly number[],
    random = defaultRandom(),
    private readonly activation: Activation = "relu",
  ) {
    super();
    if (widths.length < 2) throw new RangeError(`MLP: expected at least two widths, got [${widths}]`);
    this.layers = widths.slice(1).map((width, index) => new Linear(widths[index], width, random));
  }

  forward<D extends DType>(x: Tensor<D>): Tensor<D> {
    return this.layers.reduce((hidden, layer, index) => {
      return layer.forward(hidden, index < this.layers.length - 1 ? this.activation : undefined);
    }, x);
  }
}
