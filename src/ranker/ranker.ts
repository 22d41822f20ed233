/** A trained ranker at work: requests in, lists out. The same code runs in Node and in browsers. */

import { candidateBatch } from "../data/batch.ts";
import { decodeScoredLists } from "../goalrank/decoding/decode.ts";
import { Generator, type GeneratorOptions } from "../goalrank/generator.ts";
import { chooseDevice, type Device, type DeviceName } from "../kernels/index.ts";
import { noGrad, outsideScopes, Random, scope, type Tensor, withDefaultDevice } from "../tensor/index.ts";
import { decodeRanker, RANKER_VERSION, RankerFileError, type RestoredRanker } from "./ranker-file.ts";
import { requestColumns } from "./request-columns.ts";
import { type RankedList, type RankRequest, RankRequestError } from "./requests.ts";
import {
  DEFAULT_LIMITS,
  type Names,
  type RankerLimits,
  type ResolvedRequest,
  resolveRequest,
} from "./resolve-request.ts";
import { withUnknownUser } from "./unknown-user.ts";

/** Where a ranker computes, and what it refuses. */
export interface RankerOptions {
  /** Where to compute; "cpu" unless given. */
  readonly device?: DeviceName | Device;
  /** Threads of the CPU device: what GOALRANK_THREADS says, or all cores, unless given. */
  readonly threads?: number;
  readonly limits?: Partial<RankerLimits>;
}

/** What a ranker says of itself. */
export interface RankerDescription {
  /** Of the file's layout. */
  readonly version: number;
  /** Eight hexadecimal digits, the same for the same ranker. */
  readonly fingerprint: string;
  readonly itemCount: number;
  readonly userCount: number;
  /** Most items of a list, L. */
  readonly listLength: number;
  /** Candidates and entries of a history that it was trained with: N and H. */
  readonly candidateCount: number;
  readonly historyLength: number;
  /** Of the generator: D, attention heads, and blocks of its encoder and decoder together. */
  readonly width: number;
  readonly heads: number;
  readonly layers: number;
  readonly retriever: string | undefined;
  /** Where it comes from. */
  readonly training: Readonly<Record<string, unknown>>;
}

/** Ranks lists with a generator. `loadRanker` makes one. */
export class Ranker {
  readonly description: RankerDescription;
  private readonly names: Names;
  private readonly generator: Generator;
  /** Number of the user of whom nothing is known: one more than there are. */
  private readonly unknownUser: number;
  private readonly titles: readonly string[] | undefined;

  private constructor(
    content: RestoredRanker,
    private readonly device: Device,
    limits: Partial<RankerLimits>,
  ) {
    const { catalogue, generatorOptions, retriever, candidateCount } = content;
    const itemIds = catalogue.itemIds ?? numberNames(catalogue.itemCount);
    this.description = describe(content);
    this.names = {
      userNumbers: byName(catalogue.userIds ?? numberNames(catalogue.userCount)),
      itemIds,
      itemNumbers: byName(itemIds),
      retriever,
      listLength: generatorOptions.listLength,
      candidateCount,
      limits: { ...DEFAULT_LIMITS, ...limits },
    };
    this.titles = catalogue.itemTitles;
    this.unknownUser = catalogue.userCount;
    this.generator = restoreGenerator(content, device);
  }

  /**
   * A ranker out of the bytes of its file.
   * @throws RankerFileError for bytes that are cut short, damaged, or of another version
   */
  static async create(bytes: Uint8Array, options: RankerOptions = {}): Promise<Ranker> {
    const { device = "cpu", threads, limits = {} } = options;
    const content = decodeRanker(bytes);
    const chosen =
      typeof device === "string"
        ? (await chooseDevice(device, threads === undefined ? {} : { threads })).device
        : device;
    return new Ranker(content, chosen, limits);
  }

  /** The names of all items that it knows, by number. */
  get items(): readonly string[] {
    return this.names.itemIds;
  }

  /** What people call an item; undefined where that is not known. */
  titleOf(item: string): string | undefined {
    const number = this.names.itemNumbers.get(item);
    return (number !== undefined && this.titles?.[number]) || undefined;
  }

  /**
   * The generator's greedy list for a request.
   * @throws RankRequestError for a request that cannot be answered
   *
   * @example
   * const ranker = await loadRanker("runs/first/ranker.safetensors");
   * const { items } = await ranker.rank({ history: ["1193", "661"], length: 3 });
   */
  async rank(request: RankRequest): Promise<RankedList> {
    const [answer] = await this.rankMany([request]);
    if (answer instanceof RankRequestError) throw answer;
    return answer;
  }

  /** Answers requests together, in their order; one that cannot be answered does the others no harm. */
  async rankMany(requests: readonly RankRequest[]): Promise<(RankedList | RankRequestError)[]> {
    const resolved = requests.map((request) => orRequestError(() => resolveRequest(request, this.names)));
    const answers: (RankedList | RankRequestError)[] = resolved.map((own) =>
      own instanceof RankRequestError ? own : unanswered(),
    );
    await Promise.all(
      alikeRequests(resolved).map(async (places) => {
        const group = places.map((place) => resolved[place] as ResolvedRequest);
        const lists = await this.rankAlike(group);
        places.forEach((place, n) => {
          answers[place] = lists instanceof RankRequestError ? lists : lists[n];
        });
      }),
    );
    return answers;
  }

