/** What `goalrank/data` gives to a page: everything that needs no file. */
export { candidateBatch, type FeedbackBatch, feedbackBatch, listBatch, type RequestBatch } from "./batch.ts";
export { buildListDataset, type CandidateOptions } from "./candidates.ts";
export {
  type Catalogue,
  type CategoryTable,
  type FeatureTable,
  joinRows,
  type ListDataset,
  selectRows,
} from "./dataset.ts";
export { DataError } from "./errors.ts";
export { type EventColumns, type InteractionEvent, logOfEvents } from "./events.ts";
export { cutLists, type ListCut, trainingInteractions } from "./exposed-lists.ts";
export { type InteractionLog, selectInteractions } from "./interactions.ts";
export { kCore } from "./k-core.ts";
export {
  type PreparedRequests,
  type PrepareOptions,
  prepareEvents,
  prepareRequests,
} from "./prepare-requests.ts";
export { type CandidateProtocol, SPLIT_PROTOCOLS, type SplitProtocol } from "./protocols.ts";
export { createDataReport, type DataReportInput } from "./report/data-report.ts";
export type { DataReport } from "./report/data-report-schema.ts";
export { type ItemNeighbourOptions, ItemNeighbourRetriever } from "./retrievers/item-neighbours.ts";
export { type LearnRetrieverOptions, learnRetriever } from "./retrievers/learn.ts";
export {
  DEFAULT_RETRIEVER,
  MatrixFactorization,
  type RetrieverOptions,
  trainRetriever,
} from "./retrievers/matrix-factorization.ts";
export { MatrixRetriever } from "./retrievers/matrix-retriever.ts";
export { type PopularityOptions, PopularityRetriever } from "./retrievers/popularity.ts";
export { recallAt } from "./retrievers/recall.ts";
export {
  itemScorer,
  RETRIEVERS,
  type Retriever,
  type RetrieverName,
  type RetrieverQuery,
} from "./retrievers/retriever.ts";
export type { CutOptions, LogFormat, LogOptions } from "./settings.ts";
