/** Finding a method by its name. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findMethod, METHODS } from "../../src/methods/index.ts";
import { PRM_AS_THEY_COME } from "../../src/methods/prm.ts";
import { AS_THEY_COME } from "../../src/methods/references.ts";
import { throwsMessage } from "../throws-message.ts";

const test = suite("methods by name");

test("methods have distinct names and titles, and each is found by its name", () => {
  const methods = [...METHODS, AS_THEY_COME, PRM_AS_THEY_COME];
  assert.is(new Set(methods.map(({ name }) => name)).size, methods.length);
  assert.is(new Set(methods.map(({ title }) => title)).size, methods.length);
  for (const method of methods) assert.is(findMethod(method.name), method);
});

test("the number in a name is that of the lists that are drawn", () => {
  for (const name of ["generator-evaluator-7", "imitation-evaluator-120"]) {
    const method = findMethod(name);
    assert.is(method.name, name);
    assert.match(method.title, new RegExp(`, ${name.replace(/\D/g, "")} lists$`));
    assert.is(method.family, "generator-evaluator");
  }
  for (const name of [
    "generator-evaluator-0",
    "generator-evaluator-",
    "imitation-evaluator-1e3",
    "generator-evaluator-1000000",
    "mg-e-4",
  ]) {
    assert.throws(() => findMethod(name), /there is no method/);
  }
});

test("a misspelled name is corrected", () => {
  const numbered = ["generator-evaluator-20", "imitation-evaluator-20", "prm-evaluator-20"];
  const names = [...METHODS.map(({ name }) => name), ...numbered];
  throwsMessage(
    () => findMethod("rank-mixr"),
    `methods: there is no method "rank-mixr"; did you mean "rank-mixer"? The methods are ${names.join(", ")}`,
  );
  assert.throws(() => findMethod("generator-evaluatr-50"), /did you mean "generator-evaluator-20"/);
});

test.run();
