/** Training in the lab: a trajectory that is a pure function of the state, computed as far as it is looked at. */
import { boltzmannPolicy, divergence, type GeneratorMixtures } from "../goalrank/paper.ts";
import { AdamW } from "../nn/index.ts";
import { Random, scope, type Tensor, tensor } from "../tensor/index.ts";
import type { EmbeddedWorld } from "../world/index.ts";
import { copyWeights, entropyOf, logPolicy, probabilities, startGenerator, type Weights } from "./generator.ts";
import { drawGroup, type GroupList, WHOLE_SPACE } from "./group.ts";
import { ensembleRewards, judgeMembers, type LabLog, makeLog, showPolicy } from "./judge.ts";
import { groupLoss, type ScoredList } from "./objective.ts";
import type { LabState } from "./state.ts";
import { expectation, listAt, makeWorld, placeOfBest, trueRewards } from "./world.ts";

/** Lists that are shown in a round of fresh feedback. */
export const ROUND_SIZE = 60;

/** Keys of the state that a trajectory depends on; others leave it as it is. */
export const TRAINING_KEYS = [
  "seed",
  "topics",
  "appeal",
  "taste",
  "fatigue",
  "complement",
  "attention",
  "judge",
  "logSize",
  "exploration",
  "logLines",
  "members",
  "pessimism",
  "kindItem",
  "kindness",
  "edits",
  "counts",
  "temperature",
  "normalisation",
  "minimumSpread",
  "loudness",
  "objective",
  "space",
  "start",
  "width",
  "learningRate",
  "refreshEvery",
  "imitation",
  "rounds",
  "roundEvery",
] as const satisfies readonly (keyof LabState)[];

/** What a trajectory is made from. */
export type TrainingState = Pick<LabState, (typeof TRAINING_KEYS)[number]>;

/** The policy before step `step`, and the group that the step learns from. */
export interface Moment {
  readonly step: number;
  readonly weights: Weights;
  /** log pi of every list: [S] */
  readonly logs: Float64Array;
  /** The judge's rewards at this step, which a round of feedback changes: [S]. */
  readonly rewards: Float64Array;
  readonly log: LabLog;
  readonly group: readonly GroupList[];
  readonly curves: Curves;
}

/** What is drawn over time. */
export interface Curves {
  readonly expectedJudge: number;
  readonly expectedTruth: number;
  /** KL(pi_ref || pi_theta) over all lists. */
  readonly divergence: number;
  readonly entropy: number;
  /** Share of the log's positives on items that the policy's likeliest list holds: H@L against the log. */
  readonly hit: number;
}

/** What stays the same along a trajectory. */
export interface Levels {
  readonly oracle: number;
  /** Truth of a list drawn uniformly. */
  readonly random: number;
  /** Expected judge's reward and truth of pi_ref over all lists. */
  readonly referenceJudge: number;
  readonly referenceTruth: number;
}

/** pi_ref over all lists, Eq. 4 with the whole space for a group: [S]. */
export function wholeReference(
  rewards: Float64Array,
  { temperature, normalisation }: Pick<LabState, "temperature" | "normalisation">,
): Float64Array {
  const mean = rewards.reduce((sum, reward) => sum + reward, 0) / rewards.length;
  const variance = rewards.reduce((sum, reward) => sum + (reward - mean) ** 2, 0) / rewards.length;
  const deviation = normalisation === "none" ? 1 : Math.sqrt(variance);
  if (deviation === 0) return rewards.map(() => 1 / rewards.length);
  return boltzmannPolicy(rewards, temperature * deviation);
}

/** What a training works with once it has begun. */
interface Workshop {
  readonly generator: GeneratorMixtures;
  readonly optimiser: AdamW;
  /** Each member's rewards at the start: [M][S]. */
  readonly members: readonly Float64Array[];
  /** The policy that groups are sampled from: a copy that may be stale. */
  sampled: Float64Array;
  rewards: Float64Array;
  log: LabLog;
}

/** A training that is computed step by step and remembered. It begins when it is first asked for a moment. */
export class Training {
  readonly world: EmbeddedWorld;
  /** [S] */
  readonly truth: Float64Array;
  private workshop: Workshop | undefined;
  private readonly past: Moment[] = [];

  constructor(readonly state: TrainingState) {
    this.world = makeWorld(state);
    this.truth = trueRewards(this.world);
  }

  /** Each member's rewards at the start: [M][S]. */
  get members(): readonly Float64Array[] {
    return this.begun().members;
  }

  /** The last step that is known, -1 before the beginning: `moment` answers up to this one at once. */
  get frontier(): number {
    return this.past.length - 1;
  }

  get start(): Moment {
    this.begun();
    return this.past[0];
  }

  /** The moment before a step, computed if need be. */
  moment(step: number): Moment {
    this.begun();
    while (this.frontier < step) this.advance();
    return this.past[step];
  }

  /** Curves of all moments so far, up to a step. */
  curves(step: number): readonly Curves[] {
    return this.past.slice(0, step + 1).map(({ curves }) => curves);
  }

  levels({ rewards }: Moment): Levels {
    const reference = wholeReference(rewards, this.state);
    return {
      oracle: this.truth[placeOfBest(this.truth)],
      random: this.truth.reduce((sum, reward) => sum + reward, 0) / this.truth.length,
      referenceJudge: expectation(reference, rewards),
      referenceTruth: expectation(reference, this.truth),
    };
  }

