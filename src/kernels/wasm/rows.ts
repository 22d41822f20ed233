/**
 * Kernels whose items are the rows of tensors [..., C], along the last axis, under an optional mask. Sums are carried in
 * f32, in four places: each takes every fourth element.
 */

import type { TensorSpec } from "../operation.ts";
import { broadcastStrides, lastExtent, loopNest, type Shape, sizeOf } from "../shape.ts";
import {
  defineKernel,
  type Kernel,
  type KernelWriter,
  type Parameters,
  type ParameterTypes,
  type Variable,
} from "./kernel.ts";
import type { KernelCall } from "./kernel-call.ts";
import { sweepApart } from "./stretches.ts";
import { F32x4, type Floats, type I32, I32x4 } from "./values.ts";

/** Four elements of a row, or one that stands in all four places. */
export interface RowElements {
  /** Of a tensor's row or a vector [C], from its address. */
  load(row: I32): F32x4;
  store(row: I32, value: F32x4): void;
  /** `value`, but `otherwise` where the mask hides the element, and in the places that repeat a single one. */
  kept(value: F32x4, otherwise: Floats): F32x4;
}

const FIRST_ALONE = I32x4.of(-1, 0, 0, 0);

/** Below every finite number. */
const LOWEST = -3.4028234663852886e38;

/** One row, as formulas see it. */
export class Row {
  private readonly start: I32;

  constructor(
    private readonly write: KernelWriter,
    private readonly index: I32,
    private readonly bytes: I32,
    /** Where the row's mask begins. */
    private readonly mask?: I32,
  ) {
    this.start = write.let(index.mul(bytes));
  }

  /** Where this row of a tensor [..., C] begins. */
  of(tensor: I32): I32 {
    return this.write.let(tensor.add(this.start));
  }

  /** Where this row's number is in a tensor [...]. */
  numberOf(tensor: I32): I32 {
    return this.write.let(tensor.add(this.index.shiftLeft(2)));
  }

  sweep(formula: (elements: RowElements) => void): void {
    const { write } = this;
    const elements = (offset: I32, isSingle: boolean): RowElements => {
      const load = isSingle ? F32x4.loadSplat : F32x4.load;
      const kept = this.mask && write.let(load(this.mask.add(offset)).asIntegers().notEquals(0));
      const counts = isSingle ? (kept?.and(FIRST_ALONE) ?? FIRST_ALONE) : kept;
      return {
        load: (row) => load(row.add(offset)),
        store: (row, value) => {
          if (isSingle) write.storeElement(row.add(offset), value, 0);
          else write.store(row.add(offset), value);
        },
        kept: (value, otherwise) => counts?.select(value, otherwise) ?? value,
      };
    };
    sweepApart(
      write,
      this.bytes,
      (offset) => formula(elements(offset, false)),
      (offset) => formula(elements(offset, true)),
    );
  }

  /** The sum of a term over the elements that are kept, in all four places. */
  sum(term: (elements: RowElements) => F32x4): F32x4 {
    return this.sums(1, (elements) => [term(elements)])[0];
  }

  /** Several sums in one sweep. */
  sums(count: number, terms: (elements: RowElements) => readonly F32x4[]): F32x4[] {
    const { write } = this;
    const totals = Array.from({ length: count }, () => write.variable(F32x4.splat(0)));
    this.sweep((elements) => {
      for (const [number, term] of terms(elements).entries()) {
        const total = totals[number];
        write.set(total, total.add(elements.kept(term, 0)) as Variable<F32x4>);
      }
    });
    return totals.map((total) => acrossPlaces(write, total, (a, b) => a.add(b)));
  }

  /** The largest element that is kept, in all four places; the lowest finite number where there is none. */
  largest(row: I32): F32x4 {
    const { write } = this;
    const largest = write.variable(F32x4.splat(LOWEST));
    this.sweep((elements) => {
      write.set(largest, largest.atLeast(elements.kept(elements.load(row), LOWEST)) as Variable<F32x4>);
    });
    return acrossPlaces(write, largest, (a, b) => a.atLeast(b));
  }
}

