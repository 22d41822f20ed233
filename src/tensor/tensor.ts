/** Tensors: arrays that operations make from others, and that know how, so that gradients can be found. */
import * as kernels from "../kernels/index.ts";
import {
  type Device,
  type DType,
  type ElementwiseOperation,
  elementwise,
  formatShape,
  type GradientOperation,
  type Operation,
  type Shape,
  ShapeError,
  sameShape,
  sizeOf,
  type Value,
} from "../kernels/index.ts";
import { backpropagate, isRecording, noGrad, record, type TapeNode, type Variable } from "./autograd.ts";
import { defaultDevice } from "./defaults.ts";
import { DeviceArray, resolveShape, type Spec } from "./device-array.ts";
import { describe } from "./nested.ts";
import { scope } from "./scope.ts";
import { Storage } from "./storage.ts";

/** Of {@link Tensor.matmul}. */
export interface MatmulOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** Added to every row of the product: [N]. */
  readonly bias?: Tensor;
  /** Applied to every element of the product, after the bias. */
  readonly activation?: kernels.Activation | undefined;
}

/**
 * An immutable n-dimensional array of elements of type `D`: a shape over contiguous, row-major storage on a device.
 * Every method that computes returns a new tensor; `reshape` and `detach` share storage.
 */
export class Tensor<D extends DType = DType> extends DeviceArray<D> implements Value, Variable {
  /** Whether gradients flow to this tensor. */
  readonly requiresGrad: boolean;
  /** What `backward` accumulated here; undefined before it, and on all tensors but leaves that require a gradient. */
  grad: Tensor<D> | undefined;
  /** @internal How this tensor was made; undefined for leaves. */
  node: TapeNode | undefined;

  /** @internal Use `tensor`, `zeros` and their like, or an operation. */
  constructor(storage: Storage, spec: Spec<D>, requiresGrad: boolean) {
    super(storage, spec);
    this.requiresGrad = requiresGrad;
  }

  // Gradients

  /** Another view of the same elements, outside of the recorded computation: no gradient flows through it. */
  detach(): Tensor<D> {
    return this.viewAs("detach", this.shape, false);
  }

  /** The same elements as a leaf that collects a gradient. */
  requireGrad(): Tensor<D> {
    if (this.dtype === "i32") {
      throw new TypeError('requireGrad: an i32 tensor has no gradient; make it f32, with cast("f32")');
    }
    return this.viewAs("requireGrad", this.shape, true);
  }

  /**
   * Adds the gradient of this tensor with respect to every leaf that requires one to the leaf's `grad`.
   *
   * @param seed gradient of the loss with respect to this tensor, of its shape; by default 1, for one element
   * @throws Error when this tensor does not depend on anything that requires a gradient
   */
  backward(seed?: Tensor): void {
    if (!this.requiresGrad) {
      throw new Error(
        "backward: the tensor depends on no tensor that requires a gradient; compute it outside of noGrad(), from " +
          "what requireGrad() returned",
      );
    }
    const shape = formatShape(this.shape);
    if (seed === undefined && this.size !== 1) {
      throw new ShapeError(
        `backward: a tensor of shape ${shape} has no single gradient; reduce it to one number, with sum() or mean(), ` +
          "or pass a seed of its shape",
      );
    }
    if (seed !== undefined && !sameShape(seed.shape, this.shape)) {
      throw new ShapeError(`backward: the seed ${formatShape(seed.shape)} must have the shape ${shape}`);
    }
    using _ = scope();
    noGrad(() => backpropagate(this, seed?.detach() ?? scalarLike(this, 1).reshape(this.shape)));
  }

  /** Frees the gradient, so that the next `backward` starts from zero. */
  zeroGrad(): void {
    this.grad?.dispose();
    this.grad = undefined;
  }

  // Elementwise arithmetic, broadcasting

