/** Tensors made from nested arrays and from typed arrays: shapes, types, and what is refused. */
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { full, ones, ShapeError, type TensorData, tensor, zeros } from "../../src/tensor/index.ts";
import { throwsMessage } from "../throws-message.ts";

/** Nested arrays that may be wrong. */
type Tree = unknown[] | unknown;

const sizeOf = (shape: readonly number[]) => shape.reduce((size, extent) => size * extent, 1);

function nest(numbers: readonly number[], [extent, ...inner]: readonly number[]): Tree {
  if (extent === undefined) return numbers[0];
  const size = sizeOf(inner);
  return Array.from({ length: extent }, (_, i) => nest(numbers.slice(i * size, (i + 1) * size), inner));
}

/** The place of element `flat` of `shape`. */
const pathOf = (flat: number, shape: readonly number[]) =>
  shape.map((extent, axis) => Math.floor(flat / sizeOf(shape.slice(axis + 1))) % extent);

const written = (path: readonly number[]) => `element ${path.map((index) => `[${index}]`).join("")}`;

/** Replaces what lies at `path`, which is not empty. */
function replace(tree: Tree, path: readonly number[], change: (before: Tree) => Tree): Tree {
  const [index, ...rest] = path;
  const rows = [...(tree as unknown[])];
  rows[index] = rest.length === 0 ? change(rows[index]) : replace(rows[index], rest, change);
  return rows;
}

function messageOf(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    return (error as Error).message;
  }
  return "no error";
}

const make = (tree: Tree, options = {}) => tensor(tree as TensorData, options);

const shapes = (minimumRank: number) =>
  fc.array(fc.integer({ min: 1, max: 4 }), { minLength: minimumRank, maxLength: 4 });

const numbersOf = (shape: readonly number[]) =>
  fc.tuple(
    fc.constant(shape),
    fc.array(fc.float({ noNaN: true }), { minLength: sizeOf(shape), maxLength: sizeOf(shape) }),
  );

/** A shape of some rank, numbers that fill it, and the place of one of them. */
const withPlace = shapes(1)
  .chain(numbersOf)
  .chain(([shape, numbers]) =>
    fc.record({
      shape: fc.constant(shape),
      numbers: fc.constant(numbers),
      place: fc.nat(numbers.length - 1).map((flat) => pathOf(flat, shape)),
    }),
  );

test("nested arrays of any rank give their shape and, row by row, their numbers", () => {
  fc.assert(
    fc.property(shapes(0).chain(numbersOf), ([shape, numbers]) => {
      const made = make(nest(numbers, shape));
      assert.equal(made.shape, shape);
      assert.is(made.dtype, "f32");
      assert.equal([...made.dataSync()], numbers);
      const flat = tensor(numbers, shape, { dtype: "f64" });
      assert.equal([...flat.dataSync()], numbers);
    }),
  );
});

test("integers of either end of the range are kept by an i32 tensor", () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 1 }), (integers) => {
      const made = tensor(integers, { dtype: "i32" });
      assert.equal(made.dataSync(), Int32Array.from(integers));
    }),
  );
});

test("what is no number is refused by its place, wherever it lies", () => {
  const strangers = fc.constantFrom("1", undefined, null, true, {}, 1n, [], new Float32Array(1));
  fc.assert(
    fc.property(withPlace, strangers, ({ shape, numbers, place }, stranger) => {
      // Where the first element is an array, it says how deep arrays go.
      fc.pre(!Array.isArray(stranger) || place.some((index) => index > 0));
      const tree = replace(nest(numbers, shape), place, () => stranger);
      const message = messageOf(() => make(tree));
      assert.ok(message.startsWith(`tensor: ${written(place)} is `), message);
      assert.match(message, /expected a number$/);
    }),
  );
});

