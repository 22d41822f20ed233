/** What a reader sees who runs examples/engine.ts. */
import { spawnSync } from "node:child_process";
import { test } from "uvu";
import * as assert from "uvu/assert";

function run(): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", "examples/engine.ts"], {
    encoding: "utf8",
  });
  assert.is(status, 0, stderr);
  return stdout;
}

const output = run();

test("the gradient of the first step is that of sigmoid(x w)", () => {
  const slope = (logit: number) => Math.exp(-logit) / (1 + Math.exp(-logit)) ** 2;
  const printed = output.match(/their gradient: Tensor f32 \[3, 1\]:\n\[\[(.+)\],\n \[(.+)\],\n \[(.+)\]\]/);
  assert.ok(printed, output);
  printed.slice(1).forEach((number, i) => {
    const expected = (i + 1) * slope(0.5 - 2 + 6);
    assert.ok(Math.abs(Number(number) - expected) < 1e-6, `${number}, expected ${expected}`);
  });
});

test("the operation passes its gradcheck and equals its composition", () => {
  assert.match(output, /^gradcheck: the gradient of swish is right$/m);
  const [, own] = output.match(/^swish: +(.+)$/m) ?? [];
  const [, composed] = output.match(/^composed: +(.+)$/m) ?? [];
  assert.match(own, /^Tensor f64 \[4\]: \[-0\.142278, /);
  assert.is(own, composed);
});

test("the loss falls from check to check, and new points are told apart", () => {
  const losses = [...output.matchAll(/^step \d+: loss (.+)$/gm)].map(([, loss]) => Number(loss));
  assert.is(losses.length, 5, output);
  for (let i = 1; i < losses.length; i++) assert.ok(losses[i] < losses[i - 1], `${losses}`);
  assert.ok(losses[4] < 0.1 * losses[0], `${losses}`);
  const [, share] = output.match(/^right about (.+) % of 1000 new points$/m) ?? [];
  assert.ok(Number(share) > 90, output);
});

test("a second run prints the same digits", () => {
  assert.is(run(), output);
});

test.run();
