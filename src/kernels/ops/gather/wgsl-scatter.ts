/**
 * WGSL that adds the rows of a gradient to the rows of a tensor that they were read from. There are no atomic
 * additions: every row's terms are added in the order of their positions, so that the bits are always the same.
 *
 * Few indices into few rows are looked through for each row. Otherwise the positions are sorted by row first, stably,
 * by one digit after another from the least significant one (a radix sort): the terms of a row then lie side by side.
 */
import type { Program, TensorPlace } from "../../dispatch.ts";
import { indexProgram } from "../../webgpu/program.ts";
import type { Extents } from "./simd.ts";

/** How the elements of rows are read and written: four at a time where their number allows. */
function rowElements({ columns }: Extents) {
  const vectors = columns % 4 === 0;
  return {
    key: vectors ? "vectors" : "elements",
    type: vectors ? "vec4<f32>" : "f32",
    /** Elements or vectors of a row. */
    columns: vectors ? columns / 4 : columns,
    /** What is bound as vectors. */
    bindings: vectors ? { vectors: ["g", "out"] } : {},
  };
}

/** Each invocation looks through all the indices of its batch entry for those that name its row. */
function directProgram(extents: Extents): Program {
  const { batch, rows, taken } = extents;
  const { key, type, columns, bindings } = rowElements(extents);
  const body = `  let column = i % parameters.columns;
  let row = i32(i / parameters.columns % parameters.rows);
  let first = i / parameters.columns / parameters.rows * parameters.taken;
  var total = ${type}();
  for (var position = first; position < first + parameters.taken; position++) {
    if (indices[position] == row) { total += g[position * parameters.columns + column]; }
  }
  out[i] = total;`;
  const options = { parameters: { rows, taken, columns }, ...bindings };
  return indexProgram(`scatterAdd directly, ${key}`, batch * rows * columns, body, options);
}

const BITS_PER_DIGIT = 5;
const DIGITS = 2 ** BITS_PER_DIGIT;
/** Positions beside each other, of which one invocation counts those with a certain digit. */
const BLOCK = 64;

const integers = (scratch: number, length: number): TensorPlace => ({ scratch, length, dtype: "i32" });

/** Positions, and the row of each among the rows of all batch entries. */
interface PositionList {
  readonly positions: TensorPlace;
  readonly rows: TensorPlace;
}

/** All positions as they come. What names no row comes after all rows, where nothing is added. */
function listProgram({ batch, rows, taken }: Extents, list: PositionList): Program {
  const body = `  let index = indices[i];
  let isRow = index >= 0 && u32(index) < parameters.rows;
  positions[i] = i32(i);
  rows[i] = i32(select(parameters.all_rows, i / parameters.taken * parameters.rows + u32(index), isRow));`;
  return indexProgram("scatterAdd rows of positions", batch * taken, body, {
    tensors: { ...list },
    parameters: { rows, taken, all_rows: batch * rows },
  });
}

const DIGIT_OF = `
fn digit_of(row: i32) -> u32 { return (u32(row) >> parameters.shift) % ${DIGITS}u; }
`;

/** How many positions of a block have a digit. */
const COUNT_OF_DIGIT = `  let digit = i % ${DIGITS}u;
  let block = i / ${DIGITS}u;
  let end = min((block + 1u) * ${BLOCK}u, parameters.positions);
  var total = 0;
  for (var at = block * ${BLOCK}u; at < end; at++) { total += select(0, 1, digit_of(rows[at]) == digit); }
  counts[digit * parameters.blocks + block] = total;`;

/** Invocations of the workgroup that sums up counts. */
const LANES = 256;

/** Replaces each count by the sum of those before it. Each lane takes a stretch: its sum first, then its places. */
const COUNTS_TO_PLACES = `
var<workgroup> totals: array<i32, ${LANES}>;

@compute @workgroup_size(${LANES})
fn main(@builtin(local_invocation_index) lane: u32) {
  let start = min(lane * parameters.stretch, parameters.count);
  let end = min(start + parameters.stretch, parameters.count);
  var total = 0;
  for (var at = start; at < end; at++) { total += counts[at]; }
  totals[lane] = total;
  workgroupBarrier();
  var place = 0;
  for (var before = 0u; before < lane; before++) { place += totals[before]; }
  for (var at = start; at < end; at++) {
    let count = counts[at];
    counts[at] = place;
    place += count;
  }
}`;

/** A position goes behind those of its digit in the blocks before and in its own. */
const MOVE_TO_PLACE = `  let digit = digit_of(rows[i]);
  let block = i / ${BLOCK}u;
  var place = places[digit * parameters.blocks + block];
  for (var at = block * ${BLOCK}u; at < i; at++) { place += select(0, 1, digit_of(rows[at]) == digit); }
  sorted_rows[place] = rows[i];
  sorted_positions[place] = positions[i];`;

