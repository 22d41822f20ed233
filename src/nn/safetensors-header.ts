/**
 * The header of a safetensors file, by itself: what tensors there are and where, so that they can be read and written
 * piece by piece. The format is described in `safetensors.ts`.
 */
import { excerpt, oneLine } from "../text/excerpt.ts";

/** What was wrong with a file, or with what was to be written. */
export type SafetensorsErrorCode =
  | "truncated" // fewer than the 8 bytes of the header's length
  | "header-size" // the header is empty, over 100 MB, or longer than the file
  | "header-encoding" // the header is not UTF-8, or a string in it is not Unicode text
  | "header-json" // the header is not a JSON object that starts with `{`
  | "duplicate-key" // an object in the header has two keys of one name
  | "entry" // a tensor's fields, shape or name are not what the format allows
  | "dtype" // a type of element that is unknown or not supported
  | "offsets" // a tensor's bytes are reversed, outside the file, or not as many as its shape and type need
  | "overlap" // two tensors share bytes
  | "gap" // bytes between tensors belong to none
  | "trailing" // bytes after the last tensor
  | "metadata"; // the metadata is not an object of strings

/** A file that breaks the format, or tensors that it cannot hold. The message is one line, whatever the file holds. */
export class SafetensorsError extends Error {
  override readonly name = "SafetensorsError";
  readonly code: SafetensorsErrorCode;

  constructor(code: SafetensorsErrorCode, problem: string, options?: ErrorOptions) {
    super(oneLine(`safetensors: ${problem}`), options);
    this.code = code;
  }
}

/** Throws a {@link SafetensorsError}. */
function refuse(code: SafetensorsErrorCode, problem: string, options?: ErrorOptions): never {
  throw new SafetensorsError(code, problem, options);
}

/** The array that holds each supported type, in the order files are written: no tensor loses its alignment. */
export const ARRAY_TYPES = { F64: Float64Array, F32: Float32Array, I32: Int32Array, U8: Uint8Array } as const;

/** Types of element this reader and writer support, of those the format has. */
export type SafetensorsDtype = keyof typeof ARRAY_TYPES;

const DTYPES = Object.keys(ARRAY_TYPES);
const LENGTH_BYTES = 8;
const SPACE = 0x20;
const MAX_HEADER_BYTES = 100_000_000;
const METADATA_NAME = "__metadata__";

/** A tensor as it is stored: `data` has the type that `dtype` names and one element for each place of `shape`. */
export interface SafetensorsEntry {
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array | Int32Array | Uint8Array;
}

/** A tensor as the header tells of it: its elements are the bytes from `begin` to before `end` of the file's data. */
export interface SafetensorsLocation extends Pick<SafetensorsEntry, "dtype" | "shape"> {
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
    refuse("truncated", `a file starts with the 8 bytes of its header's length, got ${bytes.length} bytes`);
  }
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  checkHeaderSize(length);
  const rest = fileBytes - LENGTH_BYTES;
  if (length > rest) refuse("header-size", `the header should have ${length} bytes, but ${rest} follow its length`);
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
  if (bytes.length < dataStart) refuse("truncated", `the header ends at byte ${dataStart}, got ${bytes.length} bytes`);
  const { [METADATA_NAME]: metadata = {}, ...entries } = parseHeader(bytes.subarray(LENGTH_BYTES, dataStart));
  checkMetadata(metadata);
  const located = Object.entries(entries)
    .map(([name, value]) => [name, locateTensor(name, value, fileBytes - dataStart)] as const)
    .sort(([leftName, left], [rightName, right]) => {
      return left.begin - right.begin || left.end - right.end || compareNames(leftName, rightName);
    });
  checkCoverage(located, fileBytes - dataStart);
  return { tensors: new Map(located), metadata, dataStart };
}

/** A file's bytes before its data, and its tensors in the order in which their data must follow. */
export interface EncodedHeader {
  readonly bytes: Uint8Array;
  readonly ordered: readonly (readonly [name: string, entry: SafetensorsEntry])[];
}

/**
 * What comes before the data in the file that holds `tensors` and `metadata`.
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
  const text = headerText(ordered, metadata);
  checkStrings(text);
  const header = new TextEncoder().encode(text);
  const length = Math.ceil(header.length / LENGTH_BYTES) * LENGTH_BYTES;
  checkHeaderSize(length);
  const bytes = new Uint8Array(LENGTH_BYTES + length).fill(SPACE);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(header, LENGTH_BYTES);
  return { bytes, ordered };
}

/** Written member by member: a JavaScript object would put names like "7" first. */
function headerText(tensors: EncodedHeader["ordered"], metadata: Readonly<Record<string, string>>): string {
  const object = (members: readonly string[]) => `{${members.join(",")}}`;
  const member = (name: string, json: string) => `${JSON.stringify(name)}:${json}`;
  const texts = Object.entries(metadata)
    .sort(([left], [right]) => compareNames(left, right))
    .map(([key, text]) => member(key, JSON.stringify(text)));
  let end = 0;
  const entries = tensors.map(([name, { dtype, shape, data }]) => {
    const begin = end;
    end += data.byteLength;
    return member(name, JSON.stringify({ dtype, shape, data_offsets: [begin, end] }));
  });
  return object(texts.length > 0 ? [member(METADATA_NAME, object(texts)), ...entries] : entries);
}

