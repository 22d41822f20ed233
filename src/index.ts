/**
 * GoalRank for TypeScript: what most programs need. The rest are imports of their own: the engine in goalrank/tensor, /nn
 * and /kernels, the paper's parts in /paper, and /methods, /data, /evaluation, /train and /world. `browser.ts` has the same
 * names for pages.
 */
export { DataError } from "./data/errors.ts";
export type { InteractionEvent } from "./data/events.ts";
export { prepare } from "./data/prepare.ts";
export { chooseDevice } from "./kernels/index.ts";
export { loadRanker } from "./ranker/load-ranker.ts";
export { Ranker } from "./ranker/ranker.ts";
export { RankerFileError } from "./ranker/ranker-file.ts";
export { type RankedList, type RankRequest, RankRequestError } from "./ranker/requests.ts";
export { NothingToDeployError, trainRanker } from "./run/train-ranker.ts";
export { gradcheck, scope, setDefaultDevice, tensor } from "./tensor/index.ts";
export { TrainingInterrupted } from "./training/trainer.ts";
