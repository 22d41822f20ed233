/** Decoding under constraints, against all 120 lists of a small generator. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ListConstraints } from "../../../src/goalrank/decoding/constraints.ts";
import type { DecodeOptions } from "../../../src/goalrank/decoding/decode.ts";
import { decodeBeam, decodeTree } from "../../../src/goalrank/decoding/search.ts";
import {
  allLists,
  allLogProbabilities,
  assertClose,
  byRequest,
  CANDIDATES,
  changedProbabilities,
  createGenerator,
  decodedLists,
  encode,
  key,
  LENGTH,
  placeOf,
  REQUESTS,
  totalVariation,
} from "../../small-generator.ts";
import { throwsMessage } from "../../throws-message.ts";

const test = suite("decoding under constraints");

const generator = await createGenerator();
const memory = encode(generator);
const LISTS = allLists();
const EXACT = allLogProbabilities(generator, memory);
const decode = (options: DecodeOptions) => decodedLists(generator, memory, options);
const exactOf = (request: number, list: readonly number[]) => EXACT[request][placeOf(list)];

/** Whether `list` keeps the constraints of `request`, read off their definition. */
function keeps(list: readonly number[], request: number, constraints: ListConstraints): boolean {
  const { forbidden, categories, pins = [] } = constraints;
  const row = request * CANDIDATES;
  if (list.some((n) => forbidden?.[row + n] === 1)) return false;
  if (pins.some((pin) => pin.request === request && list[pin.position] !== pin.candidate)) return false;
  if (categories === undefined) return true;
  const counts = new Map<number, number>();
  for (const n of list) counts.set(categories.of[row + n], (counts.get(categories.of[row + n]) ?? 0) + 1);
  return [...counts.values()].every((count) => count <= categories.limit);
}

const flags = (share: number) =>
  fc
    .array(fc.integer({ min: 0, max: 99 }), { minLength: REQUESTS * CANDIDATES, maxLength: REQUESTS * CANDIDATES })
    .map((numbers) => Int32Array.from(numbers, (number) => (number < share ? 1 : 0)));

const drawnConstraints: fc.Arbitrary<ListConstraints> = fc.record(
  {
    forbidden: flags(20),
    categories: fc.record({
      of: fc
        .array(fc.integer({ min: -1, max: 2 }), { minLength: REQUESTS * CANDIDATES, maxLength: REQUESTS * CANDIDATES })
        .map((categories) => Int32Array.from(categories)),
      limit: fc.integer({ min: 1, max: 2 }),
    }),
    pins: fc.array(
      fc.record({
        request: fc.integer({ min: 0, max: REQUESTS - 1 }),
        position: fc.integer({ min: 0, max: LENGTH - 1 }),
        candidate: fc.integer({ min: 0, max: CANDIDATES - 1 }),
      }),
      { maxLength: 3 },
    ),
  },
  { requiredKeys: [] },
);

test("under any constraints every method gives lists that keep them, or names a request that has none", async () => {
  const seen = { met: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(drawnConstraints, fc.nat(), async (constraints, seed) => {
      const kept = EXACT.map((_, request) => LISTS.filter((list) => keeps(list, request, constraints)));
      const hopeless = kept.flatMap((lists, request) => (lists.length === 0 ? [request] : []));
      // A pin that is given twice is refused though lists keep it.
      const { pins = [] } = constraints;
      const isRepeated = new Set(pins.map((pin) => `${pin.request} ${pin.position}`)).size < pins.length;
      if (hopeless.length > 0 || isRepeated) {
        seen.refused++;
        try {
          decode({ lists: 1, constraints });
          assert.unreachable("decoded what cannot be met");
        } catch (error) {
          const named = /^RangeError: constraints: request (\d+) has no list that meets them: /.exec(String(error));
          assert.ok(named !== null, String(error));
          if (!isRepeated) assert.ok(hopeless.includes(Number(named[1])), String(error));
        }
        return;
      }
      seen.met++;
      const sampling = { temperature: 1, key: key(seed) };
      const beam = await decodeBeam(generator, memory, { width: 120, constraints });
      const narrow = await decodeBeam(generator, memory, { width: 3, constraints });
      const tree = await decodeTree(generator, memory, { steps: 2, branches: 3, constraints });
      const methods = {
        greedy: decode({ lists: 1, constraints }),
        sampled: decode({ lists: 10, sampling, constraints }),
        nucleus: decode({ lists: 10, sampling: { ...sampling, topP: 0.5 }, constraints }),
        beam: byRequest(beam.lists),
        narrow: byRequest(narrow.lists),
        tree: byRequest(tree.lists),
      };
      for (const [name, found] of Object.entries(methods)) {
        found.forEach((lists, request) => {
          for (const list of lists) {
            assert.is(new Set(list).size, LENGTH, `${name}: ${list}`);
            assert.ok(keeps(list, request, constraints), `${name}: ${list} of request ${request}`);
          }
        });
      }
      methods.beam.forEach((lists, request) => {
        const logs = beam.logProbabilities.subarray(request * beam.count, (request + 1) * beam.count);
        assert.is(logs.findLastIndex((log) => log > Number.NEGATIVE_INFINITY) + 1, kept[request].length);
        const best = Math.max(...kept[request].map((list) => exactOf(request, list)));
        assertClose(exactOf(request, lists[0]), best, `best of request ${request}`);
        assert.equal(
          new Set(lists.map(String)),
          new Set(kept[request].map(String)),
          "an exhaustive beam finds all lists that keep the constraints",
        );
      });
    }),
    { numRuns: 60 },
  );
  assert.ok(seen.met > 0 && seen.refused > 0, JSON.stringify(seen));
});

