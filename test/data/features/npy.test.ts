/** Dense vectors in NumPy's form: what is read, what is refused, and how they become features of items. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readFeatures } from "../../../src/data/features/features.ts";
import { readNpy } from "../../../src/data/features/npy.ts";

const test = suite("npy");

const folder = mkdtempSync(join(tmpdir(), "goalrank-npy-"));
test.after(() => rmSync(folder, { recursive: true }));

/** A file as `numpy.save` writes it, version 1.0. */
function saved(
  name: string,
  data: Float32Array | Float64Array,
  shape: string,
  options: { type?: string; order?: string } = {},
) {
  const { type = data instanceof Float32Array ? "<f4" : "<f8", order = "False" } = options;
  const text = `{'descr': '${type}', 'fortran_order': ${order}, 'shape': (${shape}), }`;
  const header = `${text.padEnd(128 - 10 - 1)}\n`;
  const start = Buffer.from([0x93, ...Buffer.from("NUMPY"), 1, 0, header.length, 0]);
  const path = join(folder, name);
  writeFileSync(path, Buffer.concat([start, Buffer.from(header), Buffer.from(data.buffer)]));
  return path;
}

const problemOf = (read: Promise<unknown>) =>
  read.then(
    () => "none",
    (error: Error) => error.message.replaceAll(`${folder}/`, ""),
  );

test("float32 and float64, row by row", async () => {
  const single = await readNpy(saved("single.npy", Float32Array.of(1, 2, 3, 4, 5, 6), "3, 2"));
  assert.equal(single, { rows: 3, width: 2, data: Float32Array.of(1, 2, 3, 4, 5, 6) });
  const double = await readNpy(saved("double.npy", Float64Array.of(0.1, 0.2), "1, 2"));
  assert.equal(double.data, Float64Array.of(0.1, 0.2));
});

test("anything else is refused", async () => {
  const two = Float32Array.of(1, 2);
  const cases: [string, string][] = [
    [saved("flat.npy", two, "2,"), "flat.npy: expected an array of two dimensions, got the header {'descr': '<f4'"],
    [saved("fortran.npy", two, "1, 2", { order: "True" }), "fortran.npy: the numbers are column by column"],
    [saved("whole.npy", two, "1, 2", { type: "<i4" }), 'whole.npy: the numbers are "<i4"; expected float32 or float64'],
    [saved("short.npy", two, "2, 2"), "short.npy: the file has 136 bytes, expected 144 for [2, 2]; fetch it again"],
    [saved("nan.npy", Float32Array.of(1, Number.NaN), "2, 1"), "nan.npy: row 2: NaN is no finite number of 32 bits"],
    [join(folder, "none.npy"), "none.npy: there is no such file"],
  ];
  for (const [file, message] of cases) assert.ok((await problemOf(readNpy(file))).startsWith(message), message);
  writeFileSync(join(folder, "text.npy"), "1,2\n3,4\n5,6\n");
  assert.is(
    await problemOf(readNpy(join(folder, "text.npy"))),
    "text.npy: this is no array of NumPy; write it with numpy.save",
  );
});

test("vectors beside a table are features of its items, in the order of its rows, beside its numbers", async () => {
  const file = join(folder, "items.csv");
  writeFileSync(file, "sku,price\nb,2\nx,9\na,4\n");
  const vectors = saved("items.npy", Float32Array.of(1, 10, 7, 7, 3, 30), "3, 2");
  const source = { file, key: "sku", numeric: ["price"], vectors };
  const { features } = await readFeatures(source, ["a", "b", "unknown"]);
  // Standardised over a and b.
  assert.equal(features?.width, 3);
  assert.equal([...(features?.data ?? [])], [1, 1, 1, -1, -1, -1, 0, 0, 0]);
  assert.equal(
    features?.columns?.map(({ name }) => name),
    ["price", "vector 0", "vector 1"],
  );
  const short = saved("short-items.npy", Float32Array.of(1, 2), "1, 2");
  assert.is(
    await problemOf(readFeatures({ ...source, vectors: short }, ["a"])),
    "short-items.npy: 1 rows, and items.csv has 3; expected one vector for each, in order",
  );
});

test.run();
