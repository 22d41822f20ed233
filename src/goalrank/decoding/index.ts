/** From the generator to lists: greedy, sampled, searched, and held to a product's rules. */
export type { ListConstraints, Pin } from "./constraints.ts";
export {
  type DecodedLists,
  type DecodeOptions,
  decodeLists,
  decodeScoredLists,
  type SamplingOptions,
} from "./decode.ts";
export {
  type BeamSearchOptions,
  decodeBeam,
  decodeTree,
  type SearchedLists,
  type TreeSearchOptions,
} from "./search.ts";
