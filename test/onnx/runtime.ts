/** Exported models in onnxruntime, and how far what they compute is from what the engine computes. */
import { InferenceSession, Tensor } from "onnxruntime-node";
import * as assert from "uvu/assert";
import type { RequestBatch } from "../../src/data/batch.ts";
import type { OnnxGenerator } from "../../src/onnx/generator.ts";
import type { EngineAnswer } from "./random-generator.ts";

export interface Sessions {
  readonly encoder: InferenceSession;
  readonly decoderStep: InferenceSession;
}

export async function load(
  { encoder, decoderStep }: OnnxGenerator,
  changes: InferenceSession.SessionOptions = {},
): Promise<Sessions> {
  const options = { intraOpNumThreads: 1, ...changes };
  return {
    encoder: await InferenceSession.create(encoder, options),
    decoderStep: await InferenceSession.create(decoderStep, options),
  };
}

export async function release({ encoder, decoderStep }: Sessions): Promise<void> {
  await encoder.release();
  await decoderStep.release();
}

const integers = (values: ArrayLike<number>, shape: readonly number[]) =>
  new Tensor("int64", BigInt64Array.from(Array.from(values), BigInt), shape);

/** The inputs of the encoder that the model has. */
export function encoderInputs(session: InferenceSession, batch: RequestBatch): Record<string, Tensor> {
  const { size, users, items, retrieverScores, history, historyWeights } = batch;
  const N = items.shape[1];
  const inputs: Record<string, Tensor> = {
    users: integers(users.dataSync(), [size]),
    candidates: integers(items.dataSync(), [size, N]),
    retriever_scores: new Tensor("float32", Float32Array.from(retrieverScores.dataSync()), [size, N]),
  };
  if (history !== undefined && historyWeights !== undefined) {
    inputs.history = integers(history.dataSync(), history.shape);
    const weights = Float32Array.from(historyWeights.dataSync());
    inputs.history_weights = new Tensor("float32", weights, historyWeights.shape);
  }
  return Object.fromEntries(session.inputNames.map((name) => [name, inputs[name]]));
}

/** Greedy decoding through both models. */
export async function answerOnnx(
  { encoder, decoderStep }: Sessions,
  batch: RequestBatch,
  listLength: number,
): Promise<EngineAnswer> {
  const memory = await encoder.run(encoderInputs(encoder, batch));
  const [B, N, D] = memory.rows.dims;
  const free = new Uint8Array(B * N).fill(1);
  const lists = new Int32Array(B * listLength);
  const logProbabilities: ArrayLike<number>[] = [];
  let previous: ArrayLike<number> = new Int32Array(B).fill(-1);
  let past: Record<string, Tensor> = Object.fromEntries(
    decoderStep.inputNames
      .filter((name) => name.startsWith("past_"))
      .map((name) => [name, new Tensor("float32", new Float32Array(0), [B, 0, D])]),
  );
  for (let position = 0; position < listLength; position++) {
    const { log_probabilities, ...present } = await decoderStep.run({
      ...memory,
      ...past,
      previous: integers(previous, [B]),
      free: new Tensor("bool", free.slice(), [B, N]),
    });
    const logs = log_probabilities.data as Float32Array;
    logProbabilities.push(logs);
    previous = Int32Array.from({ length: B }, (_, b) => indexOfLargest(logs.subarray(b * N, (b + 1) * N)));
    for (let b = 0; b < B; b++) {
      free[b * N + previous[b]] = 0;
      lists[b * listLength + position] = previous[b];
    }
    past = Object.fromEntries(
      Object.entries(present).map(([name, value]) => [name.replace("present", "past"), value as Tensor]),
    );
  }
  const named = Object.entries(memory).map(([name, { data }]) => [name, data as Float32Array]);
  return { memory: Object.fromEntries(named), logProbabilities, lists };
}

function indexOfLargest(values: Float32Array): number {
  return values.reduce((best, value, n) => (value > values[best] ? n : best), 0);
}

/** What results may differ by: of encoder outputs and log-probabilities alike. */
export const TOLERANCE = 1e-4;

/** The largest absolute difference. */
export function difference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  assert.is(actual.length, expected.length);
  let largest = 0;
  for (let i = 0; i < expected.length; i++) largest = Math.max(largest, Math.abs(actual[i] - expected[i]));
  return Number.isNaN(largest) ? Number.POSITIVE_INFINITY : largest;
}

/** The largest difference in the outputs of the encoder, and in log-probabilities. */
export function differences(actual: EngineAnswer, expected: EngineAnswer) {
  assert.equal(Object.keys(actual.memory).sort(), Object.keys(expected.memory).sort());
  const names = Object.keys(expected.memory);
  return {
    memory: Math.max(...names.map((name) => difference(actual.memory[name], expected.memory[name]))),
    logProbabilities: Math.max(
      ...expected.logProbabilities.map((logs, t) => difference(actual.logProbabilities[t], logs)),
    ),
  };
}

/** Asserts that both compute the same, and give the same lists. */
export function assertSameAnswer(actual: EngineAnswer, expected: EngineAnswer, what: string): void {
  const { memory, logProbabilities } = differences(actual, expected);
  assert.ok(memory < TOLERANCE, `${what}: outputs of the encoder differ by ${memory}`);
  assert.ok(logProbabilities < TOLERANCE, `${what}: log-probabilities differ by ${logProbabilities}`);
  assert.equal([...Array.from(actual.lists)], [...Array.from(expected.lists)], what);
}
