/** The example on the WebGPU device comes to the CPU device's table. */
import { spawnSync } from "node:child_process";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { testOnDevice } from "./adapter.ts";

const test = suite("examples/train.ts on webgpu");

function train(name: string): Map<string, { trueReward: number; ndcg: number }> {
  const options = ["--scenario", "tiny", "--requests", "160", "--device", name, "--json"];
  const run = spawnSync(process.execPath, ["--import", "tsx", "examples/train.ts", ...options], {
    encoding: "utf8",
  });
  assert.is(run.status, 0, run.stderr);
  assert.match(run.stderr, `device: ${name}`);
  const { rows } = JSON.parse(run.stdout.trimEnd().split("\n").at(-1) ?? "");
  return new Map(rows.map((row: { method: string; trueReward: number; ndcg: number }) => [row.method, row]));
}

testOnDevice(test, "both devices train to the same table, within the noise of sampled lists", async () => {
  const [gpu, cpu] = [train("webgpu"), train("cpu")];
  assert.equal([...gpu.keys()], [...cpu.keys()]);
  for (const [method, row] of cpu) {
    const difference = Math.abs((gpu.get(method)?.trueReward ?? 0) - row.trueReward);
    assert.ok(difference < 0.02, `${method}: true reward differs by ${difference}`);
  }
});

test.run();
