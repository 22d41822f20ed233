/** The bytes that a file holds: as they are, or unpacked where they were packed by gzip or Zstandard. */
import type { FileHandle } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { isZstandard, unpackZstandard } from "./zstandard.ts";

export const CHUNK_BYTES = 1 << 18;

/**
 * The bytes of a file, unpacked if it starts with the magic bytes of gzip (RFC 1952) or Zstandard (RFC 8878); its name
 * plays no part. A packed file may be several one after another.
 * @throws ZstandardError for broken Zstandard data; zlib's own errors for gzip
 */
export async function* contentOf(handle: FileHandle): AsyncGenerator<Buffer> {
  const magic = Buffer.alloc(4);
  await handle.read(magic, 0, magic.length, 0);
  if (magic[0] === 0x1f && magic[1] === 0x8b) yield* gunzipped(handle);
  else if (isZstandard(magic)) yield* unpackZstandard(chunksOf(handle));
  else yield* chunksOf(handle);
}

/** The bytes of a file. A stream would close it. */
async function* chunksOf(handle: FileHandle): AsyncGenerator<Buffer> {
  for (let position = 0; ; ) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, position);
    if (bytesRead === 0) return;
    yield chunk.subarray(0, bytesRead);
    position += bytesRead;
  }
}

function gunzipped(handle: FileHandle): AsyncIterable<Buffer> {
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  // Whoever iterates over the bytes meets what goes wrong.
  pipeline(chunksOf(handle), gunzip).catch(() => {});
  return gunzip;
}
