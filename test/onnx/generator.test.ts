/** Exported generators in onnxruntime compute what the engine computes. */
import fc from "fast-check";
import { Tensor } from "onnxruntime-node";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { RequestColumns } from "../../src/data/dataset.ts";
import { Generator } from "../../src/goalrank/generator.ts";
import { Random } from "../../src/kernels/index.ts";
import { exportGenerator } from "../../src/onnx/generator.ts";
import { withUnknownUser } from "../../src/ranker/unknown.ts";
import { throwsMessage } from "../throws-message.ts";
import {
  answer,
  batchOf,
  contentOf,
  DESCRIPTION,
  type Draw,
  type DrawnGenerator,
  drawGenerator,
  drawRequests,
  exportDrawn,
  USERS,
} from "./random-generator.ts";
import { answerOnnx, assertSameAnswer, difference, encoderInputs, load, release, TOLERANCE } from "./runtime.ts";

const test = suite("exported generators");

const plain: Draw = {
  seed: 1,
  width: 32,
  heads: 2,
  layers: 1,
  listLength: 6,
  historyLength: 0,
  users: { features: false, categories: false },
  items: { features: false, categories: false },
};

const full: Draw = {
  ...plain,
  layers: 2,
  historyLength: 10,
  users: { features: true, categories: true },
  items: { features: true, categories: true },
};

/** Compares on B requests of N candidates, for each of several [B, N]. */
async function compare(draw: Draw, sizes: readonly (readonly [B: number, N: number])[]): Promise<void> {
  const drawn = await drawGenerator(draw);
  const sessions = await load(await exportDrawn(drawn));
  for (const [B, N] of sizes) {
    const batch = batchOf(drawRequests(drawn, B, N));
    const actual = await answerOnnx(sessions, batch, draw.listLength);
    assertSameAnswer(actual, answer(drawn, batch), `B = ${B}, N = ${N}, ${JSON.stringify(draw)}`);
  }
  await release(sessions);
  drawn.generator.dispose();
}

test("a generator that knows items alone, on 50 candidates and on other numbers of them", async () => {
  await compare(plain, [
    [1, 50],
    [3, 50],
    [2, 6],
    [1, 83],
  ]);
});

test("a generator whose logits are added to the retriever's scores", async () => {
  await compare({ ...plain, residual: true }, [
    [1, 50],
    [3, 7],
  ]);
});

test("a generator whose logits are added to the judge's ranking, with one head and with two", async () => {
  // 83 candidates are more than there are ranks.
  const sizes = [
    [2, 50],
    [3, 7],
    [1, 83],
  ] as const;
  await compare({ ...plain, judgeStart: true }, sizes);
  await compare({ ...full, judgeStart: true, entireSpace: true }, sizes);
});

test("two layers with features, categories and histories", async () => {
  await compare(full, [
    [1, 50],
    [3, 50],
    [4, 7],
  ]);
});

test("the width and depth of a trained ranker: D = 128, 4 heads, two layers", async () => {
  await compare({ ...full, width: 128, heads: 4, historyLength: 20 }, [[3, 50]]);
});

const observed = fc.record({ features: fc.boolean(), categories: fc.boolean() });

const draws: fc.Arbitrary<Draw> = fc.record({
  seed: fc.nat(1000),
  width: fc.constantFrom(8, 16, 24),
  heads: fc.constantFrom(1, 2, 4),
  layers: fc.integer({ min: 1, max: 3 }),
  judgeStart: fc.boolean(),
  entireSpace: fc.boolean(),
  listLength: fc.integer({ min: 1, max: 8 }),
  historyLength: fc.integer({ min: 0, max: 6 }),
  users: observed,
  items: observed,
});

test("generators of any shape, on any number of requests and candidates", async () => {
  // Always the same draws: lists may differ where two candidates are as likely as each other, which nothing rules out.
  await fc.assert(
    fc.asyncProperty(draws, fc.integer({ min: 1, max: 4 }), fc.integer({ min: 8, max: 60 }), (draw, B, N) =>
      compare(draw, [[B, N]]),
    ),
    { numRuns: 40, seed: 1 },
  );
});