/** Code point order, which is the byte order of UTF-8; `<` would compare UTF-16 units. */
function compareNames(leftName: string, rightName: string): number {
  const [left, right] = [leftName, rightName].map((name) => new TextEncoder().encode(name));
  const difference = left.findIndex((byte, index) => byte !== right[index]);
  return difference === -1 ? left.length - right.length : left[difference] - (right[difference] ?? -1);
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    refuse("header-encoding", "the header is not valid UTF-8", { cause });
  }
  if (!text.startsWith("{")) refuse("header-json", `the header must start with "{"`);
  let header: Record<string, unknown>;
  try {
    header = JSON.parse(text);
  } catch (cause) {
    refuse("header-json", `the header is not valid JSON: ${cause}`, { cause });
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
  let opening: number | undefined;
  // What is escaped is a token of its own, so that an escaped quote ends no string.
  for (const { 0: token, index } of text.matchAll(/\\.|["{}:]/gs)) {
    if (opening !== undefined) {
      if (token !== '"') continue;
      latest = JSON.parse(text.slice(opening, index + 1));
      opening = undefined;
      if (!/\p{Surrogate}/u.test(latest)) continue;
      const half = JSON.stringify(excerpt(latest));
      refuse("header-encoding", `the string ${half} has half of a surrogate pair, so it is not Unicode text`);
    }
    if (token === '"') opening = index;
    else if (token === "{") keysOfOpenObjects.push(new Set());
    else if (token === "}") keysOfOpenObjects.pop();
    else if (!keysOfOpenObjects.at(-1)?.has(latest)) keysOfOpenObjects.at(-1)?.add(latest);
    else {
      refuse("duplicate-key", `the header has the key ${JSON.stringify(excerpt(latest))} twice in one object`);
    }
  }
}

function locateTensor(name: string, value: unknown, dataBytes: number): SafetensorsLocation {
  const called = tensorCalled(name);
  const { dtype, shape, data_offsets: offsets, ...others } = isObject(value) ? value : {};
  if ([dtype, shape, offsets].includes(undefined) || Object.keys(others).length > 0) {
    refuse("entry", `${called} must be an object with exactly the fields dtype, shape, data_offsets`);
  }
  checkDtype(called, dtype);
  if (!Array.isArray(shape)) refuse("entry", `${called}: the shape must be an array`);
  const byteLength = elementCount(called, shape) * ARRAY_TYPES[dtype].BYTES_PER_ELEMENT;
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    refuse("entry", `${called}: data_offsets must be two integers from 0 up`);
  }
  const [begin, end] = offsets;
  if (end > dataBytes || end - begin !== byteLength) {
    refuse(
      "offsets",
      `${called} of type ${dtype} and shape [${excerpt(`${shape}`)}] needs ${byteLength} bytes in the file's ` +
        `${dataBytes} bytes of data, its data_offsets are [${begin}, ${end}]`,
    );
  }
  return { dtype, shape, begin, end };
}

/** The tensors, sorted by where they begin, must cover the data once: hidden bytes could hold another file. */
function checkCoverage(tensors: readonly (readonly [string, SafetensorsLocation])[], dataBytes: number): void {
  let covered = 0;
  for (const [name, { begin, end }] of tensors) {
    const called = tensorCalled(name);
    if (begin < covered) {
      refuse("overlap", `${called} begins at byte ${begin} of the data, inside the tensor that ends at ${covered}`);
    }
    if (begin > covered) {
      refuse("gap", `bytes ${covered} to ${begin} of the data, before ${called}, belong to no tensor`);
    }
    covered = end;
  }
  if (covered < dataBytes) {
    refuse("trailing", `the last tensor ends at byte ${covered} of the data, but ${dataBytes - covered} more follow`);
  }
}

function checkWritable(name: string, { dtype, shape, data }: SafetensorsEntry): void {
  const called = tensorCalled(name);
  if (name === METADATA_NAME) refuse("entry", `a tensor cannot have the reserved name "${name}"; rename it`);
  checkDtype(called, dtype);
  if (!(data instanceof ARRAY_TYPES[dtype])) {
    refuse("dtype", `${called} has dtype ${dtype}, so its data must be a ${ARRAY_TYPES[dtype].name}`);
  }
  const count = elementCount(called, shape);
  if (count !== data.length) {
    refuse("entry", `${called} of shape [${shape}] needs ${count} elements, got ${data.length}`);
  }
}

function checkHeaderSize(length: number): void {
  if (length > 0 && length <= MAX_HEADER_BYTES) return;
  refuse("header-size", `a header has from 1 to ${MAX_HEADER_BYTES} bytes, this one has ${length}`);
}

function checkMetadata(value: unknown): asserts value is Record<string, string> {
  if (isObject(value) && Object.values(value).every((text) => typeof text === "string")) return;
  refuse("metadata", `"${METADATA_NAME}" must be an object whose values are strings`);
}

function checkDtype(called: string, dtype: unknown): asserts dtype is SafetensorsDtype {
  if (typeof dtype !== "string") refuse("entry", `${called}: the dtype must be a string`);
  if (DTYPES.includes(dtype)) return;
  refuse("dtype", `${called} has dtype ${JSON.stringify(excerpt(dtype))}; supported are ${DTYPES.join(", ")}`);
}

/** The product of the extents: 1 for the shape of a scalar, []. */
function elementCount(called: string, shape: readonly unknown[]): number {
  if (!shape.every(isCount)) refuse("entry", `${called}: a shape holds integers from 0 to 2^53 - 1`);
  const count = shape.reduce((product, extent) => product * extent, 1);
  if (!isCount(count)) refuse("entry", `${called}: [${excerpt(`${shape}`)}] has over 2^53 - 1 elements`);
  return count;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function tensorCalled(name: string): string {
  return `tensor ${JSON.stringify(excerpt(name))}`;
}
