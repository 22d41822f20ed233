/** Elementwise operations: one at a time, broadcast, and several in a row. */
import { elementwise } from "../../src/kernels/index.ts";
import { backward, bytesOf, composed, floats, forward, type KernelCase } from "./kernel-case.ts";
import { CANDIDATES, FEED_FORWARD, isLargeSquare, LARGEST_BATCH, SQUARES, WIDTH } from "./sizes.ts";

const residual = floats(LARGEST_BATCH, CANDIDATES, WIDTH);
const hidden = floats(LARGEST_BATCH, CANDIDATES, FEED_FORWARD);
const noAttributes = { attributes: undefined };
const gelu = { operation: elementwise.gelu, inputs: [hidden], ...noAttributes };

function squareAddition(extent: number): KernelCase {
  const inputs = [floats(extent, extent), floats(extent, extent)];
  return forward({ operation: elementwise.add, inputs, ...noAttributes, isLarge: isLargeSquare(extent) });
}

export const elementwiseCases: readonly KernelCase[] = [
  forward({ operation: elementwise.add, inputs: [residual, residual], ...noAttributes }),
  forward({ operation: elementwise.add, inputs: [residual, floats(WIDTH)], ...noAttributes, note: "broadcast" }),
  forward(gelu),
  backward(gelu),
  composed("x sigmoid(2 x + 1) + y", [residual, residual], { kind: "bytes", amount: 3 * bytesOf(residual) }, (x, y) =>
    x.mul(2).add(1).sigmoid().mul(x).add(y),
  ),
  ...SQUARES.map(squareAddition),
];
