/** What a tensor is, and how operations make new ones. */
import * as kernels from "../kernels/index.ts";
import {
  type Device,
  type DeviceTensor,
  type DType,
  type ElementwiseOperation,
  elementwise,
  type NumberArray,
  type Operation,
  type Shape,
  ShapeError,
  type TensorSpec,
  type Value,
} from "../kernels/index.ts";
// A tensor's methods run operations and operations make tensors: these files import each other.
import { apply } from "./apply.ts";
import { backward, isRecording, record, type TapeNode } from "./autograd.ts";
import { type MatmulOptions, matmul, withOptional } from "./functions.ts";
import { currentScope, type Scope } from "./scope.ts";
import type { Storage } from "./storage.ts";

/**
 * An immutable n-dimensional array: a shape over contiguous, row-major storage on a device. Every method that
 * computes returns a new tensor; `reshape` and `alias` share storage.
 */
export class Tensor implements Value {
  readonly shape: Shape;
  readonly dtype: DType;
  /** Whether gradients flow to this tensor. */
  readonly requiresGrad: boolean;
  /** The gradient that `backward` accumulated here; only leaves have one. */
  grad: Tensor | undefined;
  /** @internal How this tensor was made; undefined for leaves. */
  node: TapeNode | undefined;
  private readonly storage: Storage;
  private readonly owner: Scope | undefined;
  private disposed = false;

  /** @internal Use `tensor`, `zeros` and their like, or an operation. */
  constructor(storage: Storage, { shape, dtype }: TensorSpec, requiresGrad: boolean) {
    this.storage = storage;
    this.shape = shape;
    this.dtype = dtype;
    this.requiresGrad = requiresGrad;
    this.owner = currentScope();
    this.owner?.add(this);
  }

  get device(): Device {
    return this.storage.device;
  }

  get rank(): number {
    return this.shape.length;
  }

  /** Number of elements. */
  get size(): number {
    return kernels.sizeOf(this.shape);
  }

  /** @internal The tensor's place on its device. */
  at(user: string): DeviceTensor {
    const buffer = this.disposed ? undefined : this.storage.live;
    if (buffer === undefined) {
      throw new Error(
        `${user}: a tensor of shape ${kernels.formatShape(this.shape)} was used after it was freed; ` +
          "keep it with scope.keep(), or use it before its scope ends",
      );
    }
    return { shape: this.shape, dtype: this.dtype, buffer };
  }

  // Reading

  /** A copy of the elements. */
  async data(): Promise<NumberArray> {
    return this.device.read(this.at("data").buffer);
  }

  /**
   * A copy of the elements, at once.
   * @throws Error on a device that can only be read asynchronously
   */
  dataSync(): NumberArray {
    const { buffer } = this.at("dataSync");
    if (this.device.readSync === undefined) {
      throw new Error(`dataSync: device ${this.device.name} can only be read with await data()`);
    }
    return this.device.readSync(buffer);
  }

  /**
   * The elements themselves, without a copy: good until the tensor is freed, and not to be written to. In memory that
   * threads share, so what asks for memory of its own (`TextDecoder`, `crypto`) wants `dataSync` instead.
   * @throws Error on a device that can only be read asynchronously
   */
  view(): NumberArray {
    const { buffer } = this.at("view");
    if (this.device.view === undefined) {
      throw new Error(`view: device ${this.device.name} can only be read with await data()`);
    }
    return this.device.view(buffer);
  }

  /** The only element. */
  async item(): Promise<number> {
    this.checkSingle();
    return (await this.data())[0];
  }

  /** The only element, at once. */
  itemSync(): number {
    this.checkSingle();
    return this.dataSync()[0];
  }

  private checkSingle(): void {
    if (this.size !== 1) {
      throw new ShapeError(`item: expected one element, got shape ${kernels.formatShape(this.shape)}`);
    }
  }

  // Lifetime and gradients

