/** Makes tensors from numbers. */
import {
  checkShape,
  createArray,
  type Device,
  type DType,
  formatShape,
  type NumberArray,
  type Shape,
  ShapeError,
  sizeOf,
} from "../kernels/index.ts";
import { defaultDevice } from "./default-device.ts";
import { Storage } from "./storage.ts";
import { Tensor } from "./tensor.ts";

/** Where and of what type a new tensor is. */
export interface TensorOptions {
  /** Default f32. */
  readonly dtype?: DType;
  /** Default the process's default device. */
  readonly device?: Device;
}

/** A tensor that holds a copy of `data`. Numbers become `dtype`, which defaults to the array's own type, or f32. */
export function tensor(
  data: NumberArray | readonly number[],
  shape: Shape,
  options: TensorOptions = {},
): Tensor {
  checkShape("tensor", shape);
  if (data.length !== sizeOf(shape)) {
    throw new ShapeError(`tensor: ${data.length} numbers do not fill shape ${formatShape(shape)}`);
  }
  const { dtype = ownType(data), device = defaultDevice() } = options;
  const made = new Tensor(new Storage(device, dtype, data.length), { shape, dtype }, false);
  const array = ArrayBuffer.isView(data) ? data : createArray(dtype, data.length);
  if (array !== data) array.set(data);
  made.assign(array as NumberArray);
  return made;
}

function ownType(data: NumberArray | readonly number[]): DType {
  if (data instanceof Float64Array) return "f64";
  return data instanceof Int32Array ? "i32" : "f32";
}

/** A tensor of `shape` filled with `value`. */
export function full(shape: Shape, value: number, { dtype = "f32", device }: TensorOptions = {}): Tensor {
  checkShape("full", shape);
  const data = createArray(dtype, sizeOf(shape)).fill(value);
  return tensor(data, shape, device === undefined ? { dtype } : { dtype, device });
}

/** A tensor of zeros. */
export function zeros(shape: Shape, options: TensorOptions = {}): Tensor {
  return full(shape, 0, options);
}

/** A tensor of ones. */
export function ones(shape: Shape, options: TensorOptions = {}): Tensor {
  return full(shape, 1, options);
}
