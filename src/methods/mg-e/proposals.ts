/** What each member of MG-E's fleet proposes for a batch of requests; see `fleet.ts`. */
import type { RequestBatch } from "../../data/batch.ts";
import type { ListConstraints } from "../../goalrank/decoding/constraints.ts";
import {
  type DecodeOptions,
  decodeLists,
  type ListPolicy,
  type PolicyMemory,
  type PolicyState,
} from "../../goalrank/decoding/decode.ts";
import type { Generator, GeneratorMemory } from "../../goalrank/generator.ts";
import { diverseLists } from "../../goalrank/groups/diverse.ts";
import type { SourceLists } from "../../goalrank/groups/lists.ts";
import { markovLists, type PairScores, pairScores } from "../../goalrank/groups/markov.ts";
import { randomLists } from "../../goalrank/groups/random.ts";
import { substitutedLists } from "../../goalrank/groups/substitution.ts";
import { treeLists } from "../../goalrank/groups/tree.ts";
import { gumbelTopK, type HeldScope, noGrad, Random, type RandomKey, type Tensor, tensor } from "../../tensor/index.ts";
import { contrastiveLists, type Matching, type MatchingGenerator } from "../nar4rec.ts";
import { topCandidates } from "../pier/permutations.ts";
import type { PointwiseRanker } from "../pointwise-ranker.ts";
import {
  type AutoregressiveDecoding,
  type AutoregressiveNetwork,
  type FleetMember,
  type MatchingDecoding,
  type PointwiseDecoding,
  TREE_BRANCHES,
} from "./fleet.ts";

/** What the members of a fleet read, as far as one of them does. */
export interface FleetNetworks {
  readonly pointwise: PointwiseRanker;
  readonly autoregressive: ReadonlyMap<AutoregressiveNetwork, Generator>;
  readonly matching: MatchingGenerator | undefined;
}

/** At what temperatures members sample. */
export interface SamplingTemperatures {
  /** Of the pointwise ranker. */
  readonly pointwise: number;
  /** What the temperatures of the other networks' members are multiplied with. */
  readonly factor: number;
}

/** What proposals of a batch are made under. */
export interface ProposalOptions {
  /** L */
  readonly length: number;
  /** Owns all that is made. */
  readonly held: HeldScope;
  readonly temperatures: SamplingTemperatures;
}

/** What has been read of an autoregressive network. */
interface Reading {
  readonly generator: Generator;
  readonly memory: GeneratorMemory;
  pairs?: PairScores;
  tree?: SourceLists;
}

/** One batch of requests, which every network reads once at most. */
export class FleetProposals {
  /** Scores of all candidates by themselves: [B, N]. */
  readonly scores: Tensor;
  private readonly readings = new Map<AutoregressiveNetwork, Reading>();
  private matching: Matching | undefined;
  private readonly candidates: number;
  private readonly length: number;
  private readonly held: HeldScope;
  private readonly temperatures: SamplingTemperatures;

  constructor(
    private readonly networks: FleetNetworks,
    private readonly batch: RequestBatch,
    { length, held, temperatures }: ProposalOptions,
  ) {
    this.length = length;
    this.held = held;
    this.temperatures = temperatures;
    this.candidates = batch.items.shape[1];
    this.scores = held.run(() => noGrad(() => networks.pointwise.forward(batch)));
  }

  /** A member's list for each request, candidate positions i32 [B, 1, L]; only random choices depend on the key. */
  async listsOf(member: FleetMember, key: RandomKey): Promise<Tensor> {
    const lists = await this.held.run(() => this.propose(member, key));
    return this.held.run(() => lists.reshape([this.batch.size, 1, this.length]));
  }

  private propose(member: FleetMember, key: RandomKey): Tensor | Promise<Tensor> {
    switch (member.network) {
      case "none":
        return this.fromHost(randomLists(this.batch.size, 1, this.draw(key)));
      case "pointwise":
        return this.proposePointwise(member.decoding, key);
      case "matching":
        return this.proposeMatching(member.decoding, key);
      default:
        return this.proposeAutoregressive(member.network, member.decoding, key);
    }
  }

