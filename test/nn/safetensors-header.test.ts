/** The header of a safetensors file by itself: what it tells is what the whole file holds. */
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  decodeSafetensors,
  decodeSafetensorsLayout,
  encodeSafetensors,
  encodeSafetensorsHeader,
  type SafetensorsEntry,
  SafetensorsError,
  safetensorsDataStart,
} from "../../src/nn/safetensors.ts";

const arrays = { F64: Float64Array, F32: Float32Array, I32: Int32Array, U8: Uint8Array };

const arbitraryTensors = fc
  .dictionary(
    fc.string({ maxLength: 5, unit: "grapheme-ascii" }),
    fc.tuple(fc.constantFrom("F64", "F32", "I32"), fc.array(fc.nat(4), { maxLength: 3 })),
    { maxKeys: 6 },
  )
  .map((drawn): Map<string, SafetensorsEntry> => {
    const entries = Object.entries(drawn).map(([name, [dtype, shape]]): [string, SafetensorsEntry] => {
      const count = shape.reduce((product, extent) => product * extent, 1);
      const data = new arrays[dtype](count);
      for (let n = 0; n < count; n++) data[n] = n + 1;
      return [name, { dtype, shape, data }];
    });
    return new Map(entries);
  });

const codeOf = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    assert.instance(error, SafetensorsError);
    return (error as SafetensorsError).code;
  }
  return "no error";
};

test("the header alone tells where each tensor of the file lies", () => {
  fc.assert(
    fc.property(arbitraryTensors, (tensors) => {
      const bytes = encodeSafetensors(tensors, { note: "x" });
      const dataStart = safetensorsDataStart(bytes.subarray(0, 8), bytes.length);
      const layout = decodeSafetensorsLayout(bytes.slice(0, dataStart), bytes.length);
      assert.is(layout.dataStart, dataStart);
      assert.equal(layout.metadata, { note: "x" });
      const whole = decodeSafetensors(bytes).tensors;
      assert.equal([...layout.tensors.keys()], [...whole.keys()]);
      for (const [name, { dtype, shape, begin, end }] of layout.tensors) {
        const data = new arrays[dtype](bytes.slice(dataStart + begin, dataStart + end).buffer);
        assert.equal({ dtype, shape, data }, whole.get(name));
      }
    }),
  );
});

test("the header, and then the data in its order, are the file", () => {
  fc.assert(
    fc.property(arbitraryTensors, (tensors) => {
      const { bytes, ordered } = encodeSafetensorsHeader(tensors, { note: "x" });
      const data = ordered.flatMap(([, entry]) => [...new Uint8Array(entry.data.buffer)]);
      assert.equal(Uint8Array.from([...bytes, ...data]), encodeSafetensors(tensors, { note: "x" }));
      assert.is(bytes.length % 8, 0);
    }),
  );
});

test("a header that was read in part, and a file of another size than the header tells, are errors", () => {
  const bytes = encodeSafetensors(new Map([["a", { dtype: "I32", shape: [2], data: Int32Array.of(1, 2) }]]));
  const start = safetensorsDataStart(bytes, bytes.length);
  assert.is(
    codeOf(() => safetensorsDataStart(bytes.subarray(0, 7), bytes.length)),
    "truncated",
  );
  assert.is(
    codeOf(() => safetensorsDataStart(bytes, start - 1)),
    "header-size",
  );
  assert.is(
    codeOf(() => decodeSafetensorsLayout(bytes.subarray(0, start - 1), bytes.length)),
    "truncated",
  );
  assert.is(
    codeOf(() => decodeSafetensorsLayout(bytes, bytes.length - 1)),
    "offsets",
  );
  assert.is(
    codeOf(() => decodeSafetensorsLayout(bytes, bytes.length + 1)),
    "trailing",
  );
});

test.run();
