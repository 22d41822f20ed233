import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { mergeGroups, type RandomKey, randomLists, substitutedLists } from "../../src/index.ts";

const test = suite("groups");

const key = (seed: number): RandomKey => ({ seed, stream: "test", step: 0 });

/** The lists of an array, one by one. */
function split(lists: Int32Array, length: number): number[][] {
  return Array.from({ length: lists.length / length }, (_, i) => [
    ...lists.slice(i * length, (i + 1) * length),
  ]);
}

const sizes = fc
  .record({ length: fc.integer({ min: 1, max: 6 }), spare: fc.integer({ min: 0, max: 6 }), seed: fc.nat() })
  .map(({ length, spare, seed }) => ({ length, candidates: length + spare, seed }));

test("random lists hold distinct candidates, and the seed decides them", () => {
  fc.assert(
    fc.property(sizes, ({ length, candidates, seed }) => {
      const draw = () => randomLists(3, 4, { candidates, length, key: key(seed) }).lists;
      for (const list of split(draw(), length)) {
        assert.is(new Set(list).size, length);
        assert.ok(list.every((position) => position >= 0 && position < candidates));
      }
      assert.equal(draw(), draw());
    }),
  );
});

test("random lists are uniform", () => {
  const { lists } = randomLists(1, 12_000, { candidates: 4, length: 2, key: key(1) });
  const counts = new Map<string, number>();
  for (const list of split(lists, 2)) counts.set(String(list), (counts.get(String(list)) ?? 0) + 1);
  assert.is(counts.size, 12);
  for (const count of counts.values()) assert.ok(Math.abs(count - 1000) < 160, `${count}`);
});

test("substitution changes one or two places of a list of the same request", () => {
  fc.assert(
    fc.property(sizes, ({ length, candidates, seed }) => {
      const base = randomLists(2, 3, { candidates, length, key: key(seed) });
      const { lists } = substitutedLists([base], 2, 5, { candidates, length, key: key(seed + 1) });
      const originals = split(base.lists, length);
      split(lists, length).forEach((list, index) => {
        assert.is(new Set(list).size, length);
        const own = originals.slice(Math.floor(index / 5) * 3, Math.floor(index / 5) * 3 + 3);
        const changes = own.map((original) => list.filter((position, t) => position !== original[t]).length);
        assert.ok(Math.min(...changes) <= 2, `${list} of ${own.join(" | ")}`);
        if (candidates > length) assert.ok(list.every((position) => position < candidates));
      });
    }),
  );
});

test("substitution needs a list to start from", () => {
  assert.throws(
    () => substitutedLists([], 1, 1, { candidates: 4, length: 2, key: key(1) }),
    /substitution needs at least one list to start from/,
  );
});

test("merging keeps every source's place and marks repetitions within a request", () => {
  const first = { source: "policy", count: 2, lists: Int32Array.of(0, 1, 2, 3, 0, 1, 0, 1) } as const;
  const second = { source: "random", count: 1, lists: Int32Array.of(0, 1, 2, 3) } as const;
  const groups = mergeGroups([first, second], 2, 2);
  assert.equal(groups.sources, ["policy", "policy", "random"]);
  assert.equal([...groups.lists], [0, 1, 2, 3, 0, 1, 0, 1, 0, 1, 2, 3]);
  assert.equal([...groups.distinct], [1, 1, 0, 1, 0, 1]);
});

test.run();
