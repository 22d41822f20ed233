/** Every method can be explained in a sentence. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { METHODS } from "../../src/methods/index.ts";
import { summaryOf } from "../../src/methods/summaries.ts";

test("every method has a sentence, also those that a number tells apart", () => {
  const names = [...METHODS.map(({ name }) => name), "generator-evaluator-7", "imitation-evaluator-20"];
  for (const name of names) assert.match(summaryOf(name) ?? "nothing", /^[A-Z].{20,140}\.$/, name);
  assert.match(summaryOf("generator-evaluator-7") ?? "", "Draws 7 lists");
  assert.is(summaryOf("unknown"), undefined);
  assert.is(summaryOf("constructor"), undefined);
});

test.run();
