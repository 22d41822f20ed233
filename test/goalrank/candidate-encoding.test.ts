/** What models read of users and items: observed features, and candidates among each other. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { candidateBatch, type RequestBatch } from "../../src/data/batch.ts";
import type { Catalogue, CategoryTable, FeatureTable, ListDataset } from "../../src/data/dataset.ts";
import { CandidateEncoder } from "../../src/goalrank/candidate-encoder.ts";
import { CandidateMemory } from "../../src/goalrank/candidate-memory.ts";
import { FeatureEncoder } from "../../src/goalrank/feature-encoder.ts";
import { Random } from "../../src/kernels/index.ts";
import { noGrad, type Tensor, tensor } from "../../src/tensor/index.ts";
import { log, world } from "../small-world.ts";

const test = suite("candidate encoding");

const random = () => new Random({ seed: 2, stream: "test", step: 0 });
const WIDTH = 4;

function close(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-5): void {
  assert.is(actual.length, expected.length);
  for (let i = 0; i < expected.length; i++) {
    assert.ok(Math.abs(actual[i] - expected[i]) < tolerance, `${i}: ${actual[i]}, expected ${expected[i]}`);
  }
}

/** Three entities with two numbers each. */
const numeric: FeatureTable = { width: 2, data: Float32Array.of(0.5, -1, 2, 0, -0.25, 3) };
/** One categorical column, and one of up to two values. */
const categories: CategoryTable = {
  vocabularySize: 6,
  slots: 3,
  indices: Int32Array.of(1, 3, 4, 2, 5, 0, 1, 0, 0),
  weights: Float32Array.of(1, 0.5, 0.5, 1, 1, 0, 1, 0, 0),
  unknown: Int32Array.of(1, 3),
};

function created(features?: FeatureTable, table?: CategoryTable): FeatureEncoder {
  const encoder = FeatureEncoder.of(features, table, WIDTH, random());
  if (encoder === undefined) throw new Error("expected an encoder");
  // A bias of 0 could be forgotten unseen.
  encoder
    .namedParameters()
    .get("projection.bias")
    ?.assign(Float32Array.of(0.1, 0.2, 0.3, 0.4));
  return encoder;
}

/** The vector of one entity, added up by hand. */
function expectedVector(encoder: FeatureEncoder, entity: number): number[] {
  const weights = new Map([...encoder.namedParameters()].map(([name, leaf]) => [name, leaf.dataSync()]));
  const projection = weights.get("projection.weight");
  const bias = weights.get("projection.bias");
  const learned = weights.get("categoryEmbedding.weight");
  return Array.from({ length: WIDTH }, (_, d) => {
    let sum = bias?.[d] ?? 0;
    for (let f = 0; f < numeric.width; f++) {
      sum += numeric.data[entity * numeric.width + f] * (projection?.[f * WIDTH + d] ?? 0);
    }
    for (let s = 0; s < categories.slots; s++) {
      const at = entity * categories.slots + s;
      sum += categories.weights[at] * (learned?.[categories.indices[at] * WIDTH + d] ?? 0);
    }
    return sum;
  });
}

test("features are a projection of the numbers plus the categories' embeddings by their weights", () => {
  const numbers = [2, 0, 1, 1];
  const tables: [FeatureTable | undefined, CategoryTable | undefined][] = [
    [numeric, categories],
    [numeric, undefined],
    [undefined, categories],
  ];
  for (const [features, table] of tables) {
    const encoder = created(features, table);
    const encoded = encoder.forward(tensor(Int32Array.from(numbers), [2, 2]));
    assert.equal(encoded.shape, [2, 2, WIDTH]);
    close(
      encoded.dataSync(),
      numbers.flatMap((entity) => expectedVector(encoder, entity)),
    );
  }
});

