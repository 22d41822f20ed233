/** Makes tensors from numbers. */
import type { Device, DType, NumberArray, Shape } from "../kernels/index.ts";
import { checkShape, createArray, formatShape, ShapeError, sizeOf } from "../kernels/index.ts";
import { defaultDevice } from "./defaults.ts";
import { checkIntegers, describe, flatten, type Nested } from "./nested.ts";
import { Storage } from "./storage.ts";
import { Tensor } from "./tensor.ts";

/** Where and of what type a new tensor is. A tensor will do: the new one is then like it. */
export interface TensorOptions<D extends DType = DType> {
  /** Default f32, or the type of the array that the elements come in. */
  readonly dtype?: D;
  /** Default the process's default device. */
  readonly device?: Device | undefined;
}

/** What `tensor` takes: numbers in nested arrays, or in a typed array. */
export type TensorData = NumberArray | Nested;

/** The type of tensor that data make by themselves. */
export type DTypeOf<Data> = Data extends Float64Array ? "f64" : Data extends Int32Array ? "i32" : "f32";

/**
 * A tensor that holds a copy of `data`, of the shape that nested arrays have, or of `shape`.
 * @example
 * tensor([[1, 2], [3, 4]]); // f32 [2, 2]
 * tensor([0, 2, 1], { dtype: "i32" }); // indices
 * tensor(Float32Array.of(1, 2, 3, 4), [2, 2]);
 * @throws ShapeError for rows that are not equally long and for numbers that do not fill `shape`, TypeError for what is
 * no number, RangeError for what an i32 tensor cannot hold; the message names the element
 */
export function tensor<Data extends TensorData, D extends DType = DTypeOf<Data>>(
  data: Data,
  options?: TensorOptions<D>,
): Tensor<D>;
export function tensor<Data extends TensorData, D extends DType = DTypeOf<Data>>(
  data: Data,
  shape: Shape,
  options?: TensorOptions<D>,
): Tensor<D>;
export function tensor(data: TensorData, given: Shape | TensorOptions = {}, options: TensorOptions = {}): Tensor {
  const { dtype = ownType(data), device = defaultDevice() } = isShape(given) ? options : given;
  const read = ArrayBuffer.isView(data) ? { numbers: data, shape: [data.length] } : flatten(data, isShape(given));
  const shape = isShape(given) ? given : read.shape;
  checkShape("tensor", shape);
  checkType(dtype);
  if (read.numbers.length !== sizeOf(shape)) {
    throw new ShapeError(`tensor: ${read.numbers.length} numbers do not fill shape ${formatShape(shape)}`);
  }
  if (dtype === "i32") checkIntegers("tensor", read.numbers, shape);
  const made = new Tensor(new Storage(device, dtype, read.numbers.length), { shape, dtype }, false);
  made.assign(read.numbers);
  return made;
}

function checkType(dtype: DType): void {
  if (["f32", "f64", "i32"].includes(dtype)) return;
  throw new TypeError(`tensor: there is no element type ${describe(dtype)}, expected f32, f64 or i32`);
}

function isShape(given: Shape | TensorOptions): given is Shape {
  return Array.isArray(given);
}

function ownType(data: TensorData): DType {
  if (data instanceof Float64Array) return "f64";
  return data instanceof Int32Array ? "i32" : "f32";
}

/** A tensor of `shape` filled with `value`. */
export function full<D extends DType = "f32">(shape: Shape, value: number, options?: TensorOptions<D>): Tensor<D>;
export function full(shape: Shape, value: number, { dtype = "f32", device }: TensorOptions = {}): Tensor {
  checkShape("full", shape);
  if (dtype === "i32") checkIntegers("full", [value], []);
  return tensor(createArray(dtype, sizeOf(shape)).fill(value), shape, { dtype, device });
}

/** A tensor of zeros. */
export function zeros<D extends DType = "f32">(shape: Shape, options: TensorOptions<D> = {}): Tensor<D> {
  return full(shape, 0, options);
}

/** A tensor of ones. */
export function ones<D extends DType = "f32">(shape: Shape, options: TensorOptions<D> = {}): Tensor<D> {
  return full(shape, 1, options);
}
