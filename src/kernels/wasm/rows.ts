/**
 * Kernels whose items are the rows of tensors [..., C], along the last axis, under an optional mask. Sums are carried in
 * f32, in four places: each takes every fourth element.
 */
import type { Kernel, KernelCall } from "../dispatch.ts";
import { broadcastStrides, lastExtent, loopNest, type Shape, sizeOf } from "../shape.ts";
import type { TensorSpec } from "../tensor-spec.ts";
import { defineKernel, type KernelWriter, type ParameterNames, type Parameters } from "./kernel.ts";
import { type Elements, sweepFrom } from "./stretches.ts";
import { F32x4, type Floats, type I32, I32x4, type Integer } from "./values.ts";

/** Four elements of a row, or one that stands in all four places: of tensors [..., C] or vectors [C]. */
export interface RowElements extends Elements {
  /** `value`, but `otherwise` where the mask hides the element, and in the places that repeat a single one. */
  kept(value: F32x4, otherwise: Floats): F32x4;
}

/** Elements of a long row that are added up before their sum joins the others'. */
const BLOCK = 4096;

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
    /** Whether rows are so long that sums are carried block by block: their error is that of a block, and of so many. */
    private readonly isLong = false,
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
    this.sweepPart(0, this.bytes, formula);
  }

  private sweepPart(from: Integer, to: I32, formula: (elements: RowElements) => void): void {
    sweepFrom(this.write, from, to, (elements) => {
      const kept = this.mask && this.write.let(elements.load(this.mask).asIntegers().notEquals(0));
      const counts = elements.isSingle ? (kept?.and(FIRST_ALONE) ?? FIRST_ALONE) : kept;
      formula({ ...elements, kept: (value, otherwise) => counts?.select(value, otherwise) ?? value });
    });
  }

  /** The sum of a term over the elements that are kept, in all four places. */
  sum(term: (elements: RowElements) => F32x4): F32x4 {
    return this.sums(1, (elements) => [term(elements)])[0];
  }

  /** Several sums in one sweep. */
  sums(count: number, terms: (elements: RowElements) => readonly F32x4[]): F32x4[] {
    const { write } = this;
    const zeros = () => Array.from({ length: count }, () => write.variable(F32x4.splat(0)));
    const totals = zeros();
    const addUp = (sums: typeof totals, from: Integer, to: I32) =>
      this.sweepPart(from, to, (elements) => {
        for (const [number, term] of terms(elements).entries()) {
          write.set(sums[number], sums[number].add(elements.kept(term, 0)));
        }
      });
    if (!this.isLong) addUp(totals, 0, this.bytes);
    else {
      write.loop(0, this.bytes, 4 * BLOCK, (from) => {
        const parts = zeros();
        addUp(parts, from, write.let(from.add(4 * BLOCK).min(this.bytes)));
        for (const [number, total] of totals.entries()) write.set(total, total.add(parts[number]));
      });
    }
    return totals.map((total) => acrossPlaces(write, total, (a, b) => a.add(b)));
  }

  /** Whether the row keeps nothing, in all four places, where a condition holds that it then meets. */
  isEmptyWhere(condition: I32x4): I32x4 {
    const { write } = this;
    if (this.mask === undefined) return write.let(this.bytes.toFloat().splat().equals(0));
    const isEmpty = write.variable(condition);
    write.if(isEmpty.element(0), () => write.set(isEmpty, this.sum(() => F32x4.splat(1)).equals(0)));
    return isEmpty;
  }

  /** The largest element that is kept, in all four places; the lowest finite number where there is none. */
  largest(row: I32): F32x4 {
    const { write } = this;
    const largest = write.variable(F32x4.splat(LOWEST));
    this.sweep((elements) => {
      write.set(largest, largest.atLeast(elements.kept(elements.load(row), LOWEST)));
    });
    return acrossPlaces(write, largest, (a, b) => a.atLeast(b));
  }
}

/** The four places combined, in every place. */
function acrossPlaces(write: KernelWriter, value: F32x4, combine: (a: F32x4, b: F32x4) => F32x4): F32x4 {
  const pairs = write.let(combine(value, value.shuffle(value, [2, 3, 0, 1])));
  return write.let(combine(pairs, pairs.shuffle(pairs, [1, 0, 3, 2])));
}

/** What a kernel reads of a mask: row r is under row (r / rowsPerMaskRow) modulo maskRows. */
export const MASK = "mask, rowsPerMaskRow, maskRows";

