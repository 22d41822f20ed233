/** GoalRank's policy as it answers, apart from how it learns: all that a page needs that ranks with it. */
import { Generator } from "../goalrank/generator.ts";
import { byPolicy } from "./answering.ts";
import { initialWeights, instanceOf, type MethodContext, type MethodInstance } from "./method.ts";

/** The generator of a run, or another of its shape; the stream names it. */
export function createGenerator(context: MethodContext, stream: string): Generator {
  const { catalogue, layers } = context;
  const options = { ...context, encoderLayers: layers, decoderLayers: layers, stream };
  return new Generator(catalogue, options, initialWeights(context, stream));
}

/** GoalRank by `generator`. */
export function goalRankInstance(generator: Generator, learn?: MethodInstance["learn"]): MethodInstance {
  return instanceOf({ goalrank: generator }, byPolicy(generator), learn && { learn });
}