  add(other: Tensor | number): Tensor<D> {
    if (typeof other === "number") return this.withNumber("add", elementwise.shift, other);
    return this.binary(elementwise.add, other);
  }
  sub(other: Tensor | number): Tensor<D> {
    if (typeof other === "number") return this.withNumber("sub", elementwise.shift, -other);
    return this.binary(elementwise.subtract, other);
  }
  mul(other: Tensor | number): Tensor<D> {
    if (typeof other === "number") return this.withNumber("mul", elementwise.scale, other);
    return this.binary(elementwise.multiply, other);
  }
  div(other: Tensor | number): Tensor<D> {
    if (typeof other === "number") return this.withNumber("div", elementwise.quotient, other);
    return this.binary(elementwise.divide, other);
  }
  /** x^exponent. */
  pow(exponent: number): Tensor<D> {
    return this.withNumber("pow", elementwise.power, exponent);
  }
  maximum(other: Tensor | number): Tensor<D> {
    return this.binary(elementwise.maximum, other);
  }
  minimum(other: Tensor | number): Tensor<D> {
    return this.binary(elementwise.minimum, other);
  }
  neg(): Tensor<D> {
    return resultOf(elementwise.negate, [this], undefined);
  }
  exp(): Tensor<D> {
    return resultOf(elementwise.exp, [this], undefined);
  }
  log(): Tensor<D> {
    return resultOf(elementwise.log, [this], undefined);
  }
  sqrt(): Tensor<D> {
    return resultOf(elementwise.sqrt, [this], undefined);
  }
  square(): Tensor<D> {
    return resultOf(elementwise.square, [this], undefined);
  }
  abs(): Tensor<D> {
    return resultOf(elementwise.abs, [this], undefined);
  }
  relu(): Tensor<D> {
    return resultOf(elementwise.relu, [this], undefined);
  }
  /** Tanh form of GELU. */
  gelu(): Tensor<D> {
    return resultOf(elementwise.gelu, [this], undefined);
  }
  sigmoid(): Tensor<D> {
    return resultOf(elementwise.sigmoid, [this], undefined);
  }
  tanh(): Tensor<D> {
    return resultOf(elementwise.tanh, [this], undefined);
  }
  softplus(): Tensor<D> {
    return resultOf(elementwise.softplus, [this], undefined);
  }

  // Comparisons: i32, 1 where it holds and 0 elsewhere

  equal(other: Tensor | number): Tensor<"i32"> {
    return this.binary(elementwise.equal, other);
  }
  less(other: Tensor | number): Tensor<"i32"> {
    return this.binary(elementwise.less, other);
  }
  lessEqual(other: Tensor | number): Tensor<"i32"> {
    return this.binary(elementwise.lessEqual, other);
  }
  greater(other: Tensor | number): Tensor<"i32"> {
    return this.binary(elementwise.greater, other);
  }
  greaterEqual(other: Tensor | number): Tensor<"i32"> {
    return this.binary(elementwise.greaterEqual, other);
  }

  /** Converts to another element type. */
  cast<To extends DType>(dtype: To): Tensor<To> {
    return this.hasType(dtype) ? this : resultOf(kernels.cast, [this], { dtype });
  }

  // Reductions

  /** Sum over `axes` (default all), which are dropped unless `keepDimensions`. */
  sum(axes?: number | readonly number[], keepDimensions = false): Tensor<D> {
    return this.reduce(kernels.sum, axes, keepDimensions);
  }
  /** Mean over `axes` (default all). */
  mean(axes?: number | readonly number[], keepDimensions = false): Tensor<D> {
    const total = this.sum(axes, keepDimensions);
    return total.div(this.size / total.size);
  }
  /** Maximum over `axes` (default all); ties share the gradient. */
  max(axes?: number | readonly number[], keepDimensions = false): Tensor<D> {
    return this.reduce(kernels.max, axes, keepDimensions);
  }

  // The softmax family, over the last axis; see src/kernels/ops/softmax/softmax.ts

  softmax(mask?: Tensor): Tensor<D> {
    return resultOf(kernels.softmax, given(this, mask), undefined);
  }
  logSoftmax(mask?: Tensor): Tensor<D> {
    return resultOf(kernels.logSoftmax, given(this, mask), undefined);
  }
  logSumExp(mask?: Tensor): Tensor<D> {
    return resultOf(kernels.logSumExp, given(this, mask), undefined);
  }

