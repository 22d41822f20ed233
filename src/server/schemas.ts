/** The forms of what the server answers, and examples of what it is asked and answers. */
import { z } from "zod";
import type { RankedList, RankRequest } from "../ranker/requests.ts";
import { CODES_OF_ONE_REQUEST, PROBLEMS, type ProblemBody, type ProblemCode } from "./problems.ts";
import type { RankerFacts } from "./ranking/worker-messages.ts";

export const rankedListSchema: z.ZodType<RankedList> = z
  .strictObject({
    items: z.array(z.string()).describe("Best first"),
    scores: z.array(z.number()).describe("Probability of each item at its place, given those before it"),
    logProbability: z.number().describe("Of the whole list"),
    unknownHistory: z.int().min(0).describe("Entries of the history that the ranker does not know"),
  })
  .describe("A ranked list");

function problemSchema(codes: readonly ProblemCode[]) {
  return z.strictObject({
    code: z.enum(codes as [ProblemCode, ...ProblemCode[]]),
    message: z.string().describe("For people: what was wrong, and what is expected"),
    path: z.string().optional().describe("The part of the body that is wrong, such as `candidates[3]`"),
  });
}

/** An answer of a status of 400 or more, with one of these codes. */
export function errorSchema(codes: readonly ProblemCode[]): z.ZodType<{ readonly error: ProblemBody }> {
  return z.strictObject({ error: problemSchema(codes) });
}

export const rankResultsSchema = z
  .strictObject({
    results: z.array(z.union([rankedListSchema, errorSchema(CODES_OF_ONE_REQUEST)])),
  })
  .describe("For each request, in their order, its list or what is wrong with it");

export const healthSchema = z.strictObject({ status: z.literal("ok") });

export const readySchema = z.strictObject({
  status: z.literal("ready"),
  ranker: z
    .looseObject({ version: z.union([z.string(), z.number()]), fingerprint: z.string() })
    .describe(
      "The ranker in service; the same one has the same `fingerprint`",
    ) satisfies z.ZodType<RankerFacts>,
});

/** All codes of a status. */
export function codesOf(status: number): readonly ProblemCode[] {
  const codes = Object.keys(PROBLEMS) as ProblemCode[];
  return codes.filter((code) => PROBLEMS[code].status === status);
}

export const EXAMPLES = {
  request: {
    user: "u17",
    history: ["movie-5", { item: "movie-9", feedback: 0 }],
    candidates: ["movie-1", "movie-2", { item: "movie-3", score: 0.8 }, "movie-4"],
    length: 3,
    constraints: { exclude: ["movie-4"] },
  } satisfies RankRequest,
  list: {
    items: ["movie-3", "movie-1", "movie-2"],
    scores: [0.61, 0.72, 1],
    logProbability: -0.8228,
    unknownHistory: 0,
  } satisfies RankedList,
  error: {
    code: "unknown-item",
    message: 'candidates[3]: the ranker does not know the item "movie-4"',
    path: "candidates[3]",
  } satisfies ProblemBody,
};