  private async proposePointwise(decoding: PointwiseDecoding, key: RandomKey): Promise<Tensor> {
    const { scores, length, batch } = this;
    switch (decoding.method) {
      case "best":
        return topCandidates(scores, length, this.leavingOut(decoding.leftOut, key));
      case "tuned":
        return gumbelTopK(scores.mul(1 / this.temperatures.pointwise), { lists: 1, length, key });
      case "diverse": {
        const options = { ...this.draw(key), penalty: decoding.penalty };
        return this.fromHost(diverseLists(await scores.data(), [await this.best()], batch.size, 1, options));
      }
      case "substituted":
        return this.fromHost(substitutedLists([await this.best()], batch.size, 1, this.draw(key)));
    }
  }

  private async proposeAutoregressive(
    network: AutoregressiveNetwork,
    decoding: AutoregressiveDecoding,
    key: RandomKey,
  ): Promise<Tensor> {
    const reading = this.read(network);
    const { generator, memory } = reading;
    const { length } = this;
    const { size } = this.batch;
    switch (decoding.method) {
      case "best":
        return decode(generator, memory, { length, constraints: this.leavingOut(decoding.leftOut, key) });
      case "sampled":
        return decode(generator, memory, { length, sampling: this.sampling(decoding.temperature, key) });
      case "nucleus":
        return decode(generator, memory, { length, sampling: { temperature: 1, topP: decoding.topP, key } });
      case "markov": {
        reading.pairs ??= await pairScores(generator, memory);
        const options = { ...this.draw(key), temperature: decoding.temperature };
        return this.fromHost(markovLists(reading.pairs, size, 1, options));
      }
      case "tree": {
        const shape = { steps: 1, branches: TREE_BRANCHES, length };
        reading.tree ??= await treeLists(generator, memory, TREE_BRANCHES, shape);
        const lists = this.fromHost(reading.tree);
        return this.held.run(() => lists.slice(1, decoding.place - 1, decoding.place));
      }
    }
  }

  /** @throws RangeError where the network is not there */
  private proposeMatching(decoding: MatchingDecoding, key: RandomKey): Tensor {
    const generator = this.networks.matching;
    if (generator === undefined) throw new RangeError('MG-E: the fleet needs the network "matching"');
    const { length } = this;
    this.matching ??= noGrad(() => generator.encode(this.batch));
    switch (decoding.method) {
      case "best":
        return decode(generator, this.matching, { length, constraints: this.leavingOut(decoding.leftOut, key) });
      case "sampled":
        return decode(generator, this.matching, { length, sampling: this.sampling(decoding.temperature, key) });
      case "contrastive":
        return contrastiveLists(this.matching, [decoding.penalty], length);
    }
  }

  /** @throws RangeError for a network that is not there */
  private read(network: AutoregressiveNetwork): Reading {
    const known = this.readings.get(network);
    if (known !== undefined) return known;
    const generator = this.networks.autoregressive.get(network);
    if (generator === undefined) throw new RangeError(`MG-E: the fleet needs the network "${network}"`);
    const reading = { generator, memory: noGrad(() => generator.encode(this.batch)) };
    this.readings.set(network, reading);
    return reading;
  }

  /** The best list by the pointwise scores. */
  private async best(): Promise<SourceLists> {
    const lists = this.held.run(() => topCandidates(this.scores, this.length));
    return { source: "pointwise", count: 1, lists: (await lists.data()) as Int32Array };
  }

  private sampling(temperature: number, key: RandomKey) {
    return { temperature: temperature * this.temperatures.factor, key };
  }

  private draw(key: RandomKey) {
    return { candidates: this.candidates, length: this.length, key };
  }

  private fromHost({ lists, count }: SourceLists): Tensor {
    const { device } = this.scores;
    return this.held.run(() => tensor(lists, [this.batch.size, count, this.length], { device }));
  }

  /** Leaves a share of each request's candidates out; undefined where it leaves out none. */
  private leavingOut(share: number | undefined, key: RandomKey): ListConstraints | undefined {
    if (share === undefined) return undefined;
    const { candidates, batch } = this;
    const random = new Random(key);
    const count = Math.ceil(share * (candidates - this.length));
    const forbidden = new Int32Array(batch.size * candidates);
    for (let request = 0; request < batch.size; request++) {
      for (const n of random.permutation(candidates).subarray(0, count)) forbidden[request * candidates + n] = 1;
    }
    return { forbidden };
  }
}

/** One list of a policy for each request. */
function decode<Memory extends PolicyMemory, State extends PolicyState>(
  policy: ListPolicy<Memory, State>,
  memory: Memory,
  options: Pick<DecodeOptions, "length" | "sampling" | "constraints">,
): Tensor {
  return noGrad(() => decodeLists(policy, memory, { lists: 1, ...options }));
}
