/** Every way of decoding, against all 120 lists of a small generator. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type DecodeOptions, decodeScoredLists } from "../../../src/goalrank/decoding/decode.ts";
import { decodeBeam, decodeTree } from "../../../src/goalrank/decoding/search.ts";
import { noGrad, scope } from "../../../src/tensor/index.ts";
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
  requests,
  split,
  tempered,
  totalVariation,
  truncated,
} from "../../small-generator.ts";
import { throwsMessage } from "../../throws-message.ts";

const test = suite("decoding");

const generator = await createGenerator();
const memory = encode(generator);
const LISTS = allLists();
const EXACT = allLogProbabilities(generator, memory);
const decode = (options: DecodeOptions) => decodedLists(generator, memory, options);
const exactOf = (request: number, list: readonly number[]) => EXACT[request][placeOf(list)];

test("a beam as wide as there are prefixes finds every list, best first, with its log-probability", async () => {
  const found = await decodeBeam(generator, memory, { width: 120 });
  assert.is(found.count, 120);
  byRequest(found.lists).forEach((lists, request) => {
    const logs = [...found.logProbabilities.slice(request * 120, (request + 1) * 120)];
    assert.equal(
      logs,
      logs.toSorted((a, b) => b - a),
    );
    assert.is(new Set(lists.map(String)).size, 120);
    lists.forEach((list, rank) => {
      assertClose(logs[rank], exactOf(request, list), `${list}`);
    });
    const best = EXACT[request].indexOf(Math.max(...EXACT[request]));
    assert.equal(lists[0], LISTS[best]);
  });
});

test("a beam of one is greedy, and wider ones are what the definition says", async () => {
  const one = await decodeBeam(generator, memory, { width: 1 });
  assert.equal(byRequest(one.lists), decode({ lists: 1 }));
  const width = 4;
  const found = byRequest((await decodeBeam(generator, memory, { width })).lists);
  EXACT.forEach((logs, request) => {
    const probabilityOf = (prefix: readonly number[]) =>
      LISTS.reduce((sum, list, i) => (prefix.every((n, t) => list[t] === n) ? sum + Math.exp(logs[i]) : sum), 0);
    let beam: number[][] = [[]];
    for (let t = 0; t < LENGTH; t++) {
      beam = beam
        .flatMap((prefix) => Array.from({ length: CANDIDATES }, (_, n) => [...prefix, n]))
        .filter((prefix) => new Set(prefix).size === prefix.length)
        .sort((a, b) => probabilityOf(b) - probabilityOf(a))
        .slice(0, width);
    }
    assert.equal(found[request], beam);
  });
});

test("a tree's first steps cover all branches, and each is completed greedily", async () => {
  for (const steps of [1, 2, 3]) {
    const found = await decodeTree(generator, memory, { steps });
    const prefixes = allLists(CANDIDATES, steps).map(String);
    byRequest(found.lists).forEach((lists, request) => {
      assert.equal(lists.map((list) => String(list.slice(0, steps))).sort(), prefixes.toSorted());
      for (const list of lists) {
        // Pins at the branching steps leave the rest to greedy decoding.
        const pins = list.slice(0, steps).map((candidate, position) => ({ request, position, candidate }));
        assert.equal(decode({ lists: 1, constraints: { pins } })[request][0], list);
      }
    });
  }
});

test("a tree with branches takes the likeliest candidates of each branching step", async () => {
  const found = await decodeTree(generator, memory, { steps: 2, branches: 2 });
  assert.is(found.count, 4);
  const all = await decodeTree(generator, memory, { steps: 2 });
  byRequest(found.lists).forEach((lists, request) => {
    const complete = byRequest(all.lists)[request];
    const marginal = (prefix: readonly number[]) =>
      LISTS.reduce((sum, list, i) => {
        return prefix.every((n, t) => list[t] === n) ? sum + Math.exp(EXACT[request][i]) : sum;
      }, 0);
    const best = (prefixes: number[][]) => prefixes.sort((a, b) => marginal(b) - marginal(a)).slice(0, 2);
    const others = (taken: number[]) =>
      Array.from({ length: CANDIDATES }, (_, n) => n).filter((n) => !taken.includes(n));
    const expected = best(others([]).map((n) => [n])).flatMap((first) => best(others(first).map((n) => [...first, n])));
    assert.equal(lists.map((list) => String(list.slice(0, 2))).sort(), expected.map(String).sort());
    for (const list of lists) assert.ok(complete.map(String).includes(String(list)));
  });
});

test("widths, steps and branches that are not positive integers are refused", async () => {
  for (const run of [
    () => decodeBeam(generator, memory, { width: 0 }),
    () => decodeTree(generator, memory, { steps: 1.5 }),
    () => decodeTree(generator, memory, { steps: 1, branches: -1 }),
  ]) {
    try {
      await run();
      assert.unreachable();
    } catch (error) {
      assert.match(String(error), /must be a positive integer, got/);
    }
  }
});

test("sampled lists follow pi, tempered and cut to the nucleus as asked", () => {
  const draws = 20_000;
  const cases = [
    { temperature: 1, topP: 1 },
    { temperature: 0.5, topP: 1 },
    { temperature: 2, topP: 1 },
    { temperature: 1, topP: 0.6 },
    { temperature: 0.5, topP: 0.8 },
  ];
  for (const { temperature, topP } of cases) {
    const drawn = decode({ lists: draws, sampling: { temperature, topP, key: key(1) } });
    drawn.forEach((lists, request) => {
      const exact = changedProbabilities(EXACT[request], (p) => truncated(topP)(tempered(temperature)(p)));
      const name = `temperature ${temperature}, top-p ${topP}, request ${request}`;
      const distance = totalVariation(lists, exact);
      assert.ok(distance < 0.05, `${name}: total variation ${distance}`);
      for (const list of lists) {
        assert.ok(exact[placeOf(list)] > 0, `${name}: ${list} lies outside of the nucleus`);
      }
    });
  }
});

test("the smallest nucleus is greedy", () => {
  const sampling = { temperature: 1, topP: 1e-6, key: key(3) };
  const greedy = decode({ lists: 4 });
  assert.equal(decode({ lists: 4, sampling }), greedy);
});

test("of candidates that are alike, the nucleus and a beam take those of lower number", async () => {
  const alike = {
    ...requests,
    candidates: new Int32Array(requests.candidates.length).fill(requests.candidates[0]),
    retrieverScores: new Float32Array(requests.retrieverScores.length),
  };
  const same = encode(generator, alike);
  const sampling = { temperature: 1, topP: 0.3, key: key(6) };
  const drawn = split(noGrad(() => generator.decode(same, { lists: 300, sampling })).dataSync());
  // Sixths, fifths and quarters: two of each reach 0.3, and of each position the first two that are free are drawn.
  assert.equal([...new Set(drawn.map(String))].sort(), [
    "0,1,2",
    "0,1,3",
    "0,2,1",
    "0,2,3",
    "1,0,2",
    "1,0,3",
    "1,2,0",
    "1,2,3",
  ]);
  const beam = await decodeBeam(generator, same, { width: 2 });
  assert.equal(split(beam.lists).slice(0, 2), [
    [0, 1, 2],
    [0, 1, 3],
  ]);
});

test("a top-p or temperature out of range is refused", () => {
  for (const topP of [0, -1, 1.1, Number.NaN]) {
    throwsMessage(
      () => decode({ lists: 1, sampling: { temperature: 1, topP, key: key(1) } }),
      `decoding: topP must be above 0 and at most 1, got ${topP}`,
    );
  }
  assert.throws(
    () => decode({ lists: 1, sampling: { temperature: 0, key: key(1) } }),
    /the temperature must be positive/,
  );
});

test("log-probabilities of decoded lists are the policy's own, however they were decoded", () => {
  const pins = [{ request: 1, position: 1, candidate: 4 }];
  for (const options of [
    { lists: 2 },
    { lists: 50, sampling: { temperature: 1, key: key(4) } },
    { lists: 50, sampling: { temperature: 2, topP: 0.7, key: key(5) }, constraints: { pins } },
  ]) {
    using _ = scope();
    const { lists, logProbabilities } = noGrad(() => decodeScoredLists(generator, memory, options));
    assert.equal(logProbabilities.shape, [REQUESTS, options.lists]);
    const logs = logProbabilities.dataSync();
    byRequest(lists.dataSync()).forEach((own, request) => {
      own.forEach((list, i) => {
        assertClose(logs[request * options.lists + i], exactOf(request, list), `${list}`);
      });
    });
  }
});

test.run();
