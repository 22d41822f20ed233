/** A column of numbers that grows as it is written, in the memory of a typed array. */

type Numbers = Int32Array | Float32Array | Float64Array;

const FIRST_CAPACITY = 1024;

/**
 * Numbers of one type, appended one by one. Memory doubles when it is full, so n numbers cost O(n) time and at most
 * twice the bytes that they need.
 * @example
 * const column = new GrowableColumn(Int32Array);
 * column.push(7);
 * column.values(); // Int32Array [7]
 */
export class GrowableColumn<Column extends Numbers> {
  private memory: Column;
  private count = 0;

  constructor(private readonly type: new (length: number) => Column) {
    this.memory = new type(FIRST_CAPACITY);
  }

  get length(): number {
    return this.count;
  }

  push(value: number): void {
    if (this.count === this.memory.length) {
      const larger = new this.type(2 * this.count);
      larger.set(this.memory);
      this.memory = larger;
    }
    this.memory[this.count++] = value;
  }

  /** What was pushed so far, without a copy. */
  values(): Column {
    return this.memory.subarray(0, this.count) as Column;
  }
}
