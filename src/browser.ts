/** GoalRank in a page: the names of `index.ts`, without files: rankers come from addresses, and logs from memory. */
export { DataError } from "./data/errors.ts";
export type { InteractionEvent } from "./data/events.ts";
export { prepareEvents as prepare } from "./data/prepare-requests.ts";
export { chooseDevice } from "./kernels/index.ts";
export { loadRanker } from "./ranker/fetch-ranker.ts";
export { Ranker } from "./ranker/ranker.ts";
export { RankerFileError } from "./ranker/ranker-file.ts";
export { type RankedList, type RankRequest, RankRequestError } from "./ranker/requests.ts";
export { NothingToDeployError, trainRanker } from "./run/train-ranker.ts";
export { gradcheck, scope, setDefaultDevice, tensor } from "./tensor/index.ts";
export { TrainingInterrupted } from "./training/trainer.ts";
