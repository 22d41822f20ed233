/**
 * The generator, GoalRank's policy (appendix D.2): an encoder over all N candidates gives a memory, and a decoder,
 * causal over the positions, points into it. Step t's logits are scaled dot products of the decoder's state with the
 * memory, masked so that no candidate is chosen twice:
 *
 *   pi(list | user) = prod_t softmax_masked(z_t)[list_t]
 */
import type { RequestBatch } from "../data/batch.ts";
import type { Catalogue } from "../data/dataset.ts";
import {
  causalMask,
  DecoderBlock,
  type KeyValues,
  LayerNorm,
  Linear,
  Module,
  normal,
  parameter,
  stackBlocks,
} from "../nn/index.ts";
import { concat, matmul, type Random, type Tensor, tensor } from "../tensor/index.ts";
import { CandidateHeads } from "./candidate-heads.ts";
import { CandidateMemory } from "./candidate-memory.ts";
import type { ContextualJudge } from "./contextual-judge.ts";
import {
  type DecodeOptions,
  decodeLists,
  type ListPolicy,
  type PolicyMemory,
  type PolicyState,
} from "./decoding/decode.ts";
import type { ModelShape, ModelStream } from "./model-shape.ts";
import { RetrieverResidual } from "./retriever-residual.ts";

/** Of a {@link Generator}. */
export interface GeneratorOptions
  extends Pick<ModelShape, "width" | "heads" | "listLength" | "dropoutRate" | "seed" | "residual">,
    ModelStream {
  /**
   * Of a generator that starts from the contextual judge (ours): the initial ranks that its memory tells apart, as many as
   * candidates, and whether a head of its own says what is shown.
   */
  readonly judge?: { readonly ranks: number; readonly entireSpace: boolean } | undefined;
  /** Blocks of the encoder. */
  readonly encoderLayers: number;
  /** Blocks of the decoder. */
  readonly decoderLayers: number;
}

/** The encoded candidates [B, N, D], computed once for any number of lists. */
export interface GeneratorMemory extends PolicyMemory {
  /** What the decoder's state is compared with: [B, N, D]. */
  readonly pointers: Tensor;
  /** For the cross-attention of each decoder block. */
  readonly keyValues: readonly KeyValues[];
  /** The logits that the decoder's are added to, [B, 1, N], where the generator starts from a ranking. */
  readonly base: Tensor | undefined;
}

/** The decoder at one position of S lists of each of B requests. */
export interface DecodingState extends PolicyState {
  /** S */
  readonly lists: number;
  /** The position that is to be filled, from 0: t. */
  readonly position: number;
  /** Of each decoder block, for the positions up to this one: [B * S, t + 1, D]. */
  readonly keyValues: readonly KeyValues[];
}

/**
 * GoalRank's policy (appendix D.2): writes a list item by item, each chosen among the candidates by a pointer.
 *
 * One that starts from the contextual judge (ours) has the judge's memory and heads, and adds to its logits,
 *
 *   z_t[n] = logit p_n + q_t . k_n / sqrt(D),
 *
 * where q is zero before the first step, so that its first greedy list is the judge's ranking. All of it is trained.
 */
export class Generator extends Module implements ListPolicy<GeneratorMemory, DecodingState> {
  readonly listLength: number;
  private readonly width: number;
  /** May start from the reward model's, of the same shape. */
  readonly memory: CandidateMemory;
  /** The decoder's input at the first position: [1, D]. */
  private readonly start: Tensor;
  /** What marks each position: [L, D]. */
  private readonly positions: Tensor;
  private readonly decoderBlocks: DecoderBlock[];
  private readonly stateNorm: LayerNorm;
  private readonly query: Linear;
  private readonly pointer: Linear;
  private readonly residual: RetrieverResidual | undefined;
  /** Read the memory as those of the contextual judge do. */
  private readonly heads: CandidateHeads | undefined;

  constructor(
    catalogue: Catalogue,
    readonly options: GeneratorOptions,
    random: Random,
  ) {
    super();
    const { width, encoderLayers, decoderLayers, listLength, stream, judge } = options;
    this.listLength = listLength;
    this.width = width;
    const below = { ...options, layers: encoderLayers, stream: `${stream} encoder`, ranks: judge?.ranks };
    this.memory = new CandidateMemory(catalogue, below, random);
    this.start = parameter(normal([1, width], 0.1, random), [1, width]);
    this.positions = parameter(normal([listLength, width], 0.1, random), [listLength, width]);
    const above = { ...options, layers: decoderLayers, stream: `${stream} decoder dropout` };
    this.decoderBlocks = stackBlocks(DecoderBlock, above, random);
    this.stateNorm = new LayerNorm(width);
    this.query = new Linear(width, width, random);
    this.pointer = new Linear(width, width, random);
    this.residual = options.residual && judge === undefined ? new RetrieverResidual() : undefined;
    this.heads = judge && new CandidateHeads(width, judge.entireSpace, random);
    if (judge !== undefined) this.query.weight.assign(new Float32Array(width * width));
  }