/** Where the mask of row number `row` begins, `bytes` bytes long. */
export function maskRowAddress(
  write: KernelWriter,
  row: I32,
  bytes: I32,
  { mask, rowsPerMaskRow, maskRows }: Parameters<typeof MASK>,
): I32 {
  return write.let(mask.add(row.div(rowsPerMaskRow).rem(maskRows).mul(bytes)));
}

/** A kernel without and with a mask. */
export interface MaskedKernels {
  readonly plain: Kernel;
  readonly masked: Kernel;
}

/** Declares a pair of kernels: the masked one takes the parameters of the other and those of `MASK`. */
export function defineMasked<const Integers extends string, const Numbers extends string = "">(
  name: string,
  parameters: ParameterNames<Integers, Numbers>,
  body: (write: KernelWriter, given: Parameters<Integers, Numbers>, mask?: Parameters<typeof MASK>) => void,
): MaskedKernels {
  type Given = Parameters<Integers, Numbers>;
  const masked = { ...parameters, i32: `${parameters.i32}, ${MASK}` };
  return {
    plain: defineKernel(name, parameters, (write, given) => body(write, given)),
    masked: defineKernel(`${name} masked`, masked, (write, given) =>
      body(write, given as Given, given as Given & Parameters<typeof MASK>),
    ),
  };
}

/** Kernels of rows that are short, and of longer ones. */
export interface RowKernels extends MaskedKernels {
  readonly long: MaskedKernels;
}

/** Declares what is done with each row of tensors [..., C]; the kernels also take `columns`. */
export function defineRowKernels<const Integers extends string, const Numbers extends string = "">(
  name: string,
  parameters: ParameterNames<Integers, Numbers>,
  formula: (write: KernelWriter, row: Row, given: Parameters<Integers, Numbers>) => void,
): RowKernels {
  const i32 = `${parameters.i32}, columns` as const;
  const define = (own: string, isLong: boolean) =>
    defineMasked(own, { ...parameters, i32 }, (write, given, mask) => {
      const { columns, first, last } = given as Parameters<"columns">;
      const bytes = write.let(columns.shiftLeft(2));
      write.loop(first, last, 1, (index) => {
        const maskRow = mask && maskRowAddress(write, index, bytes, mask);
        formula(write, new Row(write, index, bytes, maskRow, isLong), given as Parameters<Integers, Numbers>);
      });
    });
  return { ...define(name, false), long: define(`${name} of long rows`, true) };
}

/** An element whose exponential is taken is as much work as so many others. */
export const WORK_OF_EXPONENTIAL = 8;

/** Runs kernels over the rows of `shape`; undefined where the mask is broadcast along axes that do not lie together. */
export function rowCalls(
  kernels: RowKernels,
  shape: Shape,
  given: KernelCall["arguments"],
  mask?: TensorSpec,
): KernelCall[] | undefined {
  const columns = lastExtent(kernels.plain.name, shape);
  const items = sizeOf(shape.slice(0, -1));
  const chosen = chooseKernel(columns > BLOCK ? kernels.long : kernels, shape, mask);
  if (chosen === undefined) return undefined;
  const all = { ...given, columns, ...chosen.maskRows };
  return [{ kernel: chosen.kernel, arguments: all, items, work: items * columns * WORK_OF_EXPONENTIAL }];
}

interface MaskRows {
  readonly rowsPerMaskRow: number;
  readonly maskRows: number;
}

/** The kernel for tensors of `shape` under a mask, if any, and where it finds the rows of it; undefined as `rowCalls`. */
export function chooseKernel(
  { plain, masked }: MaskedKernels,
  shape: Shape,
  mask: TensorSpec | undefined,
): { readonly kernel: Kernel; readonly maskRows?: MaskRows } | undefined {
  if (mask === undefined) return { kernel: plain };
  const rows = findMaskRows(mask.shape, shape);
  return rows && { kernel: masked, maskRows: rows };
}

/** Where the rows of `shape` find their mask, if it is broadcast along axes that lie together. */
function findMaskRows(mask: Shape, shape: Shape): MaskRows | undefined {
  const nest = loopNest(shape.slice(0, -1), [broadcastStrides(mask, shape.length).slice(0, -1)]);
  const isOwn = ({ strides: [stride] }: (typeof nest)[number]) => stride !== 0;
  const [own, other] = nest.filter(isOwn);
  if (other !== undefined) return undefined;
  if (own === undefined) return { rowsPerMaskRow: 1, maskRows: 1 };
  const inner = nest.slice(nest.indexOf(own) + 1);
  return { rowsPerMaskRow: sizeOf(inner.map(({ extent }) => extent)), maskRows: own.extent };
}
