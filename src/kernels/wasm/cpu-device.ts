/**
 * The CPU device: tensors in one WebAssembly memory. An operation runs its kernels where it has some for the types at
 * hand, and else its reference.
 */
import type { Device, DeviceBuffer, DeviceTensor } from "../device.ts";
import { type KernelCall, type Places, placesOf, type TensorPlace } from "../dispatch.ts";
import type { DType, GradientOperation, HostTensor, NumberArray } from "../operation.ts";
import { CpuBuffer, WasmMemory } from "./memory.ts";
import { defaultThreads, KernelRunner, SHARED_WORK } from "./runner.ts";

/** Of a {@link CpuDevice}. */
export interface CpuDeviceOptions {
  /** Threads that share large operations, the calling one included. Default: GOALRANK_THREADS, or one for each core. */
  readonly threads?: number;
  /** Work from which threads share a call, in elements touched or so; 0 for tests. */
  readonly sharedWork?: number;
  /** Whether operations run their WebAssembly kernels; false runs every reference. Default true. */
  readonly simd?: boolean;
  /** Fills storage with NaN (integers: -1) around its use, so that a test sees reads of freed or unwritten tensors. */
  readonly poison?: boolean;
}

/** Computes on the processor: WebAssembly SIMD kernels on one or more threads, and references in plain TypeScript. */
export class CpuDevice implements Device {
  readonly name = "cpu";
  readonly threads: number;
  private readonly simd: boolean;
  private readonly poison: boolean;
  private readonly heap = new WasmMemory();
  private readonly kernels: KernelRunner;
  private liveBuffers = 0;
  private liveBytes = 0;

  /** @throws RangeError for a number of threads that is none */
  constructor(options: CpuDeviceOptions = {}) {
    const { threads = defaultThreads(), sharedWork = SHARED_WORK, simd = true, poison = false } = options;
    this.threads = threads;
    this.simd = simd;
    this.poison = poison;
    this.kernels = new KernelRunner(this.heap, threads, sharedWork);
  }

  get live() {
    return { buffers: this.liveBuffers, bytes: this.liveBytes };
  }

  /** Bytes of memory that have been in use at once, at most. */
  get highWaterMark(): number {
    return this.heap.highWaterMark;
  }

  allocate(dtype: DType, length: number): CpuBuffer {
    const buffer = new CpuBuffer(this.heap, dtype, length);
    this.liveBuffers++;
    this.liveBytes += buffer.byteLength;
    if (this.poison) poisonArray(buffer.array);
    return buffer;
  }

  release(buffer: DeviceBuffer): void {
    const released = own(buffer);
    this.liveBuffers--;
    this.liveBytes -= released.byteLength;
    if (this.poison) poisonArray(released.array);
    released.release();
  }

  write(buffer: DeviceBuffer, data: NumberArray): void {
    own(buffer).array.set(data);
  }

  read(buffer: DeviceBuffer): Promise<NumberArray> {
    return Promise.resolve(this.readSync(buffer));
  }

  readSync(buffer: DeviceBuffer): NumberArray {
    return own(buffer).array.slice();
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
    const isDouble = inputs.some(({ dtype }) => dtype === "f64") || outputs.some(({ dtype }) => dtype === "f64");
    const calls = this.simd && !isDouble ? operation.simd?.(inputs, outputs, attributes) : undefined;
    if (calls === undefined || !this.runKernels(calls, placesOf(operation.signature), inputs, outputs)) {
      operation.reference(inputs.map(hostTensor), outputs.map(hostTensor), attributes);
    }
  }

  /** Ends the device's threads. Without that they sleep, and do not keep the process alive. */
  destroy(): void {
    this.kernels.destroy();
  }

  /** Tells whether the kernel took its inputs. */
  private runKernel(call: KernelCall, values: readonly number[]): boolean {
    try {
      this.kernels.run(call, values);
      return true;
    } catch (error) {
      if (call.mayRefuse && error instanceof WebAssembly.RuntimeError) return false;
      throw error;
    }
  }

  /** Tells whether the kernels took the inputs. */
  private runKernels(
    calls: readonly KernelCall[],
    places: Places,
    inputs: readonly DeviceTensor[],
    outputs: readonly DeviceTensor[],
  ): boolean {
    const scratch: CpuBuffer[] = [];
    const address = (place: TensorPlace): number => {
      if ("input" in place) return own(inputs[place.input].buffer).address;
      if ("output" in place) return own(outputs[place.output].buffer).address;
      scratch[place.scratch] ??= new CpuBuffer(this.heap, place.dtype, place.length);
      return scratch[place.scratch].address;
    };
    try {
      return calls.every((call) => this.runKernel(call, argumentValues(call, places, address)));
    } finally {
      for (const buffer of scratch) if (buffer !== undefined) buffer.release();
    }
  }
}

/** The kernel's own arguments in order, tensors by their addresses. */
function argumentValues(
  { kernel, arguments: given }: KernelCall,
  places: Places,
  address: (place: TensorPlace) => number,
): number[] {
  return kernel.parameters.map((name) => {
    const value = given?.[name] ?? places[name];
    if (value === undefined) throw new TypeError(`cpu: kernel ${kernel.name} is called without ${name}`);
    return typeof value === "number" ? value : address(value);
  });
}

function poisonArray(array: NumberArray): void {
  array.fill(array instanceof Int32Array ? -1 : Number.NaN);
}

function own(buffer: DeviceBuffer): CpuBuffer {
  if (buffer instanceof CpuBuffer) return buffer;
  throw new TypeError("cpu device: the buffer belongs to another device");
}

function hostTensor({ shape, dtype, buffer }: DeviceTensor): HostTensor {
  return { shape, dtype, data: own(buffer).array };
}
