/** GoalRank's policy as it answers, apart from how it learns: all that a page needs that ranks with it. */
import { Generator, type GeneratorOptions } from "../goalrank/generator.ts";
import { byPolicy } from "./answering.ts";
import { initialWeights, instanceOf, type MethodContext, type MethodInstance } from "./method.ts";

/** A generator with initial weights; the stream names it. */
export function createGenerator(context: MethodContext, stream: string, judge?: GeneratorOptions["judge"]): Generator {
  const { catalogue, layers } = context;
  const options = { ...context, encoderLayers: layers, decoderLayers: layers, stream, judge };
  return new Generator(catalogue, options, initialWeights(context, stream));
}

/** GoalRank's generator, or another of its shape: one that starts from the contextual judge has the judge's memory. */
export function createPolicy(context: MethodContext, stream: string): Generator {
  const { judgeStart, candidateCount, entireSpace = false } = context;
  return createGenerator(context, stream, judgeStart ? { ranks: candidateCount, entireSpace } : undefined);
}

/** GoalRank by `generator`. */
export function goalRankInstance(generator: Generator, learn?: MethodInstance["learn"]): MethodInstance {
  return instanceOf({ goalrank: generator }, byPolicy(generator), learn && { learn });
}
