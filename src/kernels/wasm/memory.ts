/** One WebAssembly memory in which tensors live, and the free parts of it by size. */
import { BYTES_PER_ELEMENT, type DType, type NumberArray } from "../operation.ts";
import { MAXIMUM_PAGES } from "./encoding.ts";

const PAGE = 65536;
const INITIAL_PAGES = 256;
/** Bytes that every part's address is a multiple of: a cache line. */
const ALIGNMENT = 64;

/** The sizes that parts come in: 64 bytes and up, four sizes between one power of 2 and the next. */
export function sizeClass(bytes: number): number {
  if (bytes <= 4 * ALIGNMENT) return Math.max(1, Math.ceil(bytes / ALIGNMENT)) * ALIGNMENT;
  const step = 2 ** (Math.floor(Math.log2(bytes - 1)) - 2);
  return Math.ceil(bytes / step) * step;
}

/** More memory was asked for than there is. */
export class CpuMemoryError extends Error {
  override readonly name = "CpuMemoryError";
}

export class WasmMemory {
  readonly memory: WebAssembly.Memory;
  /** Whether threads can share it: not in a browser without cross-origin isolation. */
  readonly isShared: boolean;
  /** Addresses by size, the highest first, so that the lowest is handed out: a training step finds the same places. */
  private readonly free = new Map<number, number[]>();
  private end = ALIGNMENT;

  constructor() {
    this.isShared = typeof SharedArrayBuffer !== "undefined";
    this.memory = new WebAssembly.Memory({
      initial: INITIAL_PAGES,
      maximum: MAXIMUM_PAGES,
      shared: this.isShared,
    });
  }

  /** Bytes that were ever handed out: what the process has grown to. */
  get highWaterMark(): number {
    return this.end;
  }

  /**
   * The address of `bytes` bytes.
   * @throws CpuMemoryError when 2 GiB are not enough
   */
  allocate(bytes: number): number {
    const size = sizeClass(bytes);
    const reused = this.free.get(size)?.pop();
    if (reused !== undefined) return reused;
    const address = this.end;
    // Kernels read whole vectors, up to 28 bytes past the end of a tensor.
    this.growTo(address + size + ALIGNMENT, bytes);
    this.end = address + size;
    return address;
  }

  release(address: number, bytes: number): void {
    const size = sizeClass(bytes);
    const addresses = this.free.get(size);
    if (addresses === undefined) this.free.set(size, [address]);
    else insertDescending(addresses, address);
  }

  view(dtype: DType, address: number, length: number): NumberArray {
    const { buffer } = this.memory;
    if (dtype === "f32") return new Float32Array(buffer, address, length);
    return dtype === "f64"
      ? new Float64Array(buffer, address, length)
      : new Int32Array(buffer, address, length);
  }

  private growTo(bytes: number, asked: number): void {
    const pages = this.memory.buffer.byteLength / PAGE;
    const needed = Math.ceil(bytes / PAGE);
    if (needed <= pages) return;
    const wanted = Math.min(MAXIMUM_PAGES, Math.max(needed, Math.ceil(1.5 * pages)));
    try {
      this.memory.grow(Math.max(wanted, needed) - pages);
    } catch {
      throw new CpuMemoryError(
        `cpu: ${asked} bytes more than the ${this.end} in use exceed the 2 GiB that the CPU device addresses, or what ` +
          "the machine has; use smaller batches, or free tensors earlier with scope()",
      );
    }
  }
}

function insertDescending(addresses: number[], address: number): void {
  let at = addresses.length;
  while (at > 0 && addresses[at - 1] < address) at--;
  addresses.splice(at, 0, address);
}

/** Storage of one tensor. */
export class CpuBuffer {
  readonly byteLength: number;
  private view: NumberArray;

  constructor(
    private readonly heap: WasmMemory,
    readonly dtype: DType,
    readonly length: number,
  ) {
    this.byteLength = length * BYTES_PER_ELEMENT[dtype];
    this.address = heap.allocate(this.byteLength);
    this.view = heap.view(dtype, this.address, length);
  }

  readonly address: number;

  /** The elements: a view on the memory. */
  get array(): NumberArray {
    // Memory that is not shared leaves its views empty when it grows.
    if (this.view.length !== this.length) this.view = this.heap.view(this.dtype, this.address, this.length);
    return this.view;
  }

  release(): void {
    this.heap.release(this.address, this.byteLength);
  }
}
