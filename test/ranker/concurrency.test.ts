/** Methods that wait in the middle of an answer: requests at the same time, on a device of their own, to the last byte. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CpuDevice } from "../../src/kernels/index.ts";
import { findMethod } from "../../src/methods/index.ts";
import { Ranker } from "../../src/ranker/ranker.ts";
import type { RankRequest } from "../../src/ranker/requests.ts";
import { defaultDevice, scope, tensor } from "../../src/tensor/index.ts";
import { requestOf, rows, serve } from "./served-methods.ts";

const test = suite("rankers at work together");

/** Some alike, one shorter, one under constraints, one that cannot be answered. */
const requests: readonly RankRequest[] = [
  ...rows.slice(0, 4).map(requestOf),
  { ...requestOf(4), length: 2 },
  { ...requestOf(5), constraints: { exclude: [requestOf(5).candidates[0].item] } },
  { ...requestOf(6), candidates: requestOf(6).candidates.slice(0, 1) },
];

const METHODS = ["pier", "mg-e-3", "mg-e-100", "generator-evaluator-5", "goalrank"].map(findMethod);

for (const method of METHODS) {
  test(`${method.title}: at the same time as one after another, and nothing stays behind`, async () => {
    const { bytes } = await serve(method);
    const device = new CpuDevice({ threads: 1, poison: true });
    const elsewhere = defaultDevice().live;
    const ranker = await Ranker.create(bytes, { device });
    const resting = device.live;
    const expected: unknown[] = [];
    for (const request of requests) expected.push(...(await ranker.rankMany([request])));
    assert.equal(device.live, resting);
    assert.equal(await ranker.rankMany(requests), expected);
    const together = await Promise.all(requests.map((request) => ranker.rankMany([request])));
    assert.equal(together.flat(), expected);
    assert.equal(await Promise.all([ranker.rankMany(requests), ranker.rankMany(requests)]), [expected, expected]);
    assert.equal(device.live, resting);
    assert.equal(defaultDevice().live, elsewhere, "nothing is made on another device");
    ranker.dispose();
    assert.equal(device.live, { buffers: 0, bytes: 0 });
  });
}

test("rankers of different methods and devices do not disturb each other, nor who opens a scope meanwhile", async () => {
  const rankers = await Promise.all(
    METHODS.map(async (method) => {
      const { bytes } = await serve(method);
      return Ranker.create(bytes, { device: new CpuDevice({ threads: 1 }) });
    }),
  );
  const expected = [];
  for (const ranker of rankers) expected.push(await ranker.rankMany(requests));
  const started = rankers.map((ranker) => ranker.rankMany(requests));
  using step = scope();
  const own = tensor([1, 2, 3], [3]);
  assert.equal(await Promise.all(started), expected);
  assert.equal([...(await own.add(1).data())], [2, 3, 4]);
  assert.is(own.device, defaultDevice());
  step.keep(own).dispose();
  for (const ranker of rankers) ranker.dispose();
});

test.run();
