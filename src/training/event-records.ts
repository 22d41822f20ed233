/**
 * The bytes of TensorBoard's event files. A file is a sequence of TFRecords
 * (https://www.tensorflow.org/tutorials/load_data/tfrecord):
 *
 *   8 bytes   length of the data, little-endian
 *   4 bytes   masked CRC-32C of those 8 bytes
 *   the data
 *   4 bytes   masked CRC-32C of the data
 *
 * The data of each record is one `Event`, a protocol buffer. Of its messages (event.proto and summary.proto of
 * https://github.com/tensorflow/tensorboard, in tensorboard/compat/proto) these fields are written:
 *
 *   Event        1 wall_time: double, 2 step: int64, and one of 3 file_version: string, 5 summary, 7 session_log
 *   Summary      1 value: a `Value`, repeated
 *   Value        1 tag: string, 2 simple_value: float
 *   SessionLog   1 status: an enumeration, in which 1 is START
 */
import { PbfWriter } from "pbf";
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
  return eventOf(time, (event) => event.writeStringField(3, "brain.Event:2"));
}

/** A process starts to write: what earlier ones wrote of this step and later ones is void. */
export function startEvent(time: EventTime): Uint8Array {
  return eventOf(time, (event) => event.writeMessage(7, (status, log) => log.writeVarintField(1, status), 1));
}

/** Numbers by tag; they are kept in single precision. */
export function scalarsEvent(time: EventTime, scalars: Readonly<Record<string, number>>): Uint8Array {
  return eventOf(time, (event) => event.writeMessage(5, writeSummary, scalars));
}

function eventOf({ wallTime, step }: EventTime, writeContent: (event: PbfWriter) => void): Uint8Array {
  const event = new PbfWriter();
  event.writeDoubleField(1, wallTime);
  event.writeVarintField(2, step);
  writeContent(event);
  return event.finish();
}

function writeSummary(scalars: Readonly<Record<string, number>>, summary: PbfWriter): void {
  for (const scalar of Object.entries(scalars)) summary.writeMessage(1, writeValue, scalar);
}

function writeValue([tag, number]: [string, number], value: PbfWriter): void {
  // Pbf's own UTF-8 is wrong from U+20000 on.
  value.writeBytesField(1, Buffer.from(tag));
  value.writeFloatField(2, number);
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

/** TFRecords turn a checksum and shift it, since a checksum of data that holds its own checksum says little. */
function maskedChecksum(bytes: Uint8Array): number {
  const checksum = crc32c(bytes);
  return (((checksum >>> 15) | (checksum << 17)) + 0xa282ead8) >>> 0;
}