/** Where the digits of a row's number start; the number after all rows is one more. */
function shiftsOf({ batch, rows }: Extents): number[] {
  const bits = Math.floor(Math.log2(Math.max(batch * rows, 1))) + 1;
  return Array.from({ length: Math.ceil(bits / BITS_PER_DIGIT) }, (_, digit) => digit * BITS_PER_DIGIT);
}

/** Sorts `count` positions by the digit of their row from bit `shift` on; those of one digit stay in their order. */
function digitPrograms(count: number, shift: number, from: PositionList, to: PositionList): Program[] {
  const blocks = Math.ceil(count / BLOCK);
  /** [digits, blocks] */
  const counts = integers(0, DIGITS * blocks);
  return [
    indexProgram("scatterAdd counts of digits", DIGITS * blocks, COUNT_OF_DIGIT, {
      tensors: { rows: from.rows, counts },
      parameters: { positions: count, blocks, shift },
      functions: DIGIT_OF,
    }),
    {
      name: "scatterAdd places of digits",
      tensors: { counts },
      parameters: { count: DIGITS * blocks, stretch: Math.ceil((DIGITS * blocks) / LANES) },
      source: COUNTS_TO_PLACES,
      workgroups: [1, 1, 1],
    },
    indexProgram("scatterAdd sorted by digit", count, MOVE_TO_PLACE, {
      tensors: { ...from, places: counts, sorted_rows: to.rows, sorted_positions: to.positions },
      parameters: { blocks, shift },
      functions: DIGIT_OF,
    }),
  ];
}

/** The first of the sorted positions that is not of an earlier row. */
const START_OF_ROW = `  var low = 0u;
  var high = parameters.positions;
  while (low < high) {
    let middle = (low + high) / 2u;
    if (rows[middle] < i32(i)) { low = middle + 1u; } else { high = middle; }
  }
  starts[i] = i32(low);`;

const sumOfRow = (type: string) => `  let row = i / parameters.columns;
  let column = i % parameters.columns;
  let end = starts[row + 1u];
  var total = ${type}();
  for (var at = starts[row]; at < end; at++) {
    total += g[u32(positions[at]) * parameters.columns + column];
  }
  out[i] = total;`;

/** Sorts the positions by row, finds where each row's positions start, and adds up what lies there. */
function sortedPrograms(extents: Extents): Program[] {
  const allRows = extents.batch * extents.rows;
  const count = extents.batch * extents.taken;
  let sorted: PositionList = { positions: integers(1, count), rows: integers(2, count) };
  let other: PositionList = { positions: integers(3, count), rows: integers(4, count) };
  const programs = [listProgram(extents, sorted)];
  for (const shift of shiftsOf(extents)) {
    programs.push(...digitPrograms(count, shift, sorted, other));
    [sorted, other] = [other, sorted];
  }
  const starts = integers(5, allRows + 1);
  const { key, type, columns, bindings } = rowElements(extents);
  return [
    ...programs,
    indexProgram("scatterAdd starts of rows", allRows + 1, START_OF_ROW, {
      tensors: { rows: sorted.rows, starts },
      parameters: { positions: count },
    }),
    indexProgram(`scatterAdd of sorted positions, ${key}`, allRows * columns, sumOfRow(type), {
      tensors: { positions: sorted.positions, starts },
      parameters: { columns },
      ...bindings,
    }),
  ];
}

/**
 * What sorting takes in any case, for each digit of each position, and to find the start of each row: as many
 * comparisons of an index with a row take as long on llvmpipe.
 */
const COMPARISONS_PER_SORT = 2 ** 18;
const COMPARISONS_PER_DIGIT = 100;
const COMPARISONS_PER_START = 50;

/** Whether to look through all indices for each row takes less than to sort their positions. */
function isDirectCheaper(extents: Extents): boolean {
  const { batch, rows, taken } = extents;
  const digits = shiftsOf(extents).length;
  const sorting = batch * (taken * digits * COMPARISONS_PER_DIGIT + rows * COMPARISONS_PER_START);
  return batch * rows * rowElements(extents).columns * taken <= COMPARISONS_PER_SORT + sorting;
}

/**
 * Inputs indices [batch, taken], g [batch, taken, columns]; output [batch, rows, columns], each of whose rows is the sum
 * of the rows of g that name it. An index that names no row adds nothing: a GPU cannot throw, as the CPU device does.
 */
export function scatterAddPrograms(extents: Extents): Program[] {
  return isDirectCheaper(extents) ? [directProgram(extents)] : sortedPrograms(extents);
}
