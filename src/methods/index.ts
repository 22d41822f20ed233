/** The methods that GoalRank is compared with, in the order of the paper's Table 1, and how to find one by its name. */
import { nearestName } from "../text/nearest-name.ts";
import { DLCM } from "./dlcm.ts";
import { DNN } from "./dnn.ts";
import { EG_RERANK } from "./eg-rerank/eg-rerank.ts";
import type { Method } from "./method.ts";
import { MG_E_3, MG_E_20, MG_E_100 } from "./mg-e/mg-e.ts";
import { MIR } from "./mir.ts";
import { NAR4REC } from "./nar4rec.ts";
import { PIER, PIER_PERMUTATIONS } from "./pier/pier.ts";
import { PRM, PRM_AS_THEY_COME } from "./prm.ts";
import { RANK_MIXER } from "./rank-mixer.ts";
import { SET_RANK, SET_RANK_INDUCED } from "./set-rank.ts";

export type { Method, MethodContext, MethodFamily, TrainedMethod } from "./method.ts";
export {
  DLCM,
  DNN,
  EG_RERANK,
  MG_E_3,
  MG_E_20,
  MG_E_100,
  MIR,
  NAR4REC,
  PIER,
  PIER_PERMUTATIONS,
  PRM,
  PRM_AS_THEY_COME,
  RANK_MIXER,
  SET_RANK,
  SET_RANK_INDUCED,
};

/** All rows; those of one family stand together. */
export const METHODS: readonly Method[] = [
  DNN,
  DLCM,
  SET_RANK,
  SET_RANK_INDUCED,
  PRM,
  MIR,
  RANK_MIXER,
  EG_RERANK,
  PIER,
  PIER_PERMUTATIONS,
  NAR4REC,
  MG_E_3,
  MG_E_20,
  MG_E_100,
];

/** Methods that are asked for by name, and are no rows of the comparison. */
const OTHERS: readonly Method[] = [PRM_AS_THEY_COME];

/**
 * The method called `name`: a row of the comparison, or one that an experiment shows besides.
 *
 * @throws RangeError that names the nearest and all methods, for an unknown one
 */
export function findMethod(name: string): Method {
  const all = [...METHODS, ...OTHERS];
  const found = all.find((method) => method.name === name);
  if (found !== undefined) return found;
  const names = all.map((method) => method.name);
  throw new RangeError(
    `methods: there is no method "${name}"; did you mean "${nearestName(name, names)}"? ` +
      `The methods are ${names.join(", ")}`,
  );
}
