/** Reference-counted storage on a device. Tensors are views on it; the last one to be disposed frees it. */
import type { Device, DeviceBuffer, DType } from "../kernels/index.ts";

/** Told about storage that was garbage-collected before it was freed, with the stack that allocated it. */
export type LeakListener = (description: string, allocationStack: string) => void;

let leakRegistry: FinalizationRegistry<{ description: string; stack: string }> | undefined;

/**
 * Reports leaked storage to `listener`; undefined turns reports off. For debugging: every allocation then records
 * its stack, which is slow.
 */
export function reportLeaks(listener: LeakListener | undefined): void {
  leakRegistry = listener && new FinalizationRegistry(({ description, stack }) => listener(description, stack));
}

export class Storage {
  readonly device: Device;
  private buffer: DeviceBuffer | undefined;
  private references = 1;

  constructor(device: Device, dtype: DType, length: number) {
    this.device = device;
    this.buffer = device.allocate(dtype, length);
    if (leakRegistry !== undefined) {
      const stack = new Error("allocated").stack ?? "";
      leakRegistry.register(this, { description: `${dtype}[${length}] on ${device.name}`, stack }, this);
    }
  }

  /** The device's buffer, or undefined once the storage was freed. */
  get live(): DeviceBuffer | undefined {
    return this.buffer;
  }

  retain(): this {
    this.references++;
    return this;
  }

  release(): void {
    this.references--;
    if (this.references > 0 || this.buffer === undefined) return;
    this.device.release(this.buffer);
    this.buffer = undefined;
    leakRegistry?.unregister(this);
  }
}
