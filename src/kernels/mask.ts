/** Masks: i32, 1 keeps an element and 0 hides it, broadcast to the tensor that they apply to. */
import {
  broadcastStrides,
  checkBroadcastsTo,
  forEachOffset,
  lastExtent,
  loopNest,
  type Shape,
  ShapeError,
  sizeOf,
} from "./shape.ts";
import type { HostTensor, TensorSpec } from "./tensor-spec.ts";

/** The logarithm of a hidden element's probability: finite, since infinity does not survive on every device. */
export const HIDDEN_LOG_PROBABILITY = -1e9;

/** Throws unless `mask` is i32, broadcasts to `shape`, and has that shape's last extent. */
export function checkMask(operation: string, mask: TensorSpec, shape: Shape): void {
  if (mask.dtype !== "i32") throw new TypeError(`${operation}: the mask has element type ${mask.dtype}, expected i32`);
  checkBroadcastsTo(operation, "mask", mask.shape, shape);
  if (mask.shape.at(-1) !== shape.at(-1)) {
    throw new ShapeError(
      `${operation}: mask [${mask.shape}] must have the last extent of [${shape}]; broadcast its other axes only`,
    );
  }
}

/** For each row (all axes but the last) of `shape`, where its row of the mask starts. */
export function maskRowOffsets(mask: HostTensor, shape: Shape): Int32Array {
  const leading = shape.slice(0, -1);
  const strides = broadcastStrides(mask.shape, shape.length).slice(0, -1);
  const offsets = new Int32Array(sizeOf(leading));
  let row = 0;
  forEachOffset(loopNest(leading, [strides]), ([offset]) => {
    offsets[row++] = offset;
  });
  return offsets;
}

/** Whether a mask keeps element `i` of the tensor that it applies to. */
export type IsKept = (i: number) => boolean;

/** What keeps the elements from `start` on by the row of a mask from `maskStart` on. */
export function keptBy(mask: HostTensor | undefined, maskStart: number, start: number): IsKept {
  if (mask === undefined) return () => true;
  const { data } = mask;
  return (i) => data[maskStart + i - start] !== 0;
}

/** Calls `visit` for each row of x, whose elements are those from `start` to `end` - 1. */
export function forEachRow(
  x: HostTensor,
  mask: HostTensor | undefined,
  visit: (row: number, start: number, end: number, isKept: IsKept) => void,
): void {
  const columns = lastExtent("rows", x.shape);
  const offsets = mask && maskRowOffsets(mask, x.shape);
  const rows = columns === 0 ? 0 : x.data.length / columns;
  for (let row = 0, start = 0; row < rows; row++, start += columns) {
    visit(row, start, start + columns, keptBy(mask, offsets?.[row] ?? 0, start));
  }
}
