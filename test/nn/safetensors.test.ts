import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafetensorsEntry,
  SafetensorsError,
  type SafetensorsErrorCode,
} from "../../src/nn/safetensors.ts";

/** A file with any header, right or wrong, and `dataBytes` bytes of data. */
function fileWith(header: string | Uint8Array, dataBytes = 0): Uint8Array {
  const headerBytes = typeof header === "string" ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + headerBytes.length + dataBytes);
  new DataView(bytes.buffer).setUint32(0, headerBytes.length, true);
  bytes.set(headerBytes, 8);
  return bytes;
}

/** The header's entry of an I32 tensor. */
const int32 = (shape: string, begin: number, end: number) =>
  `{"dtype":"I32","shape":${shape},"data_offsets":[${begin},${end}]}`;

function assertError(run: () => unknown, code: SafetensorsErrorCode, message: RegExp): void {
  assert.throws(run, (error: unknown) => {
    assert.instance(error, SafetensorsError);
    assert.is((error as SafetensorsError).code, code);
    assert.match((error as SafetensorsError).message, message);
    return true;
  });
}

function assertRefused(bytes: Uint8Array, code: SafetensorsErrorCode, message: RegExp): void {
  assertError(() => decodeSafetensors(bytes), code, message);
}

const scalar = (value: number): SafetensorsEntry => ({ dtype: "F32", shape: [], data: Float32Array.of(value) });

test("a file is the header's length, the header padded with spaces, and the elements, byte for byte", () => {
  const header =
    '{"__metadata__":{"epoch":"3"},' +
    '"b":{"dtype":"F64","shape":[],"data_offsets":[0,8]},' +
    '"a":{"dtype":"I32","shape":[1,2],"data_offsets":[8,16]}}';
  const tensors = new Map<string, SafetensorsEntry>([
    ["a", { dtype: "I32", shape: [1, 2], data: Int32Array.of(1, -2) }],
    ["b", { dtype: "F64", shape: [], data: Float64Array.of(1.5) }],
  ]);
  const bytes = encodeSafetensors(tensors, { epoch: "3" });
  assert.is(header.length, 138);
  assert.equal([...bytes.subarray(0, 8)], [144, 0, 0, 0, 0, 0, 0, 0]);
  assert.is(new TextDecoder().decode(bytes.subarray(8, 8 + 144)), `${header}      `);
  assert.equal([...bytes.subarray(8 + 144)], [0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 1, 0, 0, 0, 0xfe, 255, 255, 255]);
  const decoded = decodeSafetensors(bytes);
  assert.equal(decoded.tensors, new Map([...tensors].reverse()));
  assert.equal(decoded.metadata, { epoch: "3" });
});

test("a file without tensors or metadata is an empty object", () => {
  const bytes = encodeSafetensors(new Map());
  assert.equal([...bytes], [8, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x7d, 32, 32, 32, 32, 32, 32]);
  assert.equal(decodeSafetensors(bytes), { tensors: new Map(), metadata: {} });
});

test("tensors lie by type, then by name in code point order; numbers as names do not come first", () => {
  const names = ["\u{1f600}", "\uffee", "z", "za", "Z", "10", "9", ""];
  const tensors = new Map(names.map((name) => [name, scalar(0)]));
  tensors.set("first", { dtype: "F64", shape: [0], data: new Float64Array(0) });
  tensors.set("last", { dtype: "I32", shape: [0], data: new Int32Array(0) });
  const bytes = encodeSafetensors(tensors);
  const order = ["first", "", "10", "9", "Z", "z", "za", "\uffee", "\u{1f600}", "last"];
  assert.equal([...decodeSafetensors(bytes).tensors.keys()], order);
  const header = new TextDecoder().decode(bytes.subarray(8));
  const places = order.map((name) => header.indexOf(`${JSON.stringify(name)}:{`));
  assert.equal(
    places,
    [...places].sort((left, right) => left - right),
  );
  assert.equal(encodeSafetensors(new Map([...tensors].reverse())), bytes);
});