  /** One step: the loss of the group, its gradient, and AdamW's update; at first, the beginning. */
  advance(): void {
    if (this.workshop === undefined) {
      this.begun();
      return;
    }
    const { generator, optimiser } = this.workshop;
    const { group, logs, rewards, log } = this.past[this.frontier];
    stepOnGroup(generator, optimiser, group, { rewards, log, start: this.start.logs, logs, state: this.state });
    this.remember(this.workshop);
  }

  /** The judge learns from the log, and the generator is made, once. */
  private begun(): Workshop {
    if (this.workshop !== undefined) return this.workshop;
    const { state, world, truth } = this;
    const log = makeLog(world, state);
    const members = judgeMembers(truth, log, state);
    const generator = startGenerator(state.width, state.seed);
    if (state.start === "imitation") imitate(generator, log);
    const optimiser = new AdamW(generator.parameters(), { learningRate: state.learningRate });
    const sampled = probabilities(logPolicy(generator));
    const rewards = ensembleRewards(members, state.pessimism);
    this.workshop = { generator, optimiser, members, sampled, rewards, log };
    this.remember(this.workshop);
    return this.workshop;
  }

  /** Looks at the policy as it is now, perhaps shows its lists to the user, and draws the next group. */
  private remember(own: Workshop): void {
    const step = this.past.length;
    const { state } = this;
    const logs = logPolicy(own.generator);
    const policy = probabilities(logs);
    const isRound = step > 0 && step % state.roundEvery === 0 && step / state.roundEvery <= state.rounds;
    if (isRound) {
      const random = new Random({ seed: state.seed, stream: "lab feedback", step });
      own.log = showPolicy(own.log, this.world, policy, ROUND_SIZE, random);
      own.rewards = ensembleRewards(judgeMembers(this.truth, own.log, state), state.pessimism);
    }
    if (step % state.refreshEvery === 0) own.sampled = policy;
    const { rewards, log } = own;
    const context = { policy: own.sampled, rewards, log, step };
    const group = state.space === "all" ? WHOLE_SPACE : drawGroup(state, context);
    const curves = {
      expectedJudge: expectation(policy, rewards),
      expectedTruth: expectation(policy, this.truth),
      divergence: divergence(wholeReference(rewards, state), logs),
      entropy: entropyOf(logs),
      hit: hitShare(placeOfBest(logs), this.past[0]?.log ?? log),
    };
    this.past.push({ step, weights: copyWeights(own.generator), logs, rewards, log, group, curves });
  }

  dispose(): void {
    this.workshop?.optimiser.dispose();
    this.workshop?.generator.dispose();
  }
}

/** What a step needs besides the generator. */
interface StepContext {
  readonly rewards: Float64Array;
  readonly log: LabLog;
  /** log pi at the very start, and now: [S]. */
  readonly start: Float64Array;
  readonly logs: Float64Array;
  readonly state: TrainingState;
}

/** Anything that updates parameters from their gradients. */
interface Updater {
  step(): void;
  zeroGrad(): void;
}

/** Records the loss of a group, differentiates it and updates. */
export function stepOnGroup(
  generator: GeneratorMixtures,
  optimiser: Updater,
  group: readonly GroupList[],
  { rewards, log, start, logs, state }: StepContext,
): void {
  if (group.length === 0) return;
  using _ = scope();
  const all = generator.logProbabilities();
  const places = tensor(
    Int32Array.from(group, ({ index }) => index),
    [1, group.length],
  );
  const lists = scored(group, rewards, logs);
  const own = all.takeAlongLast(places);
  const starts = group.map(({ index }) => start[index]);
  const loss = groupLoss(state.objective, own, lists, state, starts);
  (state.imitation === 0 ? loss : loss.add(imitationLoss(all, log).mul(state.imitation))).backward();
  optimiser.step();
  optimiser.zeroGrad();
}

/** Mean of - log pi over the lists of the log, given log pi of all lists [1, S]. */
function imitationLoss(all: Tensor, { shown }: LabLog): Tensor {
  const total = shown.reduce((sum, count) => sum + count, 0);
  const shares = Float32Array.from(shown, (count) => count / Math.max(total, 1));
  return all
    .mul(tensor(shares, [1, shares.length]))
    .sum()
    .neg();
}

const IMITATION_UPDATES = 60;

/** A start from the log: the generator learns to repeat what was shown. */
function imitate(generator: GeneratorMixtures, log: LabLog): void {
  const optimiser = new AdamW(generator.parameters(), { learningRate: 0.05 });
  for (let update = 0; update < IMITATION_UPDATES; update++) {
    using _ = scope();
    imitationLoss(generator.logProbabilities(), log).backward();
    optimiser.step();
    optimiser.zeroGrad();
  }
  optimiser.dispose();
}

/** The group's lists with what the judge and the policy say of them. */
export function scored(
  group: readonly GroupList[],
  rewards: ArrayLike<number>,
  logs: ArrayLike<number>,
): readonly ScoredList[] {
  return group.map(({ index, isDistinct }) => ({ reward: rewards[index], logProbability: logs[index], isDistinct }));
}

/** Share of what the log shows liked, list by list as it was shown, that a list has at the same place. */
function hitShare(index: number, log: LabLog): number {
  const own = listAt(index);
  let liked = 0;
  let hits = 0;
  log.shown.forEach((shown, other) => {
    if (shown === 0) return;
    liked += log.positives[other];
    const common = listAt(other).filter((item, t) => own[t] === item).length / own.length;
    hits += log.positives[other] * common;
  });
  return liked === 0 ? 0 : hits / liked;
}
