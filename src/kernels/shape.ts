/** Shape arithmetic shared by every kernel. Storage is contiguous and row-major, so a shape is all there is. */

/** Extents of a tensor's axes, the outermost first. */
export type Shape = readonly number[];

/** A shape that an operation cannot take. The message names the operation, the shapes and what was expected. */
export class ShapeError extends Error {
  override readonly name = "ShapeError";
}

/** Number of elements: the product of the extents, 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

/** Whether two shapes are equal. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

/** As messages write it: `[2, 3]`. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/** Throws unless every extent is a non-negative integer. */
export function checkShape(operation: string, shape: Shape): void {
  if (!shape.every((extent) => Number.isInteger(extent) && extent >= 0)) {
    throw new ShapeError(`${operation}: a shape holds non-negative integers, got ${formatShape(shape)}`);
  }
}

/** `axis` counted from the front; negative axes count from the back. */
export function resolveAxis(operation: string, axis: number, rank: number): number {
  const resolved = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || resolved < 0 || resolved >= rank) {
    throw new ShapeError(`${operation}: axis ${axis} does not exist in a tensor of rank ${rank}`);
  }
  return resolved;
}

/** The last extent; throws for a scalar, which has none. */
export function lastExtent(operation: string, shape: Shape): number {
  const extent = shape.at(-1);
  if (extent === undefined) throw new ShapeError(`${operation}: expected at least one dimension, got a scalar`);
  return extent;
}

/**
 * The shape that all `shapes` broadcast to, by NumPy's rule: aligned at the last axis, extents are equal or 1.
 * @throws ShapeError where two extents differ and neither is 1.
 */
export function broadcastShapes(operation: string, ...shapes: Shape[]): Shape {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    let extent = 1;
    for (const shape of shapes) {
      const own = shape[axis - rank + shape.length] ?? 1;
      if (own === 1 || own === extent) continue;
      if (extent !== 1) {
        throw new ShapeError(
          `${operation}: shapes ${shapes.map(formatShape).join(" and ")} do not broadcast: ` +
            "aligned at the last axis, extents must be equal or 1",
        );
      }
      extent = own;
    }
    return extent;
  });
}

/** Throws unless `shape` broadcasts to exactly `target`. */
export function checkBroadcastsTo(operation: string, what: string, shape: Shape, target: Shape): void {
  const fits =
    shape.length <= target.length &&
    shape.every((extent, axis) => extent === 1 || extent === target[axis + target.length - shape.length]);
  if (!fits) {
    throw new ShapeError(`${operation}: ${what} ${formatShape(shape)} does not broadcast to ${formatShape(target)}`);
  }
}

/** Element strides of a contiguous `shape` read as if broadcast to `rank` axes: 0 along broadcast axes. */
export function broadcastStrides(shape: Shape, rank: number): number[] {
  const strides = new Array<number>(rank).fill(0);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1) strides[axis + rank - shape.length] = stride;
    stride *= shape[axis];
  }
  return strides;
}

/** Axes to walk: an extent, and the stride of every operand along it. */
export interface LoopAxis {
  extent: number;
  strides: number[];
}

/**
 * The loop nest over `shape` for operands with the given element strides, outermost first. Axes that every operand
 * walks without a jump are merged and axes of extent 1 dropped, so that the innermost loop is as long as it can be.
 */
export function loopNest(shape: Shape, operandStrides: readonly (readonly number[])[]): LoopAxis[] {
  const nest: LoopAxis[] = [];
  shape.forEach((extent, axis) => {
    if (extent === 1) return;
    const strides = operandStrides.map((operand) => operand[axis]);
    const outer = nest.at(-1);
    if (outer?.strides.every((stride, operand) => stride === strides[operand] * extent)) {
      outer.extent *= extent;
      outer.strides = strides;
    } else {
      nest.push({ extent, strides });
    }
  });
  return nest.length > 0 ? nest : [{ extent: 1, strides: operandStrides.map(() => 0) }];
}

/** Part of a walk that one plain loop covers: how many steps, and where every operand starts and its stride. */
export type Run = (count: number, offsets: readonly number[], strides: readonly number[]) => void;

/** Walks `shape` in runs of its innermost loop, for operands with the given element strides. */
export function forEachRun(shape: Shape, operandStrides: readonly (readonly number[])[], run: Run): void {
  const nest = loopNest(shape, operandStrides);
  const { extent, strides } = nest[nest.length - 1];
  const start = operandStrides.map(() => 0);
  forEachOffset(nest.slice(0, -1), (offsets) => run(extent, offsets.length > 0 ? offsets : start, strides));
}

/** Calls `body` with the offset of every operand for each step of the loops in `nest` (outermost first). */
export function forEachOffset(nest: readonly LoopAxis[], body: (offsets: readonly number[]) => void): void {
  if (nest.some((axis) => axis.extent === 0)) return;
  const operands = nest[0]?.strides.length ?? 0;
  const offsets = new Array<number>(operands).fill(0);
  const counters = new Array<number>(nest.length).fill(0);
  for (;;) {
    body(offsets);
    let depth = nest.length - 1;
    for (; depth >= 0; depth--) {
      const { extent, strides } = nest[depth];
      counters[depth]++;
      for (let operand = 0; operand < operands; operand++) offsets[operand] += strides[operand];
      if (counters[depth] < extent) break;
      counters[depth] = 0;
      for (let operand = 0; operand < operands; operand++) offsets[operand] -= strides[operand] * extent;
    }
    if (depth < 0) return;
  }
}
