/**
 * The header of a safetensors file, by itself: what tensors there are and where, so that they can be read and written
 * piece by piece. The format is described in `safetensors.ts`.
 */

import { excerpt } from "../text/excerpt.ts";
import { SafetensorsError } from "./safetensors-error.ts";

/** The array that holds each supported type, in the order files are written: no tensor loses its alignment. */
export const ARRAY_TYPES = {
  F64: Float64Array,
  F32: Float32Array,
  I32: Int32Array,
  U8: Uint8Array,
} as const;

/** Types of element this reader and writer support, of those the format has. */
export type SafetensorsDtype = keyof typeof ARRAY_TYPES;

const DTYPES = Object.keys(ARRAY_TYPES);
const LENGTH_BYTES = 8;
const MAX_HEADER_BYTES = 100_000_000;
const METADATA_NAME = "__metadata__";
const TENSOR_FIELDS = ["dtype", "shape", "data_offsets"];
const LONE_SURROGATE = /\p{Surrogate}/u;

/** A tensor as it is stored: `data` has the type that `dtype` names and one element for each place of `shape`. */
export interface SafetensorsEntry {
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array | Int32Array | Uint8Array;
}

/** A tensor as the header tells of it: its elements are the bytes from `begin` to before `end` of the file's data. */
export interface SafetensorsLocation {
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** What a header says. */
export interface SafetensorsLayout {
  /** Tensors by name, in the order of their data. */
  readonly tensors: Map<string, SafetensorsLocation>;
  /** The file's free text, empty where it has none. */
  readonly metadata: Record<string, string>;
  /** Byte of the file at which the data starts. */
  readonly dataStart: number;
}

/**
 * Bytes before the data, of a file that starts with `bytes`, of which 8 are enough.
 *
 * @param fileBytes size of the whole file
 * @throws SafetensorsError `truncated` or `header-size`.
 */
export function safetensorsDataStart(bytes: Uint8Array, fileBytes: number): number {
  if (bytes.length < LENGTH_BYTES) {
    throw new SafetensorsError(
      "truncated",
      `a file starts with the ${LENGTH_BYTES} bytes of its header's length, got ${bytes.length} bytes`,
    );
  }
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  checkHeaderSize(length);
  if (length > fileBytes - LENGTH_BYTES) {
    throw new SafetensorsError(
      "header-size",
      `the header should have ${length} bytes, but ${fileBytes - LENGTH_BYTES} follow its length`,
    );
  }
  return LENGTH_BYTES + length;
}

/**
 * What the header says of a file that starts with `bytes`, which must reach at least to the data.
 *
 * @param fileBytes size of the whole file
 * @throws SafetensorsError, and no other error, when the file cannot be valid, whatever its data hold.
 */
export function decodeSafetensorsLayout(bytes: Uint8Array, fileBytes: number): SafetensorsLayout {
  const dataStart = safetensorsDataStart(bytes, fileBytes);
  if (bytes.length < dataStart) {
    throw new SafetensorsError(
      "truncated",
      `the header ends at byte ${dataStart}, got ${bytes.length} bytes`,
    );
  }
  const dataBytes = fileBytes - dataStart;
  const located: LocatedTensor[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(parseHeader(bytes.subarray(LENGTH_BYTES, dataStart)))) {
    if (name === METADATA_NAME) metadata = checkMetadata(value);
    else located.push(locateTensor(name, value, dataBytes));
  }
  located.sort(
    (left, right) => left.begin - right.begin || left.end - right.end || compareNames(left.name, right.name),
  );
  checkCoverage(located, dataBytes);
  return { tensors: new Map(located.map(({ name, ...location }) => [name, location])), metadata, dataStart };
}

/** A file's bytes before its data, and its tensors in the order in which their data must follow. */
export interface EncodedHeader {
  readonly bytes: Uint8Array;
  readonly ordered: readonly (readonly [name: string, entry: SafetensorsEntry])[];
}

/**
 * What comes before the data in the file that holds `tensors` and `metadata`.
 *
 * @throws SafetensorsError as `encodeSafetensors` does.
 */
export function encodeSafetensorsHeader(
  tensors: ReadonlyMap<string, SafetensorsEntry>,
  metadata: Readonly<Record<string, string>> = {},
): EncodedHeader {
  for (const [name, entry] of tensors) checkWritable(name, entry);
  checkMetadata(metadata);
  const ordered = [...tensors].sort(
    ([leftName, left], [rightName, right]) =>
      DTYPES.indexOf(left.dtype) - DTYPES.indexOf(right.dtype) || compareNames(leftName, rightName),
  );
  const header = encodeHeader(ordered, metadata);
  const bytes = new Uint8Array(LENGTH_BYTES + header.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, LENGTH_BYTES);
  return { bytes, ordered };
}

interface LocatedTensor extends SafetensorsLocation {
  readonly name: string;
}

function checkWritable(name: string, { dtype, shape, data }: SafetensorsEntry): void {
  if (name === METADATA_NAME) {
    throw new SafetensorsError("entry", `a tensor cannot have the reserved name "${name}"; rename it`);
  }
  checkDtype(name, dtype);
  if (!(data instanceof ARRAY_TYPES[dtype])) {
    throw new SafetensorsError(
      "dtype",
      `${tensorCalled(name)} has dtype ${dtype}, so its data must be a ${ARRAY_TYPES[dtype].name}`,
    );
  }
  const count = elementCount(name, shape);
  if (count !== data.length) {
    throw new SafetensorsError(
      "entry",
      `${tensorCalled(name)} of shape [${shape}] needs ${count} elements, got ${data.length}`,
    );
  }
}

function encodeHeader(
  tensors: readonly (readonly [string, SafetensorsEntry])[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const members: [string, string][] = [];
  const texts = Object.entries(metadata)
    .sort(([left], [right]) => compareNames(left, right))
    .map(([key, text]) => [key, JSON.stringify(text)] as const);
  if (texts.length > 0) members.push([METADATA_NAME, jsonObject(texts)]);
  let begin = 0;
  for (const [name, { dtype, shape, data }] of tensors) {
    const end = begin + data.byteLength;
    members.push([name, JSON.stringify({ dtype, shape, data_offsets: [begin, end] })]);
    begin = end;
  }
  const text = jsonObject(members);
  checkStrings(text);
  const header = new TextEncoder().encode(text);
  const padded = new Uint8Array(Math.ceil(header.length / LENGTH_BYTES) * LENGTH_BYTES).fill(0x20);
  padded.set(header);
  checkHeaderSize(padded.length);
  return padded;
}

/** An object with its members in the order given: a JavaScript object would put names like "7" first. */
function jsonObject(members: readonly (readonly [name: string, json: string])[]): string {
  return `{${members.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(",")}}`;
}

/** Code point order, which is the byte order of UTF-8; `<` would compare UTF-16 units. */
function compareNames(leftName: string, rightName: string): number {
  const encoder = new TextEncoder();
  const left = encoder.encode(leftName);
  const right = encoder.encode(rightName);
  const difference = left.findIndex((byte, index) => byte !== right[index]);
  return difference === -1 ? left.length - right.length : left[difference] - (right[difference] ?? -1);
}

function checkHeaderSize(length: number): void {
  if (length === 0 || length > MAX_HEADER_BYTES) {
    throw new SafetensorsError(
      "header-size",
      `a header has from 1 to ${MAX_HEADER_BYTES} bytes, this one has ${length}`,
    );
  }
}

function parseHeader(bytes: Uint8Array): object {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new SafetensorsError("header-encoding", "the header is not valid UTF-8", { cause });
  }
  if (!text.startsWith("{")) {
    throw new SafetensorsError("header-json", `the header must start with "{"`);
  }
  let header: object;
  try {
    header = JSON.parse(text);
  } catch (cause) {
    throw new SafetensorsError("header-json", `the header is not valid JSON: ${cause}`, { cause });
  }
  checkStrings(text);
  return header;
}

/**
 * Refuses what `JSON.parse` lets through in `text`, which must be valid JSON: a key that its object has already
 * (names are compared after unescaping), and half of a surrogate pair, which no UTF-8 text can hold.
 */
function checkStrings(text: string): void {
  const keysOfOpenObjects: Set<string>[] = [];
  let latest = "";
  let position = 0;
  while (position < text.length) {
    const character = text[position];
    if (character === '"') {
      const end = stringEnd(text, position);
      latest = JSON.parse(text.slice(position, end));
      if (LONE_SURROGATE.test(latest)) {
        throw new SafetensorsError(
          "header-encoding",
          `the string ${JSON.stringify(excerpt(latest))} has half of a surrogate pair, so it is not Unicode text`,
        );
      }
      position = end;
      continue;
    }
    if (character === "{") keysOfOpenObjects.push(new Set());
    if (character === "}") keysOfOpenObjects.pop();
    if (character === ":") {
      const keys = keysOfOpenObjects.at(-1);
      if (keys?.has(latest)) {
        throw new SafetensorsError(
          "duplicate-key",
          `the header has the key ${JSON.stringify(excerpt(latest))} twice in one object`,
        );
      }
      keys?.add(latest);
    }
    position++;
  }
}

/** Just past the closing quote of the string whose opening quote is at `start`. */
function stringEnd(text: string, start: number): number {
  let position = start + 1;
  while (text[position] !== '"') position += text[position] === "\\" ? 2 : 1;
  return position + 1;
}

function checkMetadata(value: unknown): Record<string, string> {
  if (!isObject(value) || !Object.values(value).every((text) => typeof text === "string")) {
    throw new SafetensorsError("metadata", `"${METADATA_NAME}" must be an object whose values are strings`);
  }
  return value as Record<string, string>;
}

function locateTensor(name: string, value: unknown, dataBytes: number): LocatedTensor {
  if (!isObject(value) || !sameNames(Object.keys(value), TENSOR_FIELDS)) {
    throw new SafetensorsError(
      "entry",
      `${tensorCalled(name)} must be an object with exactly the fields ${TENSOR_FIELDS.join(", ")}`,
    );
  }
  const { dtype, shape, data_offsets: offsets } = value as Record<string, unknown>;
  checkDtype(name, dtype);
  if (!Array.isArray(shape)) {
    throw new SafetensorsError("entry", `${tensorCalled(name)}: the shape must be an array`);
  }
  const byteLength = elementCount(name, shape) * ARRAY_TYPES[dtype].BYTES_PER_ELEMENT;
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    throw new SafetensorsError("entry", `${tensorCalled(name)}: data_offsets must be two integers from 0 up`);
  }
  const [begin, end] = offsets;
  if (end > dataBytes || end - begin !== byteLength) {
    throw new SafetensorsError(
      "offsets",
      `${tensorCalled(name)} of type ${dtype} and shape [${excerpt(`${shape}`)}] needs ${byteLength} bytes in the file's ` +
        `${dataBytes} bytes of data, its data_offsets are [${begin}, ${end}]`,
    );
  }
  return { name, dtype, shape, begin, end };
}

