/** The group methods by themselves: lists that are valid, and distributed as each method says. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { mergeGroups } from "../../../src/goalrank/groups/build.ts";
import { diverseLists } from "../../../src/goalrank/groups/diverse.ts";
import { loggedLists } from "../../../src/goalrank/groups/logged.ts";
import { markovLists, type PairScores, pairScores } from "../../../src/goalrank/groups/markov.ts";
import { policyLists } from "../../../src/goalrank/groups/policy.ts";
import { randomLists } from "../../../src/goalrank/groups/random.ts";
import { keepGaps, selectSpaced } from "../../../src/goalrank/groups/select-spaced.ts";
import { softmaxLists } from "../../../src/goalrank/groups/softmax.ts";
import { substitutedLists } from "../../../src/goalrank/groups/substitution.ts";
import { treeLists } from "../../../src/goalrank/groups/tree.ts";
import { Random } from "../../../src/kernels/index.ts";
import { tensor } from "../../../src/tensor/index.ts";
import {
  allLists,
  allLogProbabilities,
  CANDIDATES,
  createGenerator,
  encode,
  key,
  LENGTH,
  normalise,
  REQUESTS,
  split,
  totalVariation,
} from "../../small-generator.ts";

const test = suite("groups");

const sizes = fc
  .record({ length: fc.integer({ min: 1, max: 6 }), spare: fc.integer({ min: 0, max: 6 }), seed: fc.nat() })
  .map(({ length, spare, seed }) => ({ length, candidates: length + spare, seed }));

function assertValid(lists: Int32Array, length: number, candidates: number): void {
  for (const list of split(lists, length)) {
    assert.is(new Set(list).size, length, `${list}`);
    assert.ok(
      list.every((position) => position >= 0 && position < candidates),
      `${list}`,
    );
  }
}

/** Normal numbers, keyed by the seed. */
function drawScores(size: number, seed: number): Float32Array {
  const random = new Random(key(seed));
  return Float32Array.from({ length: size }, () => random.normal());
}

test("random lists hold distinct candidates, and the seed decides them", () => {
  fc.assert(
    fc.property(sizes, ({ length, candidates, seed }) => {
      const draw = () => randomLists(3, 4, { candidates, length, key: key(seed) }).lists;
      assertValid(draw(), length, candidates);
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
      // One list to start from, so that it is known which one was changed.
      const base = randomLists(2, 1, { candidates, length, key: key(seed) });
      const { lists } = substitutedLists([base], 2, 20, { candidates, length, key: key(seed + 1) });
      assertValid(lists, length, candidates);
      const originals = split(base.lists, length);
      split(lists, length).forEach((list, index) => {
        const original = originals[Math.floor(index / 20)];
        const changes = list.filter((position, t) => position !== original[t]).length;
        const fewest = candidates === length ? 0 : 1;
        assert.ok(changes >= fewest && changes <= 2, `${list} of ${original}`);
      });
    }),
  );
});

test("substitution in a list of every candidate lets two of them change places", () => {
  const base = { source: "policy", count: 1, lists: Int32Array.of(2, 0, 3, 1) } as const;
  const { lists } = substitutedLists([base], 1, 20, { candidates: 4, length: 4, key: key(5) });
  for (let copy = 0; copy < 20; copy++) {
    const list = lists.subarray(copy * 4, (copy + 1) * 4);
    assert.equal([...list].sort(), [0, 1, 2, 3]);
    assert.is(list.filter((item, t) => item !== base.lists[t]).length, 2);
  }
});

test("substitution starts from any list of the group", () => {
  const sources = [1, 2].map((seed) => randomLists(1, 2, { candidates: 40, length: 5, key: key(seed) }));
  const { lists } = substitutedLists(sources, 1, 200, { candidates: 40, length: 5, key: key(3) });
  const originals = sources.flatMap((source) => split(source.lists, 5));
  const started = originals.map(
    (original) => split(lists, 5).filter((list) => list.filter((n, t) => n === original[t]).length >= 3).length,
  );
  assert.is(
    started.reduce((sum, count) => sum + count, 0),
    200,
  );
  for (const count of started) assert.ok(count > 25, `${started}`);
});

test("substitution needs a list to start from", () => {
  assert.throws(
    () => substitutedLists([], 1, 1, { candidates: 4, length: 2, key: key(1) }),
    /substitution needs at least one list to start from/,
  );
});