test("sampling under constraints draws from what they leave at each position", () => {
  const forbidden = new Int32Array(REQUESTS * CANDIDATES);
  for (let request = 0; request < REQUESTS; request++) forbidden[request * CANDIDATES + 2] = 1;
  const sampling = { temperature: 1, key: key(9) };
  const drawn = decode({ lists: 20_000, sampling, constraints: { forbidden } });
  drawn.forEach((lists, request) => {
    const exact = changedProbabilities(EXACT[request], (p) => {
      const left = p.map((probability, n) => (n === 2 ? 0 : probability));
      const total = left.reduce((sum, probability) => sum + probability, 0);
      return total === 0 ? left : left.map((probability) => probability / total);
    });
    const distance = totalVariation(lists, exact);
    assert.ok(distance < 0.05, `request ${request}: total variation ${distance}`);
  });
});

const everywhere = (row: readonly number[]) => Int32Array.from(Array.from({ length: REQUESTS }, () => row).flat());
const unmet: Readonly<Record<string, [ListConstraints, string]>> = {
  "too few allowed": [
    { forbidden: everywhere([1, 1, 1, 1, 0, 0]) },
    "request 0 has no list that meets them: 2 candidates are allowed for 3 positions",
  ],
  "a forbidden pin": [
    { forbidden: everywhere([1, 0, 0, 0, 0, 0]), pins: [{ request: 2, position: 0, candidate: 0 }] },
    "request 2 has no list that meets them: pinned candidate 0 is forbidden",
  ],
  "one candidate at two positions": [
    {
      pins: [
        { request: 1, position: 0, candidate: 5 },
        { request: 1, position: 2, candidate: 5 },
      ],
    },
    "request 1 has no list that meets them: candidate 5 is pinned twice",
  ],
  "two candidates at one position": [
    {
      pins: [
        { request: 1, position: 0, candidate: 5 },
        { request: 1, position: 0, candidate: 4 },
      ],
    },
    "request 1 has no list that meets them: position 0 is pinned twice, to candidates 5 and 4",
  ],
  "pins over a limit": [
    {
      categories: { of: everywhere([7, 7, 1, 2, 3, 4]), limit: 1 },
      pins: [
        { request: 0, position: 0, candidate: 0 },
        { request: 0, position: 1, candidate: 1 },
      ],
    },
    "request 0 has no list that meets them: 2 pinned candidates are of category 7, at most 1 may be",
  ],
  "a limit that leaves too few": [
    { categories: { of: everywhere([1, 1, 1, 2, 2, 2]), limit: 1 } },
    "request 0 has no list that meets them: at most 1 of each category leaves 2 candidates for 3 positions",
  ],
  "a column of another size": [
    { forbidden: new Int32Array(5) },
    "forbidden holds 5 numbers, expected 3 requests x 6 candidates = 18",
  ],
  "a limit of nothing": [
    { categories: { of: everywhere([1, 1, 1, 2, 2, 2]), limit: 0 } },
    "a category's limit must be a positive integer, got 0; forbid the items of a category that must not appear",
  ],
  "a pin outside of the list": [
    { pins: [{ request: 0, position: 3, candidate: 0 }] },
    "a pin's position must be from 0 to 2, got 3",
  ],
};

for (const [name, [constraints, message]] of Object.entries(unmet)) {
  test(`constraints are refused before decoding: ${name}`, () => {
    throwsMessage(() => decode({ lists: 1, constraints }), `constraints: ${message}`);
  });
}

test("a later pin's item is kept for its position and counts for its category from the start", () => {
  const first = decode({ lists: 1 })[0][0][0];
  // The likeliest first item is pinned to the end, and all others but two share its category.
  const others = Array.from({ length: CANDIDATES }, (_, n) => n).filter((n) => n !== first);
  const of = Int32Array.from({ length: REQUESTS * CANDIDATES }, (_, at) =>
    others.slice(0, 2).includes(at % CANDIDATES) ? (at % CANDIDATES) + 10 : 1,
  );
  const constraints = { categories: { of, limit: 1 }, pins: [{ request: 0, position: 2, candidate: first }] };
  const [list] = decode({ lists: 1, constraints })[0];
  assert.is(list[2], first);
  assert.equal(list.slice(0, 2).sort(), others.slice(0, 2));
});

test.run();
