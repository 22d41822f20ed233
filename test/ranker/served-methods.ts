/** Every method that can be served, trained a little on requests with histories, and as a ranker. */
import { selectRows } from "../../src/data/dataset.ts";
import type { Device } from "../../src/kernels/index.ts";
import { findMethod, METHODS } from "../../src/methods/index.ts";
import type { Method, MethodInstance } from "../../src/methods/method.ts";
import { GOAL_RANK_START, LOGGING_POLICY, ORACLE } from "../../src/methods/references.ts";
import { Ranker } from "../../src/ranker/ranker.ts";
import { encodeRanker } from "../../src/ranker/ranker-file.ts";
import type { RankRequest } from "../../src/ranker/requests.ts";
import { drawLog } from "../../src/world/logging-policy.ts";
import { createSchool, learned, lists32, type SmallSchool, withHistory } from "../methods/small-context.ts";
import { world } from "../small-world.ts";

/** Those that a world has to answer for cannot be served. */
export const SERVED: readonly Method[] = [
  ...METHODS.filter((method) => ![LOGGING_POLICY, ORACLE, GOAL_RANK_START].includes(method)),
  ...["generator-evaluator-5", "imitation-evaluator-5", "prm-evaluator-5"].map(findMethod),
  ...["candidates-as-they-come", "prm-as-they-come"].map(findMethod),
];

export const school = await createSchool(withHistory(lists32));

/** Requests that nobody learned from: L = 4, N = 12, H = 9. */
export const asked = withHistory(drawLog(world, { size: 12, seed: 4, stream: "test" }));

/** A method that has learned, with the bytes of its ranker. */
export interface Served {
  readonly instance: MethodInstance;
  readonly bytes: Uint8Array;
}

const known = new Map<Method, Promise<Served>>();

export function serve(method: Method): Promise<Served> {
  const made = known.get(method) ?? train(method);
  known.set(method, made);
  return made;
}

/** A method of a school, with the bytes of its ranker. */
export async function train(method: Method, own: SmallSchool = school): Promise<Served> {
  const instance = await learned(method, own);
  const { models } = own;
  return { instance, bytes: await encodeRanker({ method, instance, models, retriever: undefined, training: {} }) };
}

/** Runs `use` with a method's ranker, and frees it. */
export async function withRanker<Result>(
  method: Method,
  use: (ranker: Ranker, served: Served) => Promise<Result>,
  device?: Device,
): Promise<Result> {
  const served = await serve(method);
  const ranker = await Ranker.create(served.bytes, device ? { device } : { threads: 1 });
  try {
    return await use(ranker, served);
  } finally {
    ranker.dispose();
  }
}

/** A request that gives its candidates with their scores. */
export interface ScoredRequest extends RankRequest {
  readonly candidates: readonly { readonly item: string; readonly score: number }[];
}

/** A row of `asked` as a ranker is asked: users and items go by their numbers. */
export function requestOf(row: number): ScoredRequest {
  const { candidateCount, historyLength, candidates, retrieverScores, history, historyFeedback } = asked;
  const places = (width: number) => Array.from({ length: width }, (_, n) => row * width + n);
  return {
    user: String(asked.users[row]),
    history: places(historyLength).flatMap((at) =>
      history[at] < 0 ? [] : [{ item: String(history[at]), feedback: historyFeedback[at] }],
    ),
    candidates: places(candidateCount).map((at) => ({ item: String(candidates[at]), score: retrieverScores[at] })),
  };
}

export const rows = [...Array(asked.size).keys()];

/** The items that a method lists for each of `rows` of `asked`, asked together or one by one. */
export async function listsOf({ rank }: MethodInstance, own: readonly number[] = rows): Promise<string[][]> {
  const requests = selectRows(asked, own);
  const { listLength: length, candidateCount: candidates } = requests;
  const { lists } = await rank(requests);
  return own.map((_, i) =>
    Array.from({ length }, (_, t) => String(requests.candidates[i * candidates + lists[i * length + t]])),
  );
}