  /**
   * Takes the weights of a contextual judge of its shape: the generator then ranks as the judge does.
   * @throws RangeError for a generator that is not made to start from a judge
   */
  async startFrom(judge: ContextualJudge): Promise<void> {
    if (this.heads === undefined) throw new RangeError("generator: it was not made to start from a contextual judge");
    this.memory.loadStateDict(await judge.memory.stateDict());
    this.heads.loadStateDict(await judge.heads.stateDict());
  }

  /** Encodes the N candidates of B requests. */
  encode(batch: RequestBatch): GeneratorMemory {
    const rows = this.memory.forward(batch);
    const keyValues = this.decoderBlocks.map((block) => block.projectMemory(rows));
    const ranking = this.heads?.forward(rows) ?? this.residual?.base(batch);
    const base = ranking?.reshape([batch.size, 1, -1]);
    return { rows, pointers: this.pointer.forward(rows), keyValues, base };
  }

  /** log pi of given lists, candidate positions [B, G, L] with L at most the generator's list length: [B, G]. */
  logProbabilities(memory: GeneratorMemory, lists: Int32Array, groupSize: number): Tensor {
    return this.stepLogProbabilities(memory, lists, groupSize).sum(2);
  }

  /** Log-probability of each item of given lists after those before it, all at once (teacher forcing): [B, G, L]. */
  stepLogProbabilities(memory: GeneratorMemory, lists: Int32Array, groupSize: number): Tensor {
    const [requests, candidates] = memory.rows.shape;
    const length = lists.length / (requests * groupSize);
    const inputs = this.teacherInputs(memory, lists, length);
    const logits = this.decodeLogits(memory, inputs, [], causalMask(length)).logits;
    const rows = groupSize * length;
    const free = tensor(freeCandidates(lists, length, candidates), [requests, rows, candidates]);
    const steps = logits.logSoftmax(free).takeAlongLast(tensor(lists, [requests, rows, 1]));
    return steps.reshape([requests, groupSize, length]);
  }

  /** Decodes S lists for each request -> candidate positions i32 [B, S, L]; see `decodeLists`. */
  decode(memory: GeneratorMemory, options: DecodeOptions): Tensor {
    return decodeLists(this, memory, options);
  }

  /** The decoder at the first position of S lists of each request. */
  begin(memory: GeneratorMemory, lists: number): DecodingState {
    const rows = memory.rows.shape[0] * lists;
    const start = this.start.reshape([1, 1, this.width]).broadcastTo([rows, 1, this.width]);
    return this.decodePosition(memory, lists, 0, start, []);
  }

  /**
   * The decoder at the next position, after each of S' lists took a candidate.
   *
   * @param choices candidate positions i32 [B, S']
   * @param parents which of the S lists of `state` each of the S' continues, i32 [B, S']; each its own without it
   */
  advance(memory: GeneratorMemory, state: DecodingState, choices: Tensor, parents?: Tensor): DecodingState {
    const [requests, lists] = choices.shape;
    const take = (rows: Tensor): Tensor => {
      if (parents === undefined) return rows;
      const taken = rows.reshape([requests, state.lists, -1]).takeRows(parents);
      return taken.reshape([requests * lists, -1, this.width]);
    };
    const past = state.keyValues.map(({ keys, values }) => ({ keys: take(keys), values: take(values) }));
    const input = memory.rows.takeRows(choices).reshape([requests * lists, 1, this.width]);
    return this.decodePosition(memory, lists, state.position + 1, input, past);
  }

  /** @param input what was chosen at the position before, or the start: [B * S, 1, D] */
  private decodePosition(
    memory: GeneratorMemory,
    lists: number,
    position: number,
    input: Tensor,
    past: readonly KeyValues[],
  ): DecodingState {
    const marked = input.add(this.positions.slice(0, position, position + 1));
    const { logits, keyValues } = this.decodeLogits(memory, marked, past);
    return { lists, position, logits: logits.reshape([-1, memory.rows.shape[1]]), keyValues };
  }

  /** The start, then each list's items but the last, with their positions: [B * G, L, D]. */
  private teacherInputs(memory: GeneratorMemory, lists: Int32Array, length: number): Tensor {
    const requests = memory.rows.shape[0];
    const rows = lists.length / length;
    const start = this.start.reshape([1, 1, this.width]).broadcastTo([rows, 1, this.width]);
    const previous = new Int32Array(rows * (length - 1));
    for (let row = 0; row < rows; row++) {
      previous.set(lists.subarray(row * length, (row + 1) * length - 1), row * (length - 1));
    }
    const indices = tensor(previous, [requests, previous.length / requests]);
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
    const { base } = memory;
    if (base === undefined) return { logits, keyValues };
    return { logits: this.residual?.add(base, logits) ?? base.add(logits), keyValues };
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
