/** The example on the WebGPU device comes to the CPU device's table. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runExample } from "../../examples/run-example.ts";
import { testOnDevice } from "./adapter.ts";

const test = suite("examples/train.ts on webgpu");

/** The table's true rewards by method. */
function train(name: string): Map<string, number> {
  const { code, output, errors } = runExample("train.ts", "--scenario", "tiny", "--requests", "160", "--device", name);
  assert.is(code, 0, errors);
  assert.match(errors, `device: ${name}`);
  const rows = output.matchAll(/^(\S.*?) {2,}(\d\.\d{3}) /gm);
  return new Map([...rows].map(([, method, reward]) => [method, Number(reward)]));
}

testOnDevice(test, "both devices train to the same table, within the noise of sampled lists", async () => {
  const [gpu, cpu] = [train("webgpu"), train("cpu")];
  assert.equal([...gpu.keys()], [...cpu.keys()]);
  assert.is(cpu.size, 6);
  for (const [method, reward] of cpu) {
    const difference = Math.abs((gpu.get(method) ?? 0) - reward);
    assert.ok(difference < 0.02, `${method}: true reward differs by ${difference}`);
  }
});

test.run();
