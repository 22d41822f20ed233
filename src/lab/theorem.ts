/** Theorem 1 in the lab: a mixture of small generators and one wider generator are fitted to one target before one's eyes. */
import { divergence, GeneratorMixtures, randomTargets } from "../goalrank/paper.ts";
import type { Mixture } from "../goalrank/theorem/small-generators.ts";
import { AdamW, learningRateAt } from "../nn/index.ts";
import { noGrad, Random, scope, type Tensor, tensor } from "../tensor/index.ts";
import { ITEM_COUNT, LIST_COUNT, LIST_LENGTH } from "./state.ts";
import { SPACE } from "./world.ts";

/** Updates of a whole fit. */
export const FIT_UPDATES = 400;
/** Starts, of which the best counts. */
const RESTARTS = 2;
const PEAK = 0.03;

/** k generators of one width. */
export interface FitShape {
  readonly members: number;
  readonly width: number;
}

/** Numbers that a mixture learns: A, B and c of each member, and the weights of more than one. */
export function numbersLearned({ members, width }: FitShape): number {
  const features = LIST_LENGTH + (LIST_LENGTH - 1) * ITEM_COUNT;
  const member = features * width + width * ITEM_COUNT + ITEM_COUNT;
  return members * member + (members === 1 ? 0 : members);
}

/** The policy that all are fitted to: [S]. */
export function targetPolicy(seed: number): Float64Array {
  return randomTargets(SPACE, 1, 1.5, seed)[0];
}

/** One fit, a few updates at a time: what the library's `approximate` does, so that it can be watched. */
export class Fit {
  private readonly model: GeneratorMixtures;
  private readonly optimiser: AdamW;
  /** Best KL so far after each look, in nats. */
  readonly errors: number[] = [];
  updates = 0;
  /** The start of the least error. */
  private better = 0;

  constructor(
    readonly shape: FitShape,
    private readonly target: Float64Array,
    seed: number,
  ) {
    const stream = `mixture of ${shape.members}, width ${shape.width}`;
    this.model = new GeneratorMixtures(SPACE, { instances: RESTARTS, ...shape }, new Random({ seed, stream, step: 0 }));
    this.optimiser = new AdamW([...this.model.namedParameters().values()], { learningRate: PEAK });
    this.look();
  }

  get isDone(): boolean {
    return this.updates >= FIT_UPDATES;
  }

  get error(): number {
    return this.errors.at(-1) ?? Number.NaN;
  }

  /** So many updates more, or fewer where the fit ends. */
  advance(count: number): void {
    using _ = scope();
    const wanted = this.wanted();
    const schedule = { schedule: "cosine", peak: PEAK, warmupSteps: 0, totalSteps: FIT_UPDATES } as const;
    const end = Math.min(this.updates + count, FIT_UPDATES);
    for (; this.updates < end; this.updates++) {
      using _step = scope();
      this.model.logProbabilities().mul(wanted).sum().neg().backward();
      this.optimiser.step({ learningRate: learningRateAt(this.updates, schedule) });
      this.optimiser.zeroGrad();
    }
    this.look();
  }

  /** The better start's generators and their weights, as plain numbers. */
  mixture(): Promise<Mixture> {
    return this.model.mixtureAt(this.better);
  }

  dispose(): void {
    this.optimiser.dispose();
    this.model.dispose();
  }

  private wanted(): Tensor {
    return tensor(Float32Array.from([...this.target, ...this.target]), [RESTARTS, LIST_COUNT]);
  }

  private look(): void {
    using _ = scope();
    const logs = noGrad(() => this.model.logProbabilities()).dataSync();
    const errors = Array.from({ length: RESTARTS }, (_unused, start) =>
      divergence(this.target, logs.subarray(start * LIST_COUNT, (start + 1) * LIST_COUNT)),
    );
    this.better = errors.indexOf(Math.min(...errors));
    this.errors.push(errors[this.better]);
  }
}
