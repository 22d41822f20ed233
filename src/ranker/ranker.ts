/** A trained ranker at work: requests in, lists out. The same code runs in Node and in browsers. */
import { candidateBatch } from "../data/batch.ts";
import { featureColumns } from "../data/features/encode-features.ts";
import { UNNAMED_ITEM } from "../data/queries/unnamed-item.ts";
import type { Drawing, Exploration } from "../goalrank/decoding/draw.ts";
import type { ModelShape } from "../goalrank/model-shape.ts";
import { chooseDevice, type Device, type DeviceName, Random } from "../kernels/index.ts";
import type { Answer, Answering } from "../methods/answering.ts";
import { outsideScopes, withDefaultDevice } from "../tensor/index.ts";
import { knownNames, type Names, type RankerLimits } from "./known-names.ts";
import { decodeRanker, RANKER_VERSION, type RankerContent } from "./ranker-file.ts";
import {
  type Drawn,
  type ExploreRequest,
  orRequestError,
  type RankedList,
  type RankRequest,
  RankRequestError,
  type UnknownCandidates,
} from "./requests.ts";
import { withLast } from "./resolve-constraints.ts";
import { observedRows, type ResolvedRequest, requestColumns, resolveRequest } from "./resolve-request.ts";
import { type RestoredMethod, restoreMethod } from "./restore-method.ts";

/** Where a ranker computes, and what it refuses. */
export interface RankerOptions {
  /** Where to compute; "cpu" unless given. */
  readonly device?: DeviceName | Device;
  /** Threads of the CPU device: what GOALRANK_THREADS says, or all cores, unless given. */
  readonly threads?: number;
  readonly limits?: Partial<RankerLimits>;
  /** What becomes of candidates that it does not know and that come without features; "last" unless given. */
  readonly unknown?: UnknownCandidates;
}

/** What a ranker says of itself. */
export interface RankerDescription
  extends Pick<RankerContent, "method" | "fingerprint" | "training">,
    Pick<Answering, "probabilities">,
    Omit<ModelShape, "dropoutRate" | "seed"> {
  /** Of the file's layout. */
  readonly version: number;
  /** The method's title in tables. */
  readonly title: string;
  readonly itemCount: number;
  readonly userCount: number;
  readonly retriever: string | undefined;
  /** Whether what a user met stays a candidate, unless a request says otherwise; missing where that is not known. */
  readonly repeats?: boolean;
  /** The columns of features that requests may give values for. */
  readonly columns: { readonly user: readonly string[]; readonly item: readonly string[] };
  /** The numbers that each request must give of its query and of each candidate, by name; missing where there are none. */
  readonly features?: { readonly query: readonly string[]; readonly candidate: readonly string[] };
}

/** Ranks lists with a method that has learned. `loadRanker` makes one. */
export class Ranker {
  readonly description: RankerDescription;
  private readonly names: Names;
  /** Number of the user of whom nothing is known: one more than there are. */
  private readonly unknownUser: number;
  private readonly titles: readonly string[] | undefined;
  private readonly unknown: UnknownCandidates;

  /** Ends when the answer that is under way does, of a method that answers one request at a time. */
  private underWay: Promise<unknown> = Promise.resolve();

  private constructor(
    content: RankerContent,
    private readonly method: RestoredMethod,
    private readonly device: Device,
    { limits = {}, unknown = "last" }: RankerOptions,
  ) {
    const { catalogue } = content;
    this.names = knownNames(content, limits);
    this.description = describe(content, method, this.names);
    this.unknown = unknown;
    this.titles = catalogue.itemTitles;
    this.unknownUser = catalogue.userCount;
  }

  /** A ranker out of its file's bytes. @throws RankerFileError for bytes cut short, damaged, or of another version */
  static async create(bytes: Uint8Array, options: RankerOptions = {}): Promise<Ranker> {
    const { device = "cpu", threads } = options;
    const content = decodeRanker(bytes);
    const chosen =
      typeof device === "string"
        ? (await chooseDevice(device, threads === undefined ? {} : { threads })).device
        : device;
    return new Ranker(content, await restoreMethod(content, chosen), chosen, options);
  }

  /** The names of all items that it knows, by number. */
  get items(): readonly string[] {
    return this.names.itemIds.filter((name) => name !== UNNAMED_ITEM);
  }

  /** What people call an item; undefined where that is not known. */
  titleOf(item: string): string | undefined {
    const number = this.names.itemNumbers.get(item);
    return (number !== undefined && this.titles?.[number]) || undefined;
  }

  /**
   * The method's best list for a request.
   * @throws RankRequestError for a request that cannot be answered
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
    const resolved = requests.map((request) => orRequestError(() => resolveRequest(request, this.names, this.unknown)));
    // Holds the place of each answer until it is there.
    const unanswered = new RankRequestError("type", "this request was not answered");
    const answers: (RankedList | RankRequestError)[] = resolved.map((own) =>
      own instanceof RankRequestError ? own : unanswered,
    );
    await Promise.all(
      alikeRequests(resolved, this.method.answering).map(async (places) => {
        const group = places.map((place) => resolved[place] as ResolvedRequest);
        const lists = await this.rankAlike(group);
        places.forEach((place, n) => {
          answers[place] = lists instanceof RankRequestError ? lists : orRequestError(() => listOf(group[n], lists[n]));
        });
      }),
    );
    return answers;
  }

  /** Frees the weights. The ranker cannot rank any more. */
  dispose(): void {
    for (const model of this.method.models) model.dispose();
  }