test("metadata is written by key, whatever the order it is given in", () => {
  const bytes = encodeSafetensors(new Map(), { b: "1", a: "2" });
  assert.equal(encodeSafetensors(new Map(), { a: "2", b: "1" }), bytes);
  assert.match(new TextDecoder().decode(bytes.subarray(8)), '{"a":"2","b":"1"}');
});

test("a header that other writers lay out otherwise is read: unpadded, spaced, escaped, in any order", () => {
  const header = `{ "b" : ${int32("[1]", 4, 8)}, "\\u0061":${int32("[ ]", 0, 4)},\n"e":${int32("[0,3]", 4, 4)}}\r\n`;
  const { tensors } = decodeSafetensors(fileWith(header, 8));
  assert.equal([...tensors.keys()], ["a", "e", "b"]);
  assert.equal(tensors.get("a")?.shape, []);
  assert.equal(tensors.get("e"), { dtype: "I32", shape: [0, 3], data: new Int32Array(0) });
});

test("decoded arrays are copies", () => {
  const bytes = encodeSafetensors(new Map([["a", scalar(2)]]));
  const { tensors } = decodeSafetensors(Buffer.from(bytes.buffer));
  bytes.fill(0);
  assert.equal(tensors.get("a")?.data, Float32Array.of(2));
});

