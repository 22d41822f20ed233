/** GPU buffers by size class, kept for reuse, within a budget. */
import type { DeviceBuffer } from "../device.ts";
import { FreeLists } from "../free-lists.ts";
import { BYTES_PER_ELEMENT, type DType } from "../tensor-spec.ts";

interface PooledBuffer {
  /** Counts the buffers that were ever made. */
  readonly id: number;
  readonly gpu: GPUBuffer;
  /** Bytes that it can hold; remembered, since asking the GPU buffer is slow. */
  readonly size: number;
}

/** Storage of one tensor. `byteLength` is what was asked for; the buffer may be larger. */
export interface WebGpuBuffer extends DeviceBuffer, PooledBuffer {
  readonly dtype: DType;
  readonly length: number;
}

const SMALLEST_CLASS = 256;

/** The smallest power of two that holds `bytes`, or from 1 MiB on the next multiple of 1 MiB. */
function sizeClass(bytes: number): number {
  const mebibyte = 2 ** 20;
  if (bytes >= mebibyte) return Math.ceil(bytes / mebibyte) * mebibyte;
  return Math.max(SMALLEST_CLASS, 2 ** Math.ceil(Math.log2(Math.max(bytes, 1))));
}

/** More memory was asked for than the device may use. */
export class OutOfMemoryError extends Error {
  override readonly name = "OutOfMemoryError";
}

export class BufferPool {
  /** With the same buffers a training step also gets the bind groups that were made for them. */
  private readonly free = new FreeLists<PooledBuffer>(({ id }) => id);
  private created = 0;
  private allocatedBytes = 0;
  private liveBuffers = 0;
  private liveBytes = 0;

  constructor(
    private readonly device: GPUDevice,
    private readonly budget: number,
  ) {}

  get live() {
    return { buffers: this.liveBuffers, bytes: this.liveBytes };
  }

  /**
   * @throws OutOfMemoryError when the buffer would exceed the budget or the device's limits, even with nothing pooled
   */
  allocate(dtype: DType, length: number): WebGpuBuffer {
    const byteLength = length * BYTES_PER_ELEMENT[dtype];
    const size = sizeClass(byteLength);
    const { id, gpu } = this.free.take(size) ?? this.create(size);
    this.liveBuffers++;
    this.liveBytes += byteLength;
    return { id, gpu, size, dtype, length, byteLength };
  }

  release(buffer: WebGpuBuffer): void {
    this.liveBuffers--;
    this.liveBytes -= buffer.byteLength;
    this.free.give(buffer.size, buffer);
  }

  private create(size: number): PooledBuffer {
    const { maxStorageBufferBindingSize, maxBufferSize } = this.device.limits;
    const largest = Math.min(maxStorageBufferBindingSize, maxBufferSize);
    if (size > largest) {
      throw new OutOfMemoryError(`webgpu: a buffer of ${size} bytes exceeds the device's limit of ${largest}`);
    }
    if (this.allocatedBytes + size > this.budget) this.destroyPooled();
    if (this.allocatedBytes + size > this.budget) {
      throw new OutOfMemoryError(
        `webgpu: ${size} bytes more than the ${this.allocatedBytes} in use exceed the budget of ${this.budget}; ` +
          "use smaller batches, or a larger budget",
      );
    }
    this.allocatedBytes += size;
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    return { id: this.created++, gpu: this.device.createBuffer({ size, usage }), size };
  }

  private destroyPooled(): void {
    for (const [size, { gpu }] of this.free.takeAll()) {
      this.allocatedBytes -= size;
      gpu.destroy();
    }
  }
}
