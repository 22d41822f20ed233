/** Imitation: the generator that learned the likelihood of the log's lists, or of their positives. */
import { byPolicy } from "./answering.ts";
import { instanceOf, type Method, sharedModel } from "./method.ts";

export const IMITATION: Method = {
  name: "imitation",
  title: "imitation",
  family: "generator",
  answersWith: ["imitation"],
  create: (context) => instanceOf({}, byPolicy(sharedModel(context, "imitation"))),
};
