/**
 * The lab's judge: a reward model over the 120 lists, learned from a log of shown lists on this project's engine. It may
 * start with a prejudice, which stays wherever the log says nothing.
 */
import { AdamW, constant, Module, normal, parameter } from "../nn/index.ts";
import { outsideScopes, Random, scope, type Tensor, tensor } from "../tensor/index.ts";
import type { EmbeddedWorld } from "../world/index.ts";
import { ITEM_COUNT, type LabState, LIST_LENGTH } from "./state.ts";
import { indexOfList, listAt, SPACE } from "./world.ts";

/** How often a list that is shown is shown. */
export const SHOWINGS = 40;

/** How often each list was shown, and the sum of the positives that it got: sufficient for squared error. */
export interface LabLog {
  /** [S] */
  readonly shown: Float64Array;
  /** [S] */
  readonly positives: Float64Array;
}

/** What of the state a log is made of. */
export type LogState = Pick<LabState, "seed" | "logSize" | "exploration" | "logLines">;

/**
 * A log by a policy that draws items by their affinity at the temperature `exploration` (Plackett-Luce), with the
 * world's feedback; or the visitor's own lines.
 */
export function makeLog(world: EmbeddedWorld, { seed, logSize, exploration, logLines }: LogState): LabLog {
  const log = emptyLog();
  if (logLines.length > 0) {
    for (const line of logLines) addShown(log, indexOfList(line.slice(0, LIST_LENGTH)), line[LIST_LENGTH]);
    return log;
  }
  const random = new Random({ seed, stream: "lab log", step: 0 });
  const affinities = Array.from({ length: ITEM_COUNT }, (_, item) => world.affinity(0, item));
  for (let n = 0; n < logSize; n++) {
    const keys = affinities.map((affinity) => affinity / exploration + random.gumbel());
    const order = keys.map((_, item) => item).sort((a, b) => keys[b] - keys[a]);
    showList(log, world, indexOfList(order.slice(0, LIST_LENGTH)), random);
  }
  return log;
}

/** `count` lists drawn from a policy [S] are shown, and added to a copy of the log. */
export function showPolicy(
  log: LabLog,
  world: EmbeddedWorld,
  policy: ArrayLike<number>,
  count: number,
  random: Random,
): LabLog {
  const grown = { shown: log.shown.slice(), positives: log.positives.slice() };
  for (let n = 0; n < count; n++) showList(grown, world, drawIndex(policy, random), random);
  return grown;
}

function emptyLog(): LabLog {
  return { shown: new Float64Array(SPACE.listCount), positives: new Float64Array(SPACE.listCount) };
}

/** Shows a list to several users of the same taste, which makes the log less noisy than one would. */
function showList(log: LabLog, world: EmbeddedWorld, index: number, random: Random): void {
  for (let showing = 0; showing < SHOWINGS; showing++) {
    addShown(log, index, sum(world.drawFeedback(0, listAt(index), random)));
  }
}

function addShown(log: LabLog, index: number, positives: number): void {
  log.shown[index]++;
  log.positives[index] += positives;
}

/** A place drawn in proportion to `weights`, which sum to 1. */
export function drawIndex(weights: ArrayLike<number>, random: Random): number {
  let left = random.uniform();
  for (let index = 0; index < weights.length; index++) {
    left -= weights[index];
    if (left < 0) return index;
  }
  return weights.length - 1;
}

/** What the first member believes before it sees the log: the kindness to one item, and the points that were painted: [S]. */
export function prejudice({
  kindItem,
  kindness,
  edits,
}: Pick<LabState, "kindItem" | "kindness" | "edits">): Float64Array {
  return Float64Array.from({ length: SPACE.listCount }, (_, index) => {
    const isKind = listAt(index).includes(kindItem);
    return (isKind ? kindness : 0) + (edits[index] ?? 0);
  });
}

const FEATURES = ITEM_COUNT * LIST_LENGTH;
const HIDDEN = 8;
const UPDATES = 80;

/** x: which item stands at each position of each list, as zeros and ones: [S, F]. */
const INPUTS = Float32Array.from({ length: SPACE.listCount * FEATURES }, (_, at) => {
  const [list, feature] = [Math.floor(at / FEATURES), at % FEATURES];
  return listAt(list)[Math.floor(feature / ITEM_COUNT)] === feature % ITEM_COUNT ? 1 : 0;
});

