/** Lookups by index, and backward the additions to what was looked up. */
import { embedding, takeAlongLast, takeRows } from "../../src/kernels/index.ts";
import { backward, bytesOf, floats, forward, indices, type KernelCase } from "./kernel-case.ts";
import { CANDIDATES, GROUP, LARGEST_BATCH, LENGTH, WIDTH } from "./sizes.ts";

/** Items of the catalogue. */
const ITEMS = 10_000;

const table = floats(ITEMS, WIDTH);
const items = indices(ITEMS, LARGEST_BATCH, CANDIDATES);
const taken = floats(LARGEST_BATCH, CANDIDATES, WIDTH);
const lookUp = { operation: embedding, inputs: [table, items], attributes: undefined };

const members = indices(CANDIDATES, LARGEST_BATCH, GROUP * LENGTH);
const lists = {
  operation: takeRows,
  inputs: [floats(LARGEST_BATCH, CANDIDATES, WIDTH), members],
  attributes: undefined,
};

const choices = {
  operation: takeAlongLast,
  inputs: [floats(LARGEST_BATCH, GROUP * LENGTH, CANDIDATES), indices(CANDIDATES, LARGEST_BATCH, GROUP * LENGTH, 1)],
  attributes: undefined,
};
/** One number of each row, not the rows. */
const chosen = floats(LARGEST_BATCH, GROUP * LENGTH);

export const lookupCases: readonly KernelCase[] = [
  forward({ ...lookUp, bytes: bytesOf(items, taken, taken) }),
  backward({ ...lookUp, bytes: bytesOf(items, taken, table) }),
  forward(lists),
  backward({ ...lists, bytes: bytesOf(members, floats(LARGEST_BATCH, GROUP * LENGTH, WIDTH), taken) }),
  forward({ ...choices, bytes: bytesOf(chosen, chosen, chosen) }),
  backward({ ...choices, bytes: bytesOf(chosen, chosen, choices.inputs[0]) }),
];
