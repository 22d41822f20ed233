/** What of a file gets into a message is one line of bounded length. */
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeSafetensors, SafetensorsError } from "../../src/nn/index.ts";
import { excerpt, oneLine } from "../../src/text/excerpt.ts";

test("control characters and ends of lines are written out, and nothing else changes", () => {
  assert.is(oneLine("a\tb é 𝄞 \ud800"), "a\tb é 𝄞 \ud800");
  assert.is(oneLine("a\r\nb\0\u001b[31m\u2028\u0085"), "a\\u000d\\u000ab\\u0000\\u001b[31m\\u2028\\u0085");
});

test("an excerpt is one line, and at most so long", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 1, max: 20 }), (text, most) => {
      const line = excerpt(text, most);
      assert.ok(line.length <= most + 1);
      assert.not.match(line, /[\r\n\0\u2028\u2029]/);
      if (text.length <= most && oneLine(text) === text) assert.is(line, text);
      else if (oneLine(text).length > most) assert.ok(line.endsWith("…"));
    }),
  );
});

test("a safetensors file with a long name, or with lines in a name, is refused in one line", () => {
  const refusal = (header: string) => {
    const text = new TextEncoder().encode(header);
    const bytes = new Uint8Array(8 + text.length);
    new DataView(bytes.buffer).setUint32(0, text.length, true);
    bytes.set(text, 8);
    try {
      decodeSafetensors(bytes);
    } catch (error) {
      if (error instanceof SafetensorsError) return error.message;
    }
    return "no error";
  };
  const long = "x".repeat(100_000);
  for (const header of [
    JSON.stringify({ [long]: 1 }),
    JSON.stringify({ [`a\nb${long}`]: { dtype: long, shape: [], data_offsets: [0, 4] } }),
    JSON.stringify({ a: { dtype: "F32", shape: new Array(50_000).fill(1), data_offsets: [0, 8] } }),
    `{"${long}":1,"${long}":1}`,
    `{\n\n"a"\n}`,
  ]) {
    const message = refusal(header);
    assert.match(message, /^safetensors: .+/);
    assert.ok(message.length < 400 && !message.includes("\n"), message.slice(0, 500));
  }
});

test.run();
