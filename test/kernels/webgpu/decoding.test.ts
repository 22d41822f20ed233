/** Decoding on the WebGPU device: the same lists as on the CPU device. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ListConstraints } from "../../../src/goalrank/decoding/constraints.ts";
import { decodeScoredLists } from "../../../src/goalrank/decoding/decode.ts";
import { decodeBeam, decodeTree } from "../../../src/goalrank/decoding/search.ts";
import { buildGroups } from "../../../src/goalrank/groups/build.ts";
import { noGrad, scope, tensor } from "../../../src/tensor/index.ts";
import { CANDIDATES, createGenerator, encode, key, LENGTH, REQUESTS } from "../../small-generator.ts";
import { cpu, on, testOnDevice } from "./adapter.ts";

const test = suite("decoding");

const constraints: ListConstraints = {
  forbidden: Int32Array.from({ length: REQUESTS * CANDIDATES }, (_, at) => (at % 7 === 3 ? 1 : 0)),
  categories: { of: Int32Array.from({ length: REQUESTS * CANDIDATES }, (_, at) => at % 4), limit: 1 },
  pins: [{ request: 1, position: 2, candidate: 0 }],
};
const sampling = { temperature: 0.8, topP: 0.9, key: key(4) };

/** Lists, and their log-probabilities. */
async function decodeEveryWay() {
  using _ = scope();
  const generator = await createGenerator();
  const memory = encode(generator);
  const scored = noGrad(() => [
    decodeScoredLists(generator, memory, { lists: 1, constraints }),
    decodeScoredLists(generator, memory, { lists: 20, sampling }),
    decodeScoredLists(generator, memory, { lists: 20, sampling, constraints }),
  ]);
  const beam = await decodeBeam(generator, memory, { width: 5, constraints });
  const tree = await decodeTree(generator, memory, { steps: 2, branches: 3 });
  const groups = await buildGroups(
    [
      { source: "policy", count: 2 },
      { source: "pointwise", count: 2 },
      { source: "markov", count: 2 },
      { source: "diverse", count: 2 },
    ],
    {
      requests: REQUESTS,
      candidates: CANDIDATES,
      length: LENGTH,
      key: key(5),
      policy: { generator, memory },
      logits: tensor(
        Float32Array.from({ length: REQUESTS * CANDIDATES }, (_, at) => Math.sin(at)),
        [REQUESTS, CANDIDATES],
      ),
    },
  );
  const lists: number[] = [...beam.lists, ...tree.lists, ...groups.lists];
  const logs: number[] = [...beam.logProbabilities, ...tree.logProbabilities];
  for (const decoded of scored) {
    lists.push(...(await decoded.lists.data()));
    logs.push(...(await decoded.logProbabilities.data()));
  }
  generator.dispose();
  return { lists, logs };
}

testOnDevice(test, "every way of decoding gives the CPU device's lists, and leaves nothing behind", async (gpu) => {
  const before = gpu.live;
  const found = await on(gpu, decodeEveryWay);
  assert.equal(gpu.live, before);
  const expected = await on(cpu, decodeEveryWay);
  assert.equal(found.lists, expected.lists);
  found.logs.forEach((log, i) => {
    const reference = expected.logs[i];
    assert.ok(log === reference || Math.abs(log - reference) < 1e-4, `${log}, expected ${reference}`);
  });
});

test.run();
