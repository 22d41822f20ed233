/**
 * Checks data that Snappy compressed (https://github.com/google/snappy, format_description.txt) before it is
 * decompressed: a length that is read as a negative number would lead the decompressor back, again and again.
 */

/** @throws Error unless the data are whole, and decompress to `length` bytes */
export function checkSnappy(data: Uint8Array, length: number): void {
  let position = 0;
  // The length of what was compressed, in seven bits a byte.
  while (data[position] >= 0x80) position++;
  position++;
  let written = 0;
  while (position < data.length) {
    const tag = data[position++];
    const kind = tag & 3;
    if (kind === 0) {
      // Up to 60 bytes the tag says how many there are; beyond, how many bytes after it do.
      const short = tag >>> 2;
      const bytes = Math.max(0, short - 59);
      const literal = (bytes === 0 ? short : littleEndian(data, position, bytes)) + 1;
      position += bytes + literal;
      written += literal;
    } else {
      const bytes = kind === 3 ? 4 : kind;
      const offset = littleEndian(data, position, bytes) + (kind === 1 ? (tag >>> 5) << 8 : 0);
      if (offset < 1 || offset > written) throw new Error("the Snappy data refer to what is not there");
      position += bytes;
      written += kind === 1 ? ((tag >>> 2) & 7) + 4 : (tag >>> 2) + 1;
    }
  }
  if (position !== data.length || written !== length) {
    throw new Error(`the Snappy data hold ${written} bytes, expected ${length}, or are cut short`);
  }
}

/** Bytes beyond the end are 0: the position is then beyond it too. */
function littleEndian(data: Uint8Array, position: number, bytes: number): number {
  let value = 0;
  for (let n = 0; n < bytes; n++) value += (data[position + n] ?? 0) * 2 ** (8 * n);
  return value;
}
