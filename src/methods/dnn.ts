/** DNN: the shared pointwise ranker by itself. A list is the candidates of the highest scores. */
import { byScores } from "./answering.ts";
import { instanceOf, type Method, sharedModel } from "./method.ts";

/** The candidates of the highest scores of the shared pointwise ranker. */
export const DNN: Method = {
  name: "dnn",
  title: "DNN",
  family: "generator",
  answersWith: ["pointwise"],
  create: (context) => instanceOf({}, byScores(sharedModel(context, "pointwise"))),
};
