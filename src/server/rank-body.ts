/** From the JSON of POST /rank to requests, and from what became of them to the JSON of the answer. */
import { parseRankRequest } from "../ranker/request-schema.ts";
import { type Name, orRequestError, type RankRequest, RankRequestError } from "../ranker/requests.ts";
import { isRecord } from "../settings/json-schema.ts";
import type { RankAnswer, ServedList } from "./openapi.ts";
import { ServeProblem, toProblem } from "./problems.ts";
import type { RankOutcome } from "./ranking/worker-messages.ts";
import type { RequestLimits } from "./settings.ts";

export interface RankBody {
  /** Whether the body was a list of requests, which is answered by a list. */
  readonly several: boolean;
  /** Each request, or what is wrong with it. */
  readonly requests: readonly (RankRequest | WrongRequest)[];
}

/** A request that is none, with the id that it has all the same. */
export class WrongRequest {
  constructor(
    readonly problem: RankRequestError,
    readonly id: Name | undefined,
  ) {}
}

type Limits = Pick<RequestLimits, "requests" | "candidates" | "history">;

/**
 * The requests of a body. Of several, those that are wrong stand as errors among the others.
 * @throws ServeProblem or RankRequestError about the body as a whole, or about its only request
 */
export function readRankBody(value: unknown, limits: Limits): RankBody {
  if (!isRecord(value)) {
    throw new ServeProblem("type", "expected an object: a request, or `requests` with an array of them");
  }
  if (!Object.hasOwn(value, "requests")) return { several: false, requests: [readRequest(value, limits)] };
  const { requests, ...others } = value;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    throw new ServeProblem("type", `${unknown}: stands beside \`requests\`, which must be alone`, { path: unknown });
  }
  if (!Array.isArray(requests) || requests.length === 0) {
    throw new ServeProblem("type", "requests: expected an array of at least one request", { path: "requests" });
  }
  checkCount("requests", requests, limits.requests);
  const read = (own: unknown) => {
    const request = orRequestError(() => readRequest(own, limits));
    return request instanceof RankRequestError ? new WrongRequest(request, idOf(own)) : request;
  };
  return { several: true, requests: requests.map(read) };
}

/** Sizes are checked before anything else is looked at. */
function readRequest(value: unknown, limits: Limits): RankRequest {
  if (isRecord(value)) {
    checkCount("candidates", value.candidates, limits.candidates);
    checkCount("history", value.history, limits.history);
  }
  return parseRankRequest(value);
}

function idOf(value: unknown): Name | undefined {
  if (!isRecord(value)) return undefined;
  const { id } = value;
  return typeof id === "string" || typeof id === "number" ? id : undefined;
}

function checkCount(name: string, value: unknown, limit: number): void {
  if (!Array.isArray(value) || value.length <= limit) return;
  throw new RankRequestError("count", `has ${value.length} entries; at most ${limit} are allowed`, name);
}

/**
 * The answer to a body. `outcomes` holds what became of those of its requests that could be read, in their order.
 * @throws ServeProblem for what is wrong with the only request; Error for a defect
 */
export function answerRankBody({ several, requests }: RankBody, outcomes: readonly ServedOutcome[]): RankAnswer {
  let next = 0;
  const results = requests.map((read) => {
    const isWrong = read instanceof WrongRequest;
    return { id: read.id, result: isWrong ? toProblem(read.problem) : resultOf(outcomes[next++]) };
  });
  if (several) {
    const answers = results.map(({ id, result }) => {
      if (!(result instanceof ServeProblem)) return result;
      return id === undefined ? result.answer : { id, ...result.answer };
    });
    return { results: answers };
  }
  const [{ result }] = results;
  if (result instanceof ServeProblem) throw result;
  return result;
}

/** What became of a request, with the name under which its list was logged, where it was. */
export type ServedOutcome = RankOutcome & { readonly impression?: string };

/** @throws Error for a defect, which the whole body fails with */
function resultOf(outcome: ServedOutcome): ServedList | ServeProblem {
  if ("list" in outcome) {
    const { list, fingerprint, impression } = outcome;
    return { ...list, fingerprint, ...(impression !== undefined && { impression }) };
  }
  const { code, message, path } = outcome.fault;
  if (code === "internal") throw new Error(`a request could not be ranked: ${message}`);
  return new ServeProblem(code, message, { path });
}
