/** Training with the budget of a run; where its settings ask for it, a model is judged on held-out requests meanwhile. */
import { type ListDataset, selectRows } from "../data/dataset.ts";
import { allRows } from "../data/labels.ts";
import type { RankedLists } from "../methods/answering.ts";
import type { StepMetrics } from "../training/listener.ts";
import type { StageOptions } from "../training/options.ts";
import { type TrainingContext, type TrainingTask, train } from "../training/trainer.ts";
import type { RunData } from "./data.ts";
import { evaluateLists } from "./evaluate-lists.ts";

/** Requests on which models are validated while they train. */
const VALIDATION_REQUESTS = 256;

/** Says how good a model is on held-out requests. */
export type HeldOutJudge = (held: ListDataset) => Promise<StepMetrics>;

/** Trains; `judge` is of the model. */
export function trainValidated(
  task: TrainingTask,
  options: StageOptions & { readonly seed: number },
  { validation }: Pick<RunData, "validation">,
  judge: HeldOutJudge,
  context: TrainingContext,
): Promise<void> {
  if ((options.validateEvery ?? options.earlyStopping) === undefined) return train(task, options, context);
  const held = selectRows(validation, allRows(validation).subarray(0, VALIDATION_REQUESTS));
  return train({ ...task, validate: () => judge(held) }, options, context);
}

/** Of lists on held-out requests. */
export function validationMetrics(held: ListDataset, ranked: RankedLists): StepMetrics {
  const { hit, ndcg, map, ndcg10 } = evaluateLists(held, ranked);
  return { hit, ndcg, map, ...(ndcg10 !== undefined && { ndcg10 }) };
}
