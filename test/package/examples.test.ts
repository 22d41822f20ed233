/** Examples can be copied out of the package: they import it by its name, and nothing of the project. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { foreignImports, listExamples, OTHER_PACKAGES, READ_SOURCES } from "./examples.ts";

test("examples import the package alone, but for those that are known not to", () => {
  const others = listExamples("examples").filter((name) =>
    foreignImports(`examples/${name}`).some((own) => OTHER_PACKAGES[name]?.includes(own) !== true),
  );
  assert.equal(others, READ_SOURCES, "examples.ts lists those that read the sources in READ_SOURCES");
});

test.run();
