/** Generators of any shape with random weights and features, requests for them, and what the engine answers. */
import { candidateBatch, type RequestBatch } from "../../src/data/batch.ts";
import type { Catalogue, CategoryTable, FeatureTable, RequestColumns } from "../../src/data/dataset.ts";
import { Generator } from "../../src/goalrank/generator.ts";
import { Random } from "../../src/kernels/index.ts";
import {
  type ExportedGenerator,
  exportGenerator,
  type OnnxDescription,
  type OnnxGenerator,
} from "../../src/onnx/generator.ts";
import { noGrad, scope, tensor } from "../../src/tensor/index.ts";

/** What a draw is made of. */
export interface Draw {
  readonly seed: number;
  readonly width: number;
  readonly heads: number;
  /** Blocks of the encoder and of the decoder each. */
  readonly layers: number;
  readonly listLength: number;
  /** Items of the history; 0: the model reads none. */
  readonly historyLength: number;
  /** Whether logits are added to the retriever's scores. */
  readonly residual?: boolean;
  /** Whether logits are added to those of the contextual judge, and whether that tells apart what is shown. */
  readonly judgeStart?: boolean;
  readonly entireSpace?: boolean;
  readonly users: { readonly features: boolean; readonly categories: boolean };
  readonly items: { readonly features: boolean; readonly categories: boolean };
}

export const USERS = 7;
export const ITEMS = 90;
export const CANDIDATES = 50;

export interface DrawnGenerator {
  readonly draw: Draw;
  readonly catalogue: Catalogue;
  readonly generator: Generator;
}

/** A model whose logits differ by about 1, with random biases too. */
export async function drawGenerator(draw: Draw): Promise<DrawnGenerator> {
  const random = new Random({ seed: draw.seed, stream: "generator", step: 0 });
  const catalogue: Catalogue = {
    userCount: USERS,
    itemCount: ITEMS,
    ...(draw.users.features && { userFeatures: drawFeatures(USERS, random) }),
    ...(draw.users.categories && { userCategories: drawCategories(USERS, random) }),
    ...(draw.items.features && { itemFeatures: drawFeatures(ITEMS, random) }),
    ...(draw.items.categories && { itemCategories: drawCategories(ITEMS, random) }),
  };
  const { layers, judgeStart, entireSpace = false } = draw;
  const judge = judgeStart ? { ranks: CANDIDATES, entireSpace } : undefined;
  const layout = { encoderLayers: layers, decoderLayers: layers, dropoutRate: 0.1, stream: "generator", judge };
  const options = { ...draw, ...layout };
  const generator = new Generator(catalogue, options, random).train(false);
  for (const [name, parameter] of generator.namedParameters()) {
    const weights = await parameter.data();
    const scale = /embedding/i.test(name) ? 20 : 1.4;
    parameter.assign(weights.map((weight) => scale * weight + (parameter.rank === 1 ? drift(random) : 0)));
  }
  return { draw, catalogue, generator };
}

const drift = (random: Random) => 0.2 * random.normal();

function drawFeatures(count: number, random: Random): FeatureTable {
  return { width: 3, data: Float32Array.from({ length: count * 3 }, () => random.normal()) };
}

/** One or two of five categories; number 0 stands for none. */
function drawCategories(count: number, random: Random): CategoryTable {
  const indices = Int32Array.from({ length: count * 2 }, () => random.integer(6));
  const weights = Float32Array.from(indices, (category) => (category === 0 ? 0 : 0.5));
  return { vocabularySize: 6, slots: 2, indices, weights, unknown: Int32Array.of(3) };
}

/** Requests with distinct candidates, and histories of which some are partly or wholly empty. */
export function drawRequests({ draw }: DrawnGenerator, size: number, candidateCount: number, step = 0): RequestColumns {
  const random = new Random({ seed: draw.seed, stream: "requests", step });
  const { historyLength } = draw;
  const history = new Int32Array(size * historyLength);
  for (let row = 0; row < size; row++) {
    const missing = random.integer(historyLength + 1);
    for (let h = 0; h < historyLength; h++) {
      history[row * historyLength + h] = h < missing ? -1 : random.integer(ITEMS);
    }
  }
  return {
    size,
    candidateCount,
    listLength: draw.listLength,
    historyLength,
    users: Int32Array.from({ length: size }, () => random.integer(USERS)),
    candidates: Int32Array.from(
      Array.from({ length: size }, () => [...random.permutation(ITEMS).subarray(0, candidateCount)]).flat(),
    ),
    retrieverScores: Float32Array.from({ length: size * candidateCount }, () => random.normal()),
    history,
    historyFeedback: Float32Array.from(history, () => random.integer(2)),
  };
}

/** As a ranker's file holds it. */
export async function contentOf({ draw, catalogue, generator }: DrawnGenerator): Promise<ExportedGenerator> {
  const weights = await generator.stateDict();
  const shape = { ...draw, candidateCount: CANDIDATES, dropoutRate: 0.1 };
  return { weights, shape, catalogue };
}

export const DESCRIPTION: OnnxDescription = {
  producer: { name: "goalrank", version: "0.0.0" },
  metadata: { purpose: "test" },
};

export async function exportDrawn(drawn: DrawnGenerator): Promise<OnnxGenerator> {
  return exportGenerator(await contentOf(drawn), DESCRIPTION);
}

export function batchOf(requests: RequestColumns): RequestBatch {
  return candidateBatch(
    requests,
    Int32Array.from({ length: requests.size }, (_, row) => row),
  );
}

/** What the engine computes for a batch. */
export interface EngineAnswer {
  /** The outputs of the encoder, by the names that the export gives them: [B, N, D]. */
  readonly memory: Readonly<Record<string, ArrayLike<number>>>;
  /** Of all candidates, at each position of the greedy lists: [L][B, N]. */
  readonly logProbabilities: readonly ArrayLike<number>[];
  /** Candidate positions: [B, L]. */
  readonly lists: ArrayLike<number>;
}

/** Greedy lists, as `Generator.decode` gives them. */
export function answer({ generator, draw }: DrawnGenerator, batch: RequestBatch): EngineAnswer {
  using _ = scope();
  return noGrad(() => {
    const memory = generator.encode(batch);
    const lists = generator.decode(memory, { lists: 1 }).dataSync();
    const N = memory.rows.shape[1];
    const free = new Int32Array(batch.size * N).fill(1);
    const logProbabilities: ArrayLike<number>[] = [];
    let state = generator.begin(memory, 1);
    for (let position = 0; ; position++) {
      logProbabilities.push(state.logits.logSoftmax(tensor(free, [batch.size, N])).dataSync());
      if (position + 1 === draw.listLength) break;
      const choices = Int32Array.from({ length: batch.size }, (_, b) => lists[b * draw.listLength + position]);
      choices.forEach((choice, b) => {
        free[b * N + choice] = 0;
      });
      state = generator.advance(memory, state, tensor(choices, [batch.size, 1]));
    }
    const named = memory.keyValues.flatMap(({ keys, values }, layer) => [
      [`memory_keys_${layer}`, keys.dataSync()],
      [`memory_values_${layer}`, values.dataSync()],
    ]);
    return {
      memory: {
        rows: memory.rows.dataSync(),
        pointers: memory.pointers.dataSync(),
        ...(memory.base && { base: memory.base.dataSync() }),
        ...Object.fromEntries(named),
      },
      logProbabilities,
      lists,
    };
  });
}
