/** Serving: a trained ranker that answers requests. */
export { Ranker, type RankerDescription, type RankerOptions } from "./ranker.ts";
export {
  decodeRanker,
  encodeRanker,
  RANKER_VERSION,
  type RankerContent,
  RankerFileError,
  type RankerSource,
} from "./ranker-file.ts";
export { parseRankRequest, rankRequestSchema } from "./request-schema.ts";
export * from "./requests.ts";
export { DEFAULT_LIMITS, type RankerLimits } from "./resolve-request.ts";
export { retrievalWarning } from "./retrieval-warning.ts";
