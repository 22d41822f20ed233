/** A generator over so few candidates that every list can be enumerated: N = 6, L = 3, 120 lists. */
import * as assert from "uvu/assert";
import { candidateBatch } from "../src/data/batch.ts";
import type { RequestColumns } from "../src/data/dataset.ts";
import type { DecodeOptions } from "../src/goalrank/decoding/decode.ts";
import { Generator, type GeneratorMemory } from "../src/goalrank/generator.ts";
import { Random, type RandomKey } from "../src/kernels/index.ts";
import { noGrad, scope, type Tensor } from "../src/tensor/index.ts";
import { generatorOptions, log, world } from "./small-world.ts";

export const CANDIDATES = 6;
export const LENGTH = 3;
export const REQUESTS = 3;

/** The first candidates of the first requests of the log. */
export const requests: RequestColumns = {
  ...log,
  size: REQUESTS,
  candidateCount: CANDIDATES,
  listLength: LENGTH,
  candidates: firstCandidates(log.candidates),
  retrieverScores: firstCandidates(log.retrieverScores),
};

function firstCandidates<Column extends Int32Array | Float32Array>(column: Column): Column {
  const kept = (at: number) => Math.floor(at / CANDIDATES) * log.candidateCount + (at % CANDIDATES);
  return column.slice(0, REQUESTS * CANDIDATES).map((_, at) => column[kept(at)]) as Column;
}

/** A generator whose logits differ by enough that its lists do not all seem alike. */
export async function createGenerator(): Promise<Generator> {
  const random = new Random({ seed: 5, stream: "test", step: 0 });
  const generator = new Generator(
    world.catalogue,
    { ...generatorOptions, listLength: LENGTH, stream: "generator" },
    random,
  ).train(false);
  for (const parameter of generator.parameters()) {
    if (parameter.rank === 2) parameter.assign((await parameter.data()).map((weight) => 1.7 * weight));
  }
  return generator;
}

export function encode(generator: Generator, dataset: RequestColumns = requests): GeneratorMemory {
  const rows = Int32Array.from({ length: REQUESTS }, (_, row) => row);
  return noGrad(() => generator.encode(candidateBatch(dataset, rows)));
}

export const key = (seed: number): RandomKey => ({ seed, stream: "test", step: 0 });

/** Every list of `length` distinct numbers from 0 to `count` - 1, in order. */
export function allLists(count = CANDIDATES, length = LENGTH): number[][] {
  if (length === 0) return [[]];
  return allLists(count, length - 1).flatMap((list) =>
    Array.from({ length: count }, (_, next) => [...list, next]).filter(
      (longer) => new Set(longer).size === longer.length,
    ),
  );
}

/** log pi of every list of `allLists`, request by request: [B][120]. */
export function allLogProbabilities(generator: Generator, memory: GeneratorMemory): number[][] {
  const lists = allLists();
  const repeated = Array.from({ length: REQUESTS }, () => lists.flat()).flat();
  const logs: Tensor = noGrad(() => generator.logProbabilities(memory, Int32Array.from(repeated), lists.length));
  const flat = [...logs.dataSync()];
  return Array.from({ length: REQUESTS }, (_, b) => flat.slice(b * lists.length, (b + 1) * lists.length));
}

const PLACES = new Map(allLists().map((list, at) => [list.join(), at]));

/** Where a list stands in `allLists`. */
export function placeOf(list: readonly number[]): number {
  return PLACES.get(list.join()) ?? -1;
}

/** The lists of an array, one by one. */
export function split(lists: ArrayLike<number>, length = LENGTH): number[][] {
  return Array.from({ length: lists.length / length }, (_, i) =>
    Array.from({ length }, (_, t) => lists[i * length + t]),
  );
}

/** The lists of each request: [B][S][L]. */
export function byRequest(lists: ArrayLike<number>): number[][][] {
  const all = split(lists);
  const each = all.length / REQUESTS;
  return Array.from({ length: REQUESTS }, (_, b) => all.slice(b * each, (b + 1) * each));
}

/** What `decode` gives: [B][S][L]. */
export function decodedLists(generator: Generator, memory: GeneratorMemory, options: DecodeOptions): number[][][] {
  using _ = scope();
  return byRequest(noGrad(() => generator.decode(memory, options)).dataSync());
}

/** Asserts that two log-probabilities agree as far as f32 carries them. */
export function assertClose(actual: number, expected: number, what: string): void {
  assert.ok(Math.abs(actual - expected) < 1e-4, `${what}: ${actual}, expected ${expected}`);
}

/** How the next item is drawn from the probabilities of all candidates, 0 for those that are not free. */
export type NextItem = (probabilities: number[]) => number[];

/**
 * Probability of every list of `allLists` when each item is drawn from `change(p)`, where p is the exact conditional
 * distribution of the next item under lists of the given log-probabilities.
 */
export function changedProbabilities(logs: readonly number[], change: NextItem): number[] {
  const lists = allLists();
  const probabilityOf = (prefix: readonly number[]) =>
    lists.reduce((sum, list, i) => (prefix.every((item, t) => list[t] === item) ? sum + Math.exp(logs[i]) : sum), 0);
  const conditionals = new Map<string, number[]>();
  const conditional = (prefix: readonly number[]) => {
    const name = prefix.join();
    const known = conditionals.get(name);
    if (known !== undefined) return known;
    const total = probabilityOf(prefix);
    const next = Array.from({ length: CANDIDATES }, (_, n) =>
      prefix.includes(n) ? 0 : probabilityOf([...prefix, n]) / total,
    );
    const changed = change(next);
    conditionals.set(name, changed);
    return changed;
  };
  return lists.map((list) => list.reduce((product, item, t) => product * conditional(list.slice(0, t))[item], 1));
}

/** softmax(log p / temperature) */
export const tempered =
  (temperature: number): NextItem =>
  (probabilities) =>
    normalise(probabilities.map((p) => p ** (1 / temperature)));

/** p without what lies outside its nucleus. */
export const truncated =
  (topP: number): NextItem =>
  (probabilities) => {
    const order = probabilities.map((_, n) => n).sort((a, b) => probabilities[b] - probabilities[a]);
    let mass = 0;
    const kept = new Set(
      order.filter((n) => {
        const isKept = mass < topP;
        mass += probabilities[n];
        return isKept;
      }),
    );
    return normalise(probabilities.map((p, n) => (kept.has(n) ? p : 0)));
  };

export function normalise(weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/**
 * Half the sum of the absolute differences between the shares of drawn lists and exact probabilities of `allLists`.
 * With n draws of 120 lists it is about sqrt(120 / (2 pi n)) at most on average: 0.031 at 20,000.
 */
export function totalVariation(drawn: readonly number[][], exact: readonly number[]): number {
  const counts = new Int32Array(exact.length);
  for (const list of drawn) counts[placeOf(list)]++;
  return exact.reduce((sum, probability, i) => sum + Math.abs(counts[i] / drawn.length - probability), 0) / 2;
}
