/** Files in the safetensors layout: tensors by themselves, checkpoints, rankers. */

import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import * as assert from "uvu/assert";
import type { Catalogue } from "../../../src/data/dataset.ts";
import { MatrixRetriever } from "../../../src/data/retrievers/matrix-retriever.ts";
import type { Retriever } from "../../../src/data/retrievers/retriever.ts";
import { crc32c } from "../../../src/files/crc32c.ts";
import { CpuDevice } from "../../../src/kernels/index.ts";
import { findMethod } from "../../../src/methods/index.ts";
import { createSharedModels, namedSharedModels } from "../../../src/methods/shared-models.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafetensorsEntry,
  SafetensorsError,
} from "../../../src/nn/index.ts";
import { Ranker } from "../../../src/ranker/ranker.ts";
import { encodeRanker, RankerFileError } from "../../../src/ranker/ranker-file.ts";
import { type Checkpoint, CheckpointError } from "../../../src/training/checkpoint.ts";
import { CheckpointFolder } from "../../../src/training/checkpoint-folder.ts";
import { logOf } from "../../data/logs.ts";
import type { FuzzReader } from "../fuzz.ts";
import { nearlyValid, nearlyValidJson } from "../mutations.ts";
import { ScratchFolder } from "../scratch-folder.ts";

type Tensors = Map<string, SafetensorsEntry>;

const tensors: Tensors = new Map([
  ["model.weight", { dtype: "F32", shape: [2, 3], data: Float32Array.of(1, 0.5, -0, Number.NaN, 2, 3) }],
  ["model.bias", { dtype: "F64", shape: [2], data: Float64Array.of(1e300, -1) }],
  ["steps", { dtype: "I32", shape: [], data: Int32Array.of(7) }],
  ["names", { dtype: "U8", shape: [3], data: Uint8Array.of(91, 93, 32) }],
  ["nothing", { dtype: "F32", shape: [0, 4], data: new Float32Array() }],
]);

const JSON_WORDS = [
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  '"',
  "null",
  "true",
  "-",
  '"dtype"',
  '"F32"',
  '"BF16"',
  '"shape":[]',
  "[0,0]",
  '"__metadata__":{}',
  '"__proto__":{}',
  '"\\ud800"',
  "\\u0041",
  " ".repeat(64),
  "[".repeat(2000),
];

/** A file whose header is any text, of the length that it has. */
function withHeader(header: string, data: Uint8Array): Uint8Array {
  const text = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Uint8Array.from(Buffer.concat([length, text, data]));
}

/** Edits of the bytes, of the header's text and of its JSON. */
function editedSafetensors(samples: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const parts = samples.map((file) => {
    const end = 8 + new DataView(file.buffer, file.byteOffset).getUint32(0, true);
    return { header: file.subarray(8, end), data: file.subarray(end) };
  });
  const headers = parts.map(({ header }) => header);
  const data = fc.constantFrom(...parts.map((part) => part.data));
  const texts = nearlyValid(headers, JSON_WORDS).map((bytes) => Buffer.from(bytes).toString("latin1"));
  const values = nearlyValidJson(headers.map((header) => JSON.parse(Buffer.from(header).toString())));
  return fc.oneof(
    nearlyValid(samples, JSON_WORDS),
    fc.tuple(texts, data).map(([text, bytes]) => withHeader(text, bytes)),
    fc.tuple(values, data).map(([value, bytes]) => withHeader(JSON.stringify(value) ?? "", bytes)),
  );
}

function bits(map: ReadonlyMap<string, SafetensorsEntry>): unknown {
  return [...map]
    .map(([name, { dtype, shape, data }]) => {
      const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
      return [name, dtype, shape.map((extent) => extent + 0), bytes.toString("hex")] as const;
    })
    .sort(([left], [right]) => (left < right ? -1 : 1));
}

export function safetensorsReader(): FuzzReader {
  const samples = [encodeSafetensors(tensors, { step: "12", note: "ä" }), encodeSafetensors(new Map())];
  return {
    name: "safetensors",
    inputs: editedSafetensors(samples),
    async read(input) {
      const read = decodeSafetensors(input);
      const again = decodeSafetensors(encodeSafetensors(read.tensors, read.metadata));
      assert.equal(bits(again.tensors), bits(read.tensors));
      assert.equal(again.metadata, read.metadata);
    },
    refusals: [SafetensorsError],
  };
}

/** Says of an input that it was refused, where the reader itself goes on with something older. */
class PassedOver extends Error {}

