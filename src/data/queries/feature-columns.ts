/** Numbers as they are given, row by row, in columns with names: from arrays, or by name, where what is left out is 0. */
import { GrowableColumn } from "../readers/growable-column.ts";
import type { FeatureTable } from "../request-features.ts";

/** Features of one row: an array of all columns, or numbers by the names of theirs. */
export type GivenFeatures = readonly number[] | Float32Array | Readonly<Record<string, number>>;

/** Float32Arrays hold no more numbers. */
const MAX_NUMBERS = 2 ** 31 - 1;

/** Columns of an array are called by their places, from 0. */
export function placeNames(width: number): string[] {
  return Array.from({ length: width }, (_, place) => String(place));
}

/** Features that are given as an array, rather than by name. */
export function isArrayOfFeatures(features: GivenFeatures): features is readonly number[] | Float32Array {
  return Array.isArray(features) || ArrayBuffer.isView(features);
}

/** Collects rows of numbers. */
export class FeatureColumns {
  private readonly numbers = new Map<string, number>();
  /** Columns and values of all rows, one after another. */
  private readonly columns = new GrowableColumn(Int32Array);
  private readonly values = new GrowableColumn(Float32Array);
  private readonly ends = new GrowableColumn(Float64Array);
  /** Numbers of the arrays so far; undefined before the first. */
  private arrayWidth: number | undefined;
  private readonly isFixed: boolean;
  unknownValues = 0;

  /**
   * @param what errors are about
   * @param names of the columns, where they are known; others are passed over and counted
   */
  constructor(
    private readonly what: string,
    names?: readonly string[],
  ) {
    this.isFixed = names !== undefined;
    for (const name of names ?? []) this.numbers.set(name, this.numbers.size);
  }

  /**
   * Adds a row; without features, of zeros.
   * @throws RangeError for a number that is not finite in 32 bits, arrays of different lengths, and arrays among names
   */
  add(features: GivenFeatures = {}): void {
    if (isArrayOfFeatures(features)) this.addArray(features);
    else for (const [name, value] of Object.entries(features)) this.set(name, value);
    this.ends.push(this.values.length);
  }

  /**
   * All rows; undefined where none has a feature.
   * @param order the names of all columns in another order, perhaps with columns of zeros among them
   * @throws RangeError where they would not fit in memory
   */
  build(
    order: (names: readonly string[]) => readonly string[] = (names) => names,
  ): (FeatureTable & { readonly names: readonly string[] }) | undefined {
    const names = order([...this.numbers.keys()]);
    const placeOf = new Map(names.map((name, place) => [name, place]));
    const places = Int32Array.from(this.numbers.keys(), (name) => placeOf.get(name) ?? 0);
    const width = names.length;
    if (width === 0) return undefined;
    const [columns, values, ends] = [this.columns.values(), this.values.values(), this.ends.values()];
    if (width * ends.length > MAX_NUMBERS) {
      throw new RangeError(`${this.what}: ${ends.length} rows of ${width} numbers are too many; use fewer`);
    }
    const data = new Float32Array(width * ends.length);
    ends.forEach((end, row) => {
      for (let at = row === 0 ? 0 : ends[row - 1]; at < end; at++) data[row * width + places[columns[at]]] = values[at];
    });
    return { names, width, data };
  }

  private addArray(features: readonly number[] | Float32Array): void {
    if (!this.isFixed && this.arrayWidth === undefined) {
      if (this.numbers.size > 0)
        throw new RangeError(`${this.what}: an array, where rows before have names for theirs`);
      for (const name of placeNames(features.length)) this.numbers.set(name, this.numbers.size);
    }
    this.arrayWidth ??= this.numbers.size;
    if (features.length !== this.arrayWidth) {
      throw new RangeError(`${this.what}: ${features.length} numbers, expected ${this.arrayWidth}`);
    }
    for (let column = 0; column < features.length; column++) this.push(column, features[column], String(column));
  }

  private set(name: string, value: number): void {
    const known = this.numbers.get(name);
    if (known === undefined && this.isFixed) {
      this.unknownValues++;
      return;
    }
    if (known === undefined && this.arrayWidth !== undefined) {
      throw new RangeError(`${this.what}: "${name}", where rows before are arrays`);
    }
    if (known === undefined) this.numbers.set(name, this.numbers.size);
    this.push(known ?? this.numbers.size - 1, value, name);
  }

  private push(column: number, value: number, name: string): void {
    if (typeof value !== "number" || !Number.isFinite(Math.fround(value))) {
      throw new RangeError(`${this.what}: "${name}" must be a finite number, got ${JSON.stringify(value) ?? value}`);
    }
    this.columns.push(column);
    this.values.push(value);
  }
}
