/** The kernel as the lab shows and runs it: its lines are the library's, its numbers too, and each bug is found. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BUGS, bugLine, checkKernel, plantBug, readKernel, runRow, STAGES } from "../../src/lab/kernel.ts";
import { groupCrossEntropy, tensor } from "../../src/tensor/index.ts";

const test = suite("lab kernel");
const kernel = readKernel(readFileSync("src/kernels/ops/group-cross-entropy.ts", "utf8"));
const REWARDS = [1, 1.5, 2.2, 0.3];
const LOGS = [-3, -4, -2, -5];
const ATTRIBUTES = { temperature: 0.5, isStandardised: true, minimumSpread: 0 };

test("both columns hold a line for every stage", () => {
  for (const stage of STAGES) {
    assert.ok(
      kernel.typescript.some((line) => line.stage === stage),
      stage,
    );
    // The gradient runs other operations, so it has no WGSL of its own.
    if (stage !== "gradient")
      assert.ok(
        kernel.wgsl.some((line) => line.stage === stage),
        stage,
      );
  }
});

test("a row's loss, pi_ref and gradient are those of the library", () => {
  const hundredths = (least: number, most: number) =>
    fc.integer({ min: 100 * least, max: 100 * most }).map((value) => value / 100);
  const rows = fc.array(fc.tuple(hundredths(-2, 3), hundredths(-9, 0)), { minLength: 1, maxLength: 9 });
  const attributes = fc.record({
    temperature: hundredths(1, 3),
    isStandardised: fc.boolean(),
    minimumSpread: fc.constantFrom(0, 0.3),
  });
  fc.assert(
    fc.property(rows, attributes, (row, own) => {
      const rewards = row.map(([reward]) => reward);
      const logs = row.map(([, log]) => log);
      const run = runRow(rewards, logs, own);
      const leaf = tensor(Float64Array.from(logs), [1, logs.length]).requireGrad();
      const { loss, referencePolicy } = groupCrossEntropy(
        tensor(Float64Array.from(rewards), [1, rewards.length]),
        leaf,
        { ...own, normalisation: own.isStandardised ? "group" : "none" },
      );
      loss.sum().backward();
      const expected = [loss, referencePolicy, leaf.grad].flatMap((own) => [...(own?.dataSync() ?? [])]);
      [run.loss, ...run.policy, ...run.gradient].forEach((value, at) => {
        assert.ok(Math.abs(value - expected[at]) < 1e-9, `${value}, expected ${expected[at]}`);
      });
    }),
    { numRuns: 60 },
  );
});

test("the kernel as it is passes both checks, and every bug fails at least one", () => {
  assert.equal(checkKernel(REWARDS, LOGS, ATTRIBUTES, 0), { gradcheck: undefined, difference: 0 });
  BUGS.forEach((_, at) => {
    const { gradcheck, difference } = checkKernel(REWARDS, LOGS, ATTRIBUTES, at + 1);
    assert.ok(gradcheck !== undefined || difference > 1e-3, `bug ${at + 1}`);
  });
  assert.match(checkKernel(REWARDS, LOGS, ATTRIBUTES, 5).gradcheck ?? "", /central differences/);
});

test("a bug changes one line, which the library has", () => {
  BUGS.forEach((bug, at) => {
    const planted = plantBug(kernel, at + 1);
    const changed = planted.filter(({ text }, line) => text !== kernel.typescript[line].text);
    assert.is(changed.length, 1, bug.from);
    assert.ok(changed[0].text.includes(bug.to));
    assert.is(planted[bugLine(kernel, at + 1)], changed[0]);
  });
});

test("a source without the kernel is an error that says what is missing", () => {
  assert.throws(() => readKernel("export const nothing = 1;"), /momentsOf/);
});

test.run();
