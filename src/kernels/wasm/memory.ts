/**
 * One WebAssembly memory in which tensors live, and the free parts of it by size: a training step frees what the next one
 * asks for. Work of other sizes finds nothing there, so where the memory cannot grow, free parts that touch are merged
 * and cut anew.
 */
import { FreeLists } from "../free-lists.ts";
import { ARRAYS, BYTES_PER_ELEMENT, type DType, type NumberArray } from "../tensor-spec.ts";
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
  /** Addresses. */
  private readonly free = new FreeLists<number>((address) => address);
  /** Free parts that were merged, the lowest first; no two touch. */
  private gaps: Part[] = [];
  /** Where what was never handed out begins. */
  private end = ALIGNMENT;
  private highest = ALIGNMENT;
  private used = 0;

  /** @param maximumPages of 64 KiB: 2 GiB unless given */
  constructor(private readonly maximumPages = MAXIMUM_PAGES) {
    this.isShared = typeof SharedArrayBuffer !== "undefined";
    this.memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: maximumPages, shared: this.isShared });
  }

  /** Up to where bytes were ever handed out: what the process has grown to. */
  get highWaterMark(): number {
    return this.highest;
  }

  /**
   * The address of `bytes` bytes.
   * @throws CpuMemoryError when 2 GiB are not enough
   */
  allocate(bytes: number): number {
    const size = sizeClass(bytes);
    const address = this.free.take(size) ?? this.cut(size) ?? this.extend(size) ?? this.mergeAndCut(size);
    if (address === undefined) {
      throw new CpuMemoryError(
        `cpu: ${bytes} bytes more than the ${this.used} in use exceed the 2 GiB that the CPU device addresses, or what ` +
          "the machine has; use smaller batches, or free tensors earlier with scope()",
      );
    }
    this.used += size;
    return address;
  }

  release(address: number, bytes: number): void {
    const size = sizeClass(bytes);
    this.used -= size;
    this.free.give(size, address);
  }

  view(dtype: DType, address: number, length: number): NumberArray {
    return new ARRAYS[dtype](this.memory.buffer, address, length);
  }

  /** From what was never handed out; undefined where the memory cannot grow. */
  private extend(size: number): number | undefined {
    const address = this.end;
    // Kernels read whole vectors, up to 28 bytes past the end of a tensor.
    if (!this.growTo(address + size + ALIGNMENT)) return undefined;
    this.end = address + size;
    this.highest = Math.max(this.highest, this.end);
    return address;
  }

  private growTo(bytes: number): boolean {
    const pages = this.memory.buffer.byteLength / PAGE;
    const needed = Math.ceil(bytes / PAGE);
    if (needed <= pages) return true;
    const wanted = Math.min(this.maximumPages, Math.max(needed, Math.ceil(1.5 * pages)));
    try {
      this.memory.grow(Math.max(wanted, needed) - pages);
      return true;
    } catch {
      return false;
    }
  }

  /** From the lowest gap that is large enough. */
  private cut(size: number): number | undefined {
    const at = this.gaps.findIndex((gap) => gap.size >= size);
    if (at < 0) return undefined;
    const { address, size: whole } = this.gaps[at];
    if (whole === size) this.gaps.splice(at, 1);
    else this.gaps[at] = { address: address + size, size: whole - size };
    return address;
  }

  /** Makes one gap of free parts that touch; what lies last is as if it had never been handed out. */
  private mergeAndCut(size: number): number | undefined {
    const parts = this.free.takeAll().map(([own, address]): Part => ({ address, size: own }));
    this.gaps = merged([...this.gaps, ...parts]);
    const last = this.gaps.at(-1);
    if (last !== undefined && last.address + last.size === this.end) {
      this.gaps.pop();
      this.end = last.address;
    }
    return this.cut(size) ?? this.extend(size);
  }
}

interface Part {
  readonly address: number;
  readonly size: number;
}

/** Parts that do not overlap, by rising address, those that touch as one. */
function merged(parts: readonly Part[]): Part[] {
  const whole: Part[] = [];
  for (const part of parts.toSorted((a, b) => a.address - b.address)) {
    const before = whole.at(-1);
    if (before !== undefined && before.address + before.size === part.address) {
      whole[whole.length - 1] = { address: before.address, size: before.size + part.size };
    } else whole.push(part);
  }
  return whole;
}

/** Storage of one tensor. */
export class CpuBuffer {
  readonly address: number;
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