test("truncated: the header's length is not all there", () => {
  assertRefused(new Uint8Array(0), "truncated", /8 bytes of its header's length, got 0 bytes/);
  assertRefused(fileWith("{}").subarray(0, 7), "truncated", /got 7 bytes/);
});

test("header-size: empty, over 100 MB, beyond the file", () => {
  assertRefused(fileWith(""), "header-size", /from 1 to 100000000 bytes, this one has 0/);
  const declaring = (length: bigint) => {
    const bytes = fileWith("{}");
    new DataView(bytes.buffer).setBigUint64(0, length, true);
    return bytes;
  };
  assertRefused(declaring(100_000_001n), "header-size", /this one has 100000001/);
  assertRefused(declaring(2n ** 64n - 1n), "header-size", /from 1 to 100000000 bytes/);
  assertRefused(declaring(3n), "header-size", /should have 3 bytes, but 2 follow/);
});

test("header-encoding: bytes that are not UTF-8, strings that are not Unicode", () => {
  assertRefused(fileWith(Uint8Array.of(0x7b, 0xff, 0x7d)), "header-encoding", /not valid UTF-8/);
  const half = `{"\\ud83d":${int32("[]", 0, 4)}}`;
  assertRefused(fileWith(half, 4), "header-encoding", /"\\ud83d" has half of a surrogate pair/);
  assertRefused(fileWith('{"__metadata__":{"a":"\\ude00"}}'), "header-encoding", /"\\ude00"/);
  assertError(
    () => encodeSafetensors(new Map([["a\ud83d", scalar(1)]])),
    "header-encoding",
    /half of a surrogate pair/,
  );
});

test("header-json: not JSON, or not an object from the first byte on", () => {
  assertRefused(fileWith("{"), "header-json", /not valid JSON/);
  assertRefused(fileWith("{} {}"), "header-json", /not valid JSON/);
  assertRefused(fileWith("{}\0"), "header-json", /not valid JSON/);
  for (const start of ["[]", " {}", "null", "\ufeff{}"]) {
    assertRefused(fileWith(start), "header-json", /must start with "\{"/);
  }
});

test("duplicate-key: at every level, escapes read, other objects and values apart", () => {
  const entry = int32("[]", 0, 4);
  const twice = (header: string, key: RegExp) => assertRefused(fileWith(header, 4), "duplicate-key", key);
  twice(`{"a":${entry},"a":${entry}}`, /the key "a" twice/);
  twice(`{"a":${entry},"\\u0061" :${entry}}`, /the key "a" twice/);
  twice('{"a":{"dtype":"F32","shape":[],"dtype":"I32","data_offsets":[0,4]}}', /the key "dtype" twice/);
  twice(`{"__metadata__":{"k{":"}","k\\u007b":""},"a":${entry}}`, /the key "k\{" twice/);
  twice(`{"__metadata__":{},"a":${entry},"__metadata__":{}}`, /"__metadata__" twice/);
  twice(`{"__proto__":${entry},"__proto__":${entry}}`, /"__proto__" twice/);
  const apart = `{"__metadata__":{"a":"a","\\"":"a","b":"\\\\"},"a":${entry},"dtype":${int32("[0]", 0, 0)}}`;
  assert.equal(decodeSafetensors(fileWith(apart, 4)).metadata, { a: "a", '"': "a", b: "\\" });
});

test("entry: fields missing or unknown, of the wrong type, and shapes that are none", () => {
  const refused = (entry: string, message: RegExp) => assertRefused(fileWith(`{"a":${entry}}`, 4), "entry", message);
  refused("4", /tensor "a" must be an object with exactly the fields dtype, shape, data_offsets/);
  refused("[]", /must be an object/);
  refused("null", /must be an object/);
  refused('{"dtype":"I32","shape":[1]}', /exactly the fields/);
  refused('{"dtype":"I32","shape":[1],"data_offsets":[0,4],"order":"C"}', /exactly the fields/);
  refused('{"dtype":"I32","shape":[1],"__proto__":[0,4]}', /exactly the fields/);
  refused('{"dtype":4,"shape":[1],"data_offsets":[0,4]}', /dtype must be a string/);
  refused(int32('"1"', 0, 4), /shape must be an array/);
  for (const shape of ["[-1]", "[1.5]", '["1"]', "[null]", "[[1]]", "[9007199254740992]", "[1e400]"]) {
    refused(int32(shape, 0, 4), /a shape holds integers from 0 to 2\^53 - 1/);
  }
  refused(int32("[94906267,94906267]", 0, 4), /over 2\^53 - 1 elements/);
  refused(int32(`[${"1048576,".repeat(60)}1]`, 0, 4), /over 2\^53 - 1 elements/);
  for (const offsets of ["4", "[0]", "[0,4,4]", "[-4,0]", "[0,4.5]", '[0,"4"]']) {
    refused(`{"dtype":"I32","shape":[1],"data_offsets":${offsets}}`, /data_offsets must be two integers/);
  }
});

test("entry: a nesting deeper than any call stack is refused like any other", () => {
  const deep = `${"[".repeat(1_000_000)}${"]".repeat(1_000_000)}`;
  assertRefused(fileWith(`{"a":${int32(deep, 0, 4)}}`, 4), "entry", /a shape holds integers/);
});

test("entry: what cannot be written", () => {
  const write = (name: string, entry: SafetensorsEntry) => () => encodeSafetensors(new Map([[name, entry]]));
  assertError(write("__metadata__", scalar(1)), "entry", /reserved name "__metadata__"; rename it/);
  const pair = { dtype: "F32", shape: [3], data: new Float32Array(2) } as const;
  assertError(write("a", pair), "entry", /tensor "a" of shape \[3\] needs 3 elements, got 2/);
  assertError(write("a", { ...pair, shape: [-2] }), "entry", /a shape holds integers/);
});

test("dtype: an unknown or unsupported type is an error that lists the supported", () => {
  for (const dtype of ["BF16", "f32", "toString", "__proto__"]) {
    const header = `{"a":{"dtype":"${dtype}","shape":[1],"data_offsets":[0,4]}}`;
    assertRefused(fileWith(header, 4), "dtype", new RegExp(`"a" has dtype "${dtype}".*F64, F32, I32`));
  }
  const entry: SafetensorsEntry = { dtype: "F32", shape: [1], data: new Int32Array(1) };
  assertError(
    () => encodeSafetensors(new Map([["a", entry]])),
    "dtype",
    /"a" has dtype F32, so its data must be a Float32Array/,
  );
});

test("offsets: reversed, beyond the data, or not what shape and type need", () => {
  const refused = (entry: string) => assertRefused(fileWith(`{"a":${entry}}`, 8), "offsets", /needs \d+ bytes/);
  refused(int32("[1]", 4, 0));
  refused(int32("[3]", 0, 12));
  refused(int32("[1]", 0, 8));
  refused(int32("[2]", 0, 4));
  refused(int32("[]", 0, 0));
  refused(int32("[0]", 0, 4));
  assertRefused(
    fileWith(`{"a":${int32("[3]", 0, 12)}}`, 8),
    "offsets",
    /tensor "a" of type I32 and shape \[3\] needs 12 bytes in the file's 8 bytes of data.*\[0, 12\]/,
  );
});

test("overlap: tensors that share bytes, and an empty one inside another", () => {
  const header = (second: string) => `{"a":${int32("[2]", 0, 8)},"b":${second}}`;
  const message = /tensor "b" begins at byte 4 of the data, inside the tensor that ends at 8/;
  assertRefused(fileWith(header(int32("[2]", 4, 12)), 12), "overlap", message);
  assertRefused(fileWith(header(int32("[0]", 4, 4)), 8), "overlap", message);
  assertRefused(fileWith(header(int32("[2]", 0, 8)), 8), "overlap", /"b" begins at byte 0/);
});

test("gap: bytes before or between the tensors that belong to none", () => {
  assertRefused(fileWith(`{"a":${int32("[1]", 4, 8)}}`, 8), "gap", /bytes 0 to 4 of the data, before tensor "a"/);
  const header = `{"b":${int32("[1]", 8, 12)},"a":${int32("[1]", 0, 4)}}`;
  assertRefused(fileWith(header, 12), "gap", /bytes 4 to 8 of the data, before tensor "b"/);
});

test("trailing: bytes after the last tensor", () => {
  assertRefused(fileWith(`{"a":${int32("[1]", 0, 4)}}`, 5), "trailing", /ends at byte 4 .* but 1 more follow/);
  assertRefused(fileWith("{}", 3), "trailing", /but 3 more follow/);
});

test("metadata: anything but an object of strings", () => {
  for (const metadata of ["null", "[]", '"text"', '{"a":1}', '{"a":null}', '{"a":{}}']) {
    assertRefused(fileWith(`{"__metadata__":${metadata}}`), "metadata", /an object whose values are strings/);
  }
  const wrong = { epoch: 3 } as unknown as Record<string, string>;
  assertError(() => encodeSafetensors(new Map(), wrong), "metadata", /whose values are strings/);
});

const text = fc.oneof(
  fc.constantFrom("__proto__", "constructor", "toString", "dtype", "7", "", '"', "\\", "\u0000", "é", "\u{1f600}"),
  fc.string({ unit: "binary", maxLength: 6 }),
);

/** Tensors of every type with any bits, NaN payloads included, in arrays that start inside their buffer. */
const entries = fc
  .record({
    type: fc.constantFrom(
      { dtype: "F32", array: Float32Array } as const,
      { dtype: "F64", array: Float64Array } as const,
      { dtype: "I32", array: Int32Array } as const,
      { dtype: "U8", array: Uint8Array } as const,
    ),
    shape: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }),
    bytes: fc.uint8Array({ minLength: 8 * 28, maxLength: 8 * 28 }),
  })
  .map(({ type: { dtype, array }, shape, bytes }): SafetensorsEntry => {
    const count = shape.reduce((product, extent) => product * extent, 1);
    return { dtype, shape, data: new array(bytes.slice().buffer, 8, count) };
  });

