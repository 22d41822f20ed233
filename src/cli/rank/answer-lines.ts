/** From lines of requests to their answers. */
import type { Ranker } from "../../ranker/ranker.ts";
import { parseRankRequest } from "../../ranker/request-schema.ts";
import { type RankedList, RankRequestError } from "../../ranker/requests.ts";
import { isRecord } from "../../settings/json-schema.ts";
import type { Line } from "./read-lines.ts";

/** What became of the request on a line. */
export interface Answer {
  /** Its number, from 1. */
  readonly line: number;
  /** What a request may carry besides, to be told apart by: it comes back with the answer. */
  readonly id: string | number | undefined;
  readonly outcome: RankedList | RankRequestError;
}

/** Requests that are ranked together. */
const BATCH = 64;

/** The answers to the requests on `lines`, in their order; one that is wrong does the others no harm. */
export async function* answerLines(ranker: Ranker, lines: readonly Line[]): AsyncGenerator<Answer> {
  for (let start = 0; start < lines.length; start += BATCH) {
    const asked = lines.slice(start, start + BATCH).map(parseLine);
    const requests = asked.flatMap(({ request }) => (request instanceof RankRequestError ? [] : [request]));
    const outcomes = (await ranker.rankMany(requests)).values();
    for (const { line, id, request } of asked) {
      if (request instanceof RankRequestError) yield { line, id, outcome: request };
      else yield { line, id, outcome: outcomes.next().value as RankedList | RankRequestError };
    }
  }
}

function parseLine({ number: line, text }: Line) {
  let id: Answer["id"];
  try {
    const value = parseJson(text);
    if (!isRecord(value)) return { line, id, request: parseRankRequest(value) };
    const { id: own, ...request } = value;
    if (own !== undefined && typeof own !== "string" && typeof own !== "number") {
      throw new RankRequestError("type", "expected a text or a number", "id");
    }
    id = own;
    return { line, id, request: parseRankRequest(request) };
  } catch (error) {
    if (!(error instanceof RankRequestError)) throw error;
    return { line, id, request: error };
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RankRequestError("type", `this line is not JSON (${(cause as Error).message})`);
  }
}

/** An answer as a line of JSON. */
export function formatJson({ line, id, outcome }: Answer): string {
  const known = id === undefined ? {} : { id };
  if (!(outcome instanceof RankRequestError)) return JSON.stringify({ ...known, ...outcome });
  const { code, message, path } = outcome;
  return JSON.stringify({ ...known, error: { line, code, message, ...(path !== undefined && { path }) } });
}

/** An answer for people. */
export function formatText({ line, id, outcome }: Answer, ranker: Ranker): string {
  const name = id === undefined ? `request ${line}` : `request ${id}`;
  if (outcome instanceof RankRequestError) return `${name}: ${outcome.message}`;
  const rows = outcome.items.map((item, place) => {
    const title = ranker.titleOf(item);
    const percent = `${(100 * outcome.scores[place]).toFixed(1)} %`;
    return `${String(place + 1).padStart(4)}  ${percent.padStart(7)}  ${item}${title === undefined ? "" : `  ${title}`}`;
  });
  const { unknownHistory, unknownCandidates = [] } = outcome;
  const passedOver = [
    unknownHistory === 0 ? "" : `, ${unknownHistory} of the history unknown`,
    unknownCandidates.length === 0 ? "" : `, unknown candidates: ${unknownCandidates.join(", ")}`,
  ].join("");
  return [`${name}: log-probability ${outcome.logProbability.toFixed(3)}${passedOver}`, ...rows].join("\n");
}
