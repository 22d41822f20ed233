/** Group construction (section 3.3, appendix C): from which lists the generator learns. */
export { buildGroups, type GroupContext } from "./build.ts";
export { diverseLists } from "./diverse.ts";
export {
  checkGroupSet,
  DEFAULT_GROUP_SET,
  GROUP_SOURCES,
  type GroupEntry,
  type GroupSet,
  type GroupSource,
} from "./group-set.ts";
export type {
  DrawOptions,
  Groups,
  SourceLists,
} from "./lists.ts";
export { loggedLists } from "./logged.ts";
export { markovLists, type PairScores, pairScores } from "./markov.ts";
export { mergeGroups } from "./merge.ts";
export { policyLists } from "./policy.ts";
export { randomLists } from "./random.ts";
export { type SelectedGroups, selectSpaced } from "./select-spaced.ts";
export { softmaxLists } from "./softmax.ts";
export { substitutedLists } from "./substitution.ts";
export { treeLists } from "./tree.ts";
