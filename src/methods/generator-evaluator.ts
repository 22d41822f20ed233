/**
 * Generators with an evaluator, of the plain kind: lists are sampled from the pointwise ranker, or from the generator
 * that imitates the log, and the judge takes the best of them.
 */
import { byEvaluator, generatorSource } from "./list-sources.ts";
import { hyperparametersOf, instanceOf, type Method, sharedModel } from "./method.ts";
import { PROPOSAL_TEMPERATURE, tunedProposals } from "./proposal-temperature.ts";

/** Lists are drawn from the pointwise ranker, at the temperature that it is told, or that suits the judge best. */
export function generatorEvaluator(lists: number): Method {
  const method: Method = {
    name: `generator-evaluator-${lists}`,
    title: `generator-evaluator, ${lists} lists`,
    family: "generator-evaluator",
    answersWith: ["pointwise", "judge"],
    hyperparameters: { temperature: PROPOSAL_TEMPERATURE },
    create(context) {
      const { source, choose, choices } = tunedProposals(
        context,
        hyperparametersOf(method, context).temperature,
        lists,
      );
      return instanceOf({}, byEvaluator(source, lists, context), {
        learn: ({ training }) => choose(training),
        choices,
      });
    },
  };
  return method;
}

/** Lists are sampled from the generator that imitates the log, at temperature 1 unless it is told another. */
export function imitationEvaluator(lists: number): Method {
  const method: Method = {
    name: `imitation-evaluator-${lists}`,
    title: `imitation-evaluator, ${lists} lists`,
    family: "generator-evaluator",
    answersWith: ["imitation", "judge"],
    hyperparameters: {
      temperature: { default: 1, values: [0.3, 0.5, 1, 1.5], summary: "Temperature at which lists are sampled" },
    },
    create(context) {
      const { temperature } = hyperparametersOf(method, context);
      const source = generatorSource(sharedModel(context, "imitation"), temperature);
      return instanceOf({}, byEvaluator(source, lists, context));
    },
  };
  return method;
}
