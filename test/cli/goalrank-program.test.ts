/** The list of commands, of which only the one that is called is loaded. */
import { posix } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createProgram } from "../../src/cli/goalrank-program.ts";
import { readSource } from "../source-tree.ts";
import { goalrank } from "./command.ts";

const test = suite("program");

test("the list says of each command what it says of itself, and only the called one has options", async () => {
  const { commands } = await createProgram("goalrank", []);
  for (const listed of commands) {
    const name = listed.name();
    assert.is(listed.options.length, 0, name);
    const program = await createProgram("goalrank", [name, "--help"]);
    const called = program.commands.find((own) => own.name() === name);
    assert.is(called?.usage(), listed.usage(), name);
    assert.is(called?.description(), listed.description(), name);
    const loaded = program.commands.filter(({ options }) => options.length > 0);
    assert.equal(
      loaded.map((own) => own.name()),
      [name],
    );
  }
});

test("help is of the program, or of the command that it is asked for", async () => {
  const { output } = await goalrank(".", "--help");
  assert.match(output, /^Usage: goalrank \[options\] \[command\]/);
  assert.match(output, /\n {2}train \[options\] \[stage\] {2,}train the models/);
  const help = await goalrank(".", "help", "train");
  assert.match(help.output, /^Usage: goalrank train \[options\] \[stage\]/);
  assert.equal(await goalrank(".", "train", "--help"), help);
});

test("the program itself loads nothing of what its commands do", () => {
  const texts = new Map(readSource().map(({ path, text }) => [path, text]));
  const loaded = new Set(["src/cli/main.ts"]);
  for (const path of loaded) {
    for (const [, target] of (texts.get(path) ?? "").matchAll(/^(?:import|\}) (?!type\b).*from "(\..+)";/gm)) {
      loaded.add(posix.join(posix.dirname(path), target));
    }
  }
  assert.ok(loaded.has("src/cli/goalrank-program.ts"));
  const others = [...loaded].filter((path) => !/^src\/(cli|text)\/[^/]+$|^src\/cli\/terminal\/say\.ts$/.test(path));
  assert.equal(others, []);
});

test.run();