test("an unused slot adds nothing, whatever is learned for number 0, and learns nothing", () => {
  const encoder = created(undefined, categories);
  const learned = encoder.namedParameters().get("categoryEmbedding.weight");
  const encode = () => encoder.forward(tensor(Int32Array.of(1, 2), [2]));
  const before = encode().dataSync();
  learned?.assign((learned.dataSync() as Float32Array).map((value, at) => (at < WIDTH ? 100 : value)));
  close(encode().dataSync(), before);
  encode().sum().backward();
  assert.equal([...(learned?.grad?.dataSync().subarray(0, WIDTH) ?? [])], [0, 0, 0, 0]);
});

test("there is no encoder where nothing is observed, and its tables are no weights", () => {
  assert.is(FeatureEncoder.of(undefined, undefined, WIDTH, random()), undefined);
  const names = [...created(numeric, categories).namedParameters().keys()];
  assert.equal(names, ["projection.weight", "projection.bias", "categoryEmbedding.weight"]);
});

/** The catalogue of the world with categories of items and users besides. */
const catalogue: Catalogue = {
  ...world.catalogue,
  itemCategories: drawnCategories(world.catalogue.itemCount),
  userCategories: drawnCategories(world.catalogue.userCount),
};

function drawnCategories(count: number): CategoryTable {
  const draw = random();
  const slots = 2;
  return {
    vocabularySize: 7,
    slots,
    indices: Int32Array.from({ length: count * slots }, () => 1 + draw.integer(6)),
    weights: new Float32Array(count * slots).fill(0.5),
    unknown: Int32Array.of(1),
  };
}

test("categories of items and of users change what is encoded", () => {
  const encode = (own: Catalogue) =>
    noGrad(() => new CandidateEncoder(own, 8, random()).forward(candidateBatch(log, [0, 1])).dataSync());
  const { itemCategories, userCategories } = catalogue;
  const variants = [
    encode(world.catalogue),
    encode({ ...world.catalogue, ...(itemCategories && { itemCategories }) }),
    encode({ ...world.catalogue, ...(userCategories && { userCategories }) }),
  ];
  assert.is(new Set(variants.map((values) => values.join())).size, 3);
});

const memoryOptions = { width: 8, heads: 2, layers: 2, dropoutRate: 0, seed: 1, stream: "test" };

/** The requests with their candidates in another order. */
function reordered(dataset: ListDataset, order: Int32Array): ListDataset {
  const move = <Column extends Int32Array | Float32Array>(column: Column): Column =>
    column.map((_, at) => {
      const row = Math.floor(at / dataset.candidateCount);
      return column[row * dataset.candidateCount + order[at % dataset.candidateCount]];
    }) as Column;
  return { ...dataset, candidates: move(dataset.candidates), retrieverScores: move(dataset.retrieverScores) };
}

test("a memory follows its candidates wherever they stand, each seen among the same others", () => {
  const memory = new CandidateMemory(catalogue, memoryOptions, random()).train(false);
  const order = random().permutation(log.candidateCount);
  const encode = (batch: RequestBatch): Tensor => noGrad(() => memory.forward(batch));
  const rows = [0, 5, 9];
  const indices = tensor(Int32Array.from([...order, ...order, ...order]), [3, log.candidateCount]);
  const expected = encode(candidateBatch(log, rows)).takeRows(indices);
  close(encode(candidateBatch(reordered(log, order), rows)).dataSync(), expected.dataSync());
});

test("in a memory every candidate sees every other of its request, and none of another request", () => {
  const memory = new CandidateMemory(catalogue, memoryOptions, random()).train(false);
  const candidates = log.candidates.slice();
  // The last candidate of the first request.
  candidates[log.candidateCount - 1] = (candidates[log.candidateCount - 1] + 1) % world.catalogue.itemCount;
  const encode = (dataset: ListDataset) => noGrad(() => memory.forward(candidateBatch(dataset, [0, 1])).dataSync());
  const [before, after] = [encode(log), encode({ ...log, candidates })];
  const rowSize = 8;
  for (let n = 0; n < 2 * log.candidateCount; n++) {
    const row = (values: ArrayLike<number>) => Array.from({ length: rowSize }, (_, d) => values[n * rowSize + d]);
    if (n < log.candidateCount) assert.not.equal(row(after), row(before));
    else assert.equal(row(after), row(before));
  }
});

test.run();
