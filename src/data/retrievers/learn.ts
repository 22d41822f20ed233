/** Learns a retriever by its name. */
import type { TrainingContext } from "../../training/trainer.ts";
import type { InteractionLog } from "../interactions.ts";
import { DEFAULT_LOG, type LogOptions } from "../settings.ts";
import { ItemNeighbourRetriever } from "./item-neighbours.ts";
import { trainRetriever } from "./matrix-factorization.ts";
import { MatrixRetriever } from "./matrix-retriever.ts";
import { PopularityRetriever } from "./popularity.ts";
import type { Retriever } from "./retriever.ts";

/** Which retriever is learned, and from what. */
export type LearnRetrieverOptions = Pick<LogOptions, "retriever" | "positiveThreshold" | "historyLength"> & {
  readonly seed: number;
};

/**
 * Learns from the retriever's part of a log.
 * @throws RangeError when there is nothing to learn from
 */
export async function learnRetriever(
  log: InteractionLog,
  { retriever = DEFAULT_LOG.retriever, seed, ...options }: LearnRetrieverOptions,
  context?: TrainingContext,
): Promise<Retriever> {
  if (retriever === "popularity") return PopularityRetriever.learn(log, options);
  if (retriever === "item-neighbours") return ItemNeighbourRetriever.learn(log, options);
  const model = await trainRetriever(log, { seed }, context);
  const weights = await model.weights();
  model.dispose();
  return MatrixRetriever.fit(weights, log, options);
}
