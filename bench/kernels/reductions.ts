/** Sums and maxima over the first, a middle and the last axis. */
import { max, sum } from "../../src/kernels/index.ts";
import { backward, floats, forward, type KernelCase } from "./kernel-case.ts";
import { CANDIDATES, isLargeSquare, LARGEST_BATCH, SQUARES, WIDTH } from "./sizes.ts";

const activations = floats(LARGEST_BATCH, CANDIDATES, WIDTH);
const reduce = (operation: typeof sum, note: string, axes: readonly number[]) =>
  forward({ operation, inputs: [activations], attributes: { axes }, note });

function squareSum(extent: number): KernelCase {
  const inputs = [floats(extent, extent)];
  const attributes = { axes: [0, 1] };
  return forward({ operation: sum, inputs, attributes, note: "over all", isLarge: isLargeSquare(extent) });
}

/** Sums in blocks, whose error stays that of a block: the last axis, and one before it. */
const LONG = 500_000;
const longSum = (axis: number, ...shape: number[]) =>
  forward({ operation: sum, inputs: [floats(...shape)], attributes: { axes: [axis] }, note: "of long rows" });

export const reductionCases: readonly KernelCase[] = [
  reduce(sum, "over the first axis", [0]),
  reduce(sum, "over the middle axis", [1]),
  reduce(sum, "over the last axis", [2]),
  reduce(sum, "over all but the last axis", [0, 1]),
  reduce(max, "over the first axis", [0]),
  reduce(max, "over the middle axis", [1]),
  reduce(max, "over the last axis", [2]),
  backward({ operation: max, inputs: [activations], attributes: { axes: [2] }, note: "over the last axis" }),
  longSum(1, 2, LONG),
  longSum(1, 2, LONG, 4),
  ...SQUARES.map(squareSum),
];
