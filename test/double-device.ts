/**
 * The CPU's reference in double precision, for models that are made of f32 tensors: central differences of a whole
 * model's loss then have ten digits or so, and no tensor has to know.
 */
import type {
  Device,
  DeviceBuffer,
  DeviceTensor,
  DType,
  GradientOperation,
  HostTensor,
  NumberArray,
} from "../src/kernels/index.ts";

class DoubleBuffer implements DeviceBuffer {
  readonly array: Float64Array | Int32Array;

  constructor(
    readonly dtype: DType,
    length: number,
  ) {
    this.array = dtype === "i32" ? new Int32Array(length) : new Float64Array(length);
  }

  get byteLength(): number {
    return this.array.byteLength;
  }
}

/** Holds what calls itself f32 as f64. `read` rounds to what a tensor's type says, `view` gives all digits. */
export class DoubleDevice implements Device {
  readonly name = "double";
  readonly live = { buffers: 0, bytes: 0 };

  allocate(dtype: DType, length: number): DoubleBuffer {
    return new DoubleBuffer(dtype, length);
  }

  release(): void {}

  write(buffer: DeviceBuffer, data: NumberArray): void {
    own(buffer).array.set(data);
  }

  read(buffer: DeviceBuffer): Promise<NumberArray> {
    return Promise.resolve(this.readSync(buffer));
  }

  readSync(buffer: DeviceBuffer): NumberArray {
    const { dtype, array } = own(buffer);
    return dtype === "f32" ? Float32Array.from(array) : array.slice();
  }

  view(buffer: DeviceBuffer): NumberArray {
    return own(buffer).array;
  }

  run<Attributes>(
    operation: GradientOperation<Attributes>,
    inputs: readonly DeviceTensor[],
    outputs: readonly DeviceTensor[],
    attributes: Attributes,
  ): void {
    operation.reference(inputs.map(hostTensor), outputs.map(hostTensor), attributes);
  }
}

function own(buffer: DeviceBuffer): DoubleBuffer {
  if (buffer instanceof DoubleBuffer) return buffer;
  throw new TypeError("double device: the buffer belongs to another device");
}

function hostTensor({ shape, dtype, buffer }: DeviceTensor): HostTensor {
  return { shape, dtype: dtype === "i32" ? "i32" : "f64", data: own(buffer).array };
}