const generator = await createGenerator();
const memory = encode(generator);
const LISTS = allLists();
const DRAWS = 20_000;

test("sampling from the policy follows its log-probabilities", async () => {
  const { lists, source } = await policyLists(generator, memory, DRAWS, { temperature: 1, key: key(7) });
  assert.is(source, "policy");
  allLogProbabilities(generator, memory).forEach((logs, request) => {
    const own = split(lists).slice(request * DRAWS, (request + 1) * DRAWS);
    const distance = totalVariation(own, logs.map(Math.exp));
    assert.ok(distance < 0.05, `request ${request}: total variation ${distance}`);
  });
});

test("the tree gives its likeliest lists, and repeats the best where it has too few", async () => {
  const { lists } = await treeLists(generator, memory, 3, { steps: 1 });
  assertValid(lists, LENGTH, CANDIDATES);
  const all = await treeLists(generator, memory, 6, { steps: 1 });
  const long = await treeLists(generator, memory, 8, { steps: 1 });
  for (let request = 0; request < REQUESTS; request++) {
    const own = split(all.lists).slice(request * 6, request * 6 + 6);
    assert.is(new Set(own.map(([first]) => first)).size, 6, "one list for each first item");
    assert.equal(split(lists).slice(request * 3, request * 3 + 3), own.slice(0, 3));
    assert.equal(split(long.lists).slice(request * 8, request * 8 + 8), [...own, own[0], own[0]]);
  }
});

test("softmax sampling without replacement follows Plackett-Luce at its temperature", async () => {
  const scores = drawScores(2 * CANDIDATES, 11);
  const logits = tensor(scores, [2, CANDIDATES]);
  for (const temperature of [0.5, 1, 2]) {
    const { lists } = await softmaxLists(logits, DRAWS, { length: LENGTH, temperature, key: key(12) });
    for (const request of [0, 1]) {
      const weights = [...scores.subarray(request * CANDIDATES, (request + 1) * CANDIDATES)].map((score) =>
        Math.exp(score / temperature),
      );
      const exact = LISTS.map((list) => {
        let left = weights.reduce((sum, weight) => sum + weight, 0);
        return list.reduce((product, item) => {
          const probability = weights[item] / left;
          left -= weights[item];
          return product * probability;
        }, 1);
      });
      const distance = totalVariation(split(lists).slice(request * DRAWS, (request + 1) * DRAWS), exact);
      assert.ok(distance < 0.05, `temperature ${temperature}: total variation ${distance}`);
    }
  }
});

/** P(list) of the chain of request 0, from its definition. */
function chainProbability({ items, pairs }: PairScores, list: readonly number[], temperature: number): number {
  const score = (i: number, j: number) => pairs[i * CANDIDATES + j];
  const begins = allLists(CANDIDATES, 2);
  const weights = begins.map(([i, j]) => Math.exp((items[i] + score(i, j)) / temperature));
  const begin = normalise(weights)[begins.findIndex(([i, j]) => i === list[0] && j === list[1])];
  const free = Array.from({ length: CANDIDATES }, (_, n) => n).filter((n) => !list.slice(0, 2).includes(n));
  const next = normalise(free.map((n) => Math.exp(score(list[1], n) / temperature)));
  return begin * next[free.indexOf(list[2])];
}

test("the Markov chain's lists follow its pair scores at its temperature", () => {
  const scores = { items: drawScores(CANDIDATES, 13), pairs: drawScores(CANDIDATES ** 2, 14) };
  for (const temperature of [0.5, 1, 2]) {
    const draw = { candidates: CANDIDATES, length: LENGTH, key: key(15), temperature };
    const { lists } = markovLists(scores, 1, DRAWS, draw);
    const exact = LISTS.map((list) => chainProbability(scores, list, temperature));
    const distance = totalVariation(split(lists), exact);
    assert.ok(distance < 0.05, `temperature ${temperature}: total variation ${distance}`);
  }
});

test("Markov lists hold distinct candidates, from scores however far apart", () => {
  fc.assert(
    fc.property(sizes, fc.constantFrom(1, 1000), ({ length, candidates, seed }, scale) => {
      const scaled = (size: number) => drawScores(size, seed).map((score) => score * scale);
      const scores = { items: scaled(3 * candidates), pairs: scaled(3 * candidates ** 2) };
      const draw = { candidates, length, key: key(seed), temperature: 1 };
      assertValid(markovLists(scores, 3, 4, draw).lists, length, candidates);
    }),
  );
});