  /** Frees the weights. The ranker cannot rank any more. */
  dispose(): void {
    this.generator.dispose();
  }

  /** Requests with as many candidates and as long a list each; one alone where there are constraints. */
  private async rankAlike(group: readonly ResolvedRequest[]): Promise<RankedList[] | RankRequestError> {
    const decoded = orRequestError(() => this.decode(group));
    if (decoded instanceof RankRequestError) return decoded;
    const [choices, steps] = await Promise.all([takeData(decoded.lists), takeData(decoded.steps)]);
    return group.map(({ candidates, length, unknownHistory }, n) => {
      const own = Array.from({ length }, (_, t) => n * length + t);
      return {
        items: own.map((at) => this.names.itemIds[candidates[choices[at]]]),
        scores: own.map((at) => Math.exp(steps[at])),
        logProbability: own.reduce((sum, at) => sum + steps[at], 0),
        unknownHistory,
      };
    });
  }

  /** At once, so that other work of this process cannot come between: candidate positions and log-probabilities [B, L]. */
  private decode(group: readonly ResolvedRequest[]): { readonly lists: Tensor; readonly steps: Tensor } {
    const columns = requestColumns(group, this.description.historyLength, this.unknownUser);
    const { length, constraints } = group[0];
    const run = () => {
      using step = scope();
      const memory = this.generator.encode(candidateBatch(columns, [...group.keys()]));
      const options = { lists: 1, length, ...(constraints && { constraints }) };
      const { lists, stepLogProbabilities: steps } = decodeScoredLists(this.generator, memory, options);
      return { lists: step.keep(lists), steps: step.keep(steps) };
    };
    return outsideScopes(() => withDefaultDevice(this.device, () => noGrad(run)));
  }
}

function describe({ catalogue, generatorOptions, retriever, ...content }: RestoredRanker): RankerDescription {
  const { width, heads, encoderLayers, decoderLayers, listLength } = generatorOptions;
  const { fingerprint, candidateCount, historyLength, training } = content;
  return {
    version: RANKER_VERSION,
    fingerprint,
    itemCount: catalogue.itemCount,
    userCount: catalogue.userCount,
    listLength,
    candidateCount,
    historyLength,
    width,
    heads,
    layers: encoderLayers + decoderLayers,
    retriever: retriever?.name,
    training,
  };
}

function restoreGenerator(
  { catalogue, generatorOptions, weights }: RestoredRanker,
  device: Device,
): Generator {
  return outsideScopes(() =>
    withDefaultDevice(device, () => {
      const random = new Random({ seed: 0, stream: "replaced by the weights of the file", step: 0 });
      let generator: Generator | undefined;
      try {
        checkSizes(generatorOptions, weights);
        generator = new Generator(
          withUnknownUser(catalogue),
          { ...generatorOptions, dropoutRate: 0 },
          random,
        );
        generator.loadStateDict(weights);
        return generator;
      } catch (cause) {
        generator?.dispose();
        throw new RankerFileError(
          `ranker: the weights are not those of its generator (${(cause as Error).message})`,
          {
            cause,
          },
        );
      }
    }),
  );
}

/** Before memory is taken for a generator of these sizes: the weights must have them too. */
function checkSizes(
  { width, heads, listLength, encoderLayers, decoderLayers }: GeneratorOptions,
  weights: RestoredRanker["weights"],
): void {
  const shape = weights.get("positions")?.shape;
  if (`${shape}` !== `${[listLength, width]}`) {
    throw new RangeError(`positions is [${shape ?? "missing"}], expected [${listLength},${width}]`);
  }
  if (width % heads !== 0) throw new RangeError(`${heads} heads do not divide the width ${width}`);
  if (weights.size < encoderLayers + decoderLayers) {
    throw new RangeError(`${weights.size} tensors for ${encoderLayers + decoderLayers} layers`);
  }
}

/** The places of the requests that can be ranked together. */
function alikeRequests(resolved: readonly (ResolvedRequest | RankRequestError)[]): number[][] {
  const groups = new Map<string, number[]>();
  resolved.forEach((request, place) => {
    if (request instanceof RankRequestError) return;
    const { candidates, length, constraints } = request;
    const key = constraints === undefined ? `${candidates.length} ${length}` : `constraints of ${place}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [place]);
    else group.push(place);
  });
  return [...groups.values()];
}

/** What `run` gives, or the RankRequestError that it throws; constraints that cannot be met are one. */
function orRequestError<Result>(run: () => Result): Result | RankRequestError {
  try {
    return run();
  } catch (error) {
    if (error instanceof RankRequestError) return error;
    if (!(error instanceof RangeError) || !error.message.startsWith("constraints: ")) throw error;
    const reason = error.message.replace(/^constraints: (request 0 has )?/, "");
    return new RankRequestError("constraints", reason, "constraints");
  }
}

/** The elements of a tensor, which is freed. */
async function takeData(tensor: Tensor): Promise<ArrayLike<number>> {
  const data = await tensor.data();
  tensor.dispose();
  return data;
}

/** Holds the place of an answer until it is there. */
function unanswered(): RankRequestError {
  return new RankRequestError("type", "this request was not answered");
}

function numberNames(count: number): string[] {
  return Array.from({ length: count }, (_, number) => String(number));
}

function byName(names: readonly string[]): Map<string, number> {
  return new Map(names.map((name, number) => [name, number]));
}
