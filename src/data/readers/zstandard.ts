/**
 * Unpacks Zstandard (RFC 8878) piece by piece, in JavaScript: Node.js 20 has no decoder of its own. A frame's header tells
 * its reader how much to keep at hand, so the headers are looked at before the decoder believes them.
 */
import { Decompress } from "fzstd";

/** Zstandard data that cannot be unpacked. */
export class ZstandardError extends Error {
  override readonly name = "ZstandardError";
}

const MAGIC = 0xfd2fb528;
/** The first of the sixteen magic numbers of frames that hold something else, and are passed over. */
const SKIPPABLE_MAGIC = 0x184d2a50;
/** What is kept at hand of what was unpacked: as much as the program `zstd` takes unless told otherwise. */
const MAX_WINDOW_BYTES = 1 << 27;
/** A block may hold no more once it is unpacked. */
const MAX_BLOCK_BYTES = 1 << 17;
const MAX_HEADER_BYTES = 18;
const RUN_LENGTH_BLOCK = 1;

/** Whether bytes begin a file of Zstandard. */
export function isZstandard(bytes: Buffer): boolean {
  return bytes.length >= 4 && (bytes.readUInt32LE() === MAGIC || isSkippable(bytes.readUInt32LE()));
}

const isSkippable = (magic: number) => (magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC;

/**
 * What packed chunks hold.
 * @throws ZstandardError when they are broken, cut short, or need more than 128 MiB at hand
 */
export async function* unpackZstandard(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const frames = new Frames();
  const pieces: Buffer[] = [];
  let decoder: Decompress | undefined;
  for await (const chunk of packed) {
    for (const { bytes, isFirst, isLast } of frames.partsOf(chunk)) {
      try {
        // One for each frame: the decoder loses its place where a frame ends at the end of a chunk.
        if (isFirst)
          decoder = new Decompress((piece) => pieces.push(Buffer.from(piece.buffer, piece.byteOffset, piece.length)));
        decoder?.push(bytes, isLast);
      } catch (error) {
        // The decoder throws whatever comes of it.
        throw new ZstandardError(error instanceof Error ? error.message : String(error), { cause: error });
      }
      for (const piece of pieces.splice(0)) if (piece.length > 0) yield piece;
    }
  }
  if (!frames.isBetween) throw new ZstandardError("unexpected end of file");
}

/** A piece of a frame. */
interface FramePart {
  readonly bytes: Uint8Array;
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

/** Where a frame's reader is: before its header, before a block's, or after the last. */
type Place = "header" | "block" | "checksum" | "skippable";

/** Cuts packed bytes at the ends of frames, and checks what their headers say. */
class Frames {
  private place: Place = "header";
  /** Bytes that are too few for the header that comes next. */
  private kept: Buffer = Buffer.alloc(0);
  /** Bytes that are of no interest until what comes next. */
  private passing = 0;
  private hasChecksum = false;
  private isStarted = false;

  /** Whether a frame has ended, and no other begun. */
  get isBetween(): boolean {
    return this.place === "header" && this.kept.length === 0 && this.passing === 0;
  }

  *partsOf(chunk: Buffer): Generator<FramePart> {
    const bytes = Buffer.concat([this.kept, chunk]);
    let start = 0;
    let at = 0;
    for (;;) {
      const passed = Math.min(this.passing, bytes.length - at);
      this.passing -= passed;
      at += passed;
      if (this.passing > 0) break;
      if (this.place === "checksum" || this.place === "skippable") {
        const isFrame = this.place === "checksum";
        this.place = "header";
        if (isFrame) yield this.part(bytes.subarray(start, at), true);
        start = at;
      }
      const size = this.enter(bytes.subarray(at));
      if (size === undefined) break;
      at += size;
    }
    this.kept = Buffer.from(bytes.subarray(at));
    if (at > start && this.place !== "header" && this.place !== "skippable")
      yield this.part(bytes.subarray(start, at), false);
  }

  private part(bytes: Uint8Array, isLast: boolean): FramePart {
    const isFirst = !this.isStarted;
    this.isStarted = !isLast;
    return { bytes, isFirst, isLast };
  }

  /** Reads the header that `bytes` begin with, and gives its size; undefined where there are too few. */
  private enter(bytes: Buffer): number | undefined {
    return this.place === "block" ? this.enterBlock(bytes) : this.enterFrame(bytes);
  }

  private enterBlock(bytes: Buffer): number | undefined {
    if (bytes.length < 3) return undefined;
    const header = bytes.readUIntLE(0, 3);
    const size = header >>> 3;
    if (size > MAX_BLOCK_BYTES) throw new ZstandardError(`a block of ${size} bytes`);
    this.passing = ((header >>> 1) & 3) === RUN_LENGTH_BLOCK ? 1 : size;
    if ((header & 1) === 1) {
      this.place = "checksum";
      this.passing += this.hasChecksum ? 4 : 0;
    }
    return 3;
  }

  private enterFrame(bytes: Buffer): number | undefined {
    if (bytes.length < 4) return undefined;
    const magic = bytes.readUInt32LE();
    if (isSkippable(magic)) {
      if (bytes.length < 8) return undefined;
      this.place = "skippable";
      this.passing = bytes.readUInt32LE(4);
      return 8;
    }
    if (magic !== MAGIC) throw new ZstandardError("bytes that begin no frame");
    const descriptor = bytes[4] ?? 0;
    const isSingle = (descriptor & 0x20) !== 0;
    const contentBytes = [isSingle ? 1 : 0, 2, 4, 8][descriptor >>> 6];
    const dictionaryBytes = [0, 1, 2, 4][descriptor & 3];
    const size = 5 + (isSingle ? 0 : 1) + dictionaryBytes + contentBytes;
    if (bytes.length < Math.min(size, MAX_HEADER_BYTES)) return undefined;
    if (dictionaryBytes > 0 && bytes.readUIntLE(size - contentBytes - dictionaryBytes, dictionaryBytes) !== 0) {
      throw new ZstandardError("it needs a dictionary");
    }
    const window = isSingle ? contentSize(bytes, size, contentBytes) : windowSize(bytes[5]);
    if (window > MAX_WINDOW_BYTES) {
      throw new ZstandardError(`it needs ${window} bytes at hand, at most ${MAX_WINDOW_BYTES} are given`);
    }
    this.place = "block";
    this.hasChecksum = (descriptor & 4) !== 0;
    return size;
  }
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >>> 3));
  return base + (base / 8) * (descriptor & 7);
}

function contentSize(bytes: Buffer, headerSize: number, contentBytes: number): number {
  const at = headerSize - contentBytes;
  if (contentBytes === 8) return Number(bytes.readBigUInt64LE(at));
  return bytes.readUIntLE(at, contentBytes) + (contentBytes === 2 ? 256 : 0);
}
