/** The CPU device: typed arrays in this process, and the operations' references, or faster kernels in their place. */
import type { Device, DeviceBuffer, DeviceTensor } from "./device.ts";
import {
  BYTES_PER_ELEMENT,
  createArray,
  type DType,
  type GradientOperation,
  type HostTensor,
  type NumberArray,
} from "./operation.ts";

/** Computes an operation in place of its reference. */
export type CpuKernel = (
  inputs: readonly HostTensor[],
  outputs: readonly HostTensor[],
  attributes: unknown,
) => void;

export interface CpuDeviceOptions {
  /** Kernels by operation name; operations without one run their reference. */
  readonly kernels?: ReadonlyMap<string, CpuKernel>;
  /** Released storage kept for reuse, in bytes. Default 512 MiB. */
  readonly poolBytes?: number;
  /** Fills storage with NaN (integers: -1) around its use, so that a test sees reads of freed or unwritten tensors. */
  readonly poison?: boolean;
}

export class CpuDevice implements Device {
  readonly name = "cpu";
  private readonly kernels: ReadonlyMap<string, CpuKernel>;
  private readonly poolLimit: number;
  private readonly poison: boolean;
  private readonly pool = new Map<string, NumberArray[]>();
  private pooledBytes = 0;
  private liveBuffers = 0;
  private liveBytes = 0;

  constructor({ kernels = new Map(), poolBytes = 512 * 2 ** 20, poison = false }: CpuDeviceOptions = {}) {
    this.kernels = kernels;
    this.poolLimit = poolBytes;
    this.poison = poison;
  }

  get live() {
    return { buffers: this.liveBuffers, bytes: this.liveBytes };
  }

  allocate(dtype: DType, length: number): NumberArray {
    const bytes = length * BYTES_PER_ELEMENT[dtype];
    this.liveBuffers++;
    this.liveBytes += bytes;
    const pooled = this.pool.get(poolKey(dtype, length))?.pop();
    if (pooled !== undefined) this.pooledBytes -= bytes;
    const array = pooled ?? createArray(dtype, length);
    if (this.poison) poisonArray(array);
    return array;
  }

  release(buffer: DeviceBuffer): void {
    const array = hostArray(buffer);
    this.liveBuffers--;
    this.liveBytes -= array.byteLength;
    if (this.poison) poisonArray(array);
    if (this.pooledBytes + array.byteLength > this.poolLimit) return;
    const key = poolKey(dtypeOf(array), array.length);
    const free = this.pool.get(key);
    if (free === undefined) this.pool.set(key, [array]);
    else free.push(array);
    this.pooledBytes += array.byteLength;
  }

  write(buffer: DeviceBuffer, data: NumberArray): void {
    hostArray(buffer).set(data);
  }

  read(buffer: DeviceBuffer): Promise<NumberArray> {
    return Promise.resolve(this.readSync(buffer));
  }

  readSync(buffer: DeviceBuffer): NumberArray {
    return hostArray(buffer).slice();
  }

  run<Attributes>(
    operation: GradientOperation<Attributes>,
    inputs: readonly DeviceTensor[],
    outputs: readonly DeviceTensor[],
    attributes: Attributes,
  ): void {
    const kernel = this.kernels.get(operation.name);
    if (kernel !== undefined) kernel(inputs.map(hostTensor), outputs.map(hostTensor), attributes);
    else operation.reference(inputs.map(hostTensor), outputs.map(hostTensor), attributes);
  }
}

function poisonArray(array: NumberArray): void {
  array.fill(array instanceof Int32Array ? -1 : Number.NaN);
}

function poolKey(dtype: DType, length: number): string {
  return `${dtype}:${length}`;
}

function dtypeOf(array: NumberArray): DType {
  if (array instanceof Float32Array) return "f32";
  return array instanceof Float64Array ? "f64" : "i32";
}

function hostArray(buffer: DeviceBuffer): NumberArray {
  if (buffer instanceof Float32Array || buffer instanceof Float64Array || buffer instanceof Int32Array) {
    return buffer;
  }
  throw new TypeError("cpu device: the buffer belongs to another device");
}

function hostTensor({ shape, dtype, buffer }: DeviceTensor): HostTensor {
  return { shape, dtype, data: hostArray(buffer) };
}