/** The newest of two checkpoints is the input. Whatever it holds, training goes on, or there is an error. */
export function checkpointReader(): FuzzReader {
  const folder = new ScratchFolder();
  const warnings: string[] = [];
  const store = new CheckpointFolder(folder.path, "run 1", (message) => void warnings.push(message));
  const older: Checkpoint = { step: 1, finished: false, validation: { best: 0.5, since: 2 }, tensors };
  const newer: Checkpoint = { ...older, step: 2, finished: true, validation: undefined };
  const name = "stage-00000002.safetensors";
  let saved: Promise<Uint8Array> | undefined;
  const saveBoth = async () => {
    await store.save("stage", older);
    await store.save("stage", newer);
    return Uint8Array.from(readFileSync(join(folder.path, name)));
  };
  const samples = ["run 1", "run 2"].map((fingerprint) => {
    const metadata = { version: "1", fingerprint, progress: '{"step":2,"finished":true}' };
    return withChecksum(tensors, metadata);
  });
  const metadata = nearlyValidJson([
    { version: "1", fingerprint: "run 1", progress: '{"step":2,"finished":true}' },
    { version: "1", fingerprint: "run 1", progress: '{"step":2,"validation":{"best":1,"since":0}}' },
  ]);
  const progress = nearlyValidJson([{ step: 2, finished: true, validation: { best: 1, since: 0 } }]);
  const valid = fc.oneof(
    metadata.map((value) => withChecksum(tensors, textsOf(value))),
    progress.map((value) =>
      withChecksum(tensors, { version: "1", fingerprint: "run 1", progress: String(JSON.stringify(value)) }),
    ),
  );
  return {
    name: "checkpoint",
    inputs: fc.oneof({ weight: 3, arbitrary: editedSafetensors(samples) }, { weight: 1, arbitrary: valid }),
    async read(input) {
      saved ??= saveBoth();
      await saved;
      warnings.length = 0;
      const file = folder.write(name, input);
      const read = await store.load("stage");
      if (read === undefined) throw new Error("neither checkpoint was read");
      if (warnings.length > 0) {
        assert.equal(warnings.length, 1);
        assert.not(existsSync(file));
        assert.equal({ ...read, tensors: bits(read.tensors) }, { ...older, tensors: bits(tensors) });
        throw new PassedOver(warnings[0]);
      }
      assert.ok(Number.isInteger(read.step) && typeof read.finished === "boolean");
      assert.equal(bits(read.tensors), bits(tensors));
    },
    refusals: [PassedOver, CheckpointError],
    close: () => folder.remove(),
  };
}

function withChecksum(entries: Tensors, metadata: Record<string, string>): Uint8Array {
  const checksum = createHash("sha256").update(encodeSafetensors(entries, metadata)).digest("hex");
  return encodeSafetensors(entries, { ...metadata, checksum });
}

/** What of a JSON value metadata can hold. */
function textsOf(value: unknown): Record<string, string> {
  if (typeof value !== "object" || value === null) return {};
  const isText = (part: unknown) => typeof part === "string" && !/\p{Surrogate}/u.test(part);
  return Object.fromEntries(Object.entries(value).filter((entry) => entry.every(isText)));
}

const crc = (bytes: Uint8Array) => crc32c(bytes).toString(16).padStart(8, "0");

/** A ranker of lists of two out of four candidates, of width 4, with initial weights. */
async function untrainedRanker(name: string, catalogue: Catalogue, retriever: Retriever): Promise<Uint8Array> {
  const method = findMethod(name);
  const sizes = { width: 4, heads: 1, layers: 1, dropoutRate: 0, seed: 1 };
  const models = createSharedModels(
    { ...sizes, listLength: 2, candidateCount: 4, historyLength: 2, catalogue },
    { kind: "list", contextLayers: 1, head: "positions", reading: "top-down", members: 2, pessimism: 1 },
    method.answersWith,
  );
  const instance = method.create(models.context);
  const bytes = await encodeRanker({ method, instance, models, retriever, training: { seed: 1 } });
  const own = [...namedSharedModels(models).map(([, model]) => model), ...Object.values(instance.models)];
  for (const model of own) model.dispose();
  return bytes;
}

/** Edits of a ranker's bytes, and of its description with the checksum that it should have. */
export async function rankerReader(): Promise<FuzzReader> {
  const rows = Array.from({ length: 12 }, (_, n) => [`u${n % 3}`, `i${n % 5}`, 5, n] as const);
  const log = logOf(rows);
  const catalogue = { userCount: 3, itemCount: 5, userIds: log.userIds, itemIds: log.itemIds };
  const device = new CpuDevice({ threads: 1 });
  const retriever = MatrixRetriever.fit(
    { width: 1, users: new Float32Array(3), items: new Float32Array(5), biases: new Float32Array(5) },
    log,
  );
  const samples = await Promise.all(
    ["goalrank", "generator-evaluator-3"].map((name) => untrainedRanker(name, catalogue, retriever)),
  );
  const described = fc.oneof(
    ...samples.map((sample) => {
      const { tensors: own, metadata } = decodeSafetensors(sample);
      return nearlyValidJson([JSON.parse(metadata.goalrank)]).map((value) => {
        const goalrank = JSON.stringify(value) ?? "";
        return encodeSafetensors(own, { goalrank, goalrank_crc32c: crc(Buffer.from(goalrank)) });
      });
    }),
  );
  return {
    name: "ranker",
    inputs: fc.oneof({ weight: 2, arbitrary: editedSafetensors(samples) }, { weight: 1, arbitrary: described }),
    async read(input) {
      const ranker = await Ranker.create(input, { device });
      try {
        const { userCount, itemCount, listLength, fingerprint } = ranker.description;
        assert.equal([userCount, itemCount, listLength], [3, 5, 2]);
        assert.match(fingerprint, /^[0-9a-f]{8}$/);
        // A file without a retriever is whole, but cannot score candidates.
        const candidates = ["i4", "i0", "i2"].map((item, score) => ({ item, score }));
        const { items } = await ranker.rank({ user: "u1", candidates });
        assert.is(new Set(items).size, listLength);
      } finally {
        ranker.dispose();
      }
    },
    refusals: [RankerFileError],
  };
}