  // Products and layout

  /** y = activation(a b + bias): a [..., M, K], b [..., K, N] -> [..., M, N], with broadcast batch axes; a is this. */
  matmul(b: Tensor, options: MatmulOptions = {}): Tensor<D> {
    const { transposeA = false, transposeB = false, bias, activation } = options;
    // A matrix shared by the whole batch meets all rows in one product.
    if (b.rank === 2 && this.rank > 2 && !transposeA) {
      const rows = this.reshape([-1, this.shape[this.rank - 1]]).matmul(b, options);
      return rows.reshape([...this.shape.slice(0, -1), rows.shape[1]]);
    }
    return resultOf(kernels.matmul, given(this, b, bias), { transposeA, transposeB, activation });
  }
  /** The same elements in another shape; one extent may be -1, to be computed. */
  reshape(shape: Shape): Tensor<D> {
    const recorded = this.requiresGrad && isRecording();
    const output = this.viewAs("reshape", resolveShape(this.shape, shape), recorded);
    if (recorded) {
      const gradients = (gradient: Tensor) => [gradient.reshape(this.shape)];
      output.node = record({ operation: "reshape", inputs: [this], output, gradients });
    }
    return output;
  }
  /** Exchanges two axes; the last two by default. */
  transpose(first = -2, second = -1): Tensor<D> {
    const axes = this.shape.map((_, axis) => axis);
    const a = kernels.resolveAxis("transpose", first, this.rank);
    const b = kernels.resolveAxis("transpose", second, this.rank);
    [axes[a], axes[b]] = [axes[b], axes[a]];
    return this.permute(axes);
  }
  /** Axis i of the result is axis axes[i] of this tensor. */
  permute(axes: readonly number[]): Tensor<D> {
    return resultOf(kernels.permute, [this], { axes });
  }
  /** Elements `start` (included) to `end` (excluded, default the extent) along `axis`. */
  slice(axis: number, start: number, end?: number): Tensor<D> {
    const resolved = kernels.resolveAxis("slice", axis, this.rank);
    return resultOf(kernels.slice, [this], { axis: resolved, start, end: end ?? this.shape[resolved] });
  }
  broadcastTo(shape: Shape): Tensor<D> {
    return resultOf(kernels.broadcastTo, [this], { shape });
  }
  /** y[..., k] = this[..., indices[..., k]]. */
  takeAlongLast(indices: Tensor): Tensor<D> {
    return resultOf(kernels.takeAlongLast, [this, indices], undefined);
  }
  /** Rows of the last two axes: this [..., N, D], indices [..., K] -> [..., K, D]. */
  takeRows(indices: Tensor): Tensor<D> {
    return resultOf(kernels.takeRows, [this, indices], undefined);
  }

  private hasType<Type extends DType>(dtype: Type): this is Tensor<Type> {
    return (this.dtype as DType) === dtype;
  }

  private viewAs(user: string, shape: Shape, requiresGrad: boolean): Tensor<D> {
    this.at(user);
    return new Tensor(this.storage.retain(), { shape, dtype: this.dtype }, requiresGrad);
  }

  private binary<Result extends DType>(operation: ElementwiseOperation, other: Tensor | number): Tensor<Result> {
    const second = typeof other === "number" ? scalarLike(this, other) : other;
    return resultOf(operation, [this, second], undefined);
  }

  private withNumber(method: string, operation: ElementwiseOperation, s: number): Tensor<D> {
    this.at(method);
    if (this.dtype !== "i32") return resultOf(operation, [this], { s });
    throw new TypeError(
      `${method}: i32 tensors hold indices and masks and take no arithmetic; convert it with cast("f32")`,
    );
  }

