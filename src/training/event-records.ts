/**
 * The bytes of TensorBoard's event files. A file is a sequence of TFRecords
 * (https://www.tensorflow.org/tutorials/load_data/tfrecord):
 *
 *   8 bytes   length of the data, little-endian
 *   4 bytes   masked CRC-32C of those 8 bytes
 *   the data
 *   4 bytes   masked CRC-32C of the data
 *
 * The data of each record is one `Event`, in the wire format of protocol buffers
 * (https://protobuf.dev/programming-guides/encoding). Of its messages (event.proto and summary.proto of
 * https://github.com/tensorflow/tensorboard, in tensorboard/compat/proto) these fields are written:
 *
 *   Event        1 wall_time: double, 2 step: int64, and one of 3 file_version: string, 5 summary, 7 session_log
 *   Summary      1 value: a `Value`, repeated
 *   Value        1 tag: string, 2 simple_value: float
 *   SessionLog   1 status: an enumeration, in which 1 is START
 */
import { crc32c } from "../files/crc32c.ts";

/** What every event says of itself. */
export interface EventTime {
  /** Seconds since 1970. */
  readonly wallTime: number;
  /** An integer from 0 to 2^53 - 1. */
  readonly step: number;
}

/** The first event of a file: the version from which readers heed {@link startEvent}. */
export function versionEvent(time: EventTime): Uint8Array {
  return event(time, textField(3, "brain.Event:2"));
}

/** A process starts to write: what earlier ones wrote of this step and later ones is void. */
export function startEvent(time: EventTime): Uint8Array {
  return event(time, bytesField(7, varintField(1, 1)));
}

/** Numbers by tag; they are kept in single precision. */
export function scalarsEvent(time: EventTime, scalars: Readonly<Record<string, number>>): Uint8Array {
  const values = Object.entries(scalars).map(([tag, value]) =>
    bytesField(1, Buffer.concat([textField(1, tag), floatField(2, value)])),
  );
  return event(time, bytesField(5, Buffer.concat(values)));
}

/** The record that holds `data`. */
export function encodeRecord(data: Uint8Array): Uint8Array {
  const record = Buffer.alloc(12 + data.length + 4);
  record.writeBigUInt64LE(BigInt(data.length));
  record.writeUInt32LE(maskedChecksum(record.subarray(0, 8)), 8);
  record.set(data, 12);
  record.writeUInt32LE(maskedChecksum(data), 12 + data.length);
  return record;
}

function event({ wallTime, step }: EventTime, what: Uint8Array): Uint8Array {
  return Buffer.concat([doubleField(1, wallTime), varintField(2, step), what]);
}

/** How a field's value is written; a field starts with its number and this. */
const WIRE_TYPE = { varint: 0, double: 1, bytes: 2, float: 5 } as const;

function fieldStart(field: number, type: keyof typeof WIRE_TYPE): Uint8Array {
  return varint(field * 8 + WIRE_TYPE[type]);
}

function varintField(field: number, value: number): Uint8Array {
  return Buffer.concat([fieldStart(field, "varint"), varint(value)]);
}

function doubleField(field: number, value: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([fieldStart(field, "double"), bytes]);
}

function floatField(field: number, value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([fieldStart(field, "float"), bytes]);
}

function bytesField(field: number, value: Uint8Array): Uint8Array {
  return Buffer.concat([fieldStart(field, "bytes"), varint(value.length), value]);
}

function textField(field: number, text: string): Uint8Array {
  return bytesField(field, Buffer.from(text));
}

/** Seven bits to a byte, the lowest first; all bytes but the last have their highest bit set. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (; value >= 0x80; value = Math.floor(value / 0x80)) bytes.push(0x80 + (value % 0x80));
  return Uint8Array.of(...bytes, value);
}

/** TFRecords turn a checksum and shift it, since a checksum of data that holds its own checksum says little. */
function maskedChecksum(bytes: Uint8Array): number {
  const checksum = crc32c(bytes);
  return (((checksum >>> 15) | (checksum << 17)) + 0xa282ead8) >>> 0;
}