const tensorMaps = fc
  .uniqueArray(fc.tuple(text, entries), { maxLength: 5, selector: ([name]) => name })
  .map((pairs) => new Map(pairs));
const metadataRecords = fc.array(fc.tuple(text, text), { maxLength: 3 }).map((pairs) => Object.fromEntries(pairs));

/** The entry with its data as bytes: equal only where every bit is. */
const bits = ({ dtype, shape, data }: SafetensorsEntry) => ({
  dtype,
  shape,
  array: data.constructor.name,
  bytes: [...new Uint8Array(data.buffer, data.byteOffset, data.byteLength)],
});

const sortedBits = (tensors: ReadonlyMap<string, SafetensorsEntry>) =>
  [...tensors].map(([name, entry]) => [name, bits(entry)] as const).sort(([left], [right]) => (left < right ? -1 : 1));

test("what is written is read back bit for bit, from any offset of a buffer", () => {
  fc.assert(
    fc.property(tensorMaps, metadataRecords, fc.integer({ min: 0, max: 9 }), (tensors, metadata, offset) => {
      const encoded = encodeSafetensors(tensors, metadata);
      const headerLength = new DataView(encoded.buffer).getUint32(0, true);
      assert.is(headerLength % 8, 0);
      const buffer = new Uint8Array(offset + encoded.length + 3).fill(0xff);
      buffer.set(encoded, offset);
      const decoded = decodeSafetensors(buffer.subarray(offset, offset + encoded.length));
      assert.equal(sortedBits(decoded.tensors), sortedBits(tensors));
      assert.equal(Object.entries(decoded.metadata).sort(), Object.entries(metadata).sort());
      assert.equal(encodeSafetensors(decoded.tensors, decoded.metadata), encoded);
    }),
    { numRuns: 200 },
  );
});

