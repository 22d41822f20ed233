/** What a misspelled name was meant to be. */
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { nearestName } from "../../src/text/nearest-name.ts";

const names = ["seed", "epochs", "learning-rate", "data"];

test("a swapped, missing, surplus or wrong letter is forgiven, and so is case", () => {
  for (const misspelled of ["sede", "sed", "seeed", "sead", "SEED"]) {
    assert.is(nearestName(misspelled, names), "seed", misspelled);
  }
  assert.is(nearestName("learningrate", names), "learning-rate");
});

test("of equally near names the first is taken, and of none nothing", () => {
  assert.is(nearestName("b", ["ab", "bb"]), "ab");
  assert.is(nearestName("seed", []), undefined);
});

test("a name that is there is its own nearest", () => {
  const words = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(words, fc.nat(), (candidates, at) => {
      const name = candidates[at % candidates.length];
      assert.is(nearestName(name, candidates), name);
    }),
  );
});

test.run();