test("pair scores from the generator are the log-probabilities of prefixes of two items", async () => {
  const scores = await pairScores(generator, memory);
  assert.is(scores.items.length, REQUESTS * CANDIDATES);
  allLogProbabilities(generator, memory).forEach((logs, request) => {
    for (const prefix of allLists(CANDIDATES, 2)) {
      const [i, j] = prefix;
      const exact = LISTS.reduce(
        (sum, list, at) => (list[0] === i && list[1] === j ? sum + Math.exp(logs[at]) : sum),
        0,
      );
      const score = scores.items[request * CANDIDATES + i] + scores.pairs[(request * CANDIDATES + i) * CANDIDATES + j];
      assert.ok(Math.abs(Math.exp(score) - exact) < 1e-5, `${prefix}: ${Math.exp(score)}, expected ${exact}`);
    }
  });
});

test("diverse lists hold distinct candidates, and the seed decides them", () => {
  fc.assert(
    fc.property(sizes, fc.constantFrom(undefined, 0.5), ({ length, candidates, seed }, temperature) => {
      const logits = drawScores(2 * candidates, seed);
      const existing = [randomLists(2, 3, { candidates, length, key: key(seed) })];
      const options = { candidates, length, key: key(seed), penalty: 1, ...(temperature && { temperature }) };
      const draw = () => diverseLists(logits, existing, 2, 4, options).lists;
      assertValid(draw(), length, candidates);
      assert.equal(draw(), draw());
    }),
  );
});

test("diverse lists avoid the items of all earlier lists of the group", () => {
  const logits = drawScores(2 * 12, 21);
  const options = { candidates: 12, length: 3, key: key(22), penalty: 100 };
  const existing = [randomLists(2, 1, options)];
  const { lists } = diverseLists(logits, existing, 2, 3, options);
  for (const request of [0, 1]) {
    const group = [existing[0].lists.subarray(request * 3, request * 3 + 3), ...split(lists).slice(request * 3)];
    const items = group.slice(0, 4).flatMap((list) => [...list]);
    assert.is(new Set(items).size, 12, "four lists of three share no item of twelve");
    // Of what is left to it, each takes the highest logits.
    const own = (n: number) => logits[request * 12 + n];
    const free = items.slice(3).toSorted((a, b) => own(b) - own(a));
    assert.equal(items.slice(3), free);
  }
});

test("without a penalty or a temperature, diverse lists are the highest logits", () => {
  const options = { candidates: 5, length: 2, key: key(1), penalty: 0 };
  const { lists } = diverseLists([0, 3, 1, 2, -1], [], 1, 2, options);
  assert.equal([...lists], [1, 3, 1, 3]);
});

test("temperatures and penalties out of range are refused", () => {
  const draw = { candidates: 4, length: 2, key: key(1) };
  const scores = { items: new Float32Array(4), pairs: new Float32Array(16) };
  for (const temperature of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    const run = () => markovLists(scores, 1, 1, { ...draw, temperature });
    assert.throws(run, /the temperature of markov must be positive/);
  }
  assert.throws(() => diverseLists([], [], 1, 1, { ...draw, penalty: -1 }), /penalty of diverse must be/);
});

test("the logged list is a member, or a repetition where an item of it is no candidate", () => {
  const existing = [{ source: "random", count: 1, lists: Int32Array.of(0, 1, 2, 3) } as const];
  const { lists, count } = loggedLists(Int32Array.of(4, 5, -1, 6), existing, 2, 2);
  assert.is(count, 1);
  assert.equal([...lists], [4, 5, 2, 3]);
  assert.throws(() => loggedLists(Int32Array.of(4, -1), [], 1, 2), /add another source to its group/);
  assert.throws(() => loggedLists(Int32Array.of(4, 5), [], 2, 2), /hold 2 positions, expected 2 requests x 2/);
});

test("merging keeps every source's place and marks repetitions within a request", () => {
  const first = { source: "policy", count: 2, lists: Int32Array.of(0, 1, 2, 3, 0, 1, 0, 1) } as const;
  const second = { source: "random", count: 1, lists: Int32Array.of(0, 1, 2, 3) } as const;
  const groups = mergeGroups([first, second], 2, 2);
  assert.equal(groups.sources, ["policy", "policy", "random"]);
  assert.equal([...groups.lists], [0, 1, 2, 3, 0, 1, 0, 1, 0, 1, 2, 3]);
  assert.equal([...groups.distinct], [1, 1, 0, 1, 0, 1]);
});

