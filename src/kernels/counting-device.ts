/**
 * A device that counts the floating-point operations of another: those of matrix products and of attention, which is
 * where a Transformer's work is. A multiply-add counts as two, as is usual for training budgets.
 */
import type { Device, DeviceBuffer, DeviceTensor, LiveStorage } from "./device.ts";
import type { DType, GradientOperation, NumberArray } from "./operation.ts";
import type { MatmulAttributes } from "./ops/matmul/matmul.ts";
import { sizeOf } from "./shape.ts";

/** Another device that counts the operations it is given. */
export class CountingDevice implements Device {
  readonly name: string;
  /** Operations since it was made. */
  operations = 0;
  readonly readSync?: (buffer: DeviceBuffer) => NumberArray;
  readonly view?: (buffer: DeviceBuffer) => NumberArray;

  constructor(private readonly device: Device) {
    const { name, readSync, view } = device;
    this.name = name;
    if (readSync !== undefined) this.readSync = (buffer) => readSync.call(device, buffer);
    if (view !== undefined) this.view = (buffer) => view.call(device, buffer);
  }

  get live(): LiveStorage {
    return this.device.live;
  }

  allocate(dtype: DType, length: number): DeviceBuffer {
    return this.device.allocate(dtype, length);
  }

  release(buffer: DeviceBuffer): void {
    this.device.release(buffer);
  }

  write(buffer: DeviceBuffer, data: NumberArray): void {
    this.device.write(buffer, data);
  }

  read(buffer: DeviceBuffer): Promise<NumberArray> {
    return this.device.read(buffer);
  }

  run<Attributes>(
    operation: GradientOperation<Attributes>,
    inputs: readonly DeviceTensor[],
    outputs: readonly DeviceTensor[],
    attributes: Attributes,
  ): void {
    this.operations += countOperations(operation.name, inputs, outputs, attributes);
    this.device.run(operation, inputs, outputs, attributes);
  }
}

function countOperations(
  name: string,
  inputs: readonly DeviceTensor[],
  outputs: readonly DeviceTensor[],
  attributes: unknown,
): number {
  if (name === "matmul") {
    const { transposeA } = attributes as MatmulAttributes;
    return 2 * sizeOf(outputs[0].shape) * (inputs[0].shape.at(transposeA ? -2 : -1) ?? 0);
  }
  // q k^T and p v forwards; for the gradient of each of the two, one product for either factor.
  const products = name === "attention" ? 2 : name === "attention.gradient" ? 4 : 0;
  if (products === 0) return 0;
  const [queries, keys] = inputs;
  return products * 2 * sizeOf(queries.shape) * (keys.shape.at(-2) ?? 0);
}
