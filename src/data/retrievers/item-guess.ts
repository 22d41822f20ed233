/**
 * What a retriever would know of an item that it never saw: a row of numbers, guessed from the item's features by a
 * linear map that is fitted to the items that it knows (Gantner et al. 2010); the mean row where there are no features.
 * F numbers of features, V categories, T numbers in a retriever's row.
 */
import type { ObservedRow, ObservedTables } from "../features/encode-features.ts";
import { observedRow } from "../features/encode-features.ts";
import type { Retriever } from "./retriever.ts";
import { ridgeRegression } from "./ridge-regression.ts";

/** Of more numbers and categories the fit would take too long, and every row is the mean one. */
const MOST_INPUTS = 400;
/** As one item that has nothing: few items of a category say little of it. */
const PENALTY = 1;

export class ItemGuess {
  private constructor(
    private readonly tables: ObservedTables,
    /** [T] */
    private readonly mean: Float64Array,
    /** What turns [features; categories; 1] into what a row is off the mean: [F + V + 1, T]; undefined: nothing does. */
    private readonly map: Float64Array | undefined,
  ) {}

  /** @param learned items that the retriever has learned, which are the first; the others were guessed before */
  static fit(tables: ObservedTables, retriever: Retriever, learned: number): ItemGuess {
    const { width, data } = retriever.itemRows();
    const mean = new Float64Array(width);
    for (let at = 0; at < learned * width; at++) mean[at % width] += data[at] / learned;
    const inputs = inputCount(tables);
    if (width === 0 || inputs === 1 || inputs > MOST_INPUTS) return new ItemGuess(tables, mean, undefined);
    const rows = new Float64Array(learned * inputs);
    for (let item = 0; item < learned; item++) rows.set(inputsOf(tables, observedRow(tables, item)), item * inputs);
    const targets = data.slice(0, learned * width).map((value, at) => value - mean[at % width]);
    return new ItemGuess(tables, mean, ridgeRegression(rows, inputs, targets, width, PENALTY));
  }

  /** The row of an item: [T]. @param row its features, where they are known */
  rowOf(row: ObservedRow | undefined): Float64Array {
    const { map, mean } = this;
    if (row === undefined || map === undefined) return mean.slice();
    const inputs = inputsOf(this.tables, row);
    return mean.map((value, t) => inputs.reduce((sum, input, i) => sum + input * map[i * mean.length + t], value));
  }
}

/** F + V + 1 */
function inputCount({ features, categories }: ObservedTables): number {
  return (features?.width ?? 0) + (categories?.vocabularySize ?? 0) + 1;
}

/** [features; weight of each category; 1]: [F + V + 1] */
function inputsOf(tables: ObservedTables, { numbers, categories, weights }: ObservedRow): Float64Array {
  const inputs = new Float64Array(inputCount(tables));
  inputs.set(numbers);
  categories.forEach((category, slot) => {
    inputs[numbers.length + category] += weights[slot];
  });
  inputs[inputs.length - 1] = 1;
  return inputs;
}