  private reduce(
    operation: Operation<kernels.ReduceAttributes>,
    axes: number | readonly number[] | undefined,
    keepDimensions: boolean,
  ): Tensor<D> {
    const list = axes === undefined ? this.shape.map((_, axis) => axis) : [axes].flat();
    const resolved = list.map((axis) => kernels.resolveAxis(operation.name, axis, this.rank));
    const reduced: Tensor<D> = resultOf(operation, [this], { axes: resolved });
    return keepDimensions ? reduced : reduced.reshape(this.shape.filter((_, axis) => !resolved.includes(axis)));
  }
}

/** What `apply` runs. Without a gradient rule nothing can be differentiated through it. */
export type Runnable<Attributes = undefined> = Omit<Operation<Attributes>, "sample">;

/**
 * Runs `operation` and records it where a gradient is wanted. Returns all its outputs; gradients flow through the
 * first.
 *
 * @param device where to run an operation without inputs; otherwise it runs where its inputs are
 * @throws ShapeError or TypeError from the operation; Error when the inputs are on different devices
 */
export function apply<Attributes>(
  operation: Runnable<Attributes>,
  inputs: readonly Tensor[],
  attributes: Attributes,
  device: Device = inputs[0]?.device ?? defaultDevice(),
): Tensor[] {
  const { name, gradient, constants = [] } = operation;
  const places = inputs.map((input, index) => {
    if (input instanceof Tensor) return input.at(name);
    throw new TypeError(`${name}: input ${index} is ${describe(input)}, expected a tensor; make one with tensor()`);
  });
  const foreign = inputs.find((input) => input.device !== device);
  if (foreign !== undefined) {
    throw new Error(
      `${name}: inputs are on different devices: ${device.name} and ${foreign.device.name}; make ` +
        "them on one, with the option device or setDefaultDevice()",
    );
  }
  const needs = inputs.map((input, index) => input.requiresGrad && !constants.includes(index));
  const recorded = gradient !== undefined && isRecording() && needs.includes(true);
  const outputs = operation.outputs(inputs, attributes).map((spec, index) => {
    const storage = new Storage(device, spec.dtype, sizeOf(spec.shape));
    return new Tensor(storage, spec, recorded && index === 0);
  });
  const targets = outputs.map((output) => output.at(name));
  device.run(operation, places, targets, attributes);
  if (recorded) {
    const [output] = outputs;
    const gradients = (outputGradient: Tensor) => {
      const context = { inputs, outputs, outputGradient, attributes, needs, run: runForGradient };
      return operation.gradient?.(context) as (Tensor | undefined)[];
    };
    output.node = record({ operation: name, inputs, output, gradients });
  }
  return outputs;
}

/** The first output of `operation`, which the caller knows to be of type `D`. */
export function resultOf<D extends DType, Attributes>(
  operation: Runnable<Attributes>,
  inputs: readonly Tensor[],
  attributes: Attributes,
  device?: Device,
): Tensor<D> {
  return apply(operation, inputs, attributes, device)[0] as Tensor<D>;
}

/** How gradient rules run operations: what they know as values are tensors. */
function runForGradient<Attributes>(
  operation: GradientOperation<Attributes>,
  inputs: readonly Value[],
  attributes: Attributes,
): Tensor[] {
  return apply(operation, inputs as readonly Tensor[], attributes);
}

/** Runs an operation that updates `targets`, which are among its inputs, in place. Nothing is recorded. */
export function applyInPlace<Attributes>(
  operation: GradientOperation<Attributes>,
  inputs: readonly Tensor[],
  targets: readonly Tensor[],
  attributes: Attributes,
): void {
  const place = (tensor: Tensor) => tensor.at(operation.name);
  operation.outputs(inputs, attributes);
  inputs[0].device.run(operation, inputs.map(place), targets.map(place), attributes);
}

/** An operation's inputs, less the optional ones that were not given. */
export function given(...inputs: readonly (Tensor | undefined)[]): Tensor[] {
  return inputs.filter((input) => input !== undefined);
}

/** A number as a tensor of the type of `like`, and on its device. */
function scalarLike({ dtype, device }: Tensor, value: number): Tensor {
  const scalar = new Tensor(new Storage(device, dtype, 1), { shape: [], dtype }, false);
  scalar.assign([value]);
  return scalar;
}
