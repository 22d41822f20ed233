/** Frames of Zstandard (RFC 8878) that hold bytes as they are, for tests: no program that packs is needed. */

/** A frame of one segment and blocks of up to `blockBytes` as they are. */
export function zstandardFrame(bytes: Uint8Array, blockBytes = 1 << 16): Buffer {
  const head = Buffer.alloc(9);
  head.writeUInt32LE(0xfd2fb528, 0);
  head.writeUInt8(0b1010_0000, 4);
  head.writeUInt32LE(bytes.length, 5);
  const parts: Uint8Array[] = [head];
  for (let start = 0; start === 0 || start < bytes.length; start += blockBytes) {
    const block = bytes.subarray(start, start + blockBytes);
    const isLast = start + blockBytes >= bytes.length;
    const blockHead = Buffer.alloc(3);
    blockHead.writeUIntLE((block.length << 3) | Number(isLast), 0, 3);
    parts.push(blockHead, block);
  }
  return Buffer.concat(parts);
}

/** A frame of `size` bytes that are none of the content. */
export function skippableFrame(size: number): Buffer {
  const frame = Buffer.alloc(8 + size, 0xaa);
  frame.writeUInt32LE(0x184d2a53, 0);
  frame.writeUInt32LE(size, 4);
  return frame;
}

/** A header and 40 rows of a log, as `zstd -19` writes them: compressed, with a checksum. */
export const ZSTANDARD = Buffer.from(
  `KLUv/WRZAx0GABINHxaAOel98KGvKhJNAFizhGwp1dkYUV4YAKSuo9fgPHuGpqpPu2F5rbtUmki9o5PBz9nG0FV120nyjZuI9EFq
c/QyeM+moVc1tR+Om20XjS5S8+gzOJ19DG2qrvaSk9sbkbFpCkwBAMIwWBSJQVkuHJRlkDAkizJBESQSxSJUqBGQoa8xzQHApdAB
EBCBESIs+qs2reIuVfMIp1jOJAqK32xu1AYaqVBN4JvmVE0wBkRJODeg9+0WxD0kYBIJqqCpAY2ba1g=`,
  "base64",
);
