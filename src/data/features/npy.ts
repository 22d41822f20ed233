/**
 * Reads arrays of NumPy, `.npy`: a header in the form of Python, then the numbers, row by row
 * (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
 */
import { readFile } from "node:fs/promises";
import { excerpt } from "../../text/excerpt.ts";
import { DataError, explainFileError } from "../errors.ts";

/** Numbers in rows: [rows, width]. */
export interface NpyRows {
  readonly rows: number;
  readonly width: number;
  readonly data: Float32Array | Float64Array;
}

const MAGIC = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59);
/** As Python writes it: the keys in this order, a comma after each. */
const HEADER = /^\{'descr': '([^']*)', 'fortran_order': (True|False), 'shape': \((\d+), (\d+)\), \}\s*$/;

/**
 * The rows of a file of two dimensions, of float32 or float64 in the order of C, little-endian.
 * @throws DataError for a file that cannot be read or is anything else, cut short, or holds a number that is not finite
 */
export async function readNpy(file: string): Promise<NpyRows> {
  const fail = (problem: string) => new DataError(file, problem);
  const bytes = await readFile(file).catch((error) => {
    throw explainFileError(error, file);
  });
  if (bytes.length < 12 || MAGIC.some((byte, at) => bytes[at] !== byte)) {
    throw fail("this is no array of NumPy; write it with numpy.save");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const major = bytes[6];
  const [start, length] = major === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)];
  const header = bytes.subarray(start, start + length).toString("latin1");
  const [, type, isFortran, ...shape] = HEADER.exec(header) ?? [];
  if (type === undefined) throw fail(`expected an array of two dimensions, got the header ${excerpt(header.trim())}`);
  const size = { "<f4": 4, "<f8": 8 }[type];
  if (size === undefined)
    throw fail(`the numbers are "${type}"; expected float32 or float64, as x.astype("<f4") gives`);
  if (isFortran === "True") throw fail("the numbers are column by column; save numpy.ascontiguousarray(x)");
  const [rows, width] = shape.map(Number);
  const expected = start + length + rows * width * size;
  if (bytes.length !== expected) {
    throw fail(`the file has ${bytes.length} bytes, expected ${expected} for [${rows}, ${width}]; fetch it again`);
  }
  const own = bytes.buffer.slice(bytes.byteOffset + start + length, bytes.byteOffset + expected) as ArrayBuffer;
  const data = size === 4 ? new Float32Array(own) : new Float64Array(own);
  const wrong = data.findIndex((value) => !Number.isFinite(Math.fround(value)));
  if (wrong >= 0) throw fail(`row ${Math.floor(wrong / width) + 1}: ${data[wrong]} is no finite number of 32 bits`);
  return { rows, width, data };
}
