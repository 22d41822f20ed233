/** EG-Rerank as a method: see `model.ts` for what it is, and `task.ts` for how it learns. */
import { byPolicy } from "../answering.ts";
import { initialWeights, instanceOf, type Method, sharedModel } from "../method.ts";
import { EgRerank, PointerGenerator } from "./model.ts";
import { DEFAULT_EG_RERANK, egRerankTask } from "./task.ts";

export const EG_RERANK: Method = {
  name: "eg-rerank",
  title: "EGRerank",
  family: "generator-evaluator",
  answersWith: [],
  learnsWith: ["judge"],
  create(context) {
    const { catalogue, width, listLength, seed } = context;
    const model = new EgRerank(catalogue, width, listLength, initialWeights(context, "eg-rerank"));
    const { generator } = model;
    return instanceOf({ "eg-rerank": model }, byPolicy(generator), {
      async learn({ training, train }) {
        const weights = initialWeights(context, "eg-rerank sampler");
        const sampler = new PointerGenerator(catalogue, width, listLength, weights);
        const models = { model, sampler, judge: sharedModel(context, "judge") };
        await train(egRerankTask(models, training, DEFAULT_EG_RERANK, seed));
        sampler.dispose();
      },
    });
  },
};