/** The four places combined, in every place. */
function acrossPlaces(write: KernelWriter, value: F32x4, combine: (a: F32x4, b: F32x4) => F32x4): F32x4 {
  const pairs = write.let(combine(value, value.shuffle(value, [2, 3, 0, 1])));
  return write.let(combine(pairs, pairs.shuffle(pairs, [1, 0, 3, 2])));
}

/** What row kernels take beside their own parameters. */
const COLUMNS = { columns: "i32" } as const;
/** Row r is under row (r / rowsPerMaskRow) modulo maskRows of the mask. */
const MASK = { mask: "i32", rowsPerMaskRow: "i32", maskRows: "i32" } as const;

/** A kernel over rows, with and without a mask. */
export interface RowKernels {
  readonly plain: Kernel;
  readonly masked: Kernel;
}

/** Declares what is done with each row. */
export function defineRowKernels<Types extends ParameterTypes>(
  name: string,
  parameters: Types,
  formula: (write: KernelWriter, row: Row, parameters: Parameters<Types & typeof COLUMNS>) => void,
): RowKernels {
  return {
    plain: defineKernel(name, { ...parameters, ...COLUMNS }, (write, given) => {
      const bytes = write.let(given.columns.shiftLeft(2));
      write.loop(given.first, given.last, 1, (index) => formula(write, new Row(write, index, bytes), given));
    }),
    masked: defineKernel(`${name} masked`, { ...parameters, ...COLUMNS, ...MASK }, (write, given) => {
      const { columns, mask, rowsPerMaskRow, maskRows } = given as Parameters<typeof COLUMNS & typeof MASK>;
      const bytes = write.let(columns.shiftLeft(2));
      write.loop(given.first, given.last, 1, (index) => {
        const maskRow = write.let(mask.add(index.div(rowsPerMaskRow).rem(maskRows).mul(bytes)));
        formula(write, new Row(write, index, bytes, maskRow), given);
      });
    }),
  };
}

/** A mask and which input of the operation it is. */
export interface MaskInput {
  readonly mask: TensorSpec | undefined;
  readonly input: number;
}

/** An element whose exponential is taken is as much work as so many others. */
const WORK_OF_EXPONENTIAL = 8;

/** Runs kernels over the rows of `shape`; undefined where the mask is broadcast along axes that do not lie together. */
export function rowCalls(
  { plain, masked }: RowKernels,
  shape: Shape,
  given: KernelCall["arguments"],
  { mask, input }: MaskInput = { mask: undefined, input: 0 },
): KernelCall[] | undefined {
  const columns = lastExtent(plain.name, shape);
  const items = sizeOf(shape.slice(0, -1));
  const call = { items, work: items * columns * WORK_OF_EXPONENTIAL };
  if (mask === undefined) return [{ ...call, kernel: plain, arguments: { ...given, columns } }];
  const rows = maskRows(mask.shape, shape);
  return rows && [{ ...call, kernel: masked, arguments: { ...given, columns, mask: { input }, ...rows } }];
}

/** Where the rows of `shape` find their mask (see `rowCalls`), if it is broadcast along axes that lie together. */
export function maskRows(
  mask: Shape,
  shape: Shape,
): { rowsPerMaskRow: number; maskRows: number } | undefined {
  const nest = loopNest(shape.slice(0, -1), [broadcastStrides(mask, shape.length).slice(0, -1)]);
  const isOwn = ({ strides: [stride] }: (typeof nest)[number]) => stride !== 0;
  const [own, other] = nest.filter(isOwn);
  if (other !== undefined) return undefined;
  if (own === undefined) return { rowsPerMaskRow: 1, maskRows: 1 };
  const inner = nest.slice(nest.indexOf(own) + 1);
  return { rowsPerMaskRow: sizeOf(inner.map(({ extent }) => extent)), maskRows: own.extent };
}
