/**
 * A device that computes references in f64 and, next to every number, a bound on the error of the GPU's. Running an
 * operation on it forward and backward therefore gives the bounds of its outputs and gradients, whatever its gradient
 * rule is composed of.
 */
import {
  createArray,
  type Device,
  type DeviceBuffer,
  type DeviceTensor,
  type DType,
  type GradientOperation,
  type HostTensor,
  type NumberArray,
  type Shape,
} from "../../../src/kernels/index.ts";
import type { Tensor } from "../../../src/tensor/index.ts";
import type { Bounded } from "./numbers.ts";

/** A tensor's elements (f64 or i32), and how far from each of them the GPU's may lie. */
export class BoundedTensor implements HostTensor {
  constructor(
    readonly name: string,
    readonly shape: Shape,
    readonly dtype: DType,
    readonly data: NumberArray,
    readonly errors: Float64Array,
  ) {}

  at(index: number): Bounded {
    return { value: this.data[index], error: this.errors[index] };
  }

  elements(start: number, end: number): Bounded[] {
    return Array.from({ length: end - start }, (_, i) => this.at(start + i));
  }

  /**
   * Takes the error of a formula for an element that the reference has computed.
   * @throws Error where the formula gives another value: then it does not say what the operation computes
   */
  bound(index: number, { value, error }: Bounded): void {
    const reference = this.data[index];
    if (value !== reference && !(Math.abs(value - reference) <= 1e-3 * error)) {
      throw new Error(`${this.name}[${index}]: the bound's formula gives ${value}, the reference ${reference}`);
    }
    this.errors[index] = error;
  }
}

/**
 * Sets the outputs' errors, which are 0 when it is called. The outputs hold what the reference computed from the
 * inputs.
 */
export type ErrorRule<Attributes = unknown> = (
  inputs: readonly BoundedTensor[],
  outputs: readonly BoundedTensor[],
  attributes: Attributes,
  operation: GradientOperation<Attributes>,
) => void;

interface BoundedBuffer extends DeviceBuffer {
  readonly data: NumberArray;
  readonly errors: Float64Array;
}

export class BoundingDevice implements Device {
  readonly name = "bounds";
  readonly live = { buffers: 0, bytes: 0 };

  /** @param ruleOf finds an operation's rule; throws where there is none */
  constructor(private readonly ruleOf: (operation: GradientOperation<unknown>) => ErrorRule) {}

  allocate(dtype: DType, length: number): BoundedBuffer {
    const data = createArray(dtype, length);
    return { byteLength: data.byteLength, data, errors: new Float64Array(length) };
  }

  release(): void {}

  write(buffer: DeviceBuffer, data: NumberArray): void {
    (buffer as BoundedBuffer).data.set(data);
    (buffer as BoundedBuffer).errors.fill(0);
  }

  async read(buffer: DeviceBuffer): Promise<NumberArray> {
    return (buffer as BoundedBuffer).data.slice();
  }

  /** How far from each element of a tensor of this device the GPU's may lie. */
  errors(tensor: Tensor): Float64Array {
    return (tensor.at("errors").buffer as BoundedBuffer).errors.slice();
  }

  run<Attributes>(
    operation: GradientOperation<Attributes>,
    inputs: readonly DeviceTensor[],
    outputs: readonly DeviceTensor[],
    attributes: Attributes,
  ): void {
    const bounded = ({ shape, dtype, buffer }: DeviceTensor, index: number) => {
      const { data, errors } = buffer as BoundedBuffer;
      return new BoundedTensor(`${operation.name} ${index}`, shape, dtype, data, errors);
    };
    const [read, written] = [inputs.map(bounded), outputs.map(bounded)];
    operation.reference(read, written, attributes);
    for (const { errors } of written) errors.fill(0);
    const rule: ErrorRule<Attributes> = this.ruleOf(operation as GradientOperation<unknown>);
    rule(read, written, attributes, operation);
  }
}
