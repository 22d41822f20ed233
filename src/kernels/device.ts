/** What a device is: it owns storage and runs operations on it. Nothing above this folder knows more about one. */
import type { DType, GradientOperation, NumberArray, TensorSpec } from "./operation.ts";

/** Storage on a device; only the device that made it can look inside. */
export interface DeviceBuffer {
  readonly byteLength: number;
}

/** A tensor's place on a device. */
export interface DeviceTensor extends TensorSpec {
  readonly buffer: DeviceBuffer;
}

/** Storage in use, for leak tests and memory budgets. Pooled storage that waits for reuse is not counted. */
export interface LiveStorage {
  readonly buffers: number;
  readonly bytes: number;
}

/** Owns storage, and runs operations on it. */
export interface Device {
  readonly name: string;
  readonly live: LiveStorage;

  /** Storage for `length` elements with undefined contents. */
  allocate(dtype: DType, length: number): DeviceBuffer;
  release(buffer: DeviceBuffer): void;

  write(buffer: DeviceBuffer, data: NumberArray): void;
  /** A copy of the buffer's elements. */
  read(buffer: DeviceBuffer): Promise<NumberArray>;
  /** As `read`, on devices whose memory this process can reach at once. */
  readSync?(buffer: DeviceBuffer): NumberArray;
  /** On such devices, the buffer's elements themselves. */
  view?(buffer: DeviceBuffer): NumberArray;

  /**
   * Computes `outputs` from `inputs`. An output may share its buffer with an input only where the operation says
   * that it updates in place.
   */
  run<Attributes>(
    operation: GradientOperation<Attributes>,
    inputs: readonly DeviceTensor[],
    outputs: readonly DeviceTensor[],
    attributes: Attributes,
  ): void;
}