/** r-hat = mean + tanh(x A + b) w, for M members side by side. */
class Members extends Module {
  private readonly input: Tensor;
  private readonly bias: Tensor;
  private readonly output: Tensor;
  private readonly features: Tensor;

  constructor(members: number, random: Random) {
    super();
    const weights = (extents: number[], deviation: number) => parameter(normal(extents, deviation, random), extents);
    this.input = weights([members, FEATURES, HIDDEN], 0.5);
    this.bias = parameter(constant([members, 1, HIDDEN], 0), [members, 1, HIDDEN]);
    this.output = weights([members, HIDDEN, 1], 0.2);
    this.features = outsideScopes(() => tensor(INPUTS, [SPACE.listCount, FEATURES]));
  }

  /** [M, S] */
  forward(): Tensor {
    const hidden = this.features.matmul(this.input).add(this.bias).tanh();
    return hidden.matmul(this.output).reshape([-1, SPACE.listCount]);
  }
}

/** What of the state a judge is made of, besides its log. */
export type JudgeState = Pick<LabState, "seed" | "judge" | "members" | "kindItem" | "kindness" | "edits">;

/**
 * Each member's rewards of every list, [M][S]. Members start from different weights and learn from the log resampled
 * with replacement (a single one from the log itself), by squared error. A judge that is told the truth has one member.
 */
export function judgeMembers(truth: Float64Array, log: LabLog, state: JudgeState): readonly Float64Array[] {
  const prior = prejudice(state);
  if (state.judge === "truth") return [truth.map((reward, index) => reward + prior[index])];
  const random = new Random({ seed: state.seed, stream: "lab judge", step: 0 });
  const { members } = state;
  const samples = Array.from({ length: members }, () => (members === 1 ? log : resample(log, random)));
  const total = sum(log.shown);
  const mean = total === 0 ? 0 : sum(log.positives) / total;
  const model = new Members(members, random);
  const optimiser = new AdamW(model.parameters(), { learningRate: 0.05, weightDecay: 0.05 });
  const shape = [members, SPACE.listCount];
  const weights = samples.flatMap(({ shown }) => [...shown].map((count) => count / Math.max(sum(shown), 1)));
  const priors = samples.map((_, member) => (member === 0 ? prior : new Float64Array(prior.length)));
  const targets = samples.flatMap(({ shown, positives }, member) =>
    [...shown].map((count, index) => (count === 0 ? 0 : positives[index] / count - mean - priors[member][index])),
  );
  using _ = scope();
  const weight = tensor(Float32Array.from(weights), shape);
  const target = tensor(Float32Array.from(targets), shape);
  for (let update = 0; update < UPDATES; update++) {
    using _update = scope();
    model.forward().sub(target).square().mul(weight).sum().backward();
    optimiser.step();
    optimiser.zeroGrad();
  }
  const values = model.forward().dataSync();
  optimiser.dispose();
  model.dispose();
  return priors.map((own, member) => own.map((bias, index) => mean + bias + values[member * SPACE.listCount + index]));
}

/** As many lists as the log holds, drawn from it with replacement. */
function resample({ shown, positives }: LabLog, random: Random): LabLog {
  const sampled = emptyLog();
  const total = sum(shown);
  const shares = shown.map((count) => count / total);
  for (let n = 0; n < total; n++) {
    const index = drawIndex(shares, random);
    addShown(sampled, index, positives[index] / shown[index]);
  }
  return sampled;
}

/** The members' mean less `pessimism` times their standard deviation, as the library's `JudgeEnsemble`: [S]. */
export function ensembleRewards(members: readonly Float64Array[], pessimism: number): Float64Array {
  return Float64Array.from(members[0], (_, index) => {
    const own = members.map((rewards) => rewards[index]);
    const mean = sum(own) / own.length;
    const variance = sum(own.map((value) => (value - mean) ** 2)) / own.length;
    return mean - pessimism * Math.sqrt(variance);
  });
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let index = 0; index < values.length; index++) total += values[index];
  return total;
}
