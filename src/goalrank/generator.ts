/**
 * The generator, GoalRank's policy (appendix D.2): an encoder over all N candidates gives a memory, and a decoder,
 * causal over the positions, points into it. Step t's logits are scaled dot products of the decoder's state with the
 * memory, masked so that no candidate is chosen twice:
 *
 *   pi(list | user) = prod_t softmax_masked(z_t)[list_t]
 */
import {
  causalMask,
  DecoderBlock,
  EncoderBlock,
  type KeyValues,
  LayerNorm,
  Linear,
  Module,
  normal,
  parameter,
} from "../nn/index.ts";
import {
  chooseNext,
  concat,
  full,
  matmul,
  type Random,
  type RandomKey,
  type Tensor,
  tensor,
} from "../tensor/index.ts";
import type { RequestBatch } from "./batch.ts";
import { CandidateEncoder } from "./candidate-encoder.ts";
import type { Catalogue } from "./dataset.ts";

export interface GeneratorOptions {
  /** D */
  readonly width: number;
  readonly heads: number;
  /** Blocks of the encoder. */
  readonly encoderLayers: number;
  /** Blocks of the decoder. */
  readonly decoderLayers: number;
  /** L */
  readonly listLength: number;
  readonly dropoutRate: number;
  readonly seed: number;
}

/** The encoded candidates, computed once for any number of lists. */
export interface GeneratorMemory {
  /** [B, N, D] */
  readonly rows: Tensor;
  /** What the decoder's state is compared with: [B, N, D]. */
  readonly pointers: Tensor;
  /** For the cross-attention of each decoder block. */
  readonly keyValues: readonly KeyValues[];
}

export interface DecodeOptions {
  /** Lists to decode for each request: S. */
  readonly lists: number;
  /** How to sample; greedy without it. */
  readonly sampling?: { readonly temperature: number; readonly key: RandomKey };
}

export class Generator extends Module {
  readonly listLength: number;
  private readonly width: number;
  /** May start from the reward model's, of the same width. */
  readonly encoder: CandidateEncoder;
  private readonly encoderBlocks: EncoderBlock[];
  private readonly memoryNorm: LayerNorm;
  /** The decoder's input at the first position: [1, D]. */
  private readonly start: Tensor;
  /** What marks each position: [L, D]. */
  private readonly positions: Tensor;
  private readonly decoderBlocks: DecoderBlock[];
  private readonly stateNorm: LayerNorm;
  private readonly query: Linear;
  private readonly pointer: Linear;

  constructor(catalogue: Catalogue, options: GeneratorOptions, random: Random) {
    super();
    const { width, heads, encoderLayers, decoderLayers, listLength, dropoutRate, seed } = options;
    const blockOptions = (name: string, layer: number) => {
      const dropoutKey = { seed, stream: `generator ${name} dropout ${layer}` };
      return { width, heads, feedForward: 2 * width, dropoutRate, dropoutKey };
    };
    this.listLength = listLength;
    this.width = width;
    this.encoder = new CandidateEncoder(catalogue, width, random);
    this.encoderBlocks = Array.from(
      { length: encoderLayers },
      (_, layer) => new EncoderBlock(blockOptions("encoder", layer), random),
    );
    this.memoryNorm = new LayerNorm(width);
    this.start = parameter(normal([1, width], 0.1, random), [1, width]);
    this.positions = parameter(normal([listLength, width], 0.1, random), [listLength, width]);
    this.decoderBlocks = Array.from(
      { length: decoderLayers },
      (_, layer) => new DecoderBlock(blockOptions("decoder", layer), random),
    );
    this.stateNorm = new LayerNorm(width);
    this.query = new Linear(width, width, random);
    this.pointer = new Linear(width, width, random);
  }

  /** Encodes the N candidates of B requests. */
  encode(batch: RequestBatch): GeneratorMemory {
    let hidden = this.encoder.forward(batch);
    for (const block of this.encoderBlocks) hidden = block.forward(hidden);
    const rows = this.memoryNorm.forward(hidden);
    const keyValues = this.decoderBlocks.map((block) => block.projectMemory(rows));
    return { rows, pointers: this.pointer.forward(rows), keyValues };
  }