/** The requests with other users or histories. */
const changed = (requests: RequestColumns, changes: Partial<RequestColumns>): RequestColumns => ({
  ...requests,
  ...changes,
});

test("requests whose histories are all empty may leave them out: H = 0", async () => {
  const drawn = await drawGenerator(full);
  const sessions = await load(await exportDrawn(drawn));
  const requests = drawRequests(drawn, 2, 20);
  const empty = batchOf(changed(requests, { history: new Int32Array(2 * full.historyLength).fill(-1) }));
  const inputs = encoderInputs(sessions.encoder, empty);
  const none = {
    ...inputs,
    history: new Tensor("int64", new BigInt64Array(0), [2, 0]),
    history_weights: new Tensor("float32", new Float32Array(0), [2, 2, 0]),
  };
  const { rows } = await sessions.encoder.run(none);
  assert.ok(difference(rows.data as Float32Array, answer(drawn, empty).memory.rows) < TOLERANCE);
  await release(sessions);
});

/** The same weights among users of whom the last is one of whom nothing is known. */
async function withUnknown({ draw, catalogue, generator }: DrawnGenerator): Promise<DrawnGenerator> {
  const extended = withUnknownUser(catalogue);
  const random = new Random({ seed: 1, stream: "replaced", step: 0 });
  const copy = new Generator(extended, generator.options, random).train(false);
  copy.loadStateDict(await generator.stateDict());
  return { draw, catalogue: extended, generator: copy };
}

test("user -1 is one of whom nothing is known", async () => {
  const drawn = await drawGenerator(full);
  const sessions = await load(await exportDrawn(drawn));
  const requests = drawRequests(drawn, 2, 20);
  const unknown = batchOf(changed(requests, { users: Int32Array.of(-1, 2) }));
  const expected = batchOf(changed(requests, { users: Int32Array.of(USERS, 2) }));
  const actual = await answerOnnx(sessions, unknown, full.listLength);
  assertSameAnswer(actual, answer(await withUnknown(drawn), expected), "users -1 and 2");
  await release(sessions);
});

test("candidates that are not free have the engine's hidden log-probability, and the others sum to 1", async () => {
  const drawn = await drawGenerator(plain);
  const sessions = await load(await exportDrawn(drawn));
  const memory = await sessions.encoder.run(encoderInputs(sessions.encoder, batchOf(drawRequests(drawn, 1, 9))));
  const first = async (free: readonly number[]) => {
    const none = new Tensor("float32", new Float32Array(0), [1, 0, plain.width]);
    const { log_probabilities } = await sessions.decoderStep.run({
      ...memory,
      past_keys_0: none,
      past_values_0: none,
      previous: new Tensor("int64", BigInt64Array.of(-1n), [1]),
      free: new Tensor("bool", Uint8Array.from(free), [1, free.length]),
    });
    return [...(log_probabilities.data as Float32Array)];
  };
  const some = await first([1, 0, 1, 1, 0, 0, 0, 1, 0]);
  assert.equal(
    some.map((log) => (log === -1e9 ? 0 : 1)),
    [1, 0, 1, 1, 0, 0, 0, 1, 0],
  );
  assert.ok(Math.abs(some.reduce((sum, log) => sum + Math.exp(log), 0) - 1) < 1e-5);
  assert.equal(await first(new Array(9).fill(0)), new Array(9).fill(-1e9));
  await release(sessions);
});

test("a position beyond the trained list is refused", async () => {
  const drawn = await drawGenerator({ ...plain, listLength: 2 });
  const sessions = await load(await exportDrawn(drawn), { logSeverityLevel: 4 });
  const batch = batchOf(drawRequests(drawn, 1, 9));
  try {
    await answerOnnx(sessions, batch, 3);
    assert.unreachable("decoded 3 positions of 2");
  } catch (error) {
    assert.match(String(error), /positions|out of (data )?bounds/);
  }
  await release(sessions);
});

test("a weight that is missing is named", async () => {
  const content = await contentOf(await drawGenerator(plain));
  const weights = new Map(content.weights);
  weights.delete("memory.blocks.0.attention.key.bias");
  throwsMessage(
    () => exportGenerator({ ...content, weights }, DESCRIPTION),
    "the model has no weight memory.blocks.0.attention.key.bias",
  );
});

test.run();
