/** A few hundred inputs for every reader; `npx tsx bench/fuzz.ts` feeds them as many as you like. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { fuzz } from "./fuzz.ts";
import { READERS } from "./readers/index.ts";

const COUNT = 200;

for (const [name, open] of Object.entries(READERS)) {
  test(`whatever ${name} reads, it gives a value or its own error`, async () => {
    const reader = await open();
    try {
      const result = await fuzz(reader, { count: COUNT, seed: 1 });
      assert.is(result.failure, undefined, result.failure);
      assert.is(result.inputs, COUNT);
      // Inputs that are all refused, or all alike, would say little.
      assert.ok(result.accepted > 5 && result.refused > 50, JSON.stringify(result));
      assert.ok(result.messages > 3, JSON.stringify(result));
    } finally {
      reader.close?.();
    }
  });
}

test("a reader that breaks a rule is caught, with the input", async () => {
  const reader = await READERS.request();
  const cases: readonly (readonly [(input: Uint8Array) => void, RegExp])[] = [
    [() => {}, /^$/],
    [
      (input) => {
        if (input.length > 5) throw new TypeError("x is undefined");
      },
      /TypeError: x is undefined[\s\S]* bytes, of which the first are/,
    ],
    [
      () => {
        throw new RangeError("one line\nand another");
      },
      /a message of several lines/,
    ],
    [
      () => {
        throw new RangeError("x".repeat(3000));
      },
      /a message of 3000 characters/,
    ],
  ];
  for (const [read, problem] of cases) {
    const own = { ...reader, refusals: [RangeError], read: async (input: Uint8Array) => read(input) };
    const { failure } = await fuzz(own, { count: 50, seed: 1 });
    assert.match(failure ?? "", problem);
  }
});

test.run();
