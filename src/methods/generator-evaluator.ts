/**
 * Generators with an evaluator, of the plain kind: lists are sampled from the pointwise ranker, or from the generator
 * that imitates the log, and the judge takes the best of them.
 */
import { selectRows } from "../data/dataset.ts";
import { allRows } from "../data/labels.ts";
import { byEvaluator, chooseTemperature, generatorSource, type ListSource, scorerSource } from "./list-sources.ts";
import { instanceOf, type Method, sharedModel } from "./method.ts";

/** Training requests on which the temperature of proposals is chosen. */
const TUNING_REQUESTS = 256;
/** Lists for each of them at most; proposals of more lists are drawn at the temperature that is best for these. */
const TUNING_LISTS = 100;

/** Lists are drawn from the pointwise ranker, at the temperature that suits the judge best. */
export function generatorEvaluator(lists: number): Method {
  return {
    name: `generator-evaluator-${lists}`,
    title: `generator-evaluator, ${lists} lists`,
    family: "generator-evaluator",
    answersWith: ["pointwise", "judge"],
    create(context) {
      const { seed } = context;
      const judge = sharedModel(context, "judge");
      const sourceAt = (temperature: number) => scorerSource(sharedModel(context, "pointwise"), temperature);
      let temperature = 1;
      const source: ListSource = (...asked) => sourceAt(temperature)(...asked);
      return instanceOf({}, byEvaluator(source, lists, context), {
        async learn({ training }) {
          const tuned = Math.min(TUNING_REQUESTS, training.size);
          const requests = selectRows(training, allRows({ size: tuned }));
          const tuning = { lists: Math.min(lists, TUNING_LISTS), seed };
          temperature = await chooseTemperature(sourceAt, judge, requests, tuning);
        },
        choices: {
          get: () => ({ temperature }),
          set({ temperature: chosen }) {
            if (typeof chosen !== "number" || !(chosen > 0)) {
              throw new RangeError(`methods: the temperature must be positive, got ${JSON.stringify(chosen)}`);
            }
            temperature = chosen;
          },
        },
      });
    },
  };
}

/** Lists are sampled from the generator that imitates the log, at temperature 1. */
export function imitationEvaluator(lists: number): Method {
  return {
    name: `imitation-evaluator-${lists}`,
    title: `imitation-evaluator, ${lists} lists`,
    family: "generator-evaluator",
    answersWith: ["imitation", "judge"],
    create(context) {
      const source = generatorSource(sharedModel(context, "imitation"), 1);
      return instanceOf({}, byEvaluator(source, lists, context));
    },
  };
}
