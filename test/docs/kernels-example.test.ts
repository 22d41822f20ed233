/** The operation that `docs/kernels.md` adds passes what every operation must pass. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CpuDevice, type Device, Draw, type Operation } from "../../src/kernels/index.ts";
import { apply, gradcheck, type Tensor, tensor } from "../../src/tensor/index.ts";
import { computeOn, expectationsOf, sampleOf, violation } from "../kernels/bounds/check.ts";
import { BoundingDevice, type ErrorRule } from "../kernels/bounds/device.ts";
import { ruleOf } from "../kernels/bounds/rules.ts";
import { testOnDevice } from "../kernels/webgpu/adapter.ts";
import { parseMarkdown } from "./markdown.ts";
import { programsOf, writePrograms } from "./programs.ts";

const test = suite("the example of docs/kernels.md");
const folder = mkdtempSync(join(tmpdir(), "goalrank-kernels-"));
test.after(() => rmSync(folder, { recursive: true }));

const document = parseMarkdown("docs/kernels.md", readFileSync("docs/kernels.md", "utf8"));
writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
writePrograms(programsOf(document.blocks), folder, resolve("."));

/** What a file of the document exports under a name. */
async function exported<Value>(path: string, name: string): Promise<Value> {
  const module = await import(pathToFileURL(join(folder, path)).href);
  return module[name];
}

const rmsNorm = await exported<Operation<unknown>>("src/kernels/ops/rms-norm.ts", "rmsNorm");
const rules = await exported<Record<string, ErrorRule>>("test/kernels/bounds/rms-norm.ts", "rmsNormRules");
const onTensors = await exported<(x: Tensor) => Tensor>("src/tensor/rms-norm.ts", "rmsNorm");
const bounding = new BoundingDevice((operation) => rules[operation.name] ?? ruleOf(operation));

test("its gradient agrees with central differences", () => {
  const property = fc.property(fc.gen(), (generate) => {
    const draw = new Draw((min, max) => generate(fc.integer, { min, max }));
    const { inputs, attributes } = rmsNorm.sample(draw);
    gradcheck((...tensors) => apply(rmsNorm, tensors, attributes)[0], inputs);
  });
  fc.assert(property, { numRuns: 100 });
});

async function checkParity(device: Device): Promise<void> {
  const property = fc.asyncProperty(fc.gen(), async (generate) => {
    const draw = new Draw((min, max) => generate(fc.integer, { min, max }), { crossesTiles: true });
    const sample = sampleOf(rmsNorm, draw);
    const expected = await expectationsOf(sample, bounding);
    fc.pre(expected !== undefined);
    assert.is(violation(sample, await computeOn(device, sample), expected), undefined);
  });
  await fc.assert(property, { numRuns: 30 });
}

test("its kernels agree with its reference", () => checkParity(new CpuDevice({ threads: 2, sharedWork: 0 })));
testOnDevice(test, "its programs agree with its reference", checkParity);

test("a row is divided by the root of its mean square", () => {
  const [first, second] = onTensors(tensor([3, 4], [1, 2])).dataSync();
  assert.ok(Math.abs(first - 3 / Math.sqrt(12.5)) < 1e-5);
  assert.ok(Math.abs(second - 4 / Math.sqrt(12.5)) < 1e-5);
});

test.run();
