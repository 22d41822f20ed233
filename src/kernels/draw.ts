/** Draws sample inputs of operations. Everything derives from one source of integers, so property tests can shrink. */
import { Random } from "./philox.ts";
import { type Shape, sizeOf } from "./shape.ts";
import type { HostTensor } from "./tensor-spec.ts";

/** Where drawn values may lie. */
export interface ValueRange {
  /** Default -2. */
  readonly minimum?: number;
  /** Default 2. */
  readonly maximum?: number;
  /** Points, such as kinks, that the values stay at least 0.01 away from. */
  readonly avoid?: readonly number[];
}

export interface DrawOptions {
  /** Whether extents now and then reach across the tiles that kernels cut their work into. Default false. */
  readonly crossesTiles?: boolean;
}

/** Multiples of the tiles, and what leaves a rest; the last is long enough to be summed in parts. */
const TILE_EXTENTS = [7, 8, 9, 16, 17, 31, 32, 33, 50, 64, 65, 100, 127, 128, 256, 257, 600];

/** Default limit of the product of all extents of a sample that reach across tiles. */
const LARGEST_SAMPLE = 40_000;

/** Draws shapes and values of samples. */
export class Draw {
  private tensors = 0;
  private extents = 1;
  private readonly crossesTiles: boolean;

  /** @param integer an integer between two bounds, both included */
  constructor(
    readonly integer: (minimum: number, maximum: number) => number,
    { crossesTiles = false }: DrawOptions = {},
  ) {
    this.crossesTiles = crossesTiles;
  }

  boolean(): boolean {
    return this.integer(0, 1) === 1;
  }

  /**
   * An extent between two bounds, both included, or one that reaches across tiles, so long as the product of this
   * sample's extents stays within `limit`.
   */
  extent(minimum: number, maximum: number, limit = LARGEST_SAMPLE): number {
    let extent = this.integer(minimum, maximum);
    if (this.crossesTiles && this.boolean()) {
      const fitting = TILE_EXTENTS.filter((own) => own * this.extents <= limit);
      if (fitting.length > 0) extent = fitting[this.integer(0, fitting.length - 1)];
    }
    this.extents *= Math.max(extent, 1);
    return extent;
  }

  /** A shape of `minimumRank` to `maximumRank` axes with extents from 0 or 1 to 4; mostly without empty axes. */
  shape(minimumRank = 0, maximumRank = 3): Shape {
    const smallest = this.integer(0, 9) === 0 ? 0 : 1;
    return Array.from({ length: this.integer(minimumRank, maximumRank) }, () => this.extent(smallest, 4));
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
    return { dtype: "i32", shape, data: Int32Array.from({ length: sizeOf(shape) }, () => random.integer(bound)) };
  }

  /** A mask of zeros and ones with rows (along the last axis) of zeros here and there; now and then all zeros. */
  mask(shape: Shape): HostTensor {
    const random = this.generator();
    const share = [0, 0.3, 0.7, 1][this.integer(0, 3)];
    const columns = shape.at(-1) ?? 1;
    let isEmptyRow = false;
    const data = Int32Array.from({ length: sizeOf(shape) }, (_, i) => {
      if (i % columns === 0) isEmptyRow = random.uniform() < 0.1;
      return !isEmptyRow && random.uniform() < share ? 1 : 0;
    });
    return { dtype: "i32", shape, data };
  }

  /** Two tensors of one sample never share their numbers, even when they are drawn with one seed. */
  private generator(): Random {
    return new Random({ seed: this.integer(0, 2 ** 31 - 1), stream: "draw", step: this.tensors++ });
  }
}
