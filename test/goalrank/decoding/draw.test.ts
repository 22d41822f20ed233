/** Lists that are drawn come as often as is told of them: all lists of 3 out of 6 are counted. */
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type ListConstraints, resolveConstraints } from "../../../src/goalrank/decoding/constraints.ts";
import { drawLists, drawProbabilities, type Exploration } from "../../../src/goalrank/decoding/draw.ts";
import { Random } from "../../../src/tensor/index.ts";

const CANDIDATES = 6;
const LENGTH = 3;
const PLAIN: Exploration = { temperature: 1, topP: 1, epsilon: 0 };

/** A policy whose logits depend on the item before: a row for the start, and one for each item. */
function pairPolicy(seed: number): number[][] {
  const random = new Random({ seed, stream: "pair policy", step: 0 });
  return Array.from({ length: CANDIDATES + 1 }, () => Array.from({ length: CANDIDATES }, () => 1.5 * random.normal()));
}

/** Draws a list for each of `requests` alike requests. */
function draw(policy: number[][], requests: number, exploration: Exploration, constraints: ListConstraints = {}) {
  let last = new Int32Array(requests).fill(-1);
  const logits = {
    read: async () => [...last].flatMap((item) => policy[item + 1]),
    take: (choices: Int32Array) => {
      last = choices.slice();
    },
  };
  const repeated = {
    ...constraints,
    ...(constraints.pins && {
      pins: Array.from({ length: requests }, (_, request) => ({ ...constraints.pins?.[0], request })) as never,
    }),
    ...(constraints.categories && {
      categories: {
        limit: constraints.categories.limit,
        of: Int32Array.from({ length: requests * CANDIDATES }, (_, at) => (at % CANDIDATES) % 3),
      },
    }),
  };
  const rules = resolveConstraints(repeated, { requests, candidates: CANDIDATES, length: LENGTH });
  const drawings = Array.from({ length: requests }, (_, request) => {
    return { ...exploration, random: new Random({ seed: 1, stream: `explore ${request}`, step: 0 }) };
  });
  return drawLists(logits, rules, drawings);
}

const EXPLORATIONS: Readonly<Record<string, Exploration>> = {
  plain: PLAIN,
  cool: { ...PLAIN, temperature: 0.5 },
  nucleus: { ...PLAIN, topP: 0.7 },
  chance: { ...PLAIN, temperature: 0, epsilon: 0.3 },
  all: { temperature: 2, topP: 0.8, epsilon: 0.1 },
};
const RULES: Readonly<Record<string, ListConstraints>> = {
  free: {},
  pinned: { pins: [{ request: 0, position: 1, candidate: 4 }] },
  categories: { categories: { of: new Int32Array(0), limit: 1 } },
};

for (const [how, exploration] of Object.entries(EXPLORATIONS)) {
  for (const [rule, constraints] of Object.entries(RULES)) {
    test(`${how}, ${rule}: each list comes as often as its probability says, and the probabilities sum to 1`, async () => {
      const requests = 1500;
      const drawn = await draw(pairPolicy(3), requests, exploration, constraints);
      const counts = new Map<string, { count: number; probability: number }>();
      for (let request = 0; request < requests; request++) {
        const at = request * LENGTH;
        const key = drawn.lists.subarray(at, at + LENGTH).join();
        const logs = drawn.drawLogProbabilities.subarray(at, at + LENGTH);
        const probability = Math.exp(logs.reduce((sum, log) => sum + log, 0));
        const before = counts.get(key);
        if (before !== undefined) assert.ok(Math.abs(before.probability - probability) < 1e-12);
        counts.set(key, { count: (before?.count ?? 0) + 1, probability });
      }
      let total = 0;
      for (const [key, { count, probability }] of counts) {
        total += probability;
        const deviation = Math.sqrt(requests * probability * (1 - probability));
        assert.ok(Math.abs(count - requests * probability) < 5 * deviation + 3, `${key}: ${count}, ${probability}`);
      }
      // What was never drawn has little probability in all.
      assert.ok(total <= 1 + 1e-9 && total > 0.95, `${total}`);
    });
  }
}

test("the probabilities of a draw are those of its definition", () => {
  const finite = fc.double({ min: -30, max: 30, noNaN: true });
  fc.assert(
    fc.property(
      fc.array(finite, { minLength: 1, maxLength: 8 }),
      fc.double({ min: 0.05, max: 5, noNaN: true }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (logits, temperature, topP, epsilon) => {
        const allowed = [...logits.keys()].filter((n) => n === 0 || n % 3 !== 1);
        const found = drawProbabilities(logits, allowed, { temperature, topP, epsilon });
        const weights = allowed.map((n) =>
          Math.exp((logits[n] - Math.max(...allowed.map((m) => logits[m]))) / temperature),
        );
        const total = weights.reduce((sum, weight) => sum + weight);
        const ahead = (at: number) =>
          weights.reduce(
            (sum, weight, other) =>
              weight > weights[at] || (weight === weights[at] && other < at) ? sum + weight / total : sum,
            0,
          );
        const near = (at: number) => Math.abs(ahead(at) - topP) < 1e-9;
        if ([...allowed.keys()].some(near)) return;
        const kept = weights.map((weight, at) => (ahead(at) < topP ? weight : 0));
        const mass = kept.reduce((sum, weight) => sum + weight);
        kept.forEach((weight, at) => {
          const expected = ((1 - epsilon) * weight) / mass + epsilon / allowed.length;
          assert.ok(Math.abs(found[at] - expected) < 1e-9, `${found[at]}, expected ${expected}`);
        });
      },
    ),
  );
});

test("the policy's own probabilities stand beside those of the draw, and are the same where nothing departs from it", async () => {
  const plain = await draw(pairPolicy(5), 50, PLAIN);
  plain.drawLogProbabilities.forEach((log, at) => {
    assert.ok(Math.abs(log - plain.stepLogProbabilities[at]) < 1e-12);
  });
  const cool = await draw(pairPolicy(5), 50, { ...PLAIN, temperature: 0.2 });
  const sum = (logs: Float64Array) => logs.reduce((total, log) => total + log, 0);
  assert.ok(sum(cool.drawLogProbabilities) > sum(cool.stepLogProbabilities));
});

test.run();
