/** Training from easy to hard: what is easy, and how the share of the requests grows. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { candidateBatch } from "../../../src/data/batch.ts";
import { selectRows } from "../../../src/data/dataset.ts";
import { allRows } from "../../../src/data/labels.ts";
import { Generator } from "../../../src/goalrank/generator.ts";
import type { ListJudge } from "../../../src/goalrank/judge.ts";
import { Random } from "../../../src/kernels/index.ts";
import { easiestFirst, withCurriculum } from "../../../src/methods/objectives/curriculum.ts";
import { DEFAULT_POLICY } from "../../../src/methods/objectives/objective-settings.ts";
import { PointwiseRanker } from "../../../src/methods/pointwise-ranker.ts";
import { noGrad, tensor } from "../../../src/tensor/index.ts";
import { generatorOptions, log, world } from "../../small-world.ts";

const test = suite("curricula");

const random = (stream: string) => new Random({ seed: 3, stream, step: 0 });
const requests = selectRows(log, allRows({ size: 20 }));
const generator = new Generator(world.catalogue, generatorOptions, random("generator"));
const pointwise = new PointwiseRanker(world.catalogue, 8, random("pointwise"));

/** Rewards lie apart by the number of who asks. */
const byUser: ListJudge = {
  rewards({ users }, lists) {
    const [size, group] = lists.shape;
    const own = users.dataSync();
    return tensor(
      Float32Array.from({ length: size * group }, (_, at) => (at % group) * (1 + own[Math.floor(at / group)])),
      [size, group],
    );
  },
};
const models = { generator, pointwise, judge: byUser };

test("a request is easy where rewards lie far apart", async () => {
  const order = await easiestFirst("spread", models, requests, DEFAULT_POLICY, 1);
  const expected = [...allRows(requests)].sort((a, b) => requests.users[b] - requests.users[a] || a - b);
  assert.equal([...order], expected);
});

test("a request is easy where the softmax over its candidates has little entropy", async () => {
  const order = await easiestFirst("ambiguity", models, requests, DEFAULT_POLICY, 1);
  assert.equal(
    [...order].sort((a, b) => a - b),
    [...allRows(requests)],
  );
  const shares = noGrad(() => pointwise.forward(candidateBatch(requests, order)).softmax().dataSync());
  const count = requests.candidateCount;
  const entropies = Array.from(order, (_, i) => {
    const own = [...shares.subarray(i * count, (i + 1) * count)];
    return -own.reduce((sum, share) => sum + share * Math.log(share), 0);
  });
  for (let i = 1; i < entropies.length; i++) assert.ok(entropies[i] > entropies[i - 1] - 1e-5);
});

test("batches come from the easiest fifth at first, and from all after a pass, each once", async () => {
  const seen: Int32Array[] = [];
  const task = {
    stage: "test",
    model: generator,
    size: 20,
    computeLoss(rows: Int32Array) {
      seen.push(rows);
      return { loss: tensor([0], [1]) };
    },
  };
  const order = Int32Array.from({ length: 20 }, (_, place) => 19 - place);
  const paced = withCurriculum(task, order);
  const rows = allRows({ size: 20 });
  await paced.computeLoss(rows.subarray(0, 5), 0);
  await paced.computeLoss(rows.subarray(15), 0);
  await paced.computeLoss(rows.subarray(0, 10), 1);
  await paced.computeLoss(rows, 7);
  const placesOf = (drawn: Int32Array) => [...drawn].map((row) => 19 - row);
  assert.equal(placesOf(seen[0]), [0, 0, 0, 0, 0]);
  assert.equal(placesOf(seen[1]), [3, 3, 3, 3, 3]);
  // Half of the first pass: c = sqrt(0.04 + 0.48).
  assert.equal(
    placesOf(seen[2]),
    Array.from({ length: 10 }, (_, r) => Math.floor(r * Math.sqrt(0.52))),
  );
  assert.equal(placesOf(seen[3]), [...rows]);
});

test.run();
