/** Theorem 1 where every list can be counted. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { approximate, divergence, randomTargets } from "../../../src/goalrank/theorem/approximation.ts";
import { GeneratorMixtures } from "../../../src/goalrank/theorem/generator-mixtures.ts";
import { enumerateLists } from "../../../src/goalrank/theorem/list-space.ts";
import { Random } from "../../../src/kernels/index.ts";
import { noGrad, scope } from "../../../src/tensor/index.ts";

const test = suite("theorem 1");

const sizes = fc
  .integer({ min: 1, max: 6 })
  .chain((candidates) =>
    fc.record({ candidates: fc.constant(candidates), length: fc.integer({ min: 1, max: Math.min(candidates, 3) }) }),
  );

test("every list of distinct candidates is there once, after the prefixes that it has", () => {
  fc.assert(
    fc.property(sizes, ({ candidates, length }) => {
      const space = enumerateLists(candidates, length);
      const seen = new Set<string>();
      for (let list = 0; list < space.listCount; list++) {
        const items = [...space.lists.subarray(list * length, (list + 1) * length)];
        assert.is(new Set(items).size, length);
        seen.add(items.join());
        items.forEach((item, t) => {
          const prefix = space.prefixes[list * length + t];
          const free = space.free.subarray(prefix * candidates, (prefix + 1) * candidates);
          assert.is(free[item], 1);
          assert.is(
            free.reduce((sum, one) => sum + one, 0),
            candidates - t,
          );
        });
      }
      assert.is(seen.size, space.listCount);
      const rows = space.prefixFeatures.length / space.prefixCount;
      const features = Array.from({ length: space.prefixCount }, (_, prefix) =>
        space.prefixFeatures.subarray(prefix * rows, (prefix + 1) * rows).join(),
      );
      assert.is(new Set(features).size, space.prefixCount, "prefixes are told apart");
    }),
  );
});

test("spaces that make no sense, or are too large, are errors", () => {
  assert.throws(() => enumerateLists(2, 3), /1 <= length <= candidates, got 3 and 2/);
  assert.throws(() => enumerateLists(60, 4), /too many to enumerate/);
});

test("a mixture is a distribution over lists, the mean of its members at the start", () => {
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 3 }), ({ candidates, length }, members) => {
      using _ = scope();
      const space = enumerateLists(candidates, length);
      const random = () => new Random({ seed: 2, stream: "mixture", step: 0 });
      const model = new GeneratorMixtures(space, { instances: 2, members, width: 2 }, random());
      const logProbabilities = noGrad(() => model.logProbabilities().dataSync());
      for (let instance = 0; instance < 2; instance++) {
        const own = Float64Array.from(logProbabilities).subarray(
          instance * space.listCount,
          (instance + 1) * space.listCount,
        );
        const total = own.reduce((sum, logProbability) => sum + Math.exp(logProbability), 0);
        assert.ok(Math.abs(total - 1) < 1e-5, `${total}`);
      }
      model.dispose();
    }),
    { numRuns: 20 },
  );
});

test("the divergence is exact", () => {
  const target = Float64Array.of(0.5, 0.25, 0.25);
  const uniform = new Array(3).fill(Math.log(1 / 3));
  const expected = 0.5 * Math.log(1.5) + 0.5 * Math.log(0.75);
  assert.ok(Math.abs(divergence(target, uniform) - expected) < 1e-12);
  assert.ok(Math.abs(divergence(target, [...target].map(Math.log))) < 1e-12);
});

test("more members help, and a generator that is wide enough leaves nothing", async () => {
  const space = enumerateLists(4, 3);
  const targets = randomTargets(space, 2, 1, 5);
  for (const target of targets) {
    assert.ok(Math.min(...target) > 0);
    assert.ok(Math.abs(target.reduce((sum, share) => sum + share, 0) - 1) < 1e-12);
  }
  const options = { seed: 1, restarts: 2, steps: 400 };
  const worst = async (members: number, width: number) =>
    Math.max(...(await approximate(space, targets, { members, width }, options)).errors);
  const [one, two, wide] = [await worst(1, 1), await worst(2, 1), await worst(1, 8)];
  assert.ok(one > 0.02, `${one}`);
  assert.ok(two < one, `${two} ${one}`);
  assert.ok(wide < 1e-4 && wide < two / 10, `${wide}`);
});

test("the numbers that a mixture learns are counted", async () => {
  const space = enumerateLists(4, 3);
  // A: (3 + 2 * 4) x 2, B: 2 x 4, c: 4, for each member, and the members' weights.
  const member = 11 * 2 + 2 * 4 + 4;
  const options = { seed: 1, restarts: 1, steps: 1 };
  const count = async (members: number) =>
    (await approximate(space, randomTargets(space, 1, 1, 1), { members, width: 2 }, options)).parameters;
  assert.is(await count(1), member);
  assert.is(await count(3), 3 * member + 3);
});

test.run();
