/** How kernels walk rows: in stretches that items take, and four elements at a time. */
import type { KernelWriter } from "./kernel.ts";
import { F32x4, type I32, type Integer } from "./values.ts";

/** How a formula reads and writes four elements, or one that stands in all four places, given where their row begins. */
export interface Elements {
  readonly isSingle: boolean;
  load(row: I32): F32x4;
  store(row: I32, value: F32x4): void;
}

/** Writes a formula for each element of rows of `bytes` bytes; it is also given where they are in a row, in bytes. */
export function sweep(write: KernelWriter, bytes: I32, formula: (elements: Elements, offset: I32) => void): void {
  sweepFrom(write, 0, bytes, formula);
}

/** The same of a part of the rows: `from`, a multiple of 16, to before `to`, in bytes. */
export function sweepFrom(
  write: KernelWriter,
  from: Integer,
  to: I32,
  formula: (elements: Elements, offset: I32) => void,
): void {
  const four = (offset: I32): Elements => ({
    isSingle: false,
    load: (row) => F32x4.load(row.add(offset)),
    store: (row, value) => write.store(row.add(offset), value),
  });
  const one = (offset: I32): Elements => ({
    isSingle: true,
    load: (row) => F32x4.loadSplat(row.add(offset)),
    store: (row, value) => write.storeElement(row.add(offset), value, 0),
  });
  const whole = write.let(to.and(-16));
  write.loop(from, whole, 16, (offset) => formula(four(offset), offset));
  write.loop(whole, to, 4, (offset) => formula(one(offset), offset));
}

/** As `sweep`, with one formula for four elements and another for each of the rest. */
export function sweepApart(
  write: KernelWriter,
  bytes: I32,
  four: (offset: I32) => void,
  one: (offset: I32) => void,
): void {
  const whole = write.let(bytes.and(-16));
  write.loop(0, whole, 16, four);
  write.loop(whole, bytes, 4, one);
}

/**
 * What `size` things are cut into, `length` each and the last one shorter: runs `body` with each item's number, its
 * first thing, and how many it has.
 */
export function forEachStretch(
  write: KernelWriter,
  { first, last, length, size }: Readonly<Record<"first" | "last" | "length" | "size", I32>>,
  body: (item: I32, start: I32, count: I32) => void,
): void {
  write.loop(first, last, 1, (item) => {
    const start = write.let(item.mul(length));
    body(item, start, write.let(size.sub(start).min(length)));
  });
}