  /** Requests with as many candidates and as long a list each; one alone where there are constraints. */
  private async rankAlike(group: readonly ResolvedRequest[]): Promise<ChosenItems[] | RankRequestError> {
    const [{ rankedLength: length }] = group;
    if (length === 0) return group.map(() => ({ items: [], places: [], logs: [], drawLogs: [] }));
    const answer = await orConstraintError(() => this.answer(group));
    if (answer instanceof RankRequestError) return answer;
    return group.map(({ ranked }, n) => {
      const own = Array.from({ length }, (_, t) => n * length + t);
      return {
        items: own.map((at) => ranked[answer.lists[at]].name),
        places: own.flatMap((at) => ranked[answer.lists[at]].place ?? []),
        logs: own.map((at) => answer.stepLogProbabilities[at]),
        ...(answer.drawLogProbabilities && { drawLogs: own.map((at) => Number(answer.drawLogProbabilities?.[at])) }),
      };
    });
  }

  /** Lists of positions among the candidates. */
  private answer(group: readonly ResolvedRequest[]): Promise<Answer> {
    const { answering } = this.method;
    const columns = requestColumns(group, this.description.historyLength, this.unknownUser);
    const observed = observedRows(group, this.names);
    const { rankedLength: length, constraints } = group[0];
    const make = () => candidateBatch(columns, [...group.keys()], observed);
    const options = { length, constraints, drawings: drawingsOf(group) };
    const run = () => outsideScopes(() => withDefaultDevice(this.device, () => answering.answer(make, options)));
    if (answering.together) return run();
    const answer = this.underWay.then(run);
    this.underWay = answer.catch(() => undefined);
    return answer;
  }
}

/** What the method chose, with the logarithm of each item's probability. */
interface ChosenItems {
  readonly items: readonly string[];
  /** Of each item among the request's candidates, where these come with features. */
  readonly places: readonly number[];
  readonly logs: readonly number[];
  /** The same of the draw, where the list was drawn. */
  readonly drawLogs?: readonly number[];
}

/** The answer to a request: what the method chose, and unknown items where more are wanted. */
function listOf(
  { request, ranked, length, last, unknown, unknownHistory }: ResolvedRequest,
  { items, places, logs, drawLogs }: ChosenItems,
): RankedList {
  const whole = withLast(items, last, length, request.constraints);
  return {
    ...(request.id !== undefined && { id: request.id }),
    items: whole,
    ...(places.length > 0 && { places }),
    scores: whole.map((_, place) => (place < logs.length ? Math.exp(logs[place]) : 0)),
    logProbability: logs.reduce((sum, log) => sum + log, 0),
    ...(request.tellCandidates && { candidates: [...ranked.map(({ name }) => name), ...last] }),
    ...(request.explore && drawLogs && { drawn: describeDraw(request.explore, drawLogs, whole.length) }),
    unknownHistory,
    ...(unknown.length > 0 && { unknownCandidates: unknown }),
  };
}

/** Of a list of `length`: unknown items at its end had to stand there. */
function describeDraw(explore: ExploreRequest, logs: readonly number[], length: number): Drawn {
  return {
    ...explorationOf(explore),
    logProbabilities: Array.from({ length }, (_, place) => logs[place] ?? 0),
    logProbability: logs.reduce((sum, log) => sum + log, 0),
  };
}

function explorationOf({ temperature = 1, topP = 1, epsilon = 0 }: ExploreRequest): Exploration {
  return { temperature, topP, epsilon };
}

/** How each request's list is drawn, where those of the group are. */
function drawingsOf(group: readonly ResolvedRequest[]): Drawing[] | undefined {
  const drawings = group.flatMap(({ request: { explore } }) => {
    if (explore === undefined) return [];
    const random = new Random({ seed: 0, stream: `explore ${explore.key}`, step: 0 });
    return [{ ...explorationOf(explore), random }];
  });
  return drawings.length > 0 ? drawings : undefined;
}

function describe(
  { catalogue: { itemCount, userCount }, retriever, pasts, shape, fingerprint, method, training }: RankerContent,
  { title, answering: { probabilities } }: RestoredMethod,
  { users, items, queryScale, candidateScale }: Names,
): RankerDescription {
  const { dropoutRate: _, seed: __, ...sizes } = shape;
  return {
    version: RANKER_VERSION,
    fingerprint,
    method,
    title,
    probabilities,
    itemCount,
    userCount,
    ...sizes,
    retriever: retriever?.name,
    ...(pasts && { repeats: pasts.repeats }),
    columns: { user: featureColumns(users), item: featureColumns(items) },
    ...((queryScale || candidateScale) && {
      features: { query: queryScale?.names ?? [], candidate: candidateScale?.names ?? [] },
    }),
    training,
  };
}

/** The places of the requests that can be ranked together. */
function alikeRequests(
  resolved: readonly (ResolvedRequest | RankRequestError)[],
  { together }: Pick<Answering, "together">,
): number[][] {
  const groups = new Map<string, number[]>();
  resolved.forEach((request, place) => {
    if (request instanceof RankRequestError) return;
    const { ranked, rankedLength, constraints } = request;
    const isAlike = together && constraints === undefined;
    const draws = request.request.explore !== undefined;
    const key = isAlike ? `${ranked.length} ${rankedLength} ${draws}` : `alone ${place}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [place]);
    else group.push(place);
  });
  return [...groups.values()];
}

/** What `run` gives; constraints that cannot be met are a RankRequestError. */
async function orConstraintError<Result>(run: () => Promise<Result>): Promise<Result | RankRequestError> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof RangeError) || !error.message.startsWith("constraints: ")) throw error;
    const reason = error.message.replace(/^constraints: (request 0 has )?/, "");
    return new RankRequestError("constraints", reason, "constraints");
  }
}