test("a row that is longer, shorter or no array is refused by its place", () => {
  const changes = fc.constantFrom<(row: Tree) => Tree>(
    (row) => [...(row as unknown[]), 0],
    (row) => (row as unknown[]).slice(1),
    () => 7,
  );
  fc.assert(
    fc.property(withPlace, fc.nat(2), changes, ({ shape, numbers, place }, depth, change) => {
      const path = place.slice(0, depth + 1);
      fc.pre(path.length < shape.length && path.some((index) => index > 0));
      const tree = replace(nest(numbers, shape), path, change);
      const message = messageOf(() => make(tree));
      assert.ok(message.startsWith(`tensor: ${written(path)} is `), message);
      assert.ok(message.includes(`expected an array of ${shape[path.length]} as at element [0]`), message);
    }),
  );
});

test("an i32 tensor refuses fractions, NaN and what is out of range by their place", () => {
  const strangers = fc.constantFrom(0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, -(2 ** 31) - 1);
  fc.assert(
    fc.property(withPlace, strangers, ({ shape, numbers, place }, stranger) => {
      const integers = numbers.map(() => 3);
      const tree = replace(nest(integers, shape), place, () => stranger);
      const expected = `${written(place)} is ${stranger}, but elements of type i32 are integers`;
      const found = [
        messageOf(() => make(tree, { dtype: "i32" })),
        messageOf(() => zeros(shape, { dtype: "i32" }).assign((tree as unknown[]).flat(9) as number[])),
      ];
      assert.ok(found[0].startsWith(`tensor: ${expected}`), found[0]);
      assert.ok(found[1].startsWith(`assign: ${expected}`), found[1]);
    }),
  );
});

test("a tensor that is filled with a fraction is refused where it should hold integers", () => {
  throwsMessage(
    () => full([2], 0.5, { dtype: "i32" }),
    "full: the data is 0.5, but elements of type i32 are integers from -2147483648 to 2147483647; round it, or choose " +
      "the type f32",
  );
  assert.equal(full([2], 3, { dtype: "i32" }).dataSync(), Int32Array.of(3, 3));
});

test("typed arrays keep their type unless told otherwise, and need no shape", () => {
  assert.is(tensor(Float64Array.of(1)).dtype, "f64");
  assert.is(tensor(Int32Array.of(1, 2)).dtype, "i32");
  assert.equal(tensor(Float32Array.of(1, 2)).shape, [2]);
  assert.equal(tensor(Float32Array.of(1, 2), { dtype: "i32" }).dataSync(), Int32Array.of(1, 2));
  assert.equal(tensor(new Float32Array(0)).shape, [0]);
});

test("a tensor holds a copy: what happens to the array later does not reach it", () => {
  const data = Float32Array.of(1, 2);
  const made = tensor(data);
  data.fill(9);
  assert.equal([...made.dataSync()], [1, 2]);
});

test("what has no elements needs a shape", () => {
  const hint = "is an empty array, which leaves the shape open; give it too, as in tensor([], [0, 3])";
  throwsMessage(() => tensor([]), `tensor: the data ${hint}`);
  throwsMessage(() => tensor([[[]], [[]]]), `tensor: element [0][0] ${hint}`);
  assert.equal(tensor([], [0, 3]).shape, [0, 3]);
});

test("numbers that do not fill the shape, and what is no data or no type, are refused", () => {
  throwsMessage(() => tensor([1, 2, 3], [2, 2]), "tensor: 3 numbers do not fill shape [2, 2]");
  assert.throws(
    () => tensor([1], [-1]),
    (error: unknown) => error instanceof ShapeError,
  );
  for (const [data, what] of [
    [undefined, "undefined"],
    ["12", 'the text "12"'],
    [{ length: 2 }, "an object (Object)"],
  ]) {
    throwsMessage(() => make(data), `tensor: the data is ${what}, expected numbers, in arrays or a typed array`);
  }
  throwsMessage(
    () => make([1], { dtype: "float32" }),
    'tensor: there is no element type the text "float32", expected f32, f64 or i32',
  );
});

test("zeros and ones take a tensor as what they should be like", () => {
  const like = tensor([1, 2], { dtype: "f64" });
  assert.is(zeros([3], like).dtype, "f64");
  assert.equal(ones([1], like).dataSync(), Float64Array.of(1));
});

test.run();
