/** Arrays on a device: a shape over storage, to be read, printed and overwritten until it is freed. No mathematics. */
import type { Device, DeviceTensor, DType, NumberArray, Shape } from "../kernels/index.ts";
import { createArray, formatShape, ShapeError, sizeOf } from "../kernels/index.ts";
import { checkIntegers, formatNested } from "./nested.ts";
import { currentScope, type Scope } from "./scope.ts";
import type { Storage } from "./storage.ts";

/** What elements of a type are read into; of a type that is only known to be some `DType`, any of the three. */
export type ArrayOf<D extends DType> = { f32: Float32Array; f64: Float64Array; i32: Int32Array }[D];

/** Shape and element type. */
export interface Spec<D extends DType> {
  readonly shape: Shape;
  readonly dtype: D;
}

/** What Node.js prints an object by. */
const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/** An n-dimensional array: a shape over contiguous, row-major storage on a device, which views share. */
export abstract class DeviceArray<D extends DType> implements Spec<D> {
  readonly shape: Shape;
  readonly dtype: D;
  protected readonly storage: Storage;
  private readonly owner: Scope | undefined;
  private disposed = false;

  constructor(storage: Storage, { shape, dtype }: Spec<D>) {
    this.storage = storage;
    this.shape = shape;
    this.dtype = dtype;
    this.owner = currentScope();
    this.owner?.add(this);
  }

  get device(): Device {
    return this.storage.device;
  }

  /** Number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** @internal The array's place on its device. */
  at(user: string): DeviceTensor {
    const buffer = this.disposed ? undefined : this.storage.live;
    if (buffer === undefined) {
      throw new Error(
        `${user}: a tensor of shape ${formatShape(this.shape)} was used after it was freed; ` +
          "keep it with scope.keep(), or use it before its scope ends",
      );
    }
    return { shape: this.shape, dtype: this.dtype, buffer };
  }

  /** A copy of the elements. */
  async data(): Promise<ArrayOf<D>> {
    return (await this.device.read(this.at("data").buffer)) as ArrayOf<D>;
  }

  /**
   * A copy of the elements, at once.
   * @throws Error on a device that can only be read asynchronously
   */
  dataSync(): ArrayOf<D> {
    return this.readNow("dataSync", "readSync");
  }

  /**
   * The elements themselves, without a copy: good until the tensor is freed, and not to be written to. In memory that
   * threads share, so what asks for memory of its own (`TextDecoder`, `crypto`) wants `dataSync` instead.
   * @throws Error on a device that can only be read asynchronously
   */
  view(): ArrayOf<D> {
    return this.readNow("view", "view");
  }

  private readNow(user: string, method: "readSync" | "view"): ArrayOf<D> {
    const elements = this.device[method]?.(this.at(user).buffer);
    if (elements !== undefined) return elements as ArrayOf<D>;
    throw new Error(`${user}: device ${this.device.name} can only be read with await data()`);
  }

  /** The only element. */
  async item(): Promise<number> {
    return this.only(await this.data());
  }

  /** The only element, at once. */
  itemSync(): number {
    return this.only(this.dataSync());
  }

  private only(elements: NumberArray): number {
    if (this.size === 1) return elements[0];
    const shape = formatShape(this.shape);
    throw new ShapeError(`item: expected one element, got shape ${shape}; read all of them with data()`);
  }

  /**
   * Overwrites the elements in place: for initialisation and for loading weights.
   * @throws ShapeError for another number of elements, RangeError for what an i32 tensor cannot hold
   */
  assign(data: NumberArray | readonly number[]): void {
    if (data.length !== this.size) {
      throw new ShapeError(`assign: ${data.length} elements do not fit shape ${formatShape(this.shape)}`);
    }
    if (this.dtype === "i32") checkIntegers("assign", data, this.shape);
    const { buffer } = this.at("assign");
    this.device.write(buffer, ArrayBuffer.isView(data) ? data : arrayFrom(this.dtype, data));
  }

  /** Frees this view; the storage goes with its last view. Disposing twice is harmless. */
  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.owner?.remove(this);
    this.storage.release();
  }

  /** Type, shape and the first elements; on a device that cannot be read at once, how to get them. */
  toString(): string {
    const kind = `Tensor ${this.dtype} ${formatShape(this.shape)}`;
    if (this.disposed || this.storage.live === undefined) return `${kind}, freed`;
    const elements = this.device.view?.(this.storage.live);
    if (elements === undefined) return `${kind} on ${this.device.name}: read its elements with await data()`;
    return `${kind}:${this.rank > 1 ? "\n" : " "}${formatNested(elements, this.shape)}`;
  }

  [INSPECT](): string {
    return this.toString();
  }
}

function arrayFrom(dtype: DType, numbers: readonly number[]): NumberArray {
  const array = createArray(dtype, numbers.length);
  array.set(numbers);
  return array;
}

/** The shape `to` for the elements of `from`; one extent may be -1, to be computed. */
export function resolveShape(from: Shape, to: Shape): Shape {
  const size = sizeOf(from);
  const known = to.filter((extent) => extent !== -1);
  const resolved = to.map((extent) => (extent === -1 ? size / sizeOf(known) : extent));
  const isShape = resolved.every((extent) => Number.isInteger(extent) && extent >= 0);
  if (isShape && sizeOf(resolved) === size && known.length >= to.length - 1) return resolved;
  throw new ShapeError(`reshape: ${formatShape(from)} has ${size} elements and does not fit ${formatShape(to)}`);
}
