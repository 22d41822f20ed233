/** The server: a ranker behind HTTP. */

export { RankerLoadError } from "./ranking/worker-process.ts";
export { type RankServer, type ServeOptions, serve } from "./serve.ts";
export {
  DEFAULT_SERVE,
  type RequestLimits,
  type ServeSettings,
} from "./settings.ts";
