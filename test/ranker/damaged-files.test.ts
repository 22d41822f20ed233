/** A ranker's file that lies about its sizes, or about its method, is refused before memory is taken for the lie. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { crc32c } from "../../src/files/crc32c.ts";
import { Generator } from "../../src/goalrank/generator.ts";
import { CpuDevice, type DType } from "../../src/kernels/index.ts";
import { findMethod } from "../../src/methods/index.ts";
import { decodeSafetensors, encodeSafetensors } from "../../src/nn/index.ts";
import { Ranker } from "../../src/ranker/ranker.ts";
import { RankerFileError } from "../../src/ranker/ranker-file.ts";
import type { RankerMetadata } from "../../src/ranker/ranker-metadata.ts";
import { encodeGenerator } from "../encode-generator.ts";
import { random } from "../methods/small-context.ts";
import { generatorOptions } from "../small-world.ts";
import { SERVED, serve } from "./served-methods.ts";

const test = suite("rankers' files that lie");

/** More than all weights of any of these small models. */
const MUCH = 2 ** 22;

/** Notes how much was asked of it. */
class WatchedDevice extends CpuDevice {
  asked = 0;

  override allocate(dtype: DType, length: number) {
    this.asked += length;
    assert.ok(this.asked < MUCH, `${this.asked} elements were allocated`);
    return super.allocate(dtype, length);
  }
}

type Change = (metadata: RankerMetadata) => object;

/** The file with another description, whose checksum is right. */
function withDescription(bytes: Uint8Array, change: Change): Uint8Array {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const goalrank = JSON.stringify(change(JSON.parse(metadata.goalrank)));
  const checksum = crc32c(Buffer.from(goalrank)).toString(16).padStart(8, "0");
  return encodeSafetensors(tensors, { goalrank, goalrank_crc32c: checksum });
}

async function refusal(method: string, change: Change): Promise<string> {
  const { bytes } = await serve(findMethod(method));
  return refusalOf(withDescription(bytes, change), method);
}

async function refusalOf(bytes: Uint8Array, method: string): Promise<string> {
  const device = new WatchedDevice({ threads: 1 });
  const memory = process.memoryUsage().rss;
  const error = await Ranker.create(bytes, { device }).catch((problem: unknown) => problem);
  assert.instance(error, RankerFileError, `${method}: ${error}`);
  assert.equal(device.live, { buffers: 0, bytes: 0 }, `${method} leaves nothing behind`);
  assert.ok(process.memoryUsage().rss - memory < 2 ** 28, `${method}: memory was taken`);
  return (error as RankerFileError).message;
}

const shaped =
  (changes: Partial<RankerMetadata["shape"]>): Change =>
  (metadata) => ({ ...metadata, shape: { ...metadata.shape, ...changes } });
const judged =
  (changes: Partial<RankerMetadata["judge"]>): Change =>
  (metadata) => ({ ...metadata, judge: { ...metadata.judge, ...changes } });
const counted =
  (changes: Partial<RankerMetadata["catalogue"]>): Change =>
  (metadata) => ({ ...metadata, catalogue: { ...metadata.catalogue, ...changes } });

test("a method that there is not is named, with the nearest one", async () => {
  const message = await refusal("prm", (metadata) => ({ ...metadata, method: "prn" }));
  assert.match(message, /there is no method "prn"; did you mean "prm"\?.*may be older than the file/);
});

test("the weights of another method are not those of this one", async () => {
  const learning = SERVED.filter(({ name }) => !/^(random|retriever|candidates.*)$/.test(name));
  for (const { name } of learning) {
    const other = name === "mir" ? "dlcm" : "mir";
    const message = await refusal(name, (metadata) => ({ ...metadata, method: other }));
    assert.match(message, /the weights are not those of its method/);
  }
});

const SIZES: readonly (readonly [method: string, change: Change])[] = [
  ["goalrank", shaped({ width: 16 })],
  ["goalrank", shaped({ width: 8192 })],
  ["goalrank", shaped({ width: 1e9 })],
  ["goalrank", shaped({ heads: 3 })],
  ["goalrank", shaped({ layers: 256 })],
  ["goalrank", shaped({ layers: 0 })],
  ["goalrank", shaped({ listLength: 10_000 })],
  ["goalrank", shaped({ listLength: 5 })],
  ["goalrank", shaped({ listLength: 1e9 })],
  ["mir", shaped({ width: 8192 })],
  ["mir", shaped({ layers: 256 })],
  ["mir", shaped({ historyLength: 1e9 })],
  ["prm", shaped({ candidateCount: 100_000 })],
  ["prm", shaped({ candidateCount: 1e9 })],
  ["set-rank-induced", shaped({ layers: 200 })],
  ["pier", shaped({ listLength: 10_000 })],
  ["pier", shaped({ listLength: 7 })],
  ["pier-permutations", judged({ members: 1e9 })],
  ["pier-permutations", judged({ members: 100 })],
  ["pier-permutations", judged({ contextLayers: 256 })],
  ["nar4rec", judged({ members: 2 })],
  ["nar4rec", judged({ contextLayers: 1e9 })],
  ["mg-e-3", judged({ contextLayers: 1 })],
  ["mg-e-3", shaped({ width: 8192 })],
  ["eg-rerank", shaped({ width: 8192 })],
  ["goalrank", counted({ itemCount: 2 ** 31 - 1 })],
  ["retriever", counted({ itemCount: 2 ** 31 - 1 })],
  ["retriever", counted({ userCount: 2 ** 31 - 1 })],
  ["goalrank", counted({ itemVocabulary: 2 ** 31 - 1 })],
];

for (const [method, change] of SIZES) {
  const [[name, value]] = Object.entries(differences(change));
  test(`${method} of ${name} ${value} is refused`, () => refusal(method, change).then(() => {}));
}

/** What a change changes, by name. */
function differences(change: Change): Record<string, unknown> {
  const empty = { shape: {}, judge: {}, catalogue: {} } as unknown as RankerMetadata;
  return Object.assign({}, ...Object.values(change(empty)));
}

test("a number of items without names is that of the weights", async () => {
  const generator = new Generator({ userCount: 3, itemCount: 20 }, generatorOptions, random("weights"));
  const bytes = await encodeGenerator({
    generator,
    catalogue: { userCount: 3, itemCount: 20 },
    retriever: undefined,
    candidateCount: 12,
    historyLength: 3,
    training: {},
  });
  const lie = withDescription(bytes, counted({ itemCount: 2 ** 31 - 1 }));
  assert.match(await refusalOf(lie, "goalrank"), /itemEmbedding\.weight is \[20,8\], expected \[2147483647,8\]/);
});

test("what a method chose is checked as it is taken up again", async () => {
  for (const choices of [{}, { temperature: 0 }, { temperature: "hot" }, { temperature: null }]) {
    const message = await refusal("generator-evaluator-5", (metadata) => ({ ...metadata, choices }));
    assert.match(message, /temperature/);
  }
});

test.run();