  /**
   * Log-probabilities of given lists, all positions at once (teacher forcing).
   *
   * @param lists candidate positions [B, G, L], L at most the generator's list length
   * @returns log pi: [B, G]
   */
  logProbabilities(memory: GeneratorMemory, lists: Int32Array, groupSize: number): Tensor {
    const [requests, candidates] = memory.rows.shape;
    const length = lists.length / (requests * groupSize);
    const inputs = this.teacherInputs(memory, lists, groupSize, length);
    const logits = this.decodeLogits(memory, inputs, [], causalMask(length)).logits;
    const free = tensor(freeCandidates(lists, length, candidates), [
      requests,
      groupSize * length,
      candidates,
    ]);
    const chosen = tensor(lists, [requests, groupSize * length, 1]);
    const steps = logits.logSoftmax(free).takeAlongLast(chosen);
    return steps.reshape([requests, groupSize, length]).sum(2);
  }

  /** Decodes S lists for each request, position by position -> candidate positions i32 [B, S, L]. */
  decode(memory: GeneratorMemory, { lists, sampling }: DecodeOptions): Tensor {
    const [requests, candidates] = memory.rows.shape;
    const rows = requests * lists;
    let free = full([rows, candidates], 1, { dtype: "i32", device: memory.rows.device });
    let input = this.start.reshape([1, 1, this.width]).broadcastTo([rows, 1, this.width]);
    let past: KeyValues[] = [];
    const chosen: Tensor[] = [];
    for (let t = 0; t < this.listLength; t++) {
      const { logits, keyValues } = this.decodeLogits(
        memory,
        input.add(this.positions.slice(0, t, t + 1)),
        past,
      );
      const key = sampling && { ...sampling.key, stream: `${sampling.key.stream} position ${t}` };
      const choice = chooseNext(
        logits.reshape([rows, candidates]),
        free,
        sampling && key && { temperature: sampling.temperature, key },
      );
      chosen.push(choice.choice.reshape([rows, 1]));
      free = choice.free;
      past = keyValues;
      input = memory.rows.takeRows(choice.choice.reshape([requests, lists])).reshape([rows, 1, this.width]);
    }
    return concat(chosen, 1).reshape([requests, lists, this.listLength]);
  }

  /** Logits of the first position, the generator's score of each candidate by itself: [B, N]. */
  firstLogits(memory: GeneratorMemory): Tensor {
    const [requests, candidates] = memory.rows.shape;
    const start = this.start.add(this.positions.slice(0, 0, 1)).reshape([1, 1, this.width]);
    const { logits } = this.decodeLogits(memory, start.broadcastTo([requests, 1, this.width]), []);
    return logits.reshape([requests, candidates]);
  }

  /** The start, then each list's items but the last, with their positions: [B * G, L, D]. */
  private teacherInputs(
    memory: GeneratorMemory,
    lists: Int32Array,
    groupSize: number,
    length: number,
  ): Tensor {
    const requests = memory.rows.shape[0];
    const rows = requests * groupSize;
    const start = this.start.reshape([1, 1, this.width]).broadcastTo([rows, 1, this.width]);
    const previous = new Int32Array(rows * (length - 1));
    for (let row = 0; row < rows; row++) {
      previous.set(lists.subarray(row * length, (row + 1) * length - 1), row * (length - 1));
    }
    const indices = tensor(previous, [requests, groupSize * (length - 1)]);
    const items = memory.rows.takeRows(indices).reshape([rows, length - 1, this.width]);
    return concat([start, items], 1).add(this.positions.slice(0, 0, length));
  }

  /** Inputs [R, T, D] of the positions after `past` -> logits [B, R * T / B, N]. */
  private decodeLogits(
    memory: GeneratorMemory,
    inputs: Tensor,
    past: readonly KeyValues[],
    selfMask?: Tensor,
  ): { logits: Tensor; keyValues: KeyValues[] } {
    let hidden = inputs;
    const keyValues = this.decoderBlocks.map((block, layer) => {
      const step = block.forward(hidden, memory.keyValues[layer], past[layer], selfMask);
      hidden = step.output;
      return step.keyValues;
    });
    const states = this.query.forward(this.stateNorm.forward(hidden));
    const queries = states.reshape([memory.rows.shape[0], -1, this.width]);
    const logits = matmul(queries, memory.pointers, { transposeB: true }).mul(1 / Math.sqrt(this.width));
    return { logits, keyValues };
  }
}

/** The candidates that each position of each list may still choose: i32 [lists, L, N], flat. */
function freeCandidates(lists: Int32Array, length: number, candidates: number): Int32Array {
  const free = new Int32Array(lists.length * candidates).fill(1);
  for (let start = 0; start < lists.length; start += length) {
    for (let t = 1; t < length; t++) {
      const row = (start + t) * candidates;
      for (let before = 0; before < t; before++) free[row + lists[start + before]] = 0;
    }
  }
  return free;
}
