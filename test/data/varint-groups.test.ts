/** Numbers in few bytes come back as they were, and bytes that are not of that form are refused. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeVarints, encodeVarints, restoredVarints, varintTensors } from "../../src/data/varint-groups.ts";

const test = suite("groups of varints");

const LARGEST = 2 ** 31 - 1;
const number = fc.oneof(fc.nat(300), fc.nat(LARGEST), fc.constantFrom(0, 127, 128, 16_383, 16_384, LARGEST));
const groups = fc.array(fc.array(number, { maxLength: 6 }), { maxLength: 6 });

test("they come back", () => {
  fc.assert(
    fc.property(groups, (given) => {
      const restored = restoredVarints("met", given.length, new Map(varintTensors("met", encodeVarints(given))));
      assert.equal(
        given.map((_, group) => decodeVarints(restored, group)),
        given,
      );
    }),
  );
});

test("numbers under 128 take a byte", () => {
  assert.equal([...encodeVarints([[1, 127], [], [128]]).bytes], [1, 127, 0x80, 1]);
});

test("what ends within a number, or is too large, is refused", () => {
  const one = (...bytes: number[]) => ({ bytes: Uint8Array.from(bytes), offsets: Int32Array.of(0, bytes.length) });
  assert.throws(() => decodeVarints(one(0x80), 0), /ends within a number/);
  assert.throws(() => decodeVarints(one(0xff, 0xff, 0xff, 0xff, 0x7f), 0), /over 2147483647/);
  assert.throws(() => decodeVarints(one(...new Array(400).fill(0xff), 1), 0), /over 2147483647/);
});

test("offsets that do not divide the bytes are refused", () => {
  const [met, [name, offsets]] = varintTensors("met", encodeVarints([[1], [2, 3]]));
  for (const wrong of [
    [0, 1],
    [0, 1, 2],
    [1, 1, 3],
    [0, 3, 2],
    [0, -1, 3],
    [0, 4, 3],
  ]) {
    const tensors = new Map([met, [name, { ...offsets, data: Int32Array.from(wrong) }] as const]);
    assert.throws(() => restoredVarints("met", 2, tensors), /met_offsets/);
  }
  assert.throws(() => restoredVarints("met", 2, new Map([[name, offsets]])), /met is missing/);
});

test.run();
