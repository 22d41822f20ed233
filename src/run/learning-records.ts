/** How the training of each model went, step by step: what a verdict asks of it. */
import type { StepMetrics, TrainingListener } from "../training/listener.ts";

/** The training of one model. */
export interface LearningRecord {
  readonly stage: string;
  /** The loss of every update that is known of, in their order. */
  readonly losses: readonly number[];
}

/** The stage that is no model of a run: a retriever is judged by what it retrieves. */
const RETRIEVER_STAGE = "retriever";

/** Collects them. A step that is told of twice, as after a run was resumed, counts once. */
export class LearningRecords implements TrainingListener {
  private readonly stages = new Map<string, number[]>();

  begin(): void {}

  step(stage: string, step: number, { loss }: StepMetrics): void {
    if (stage === RETRIEVER_STAGE) return;
    const losses = this.stages.get(stage) ?? [];
    this.stages.set(stage, losses);
    losses[step] = loss;
  }

  end(): void {}

  get all(): LearningRecord[] {
    return Array.from(this.stages, ([stage, losses]) => ({ stage, losses: losses.filter(Number.isFinite) }));
  }
}
