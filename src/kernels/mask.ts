/** Masks: i32, 1 keeps an element and 0 hides it, broadcast to the tensor that they apply to. */
import {
  broadcastStrides,
  checkBroadcastsTo,
  forEachOffset,
  loopNest,
  type Shape,
  ShapeError,
} from "./shape.ts";
import type { HostTensor, TensorSpec } from "./tensor-spec.ts";

/** The logarithm of a hidden element's probability: finite, since infinity does not survive on every device. */
export const HIDDEN_LOG_PROBABILITY = -1e9;

/** Throws unless `mask` is i32, broadcasts to `shape`, and has that shape's last extent. */
export function checkMask(operation: string, mask: TensorSpec, shape: Shape): void {
  if (mask.dtype !== "i32") {
    throw new TypeError(`${operation}: the mask has element type ${mask.dtype}, expected i32`);
  }
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
  const offsets = new Int32Array(leading.reduce((product, extent) => product * extent, 1));
  let row = 0;
  forEachOffset(loopNest(leading, [strides]), ([offset]) => {
    offsets[row++] = offset;
  });
  return offsets;
}