  /** Frees this view; the storage goes with its last view. Disposing twice is harmless. */
  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.owner?.remove(this);
    this.storage.release();
  }

  /** Another view of the same elements, outside of the recorded computation. */
  alias(): Tensor {
    this.at("alias");
    return new Tensor(this.storage.retain(), this, false);
  }

  /** The same elements, through which no gradient flows. */
  detach(): Tensor {
    return this.alias();
  }

  /** The same elements as a leaf that collects a gradient. */
  requireGrad(): Tensor {
    if (this.dtype === "i32") throw new TypeError("requireGrad: an i32 tensor has no gradient");
    this.at("requireGrad");
    return new Tensor(this.storage.retain(), this, true);
  }

  /** Adds the gradient of this tensor with respect to every leaf to the leaf's `grad`; see `backward`. */
  backward(seed?: Tensor): void {
    backward(this, seed);
  }

  /** Frees the gradient, so that the next `backward` starts from zero. */
  zeroGrad(): void {
    this.grad?.dispose();
    this.grad = undefined;
  }

  /** Overwrites the elements in place: for initialisation and for loading weights. */
  assign(data: NumberArray): void {
    if (data.length !== this.size) {
      throw new ShapeError(
        `assign: ${data.length} elements do not fit shape ${kernels.formatShape(this.shape)}`,
      );
    }
    this.device.write(this.at("assign").buffer, data);
  }

  // Elementwise arithmetic, broadcasting

  add(other: Tensor | number): Tensor {
    return typeof other === "number"
      ? this.withNumber(elementwise.shift, other)
      : binary(elementwise.add, this, other);
  }
  sub(other: Tensor | number): Tensor {
    if (typeof other === "number") return this.withNumber(elementwise.shift, -other);
    return binary(elementwise.subtract, this, other);
  }
  mul(other: Tensor | number): Tensor {
    if (typeof other === "number") return this.withNumber(elementwise.scale, other);
    return binary(elementwise.multiply, this, other);
  }
  div(other: Tensor | number): Tensor {
    if (typeof other === "number") return this.withNumber(elementwise.scale, 1 / other);
    return binary(elementwise.divide, this, other);
  }
  /** x^exponent. */
  pow(exponent: number): Tensor {
    return this.withNumber(elementwise.power, exponent);
  }
  maximum(other: Tensor): Tensor {
    return binary(elementwise.maximum, this, other);
  }
  minimum(other: Tensor): Tensor {
    return binary(elementwise.minimum, this, other);
  }
  neg(): Tensor {
    return this.unary(elementwise.negate);
  }
  exp(): Tensor {
    return this.unary(elementwise.exp);
  }
  log(): Tensor {
    return this.unary(elementwise.log);
  }
  sqrt(): Tensor {
    return this.unary(elementwise.sqrt);
  }
  square(): Tensor {
    return this.unary(elementwise.square);
  }
  abs(): Tensor {
    return this.unary(elementwise.abs);
  }
  relu(): Tensor {
    return this.unary(elementwise.relu);
  }
  /** Tanh form of GELU. */
  gelu(): Tensor {
    return this.unary(elementwise.gelu);
  }
  sigmoid(): Tensor {
    return this.unary(elementwise.sigmoid);
  }
  tanh(): Tensor {
    return this.unary(elementwise.tanh);
  }
  softplus(): Tensor {
    return this.unary(elementwise.softplus);
  }

  // Comparisons: i32, 1 where it holds and 0 elsewhere

  equal(other: Tensor): Tensor {
    return binary(elementwise.equal, this, other);
  }
  less(other: Tensor): Tensor {
    return binary(elementwise.less, this, other);
  }
  lessEqual(other: Tensor): Tensor {
    return binary(elementwise.lessEqual, this, other);
  }
  greater(other: Tensor): Tensor {
    return binary(elementwise.greater, this, other);
  }
  greaterEqual(other: Tensor): Tensor {
    return binary(elementwise.greaterEqual, this, other);
  }

  /** Converts to another element type. */
  cast(dtype: DType): Tensor {
    return dtype === this.dtype ? this : apply(kernels.cast, [this], { dtype })[0];
  }

  // Reductions

  /** Sum over `axes` (default all), which are dropped unless `keepDimensions`. */
  sum(axes?: number | readonly number[], keepDimensions = false): Tensor {
    return this.reduce(kernels.sum, axes, keepDimensions);
  }
  /** Mean over `axes` (default all). */
  mean(axes?: number | readonly number[], keepDimensions = false): Tensor {
    const total = this.sum(axes, keepDimensions);
    return total.mul(total.size / this.size);
  }
  /** Maximum over `axes` (default all); ties share the gradient. */
  max(axes?: number | readonly number[], keepDimensions = false): Tensor {
    return this.reduce(kernels.max, axes, keepDimensions);
  }

  // The softmax family, over the last axis; see src/kernels/ops/softmax/softmax.ts

  softmax(mask?: Tensor): Tensor {
    return apply(kernels.softmax, withOptional(mask, this), undefined)[0];
  }
  logSoftmax(mask?: Tensor): Tensor {
    return apply(kernels.logSoftmax, withOptional(mask, this), undefined)[0];
  }
  logSumExp(mask?: Tensor): Tensor {
    return apply(kernels.logSumExp, withOptional(mask, this), undefined)[0];
  }

  // Products and layout

  /** Matrix product with `other`; see `matmul`. */
  matmul(other: Tensor, options: MatmulOptions = {}): Tensor {
    return matmul(this, other, options);
  }

  /** The same elements in another shape; one extent may be -1, to be computed. */
  reshape(shape: Shape): Tensor {
    this.at("reshape");
    const resolved = resolveShape(this.shape, shape);
    const requiresGrad = this.requiresGrad && isRecording();
    const output = new Tensor(this.storage.retain(), { shape: resolved, dtype: this.dtype }, requiresGrad);
    if (requiresGrad) {
      const gradients = (gradient: Tensor) => [gradient.reshape(this.shape)];
      output.node = record({ operation: "reshape", inputs: [this], output, gradients });
    }
    return output;
  }
  /** Exchanges two axes; the last two by default. */
  transpose(first = -2, second = -1): Tensor {
    const axes = this.shape.map((_, axis) => axis);
    const a = kernels.resolveAxis("transpose", first, this.rank);
    const b = kernels.resolveAxis("transpose", second, this.rank);
    [axes[a], axes[b]] = [axes[b], axes[a]];
    return this.permute(axes);
  }
  /** Axis i of the result is axis axes[i] of this tensor. */
  permute(axes: readonly number[]): Tensor {
    return apply(kernels.permute, [this], { axes })[0];
  }
  /** Elements `start` (included) to `end` (excluded, default the extent) along `axis`. */
  slice(axis: number, start: number, end?: number): Tensor {
    const resolved = kernels.resolveAxis("slice", axis, this.rank);
    return apply(kernels.slice, [this], { axis: resolved, start, end: end ?? this.shape[resolved] })[0];
  }
  broadcastTo(shape: Shape): Tensor {
    return apply(kernels.broadcastTo, [this], { shape })[0];
  }
  /** y[..., k] = this[..., indices[..., k]]. */
  takeAlongLast(indices: Tensor): Tensor {
    return apply(kernels.takeAlongLast, [this, indices], undefined)[0];
  }
  /** Rows of the last two axes: this [..., N, D], indices [..., K] -> [..., K, D]. */
  takeRows(indices: Tensor): Tensor {
    return apply(kernels.takeRows, [this, indices], undefined)[0];
  }

  private unary(operation: ElementwiseOperation): Tensor {
    return apply(operation, [this], undefined)[0];
  }

  private withNumber(operation: ElementwiseOperation, s: number): Tensor {
    return apply(operation, [this], { s })[0];
  }

  private reduce(
    operation: Operation<kernels.ReduceAttributes>,
    axes: number | readonly number[] | undefined,
    keepDimensions: boolean,
  ): Tensor {
    const list = axes === undefined ? this.shape.map((_, axis) => axis) : [axes].flat();
    const resolved = list.map((axis) => kernels.resolveAxis(operation.name, axis, this.rank));
    const [reduced] = apply(operation, [this], { axes: resolved });
    if (keepDimensions) return reduced;
    return reduced.reshape(this.shape.filter((_, axis) => !resolved.includes(axis)));
  }
}

function binary(operation: ElementwiseOperation, a: Tensor, b: Tensor): Tensor {
  return apply(operation, [a, b], undefined)[0];
}

function resolveShape(from: Shape, to: Shape): Shape {
  const size = kernels.sizeOf(from);
  const known = kernels.sizeOf(to.filter((extent) => extent !== -1));
  const resolved = to.map((extent) => (extent === -1 && known > 0 ? size / known : extent));
  const open = to.filter((extent) => extent === -1).length;
  if (
    open > 1 ||
    resolved.some((extent) => !Number.isInteger(extent) || extent < 0) ||
    kernels.sizeOf(resolved) !== size
  ) {
    throw new ShapeError(
      `reshape: ${kernels.formatShape(from)} has ${size} elements and does not fit ${kernels.formatShape(to)}`,
    );
  }
  return resolved;
}
