/** Paragraphs in lines. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { wrap } from "../../src/text/wrap.ts";

test("lines are as full as they can be, and no word is cut", () => {
  assert.is(wrap("one two three four", 9), "one two\n  three\n  four");
  assert.is(wrap("one two", 7), "one two");
  assert.is(wrap("incomprehensibilities all", 5), "incomprehensibilities\n  all");
  assert.is(wrap("", 5), "");
});

test.run();
