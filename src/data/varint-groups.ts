/** Groups of small numbers in few bytes, as files hold them: LEB128, 7 bits a byte, the lowest first. G groups. */
import type { SafetensorsEntry } from "../nn/index.ts";

/** The numbers of group g are the bytes from `offsets[g]` to before `offsets[g + 1]`: U8 [bytes], I32 [G + 1]. */
export interface VarintGroups {
  readonly bytes: Uint8Array;
  readonly offsets: Int32Array;
}

/** No number is larger, in a file or out of it. */
const LARGEST = 2 ** 31 - 1;

/** @param groups integers from 0 to 2^31 - 1, group after group */
export function encodeVarints(groups: Iterable<Iterable<number>>): VarintGroups {
  const bytes: number[] = [];
  const offsets = [0];
  for (const group of groups) {
    for (const value of group) {
      let rest = value;
      for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
      bytes.push(rest);
    }
    offsets.push(bytes.length);
  }
  return { bytes: Uint8Array.from(bytes), offsets: Int32Array.from(offsets) };
}

/** The numbers of a group. @throws RangeError for bytes that end within a number, or that hold a larger one */
export function decodeVarints({ bytes, offsets }: VarintGroups, group: number): number[] {
  const values: number[] = [];
  let value = 0;
  let scale = 1;
  for (let at = offsets[group]; at < offsets[group + 1]; at++) {
    value += (bytes[at] % 0x80) * scale;
    if (value > LARGEST) throw new RangeError(`group ${group} holds a number over ${LARGEST}`);
    scale *= 0x80;
    if (bytes[at] >= 0x80) continue;
    values.push(value);
    value = 0;
    scale = 1;
  }
  if (scale !== 1) throw new RangeError(`group ${group} ends within a number`);
  return values;
}

/** The tensors `NAME` and `NAME_offsets`. */
export function varintTensors(name: string, { bytes, offsets }: VarintGroups): [string, SafetensorsEntry][] {
  return [
    [name, { dtype: "U8", shape: [bytes.length], data: bytes }],
    [`${name}_offsets`, { dtype: "I32", shape: [offsets.length], data: offsets }],
  ];
}

/** What these tensors hold. @throws RangeError where they are missing, or are not of `count` groups */
export function restoredVarints(
  name: string,
  count: number,
  tensors: ReadonlyMap<string, SafetensorsEntry>,
): VarintGroups {
  const bytes = tensors.get(name)?.data;
  const offsets = tensors.get(`${name}_offsets`)?.data;
  if (!(bytes instanceof Uint8Array)) throw new RangeError(`the tensor ${name} is missing, or no U8`);
  if (!(offsets instanceof Int32Array) || offsets.length !== count + 1) {
    throw new RangeError(`the tensor ${name}_offsets is missing, or not I32 of ${count + 1} numbers`);
  }
  const isOrdered = offsets.every((offset, group) => offset >= (group === 0 ? 0 : offsets[group - 1]));
  if (!isOrdered || offsets[0] !== 0 || offsets[count] !== bytes.length) {
    throw new RangeError(`the tensor ${name}_offsets does not divide the ${bytes.length} bytes of ${name}`);
  }
  return { bytes, offsets };
}
