/**
 * Methods that score all candidates of a request at once and list the best: what they learn from, and how a scorer and
 * a loss become a method.
 */
import type { RequestBatch } from "../../data/batch.ts";
import type { ReadingScorer } from "../../goalrank/candidate-heads.ts";
import { listwiseLoss, type ScoreLoss } from "../../goalrank/listwise-loss.ts";
import { RetrieverResidual } from "../../goalrank/retriever-residual.ts";
import { pointwiseLoss, type ScoringModel, scoringTask } from "../../goalrank/scoring-task.ts";
import { Module } from "../../nn/index.ts";
import type { Tensor } from "../../tensor/index.ts";
import { byScores } from "../answering.ts";
import {
  type Hyperparameter,
  hyperparametersOf,
  instanceOf,
  type Method,
  type MethodContext,
  type SharedModelName,
} from "../method.ts";

export { pointwiseLoss, type ScoreLoss, type ScoringModel, scoringTask };

/** Scores that begin as the retriever's, to which a model adds its own. */
class ResidualScorer extends Module implements ReadingScorer {
  private readonly residual = new RetrieverResidual();

  constructor(private readonly scorer: ScoringModel) {
    super();
  }

  forward(batch: RequestBatch): Tensor {
    return this.residual.add(this.residual.base(batch), this.scorer.forward(batch));
  }

  historyLogits(batch: RequestBatch): Tensor | undefined {
    return this.scorer.historyLogits?.(batch);
  }
}

/**
 * The attention loss of DLCM and SetRank (Ai et al. 2018), how a person's attention should be shared among the
 * candidates: mean over requests of - sum_n a_n log softmax(s)_n, with attention a = tau(y) / sum tau(y), where
 * tau(y) = e^y for y > 0 and 0 otherwise; scores s and labels y are [B, K]. A request without a positive counts 0. Of
 * labels 0 and 1 it makes the list-wise loss of PRM.
 *
 * The papers write tau for the scores too; the authors' programs take a softmax, and so does this, since a score under 0
 * would never learn from tau.
 * @param mask i32 [B, K]: what is not 0 takes part
 */
export function attentionLoss(scores: Tensor, labels: Tensor, mask?: Tensor): Tensor {
  const isPositive = labels.greater(labels.mul(0)).cast("f32");
  return listwiseLoss(scores, labels.exp().mul(isPositive), mask);
}

/** What a scorer may learn besides its own loss, as the contextual judge does (ours): trained where there is something. */
export interface AuxiliaryLearning {
  /** Whether a head of its own learns what is shown. */
  readonly entireSpace?: boolean;
  /** Whether encoded items learn the feedback on those of the history. */
  readonly historyLoss?: boolean;
}

const AUXILIARY: Readonly<Record<keyof AuxiliaryLearning, Hyperparameter>> = {
  entireSpace: {
    default: 0,
    values: [0, 1],
    summary: "Whether what is shown is learned apart from what is liked, where candidates that were not shown count 0",
  },
  historyLoss: {
    default: 0,
    values: [0, 1],
    summary: "Whether the feedback on the items of the history is learned too",
  },
};

/** A method that is one scorer, trained with one loss. */
export function scoringMethod(
  name: string,
  title: string,
  createModel: (context: MethodContext) => ScoringModel,
  loss: ScoreLoss,
  answersWith: readonly SharedModelName[] = [],
): Method {
  return {
    name,
    title,
    family: "generator",
    answersWith,
    create(context) {
      const own = createModel(context);
      const model = context.residual ? new ResidualScorer(own) : own;
      return instanceOf({ [name]: model }, byScores(model), {
        learn: ({ training, unexposed, train, loss: given = loss }) =>
          train(scoringTask(name, model, given, training, unexposed)),
      });
    },
  };
}

/** The same of a model that may learn as the contextual judge does; not unless it is told. */
export function auxiliaryScoringMethod(
  name: string,
  title: string,
  createModel: (context: MethodContext, learning: AuxiliaryLearning) => ScoringModel,
  loss: ScoreLoss,
  answersWith: readonly SharedModelName[] = [],
): Method {
  const told = (context: MethodContext): AuxiliaryLearning => {
    const { entireSpace, historyLoss } = hyperparametersOf({ name, hyperparameters: AUXILIARY }, context);
    return {
      entireSpace: entireSpace === 1 && context.entireSpace === true,
      historyLoss: historyLoss === 1 && context.historyLength > 0,
    };
  };
  const method = scoringMethod(name, title, (context) => createModel(context, told(context)), loss, answersWith);
  return { ...method, hyperparameters: AUXILIARY };
}
