/**
 * The safetensors file format (https://github.com/huggingface/safetensors), read strictly and written as the
 * reference implementation writes it:
 *
 *   8 bytes   length H of the header, little-endian
 *   H bytes   header: a JSON object in UTF-8 that starts with `{`, padded with spaces
 *   the rest  the tensors' elements, little-endian, row-major, without holes
 *
 *   {"__metadata__": {"step": "12"}, "weight": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}
 *
 * Elements are copied as they lie, so the host must be little-endian, as every x86-64 and ARM64 system is.
 */
import type { SafetensorsEntry, SafetensorsLayout, SafetensorsLocation } from "./safetensors-header.ts";
import { ARRAY_TYPES, decodeSafetensorsLayout, encodeSafetensorsHeader } from "./safetensors-header.ts";

export * from "./safetensors-header.ts";

/** What a file holds. */
export interface SafetensorsFile extends Pick<SafetensorsLayout, "metadata"> {
  /** Tensors by name, in the order of their data. */
  readonly tensors: Map<string, SafetensorsEntry>;
}

/**
 * The file that holds `tensors` and `metadata`. The same content gives the same bytes whatever its order in the
 * maps: tensors lie by type (F64, F32, I32) and then by name in code point order, metadata by key. The header is
 * padded to a multiple of 8 bytes, so every tensor is aligned to its element size.
 * @throws SafetensorsError `entry` for a shape that does not fit the data or a reserved name, `dtype` for data of
 * another type, `metadata`, `header-encoding` or `header-size`.
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, SafetensorsEntry>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const { bytes: header, ordered } = encodeSafetensorsHeader(tensors, metadata);
  const dataBytes = ordered.reduce((sum, [, { data }]) => sum + data.byteLength, 0);
  const bytes = new Uint8Array(header.length + dataBytes);
  bytes.set(header);
  let position = header.length;
  for (const [, { data }] of ordered) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position);
    position += data.byteLength;
  }
  return bytes;
}

/**
 * The content of a file. The arrays are copies of their own, so `bytes` may lie at any offset of its buffer and be
 * reused.
 * @throws SafetensorsError, and no other error, for bytes that are not a valid file.
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsFile {
  const { tensors, metadata, dataStart } = decodeSafetensorsLayout(bytes, bytes.length);
  const data = bytes.subarray(dataStart);
  return { tensors: new Map([...tensors].map(([name, location]) => [name, readTensor(location, data)])), metadata };
}

function readTensor({ dtype, shape, begin, end }: SafetensorsLocation, data: Uint8Array): SafetensorsEntry {
  // A typed array must start at a multiple of its element size, which a view into the file need not.
  const copy = new Uint8Array(end - begin);
  copy.set(data.subarray(begin, end));
  return { dtype, shape, data: new ARRAY_TYPES[dtype](copy.buffer) };
}