function checkDtype(name: string, dtype: unknown): asserts dtype is SafetensorsDtype {
  if (typeof dtype !== "string") {
    throw new SafetensorsError("entry", `${tensorCalled(name)}: the dtype must be a string`);
  }
  if (!DTYPES.includes(dtype)) {
    throw new SafetensorsError(
      "dtype",
      `${tensorCalled(name)} has dtype ${JSON.stringify(excerpt(dtype))}; supported are ${DTYPES.join(", ")}`,
    );
  }
}

/** The product of the extents: 1 for the shape of a scalar, []. */
function elementCount(name: string, shape: readonly unknown[]): number {
  if (!shape.every(isCount)) {
    throw new SafetensorsError("entry", `${tensorCalled(name)}: a shape holds integers from 0 to 2^53 - 1`);
  }
  const count = shape.reduce((product, extent) => product * extent, 1);
  if (!isCount(count)) {
    throw new SafetensorsError(
      "entry",
      `${tensorCalled(name)}: [${excerpt(`${shape}`)}] has over 2^53 - 1 elements`,
    );
  }
  return count;
}

/** The tensors, sorted by where they begin, must cover the data once: hidden bytes could hold another file. */
function checkCoverage(tensors: readonly LocatedTensor[], dataBytes: number): void {
  let covered = 0;
  for (const { name, begin, end } of tensors) {
    if (begin < covered) {
      throw new SafetensorsError(
        "overlap",
        `${tensorCalled(name)} begins at byte ${begin} of the data, inside the tensor that ends at ${covered}`,
      );
    }
    if (begin > covered) {
      throw new SafetensorsError(
        "gap",
        `bytes ${covered} to ${begin} of the data, before ${tensorCalled(name)}, belong to no tensor`,
      );
    }
    covered = end;
  }
  if (covered < dataBytes) {
    throw new SafetensorsError(
      "trailing",
      `the last tensor ends at byte ${covered} of the data, but ${dataBytes - covered} more follow`,
    );
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function sameNames(names: readonly string[], expected: readonly string[]): boolean {
  return names.length === expected.length && expected.every((name) => names.includes(name));
}

function tensorCalled(name: string): string {
  return `tensor ${JSON.stringify(excerpt(name))}`;
}
