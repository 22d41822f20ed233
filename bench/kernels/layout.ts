/** What only moves elements: concatenation, slices, transposition. */
import { concat, permute, slice } from "../../src/kernels/index.ts";
import { bytesOf, floats, forward, type KernelCase } from "./kernel-case.ts";
import { CANDIDATES, isLargeSquare, LARGEST_BATCH, SQUARES, WIDTH } from "./sizes.ts";

const activations = floats(LARGEST_BATCH, CANDIDATES, WIDTH);
const half = floats(LARGEST_BATCH, CANDIDATES, WIDTH / 2);

function squareTransposition(extent: number): KernelCase {
  const inputs = [floats(extent, extent)];
  const attributes = { axes: [1, 0] };
  return forward({ operation: permute, inputs, attributes, isLarge: isLargeSquare(extent) });
}

export const layoutCases: readonly KernelCase[] = [
  forward({ operation: concat, inputs: [half, half], attributes: { axis: 2 }, note: "along the last axis" }),
  forward({ operation: concat, inputs: [half, half], attributes: { axis: 1 }, note: "along the middle axis" }),
  forward({
    operation: slice,
    inputs: [activations],
    attributes: { axis: 2, start: WIDTH / 2, end: WIDTH },
    bytes: bytesOf(half, half),
    note: "of the last axis",
  }),
  forward({ operation: permute, inputs: [activations], attributes: { axes: [0, 2, 1] } }),
  ...SQUARES.map(squareTransposition),
];
