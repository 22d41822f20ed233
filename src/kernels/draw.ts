/** Draws sample inputs of operations. Everything derives from one source of integers, so property tests can shrink. */
import type { HostTensor } from "./operation.ts";
import { Random } from "./philox.ts";
import { type Shape, sizeOf } from "./shape.ts";

export interface ValueRange {
  /** Default -2. */
  readonly minimum?: number;
  /** Default 2. */
  readonly maximum?: number;
  /** Points, such as kinks, that the values stay at least 0.01 away from. */
  readonly avoid?: readonly number[];
}

export class Draw {
  private tensors = 0;

  /** @param integer an integer between two bounds, both included */
  constructor(readonly integer: (minimum: number, maximum: number) => number) {}

  boolean(): boolean {
    return this.integer(0, 1) === 1;
  }

  /** A shape of `minimumRank` to `maximumRank` axes with extents from 0 or 1 to 4; mostly without empty axes. */
  shape(minimumRank = 0, maximumRank = 3): Shape {
    const smallest = this.integer(0, 9) === 0 ? 0 : 1;
    return Array.from({ length: this.integer(minimumRank, maximumRank) }, () => this.integer(smallest, 4));
  }

  /** A shape that broadcasts to `shape`: leading axes dropped, or extents replaced by 1. */
  broadcastable(shape: Shape): Shape {
    const dropped = this.integer(0, shape.length);
    return shape.slice(dropped).map((extent) => (this.integer(0, 2) === 0 ? 1 : extent));
  }

  /** Floating-point values, f64. */
  floats(shape: Shape, { minimum = -2, maximum = 2, avoid = [] }: ValueRange = {}): HostTensor {
    const random = this.generator();
    const value = (): number => {
      const drawn = minimum + (maximum - minimum) * random.uniform();
      return avoid.some((point) => Math.abs(drawn - point) < 0.01) ? value() : drawn;
    };
    return { dtype: "f64", shape, data: Float64Array.from({ length: sizeOf(shape) }, value) };
  }

  /** Distinct floating-point values at least 0.01 apart, f64: no ties for an operation that picks the largest. */
  distinctFloats(shape: Shape): HostTensor {
    const size = sizeOf(shape);
    const order = this.generator().permutation(size);
    return { dtype: "f64", shape, data: Float64Array.from(order, (rank) => (rank - size / 2) * 0.05) };
  }

  /** Indices from 0 to `bound` - 1. */
  indices(shape: Shape, bound: number): HostTensor {
    const random = this.generator();
    return {
      dtype: "i32",
      shape,
      data: Int32Array.from({ length: sizeOf(shape) }, () => random.integer(bound)),
    };
  }

  /** A mask of zeros and ones; now and then all zeros, so that empty rows are drawn too. */
  mask(shape: Shape): HostTensor {
    const random = this.generator();
    const share = [0, 0.3, 0.7, 1][this.integer(0, 3)];
    const data = Int32Array.from({ length: sizeOf(shape) }, () => (random.uniform() < share ? 1 : 0));
    return { dtype: "i32", shape, data };
  }

  /** Two tensors of one sample never share their numbers, even when they are drawn with one seed. */
  private generator(): Random {
    return new Random({ seed: this.integer(0, 2 ** 31 - 1), stream: "draw", step: this.tensors++ });
  }
}
