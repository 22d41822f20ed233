/** Reads TensorBoard's event files, written without a look at the code that writes them. */
import * as assert from "uvu/assert";

export interface ReadEvent {
  readonly wallTime: number;
  readonly step: number;
  readonly version?: string;
  /** Status of a session log: 1 is START. */
  readonly session?: number;
  readonly scalars?: Record<string, number>;
}

/** CRC-32C bit by bit: shift the register, and subtract the polynomial where a 1 falls out. */
export function slowCrc32c(bytes: Uint8Array): number {
  let register = 0xffffffffn;
  for (const byte of bytes) {
    register ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) register = (register >> 1n) ^ ((register & 1n) * 0x82f63b78n);
  }
  return Number(register ^ 0xffffffffn);
}

function unmask(masked: number): number {
  const turned = (masked - 0xa282ead8) >>> 0;
  return ((turned >>> 17) | (turned << 15)) >>> 0;
}

/** The events of a file whose every checksum is right. */
export function readEvents(bytes: Buffer): ReadEvent[] {
  const events: ReadEvent[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    const data = bytes.subarray(at + 12, at + 12 + length);
    assert.is(unmask(bytes.readUInt32LE(at + 8)), slowCrc32c(bytes.subarray(at, at + 8)));
    assert.is(unmask(bytes.readUInt32LE(at + 12 + length)), slowCrc32c(data));
    events.push(readEvent(data));
    at += 16 + length;
  }
  return events;
}

type Field = readonly [number: number, value: number | Buffer];

/** The fields of a message: numbers for wire types 0, 1 and 5, bytes for type 2. */
function fieldsOf(message: Buffer): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = message[at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const start = varint();
    const number = start >> 3;
    switch (start & 7) {
      case 0:
        fields.push([number, varint()]);
        break;
      case 1:
        fields.push([number, message.readDoubleLE(at)]);
        at += 8;
        break;
      case 2: {
        const length = varint();
        fields.push([number, message.subarray(at, at + length)]);
        at += length;
        break;
      }
      case 5:
        fields.push([number, message.readFloatLE(at)]);
        at += 4;
        break;
      default:
        throw new Error(`field ${number} has the wire type ${start & 7}`);
    }
  }
  return fields;
}

function readEvent(data: Buffer): ReadEvent {
  const fields = new Map(fieldsOf(data));
  const bytes = (number: number) => fields.get(number) as Buffer | undefined;
  const [version, summary, session] = [bytes(3), bytes(5), bytes(7)];
  return {
    wallTime: Number(fields.get(1)),
    step: Number(fields.get(2)),
    ...(version && { version: version.toString() }),
    ...(session && { session: Number(new Map(fieldsOf(session)).get(1)) }),
    ...(summary && { scalars: Object.fromEntries(fieldsOf(summary).map(([, value]) => readScalar(value))) }),
  };
}

function readScalar(value: number | Buffer): [string, number] {
  const fields = new Map(fieldsOf(value as Buffer));
  return [String(fields.get(1)), Number(fields.get(2))];
}