test("spaced selection keeps both ends, spaces the ranks evenly, and takes distinct lists first", () => {
  const pools = fc.record({
    poolSize: fc.integer({ min: 1, max: 12 }),
    seed: fc.nat(),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    // Three candidates make repetitions likely.
    candidates: fc.constantFrom(3, 12),
  });
  fc.assert(
    fc.property(pools, ({ poolSize, seed, share, candidates }) => {
      const groupSize = 1 + Math.floor(share * (poolSize - 1));
      const pool = mergeGroups([randomLists(2, poolSize, { candidates, length: 2, key: key(seed) })], 2, 2);
      const scores = drawScores(2 * poolSize, seed);
      const selected = selectSpaced(pool, scores, groupSize);
      for (const request of [0, 1]) {
        const at = (place: number) => request * poolSize + place;
        const own = Array.from({ length: poolSize }, (_, place) => place);
        const distinct = own
          .filter((place) => pool.distinct[at(place)] === 1)
          .sort((a, b) => scores[at(b)] - scores[at(a)]);
        const places = [...selected.places.slice(request * groupSize, (request + 1) * groupSize)];
        assert.is(new Set(places).size, groupSize);
        places.forEach((place, g) => {
          const to = request * groupSize + g;
          assert.equal(split(selected.lists, 2)[to], split(pool.lists, 2)[at(place)]);
          assert.is(selected.rewards[to], scores[at(place)]);
          assert.is(selected.distinct[to], pool.distinct[at(place)]);
        });
        assert.is(places[0], distinct[0], "the best");
        const kept = places.filter((place) => pool.distinct[at(place)] === 1);
        assert.is(kept.length, Math.min(groupSize, distinct.length));
        if (groupSize === 1) continue;
        assert.is(kept.at(-1), distinct.at(-1), "the worst");
        const ranks = kept.map((place) => distinct.indexOf(place));
        const gaps = ranks.slice(1).map((rank, i) => rank - ranks[i]);
        if (gaps.length > 0) {
          assert.ok(Math.min(...gaps) >= 1);
          assert.ok(Math.max(...gaps) - Math.min(...gaps) <= 1, `${ranks}`);
        }
      }
    }),
  );
});

test("spaced selection refuses a size that the pool does not have", () => {
  const pool = mergeGroups([randomLists(1, 3, { candidates: 9, length: 2, key: key(1) })], 1, 2);
  for (const size of [0, 4, 1.5]) {
    assert.throws(() => selectSpaced(pool, [1, 2, 3], size), /cannot select .* lists from pools of 3/);
  }
});

test("a least gap keeps the best list, and of the others those that lie far enough below the one before", () => {
  const pool = { requests: 3, groupSize: 5, distinct: Int32Array.of(1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1) };
  const rewards = [0.5, 0.9, 0.85, 0.1, 0.45, 3, 2, 1, 9, 2.5, 1, 1, 1, 1, 1];
  assert.equal([...keepGaps(pool, rewards, 0.1)], [1, 1, 0, 1, 0, 1, 1, 1, 0, 1, 1, 0, 0, 0, 0]);
  assert.equal([...keepGaps(pool, rewards, 5)], [0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
  assert.equal([...keepGaps(pool, rewards, 0)], [...pool.distinct]);
});

test("a least gap keeps as many lists as any choice that holds the best", () => {
  const rewards = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 7 });
  fc.assert(
    fc.property(rewards, fc.integer({ min: 1, max: 5 }), (own, gap) => {
      const distinct = new Int32Array(own.length).fill(1);
      const kept = keepGaps({ requests: 1, groupSize: own.length, distinct }, own, gap);
      const chosen = own.filter((_, at) => kept[at] === 1).sort((a, b) => b - a);
      assert.is(chosen[0], Math.max(...own));
      for (let i = 1; i < chosen.length; i++) assert.ok(chosen[i - 1] - chosen[i] >= gap);
      let most = 0;
      for (let subset = 1; subset < 2 ** own.length; subset++) {
        const some = own.filter((_, at) => (subset >> at) & 1).sort((a, b) => b - a);
        if (some.every((reward, i) => i === 0 || some[i - 1] - reward >= gap)) most = Math.max(most, some.length);
      }
      assert.is(chosen.length, most);
    }),
  );
});

test.run();
