/** Examples can be copied out of the package: they import it by its name, and nothing of the project. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { foreignImports, listExamples, OTHER_PACKAGES } from "./examples.ts";

test("examples import the package by its name, and beside it only what they are known to need", () => {
  for (const name of listExamples("examples")) {
    assert.equal([...new Set(foreignImports(`examples/${name}`))].sort(), OTHER_PACKAGES[name] ?? [], name);
  }
});

test.run();
