import { suite } from "uvu";
import * as assert from "uvu/assert";
import { candidateBatch } from "../../src/data/batch.ts";
import { Generator } from "../../src/goalrank/generator.ts";
import { Random } from "../../src/kernels/index.ts";
import { noGrad, scope } from "../../src/tensor/index.ts";
import { allLists } from "../small-generator.ts";
import { generatorOptions, log, world } from "../small-world.ts";

const test = suite("generator");

const create = (options: Partial<typeof generatorOptions> = {}) =>
  new Generator(
    world.catalogue,
    { ...generatorOptions, ...options },
    new Random({ seed: 5, stream: "test", step: 0 }),
  ).train(false);
const N = log.candidateCount;

test("the probabilities of all lists sum to one", () => {
  const generator = create({ listLength: 3 });
  const lists = allLists(N, 3);
  noGrad(() => {
    const memory = generator.encode(candidateBatch(log, [0]));
    const logs = generator.logProbabilities(memory, Int32Array.from(lists.flat()), lists.length);
    const total = logs.exp().sum().itemSync();
    assert.ok(Math.abs(total - 1) < 1e-4, `${total}`);
  });
});

test("decoded lists hold distinct candidates, and greedy ones repeat", () => {
  const generator = create();
  noGrad(() => {
    const memory = generator.encode(candidateBatch(log, [0, 1, 2]));
    const sampling = { temperature: 1, key: { seed: 1, stream: "test", step: 0 } };
    const sampled = generator.decode(memory, { lists: 20, sampling });
    assert.equal(sampled.shape, [3, 20, log.listLength]);
    const flat = sampled.dataSync();
    for (let start = 0; start < flat.length; start += log.listLength) {
      const list = flat.slice(start, start + log.listLength);
      assert.is(new Set(list).size, log.listLength);
      assert.ok(list.every((position) => position >= 0 && position < N));
    }
    const greedy = [...generator.decode(memory, { lists: 2 }).dataSync()];
    assert.equal(greedy.slice(0, log.listLength), greedy.slice(log.listLength, 2 * log.listLength));
  });
});

test("cached decoding follows the distribution of teacher forcing", () => {
  const generator = create({ listLength: 2 });
  noGrad(() => {
    const memory = generator.encode(candidateBatch(log, [7]));
    const lists = allLists(N, 2);
    const logs = generator.logProbabilities(memory, Int32Array.from(lists.flat()), lists.length).dataSync();
    const draws = 20_000;
    const sampling = { temperature: 1, key: { seed: 2, stream: "test", step: 0 } };
    const sampled = generator.decode(memory, { lists: draws, sampling }).dataSync();
    const counts = new Map<string, number>();
    for (let i = 0; i < draws; i++) {
      const key = `${sampled[2 * i]} ${sampled[2 * i + 1]}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    lists.forEach((list, index) => {
      const exact = Math.exp(logs[index]);
      const share = (counts.get(list.join(" ")) ?? 0) / draws;
      assert.ok(Math.abs(share - exact) < 5 * Math.sqrt(exact / draws), `${list}: ${share}, exact ${exact}`);
    });
  });
});

test("the greedy list starts with the best first-step logit", () => {
  const generator = create();
  noGrad(() => {
    const memory = generator.encode(candidateBatch(log, [4]));
    const logits = [...generator.begin(memory, 1).logits.dataSync()];
    assert.is(generator.decode(memory, { lists: 1 }).dataSync()[0], logits.indexOf(Math.max(...logits)));
  });
});

test("reordering the candidates reorders the list and nothing else", () => {
  const generator = create();
  const order = new Random({ seed: 1, stream: "order", step: 0 }).permutation(N);
  const reordered = {
    ...log,
    candidates: Int32Array.from(order, (position) => log.candidates[position]),
    retrieverScores: Float32Array.from(order, (position) => log.retrieverScores[position]),
  };
  const decode = (dataset: typeof log) => {
    using _ = scope();
    return noGrad(() => [...generator.decode(generator.encode(candidateBatch(dataset, [0])), { lists: 1 }).dataSync()]);
  };
  assert.equal(
    decode(reordered).map((position) => order[position]),
    decode(log),
  );
});

test("training on one list makes it the greedy one", () => {
  const generator = create().train();
  const list = Int32Array.of(3, 1, 4, 2);
  for (let step = 0; step < 150; step++) {
    using _ = scope();
    const memory = generator.encode(candidateBatch(log, [0]));
    generator.logProbabilities(memory, list, 1).neg().sum().backward();
    for (const weight of generator.parameters()) {
      const { grad } = weight;
      if (grad !== undefined) weight.assign(weight.sub(grad.mul(0.05)).dataSync());
    }
    generator.zeroGrad();
  }
  const memory = generator.encode(candidateBatch(log, [0]));
  assert.equal([...generator.decode(memory, { lists: 1 }).dataSync()], [...list]);
});

test.run();
