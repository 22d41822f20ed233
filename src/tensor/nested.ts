/** Tensors as people write and read them: nested arrays of numbers in, text out. */
import { type Shape, ShapeError, sizeOf } from "../kernels/index.ts";
import { excerpt } from "../text/excerpt.ts";

/** A number, or an array of numbers, or an array of equally long arrays of them, and so on: one level for each axis. */
export type Nested = number | readonly Nested[];

/**
 * The numbers of nested arrays in row-major order, and the shape, as the first elements tell it.
 *
 * @param mayBeEmpty whether the caller knows the shape of what has no elements
 * @throws ShapeError where arrays of one axis differ in length, TypeError for what is no number; both name the element
 */
export function flatten(data: Nested, mayBeEmpty: boolean): { numbers: number[]; shape: number[] } {
  const shape: number[] = [];
  for (let first = data; Array.isArray(first); first = first[0]) shape.push(first.length);
  if (!mayBeEmpty && shape.at(-1) === 0) {
    throw new ShapeError(
      `tensor: ${nameElement(shape.slice(1).fill(0))} is an empty array, which leaves the shape open; give it too, as ` +
        "in tensor([], [0, 3])",
    );
  }
  const numbers: number[] = [];
  const path: number[] = [];
  const walk = (value: unknown, axis: number): void => {
    if (axis === shape.length) {
      if (typeof value !== "number") {
        const expected = axis === 0 ? "numbers, in arrays or a typed array" : "a number";
        throw new TypeError(`tensor: ${nameElement(path)} is ${describe(value)}, expected ${expected}`);
      }
      numbers.push(value);
    } else if (!Array.isArray(value) || value.length !== shape[axis]) {
      const found = Array.isArray(value) ? `an array of ${value.length}` : describe(value);
      throw new ShapeError(
        `tensor: ${nameElement(path)} is ${found}, expected an array of ${shape[axis]} as at ` +
          `${nameElement(path.map(() => 0))}; a tensor's rows are equally long`,
      );
    } else {
      // Not forEach, which would skip holes.
      for (let i = 0; i < value.length; i++) {
        path[axis] = i;
        walk(value[i], axis + 1);
      }
      path.length = axis;
    }
  };
  walk(data, 0);
  return { numbers, shape };
}

/** @throws RangeError naming the first of `numbers`, which fill `shape`, that no i32 can hold */
export function checkIntegers(user: string, numbers: ArrayLike<number>, shape: Shape): void {
  if (numbers instanceof Int32Array) return;
  for (let i = 0; i < numbers.length; i++) {
    if ((numbers[i] | 0) === numbers[i]) continue;
    const path = shape.map((extent, axis) => Math.floor(i / sizeOf(shape.slice(axis + 1))) % extent);
    throw new RangeError(
      `${user}: ${nameElement(path)} is ${numbers[i]}, but elements of type i32 are integers from -2147483648 to ` +
        "2147483647; round it, or choose the type f32",
    );
  }
}

const MOST_NUMBERS = 8;
const MOST_ROWS = 4;

/** The first of `elements`, from `offset` on, as nested arrays of `shape`; rows further down are indented by `depth`. */
export function formatNested(elements: ArrayLike<number>, shape: Shape, offset = 0, depth = 1): string {
  if (shape.length === 0) return formatNumber(elements[offset]);
  const [extent, ...inner] = shape;
  const most = inner.length === 0 ? MOST_NUMBERS : MOST_ROWS;
  const parts = Array.from({ length: Math.min(extent, most) }, (_, i) =>
    formatNested(elements, inner, offset + i * sizeOf(inner), depth + 1),
  );
  if (extent > most) parts.push(`… ${extent - most} more`);
  return `[${parts.join(inner.length === 0 ? ", " : `,\n${" ".repeat(depth)}`)}]`;
}

function formatNumber(value: number): string {
  return String(Number.isInteger(value) ? value : Number(value.toPrecision(6)));
}

/** `element [1][2]`, as one writes it for nested arrays. */
function nameElement(path: readonly number[]): string {
  return path.length === 0 ? "the data" : `element ${path.map((index) => `[${index}]`).join("")}`;
}

/** What a value is that should have been another, in a few words. */
export function describe(value: unknown): string {
  if (typeof value === "string") return `the text ${JSON.stringify(excerpt(value))}`;
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  return Array.isArray(value) ? "an array" : `an object (${value.constructor?.name ?? "of no class"})`;
}