/** Decodes, or throws SafetensorsError: anything else fails the test. What decodes must survive a round trip. */
function assertDecodesOrRefuses(bytes: Uint8Array): boolean {
  try {
    const { tensors, metadata } = decodeSafetensors(bytes);
    const again = decodeSafetensors(encodeSafetensors(tensors, metadata));
    assert.equal(sortedBits(again.tensors), sortedBits(tensors));
    return true;
  } catch (error) {
    assert.instance(error, SafetensorsError);
    return false;
  }
}

const sampleHeader =
  `{"__metadata__":{"k":"v"},"w":{"dtype":"F64","shape":[1,2],"data_offsets":[0,16]},` +
  `"b":${int32("[2]", 16, 24)},"s":${int32("[]", 24, 28)}}`;

test("a file with any of its bytes changed, added or taken away is read or refused", () => {
  const edit = fc.record({
    at: fc.nat({ max: 8 + sampleHeader.length + 28 }),
    remove: fc.nat({ max: 3 }),
    insert: fc.uint8Array({ maxLength: 3 }),
  });
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
      const bytes = [...fileWith(sampleHeader, 28)];
      for (const { at, remove, insert } of edits) bytes.splice(at, remove, ...insert);
      assertDecodesOrRefuses(Uint8Array.from(bytes));
    }),
    { numRuns: 2000 },
  );
});

test("a header with any of its tokens replaced is read or refused", () => {
  const tokens = sampleHeader.match(/"[^"]*"|\d+|[^"\d]/g) ?? [];
  const replacements = ["", "0", "4", "-1", "8.5", "1e400", "null", "{}", "[]", '"a"', '"w"', '"__proto__"', "{", "]"];
  const edit = fc.record({ at: fc.nat({ max: tokens.length - 1 }), by: fc.constantFrom(...tokens, ...replacements) });
  let read = 0;
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 2 }), (edits) => {
      const edited = [...tokens];
      for (const { at, by } of edits) edited[at] = by;
      if (assertDecodesOrRefuses(fileWith(edited.join(""), 28))) read++;
    }),
    { numRuns: 2000, seed: 1 },
  );
  assert.ok(read > 0 && read < 2000, `${read} of 2000 were read`);
});

test.run();
