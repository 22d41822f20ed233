/** What each path is asked and answers: answers are checked by it as they are written, /openapi.json is made from it. */
import swagger from "@fastify/swagger";
import type { FastifyInstance } from "fastify";
import { jsonSchemaTransform, jsonSchemaTransformObject, serializerCompiler } from "fastify-type-provider-zod";
import * as z from "zod";
import { feedbackSchema } from "../impressions/records.ts";
import { rankRequestSchema } from "../ranker/request-schema.ts";
import type { RankedList, RankRequest } from "../ranker/requests.ts";
import { CODES_OF_ONE_REQUEST, PROBLEMS, type ProblemAnswer, type ProblemCode } from "./problems.ts";
import type { RankerFacts } from "./ranking/worker-messages.ts";
import type { RequestLimits } from "./settings.ts";

export interface ApiOptions {
  /** Of the package. */
  readonly version: string;
  readonly limits: RequestLimits;
  /** Whether a bearer token is asked for. */
  readonly token: boolean;
}

/** Has the routes that are added from now on described, and their answers checked. */
export function describeApi(app: FastifyInstance, { version, token }: ApiOptions): void {
  app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "GoalRank",
        version,
        description: "Ranks lists: candidates and a user's history in, a list with probabilities out.",
      },
      ...(token && {
        security: [{ token: [] }],
        components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
      }),
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
  app.setSerializerCompiler(serializerCompiler);
  // A body is read by its route: of several requests, those that are wrong are answered in their places.
  app.setValidatorCompiler(() => () => true);
}

const REQUEST: RankRequest = {
  id: 7,
  user: "u17",
  history: ["movie-5", { item: "movie-9", feedback: 0 }],
  candidates: ["movie-1", "movie-2", { item: "movie-3", score: 0.8 }, "movie-4"],
  length: 3,
  constraints: { exclude: ["movie-4"] },
};
const LIST: ServedList = {
  items: ["movie-3", "movie-1", "movie-2"],
  scores: [0.61, 0.72, 1],
  logProbability: -0.8228,
  unknownHistory: 0,
  fingerprint: "1a2b3c4d",
};
const PROBLEM: ProblemAnswer = {
  error: {
    code: "unknown-item",
    message: 'candidates[3]: the ranker does not know the item "movie-4"',
    path: "candidates[3]",
  },
};

const rankRequest = rankRequestSchema.register(z.globalRegistry, {
  ...z.globalRegistry.get(rankRequestSchema),
  id: "RankRequest",
});

const id = z.union([z.string(), z.number()]).optional().describe("Of the request, where it has one");

/** A list with the fingerprint of the ranker that made it. */
export interface ServedList extends RankedList {
  readonly fingerprint: string;
  /** Under which it was logged, where it was; feedback gives it back. */
  readonly impression?: string | undefined;
}

const rankedList: z.ZodType<ServedList> = z
  .strictObject({
    id,
    items: z.array(z.string()).describe("Best first"),
    scores: z
      .array(z.number())
      .describe("Probability of each item at its place, given those before it; 0 for an unknown one at the end"),
    logProbability: z.number().describe("Of the whole list"),
    unknownHistory: z.int().min(0).describe("Entries of the history that the ranker does not know"),
    places: z
      .array(z.int().min(0))
      .optional()
      .describe("The place of each item among the request's candidates, where these come with features of their own"),
    unknownCandidates: z.array(z.string()).optional().describe("Candidates that the ranker does not know"),
    candidates: z.array(z.string()).optional().describe("What the list was chosen from, where the request asks for it"),
    drawn: z
      .strictObject({
        temperature: z.number(),
        topP: z.number(),
        epsilon: z.number(),
        logProbabilities: z.array(z.number()).describe("Of each item, after those before it"),
        logProbability: z.number().describe("Of the whole list: their sum"),
      })
      .optional()
      .describe("Of a list that was drawn: how, and with what probability"),
    fingerprint: z.string().describe("Of the ranker that made the list"),
    impression: z.string().optional().describe("Name of the list, where it was logged; feedback gives it back"),
  })
  .meta({ id: "RankedList", description: "A ranked list" });

/** An answer of a status of 400 or more, with one of these codes. */
function errorWith(codes: readonly ProblemCode[]) {
  return z.strictObject({
    id,
    error: z.strictObject({
      code: z.enum(codes as [ProblemCode, ...ProblemCode[]]),
      message: z.string().describe("For people: what was wrong, and what is expected"),
      path: z.string().optional().describe("The part of the body that is wrong, such as `candidates[3]`"),
    }),
  });
}

const rankResults = z
  .strictObject({ results: z.array(z.union([rankedList, errorWith(CODES_OF_ONE_REQUEST)])) })
  .meta({ id: "RankResults", description: "For each request, in their order, its list or what is wrong with it" });

const rankAnswer = z.union([rankedList, rankResults]);

/** What a body of POST /rank is answered: a list for one request, results for several. */
export type RankAnswer = z.infer<typeof rankAnswer>;

const feedbackAnswer = z
  .strictObject({
    results: z.array(
      z.strictObject({
        status: z.enum(["recorded", "late", "duplicate", "unknown-impression", "refused"]),
        error: errorWith(["type", "impossible-feedback", "not-logged"]).shape.error.optional(),
      }),
    ),
  })
  .meta({ id: "FeedbackResults", description: "What became of each piece of feedback, in their order" });

const health = z.strictObject({ status: z.literal("ok") });

const ready = z.strictObject({
  status: z.literal("ready"),
  ranker: z
    .looseObject({ version: z.union([z.string(), z.number()]), fingerprint: z.string() })
    .describe("The ranker in service; the same one has the same `fingerprint`") satisfies z.ZodType<RankerFacts>,
});

/** Statuses of errors that any path may answer, before the request has reached it. */
const ANYWHERE = [400, 404, 405, 408, 413, 415, 417, 431, 500];

/** By status. */
const HEADERS: Readonly<Record<number, object>> = {
  200: { "X-Ranker-Fingerprint": { type: "string", description: "Of the ranker, or rankers, that made the lists" } },
  405: { Allow: { type: "string" } },
  503: { "Retry-After": { type: "integer", minimum: 1, description: "Seconds" } },
};

function errors(statuses: readonly number[]): Readonly<Record<number, z.ZodType<ProblemAnswer>>> {
  return Object.fromEntries(statuses.map((status) => [status, errorOf(status)]));
}

/** What the errors of a status look like. */
function errorOf(status: number): z.ZodType<ProblemAnswer> {
  const codes = (Object.keys(PROBLEMS) as ProblemCode[]).filter((code) => PROBLEMS[code].status === status);
  const [code] = codes;
  return errorWith(codes).meta({
    description: codes.map((code) => `\`${code}\`: ${PROBLEMS[code].description}`).join(" "),
    headers: HEADERS[status],
    examples: [status === 422 ? PROBLEM : { error: { code, message: PROBLEMS[code].description } }],
  });
}

/** The routes of the server, each with the form of its body and of its answers by their status. */
export function describeRoutes({ limits, token }: Pick<ApiOptions, "limits" | "token">) {
  const anywhere = token ? [...ANYWHERE, 401] : ANYWHERE;
  const several = z.strictObject({ requests: z.array(rankRequest).min(1).max(limits.requests) });
  const other = (summary: string, type: string, schema: z.ZodType) => ({
    summary,
    response: { 200: { description: summary, content: { [type]: { schema } } }, ...errors(anywhere) },
  });
  return {
    rank: {
      summary: "Rank one request, or several",
      description: describeLimits(limits),
      body: z
        .union([rankRequest, several])
        .meta({
          "x-examples": {
            one: { value: REQUEST },
            several: { value: { requests: [REQUEST, { candidates: ["movie-1", "movie-2"] }] } },
          },
        }),
      response: {
        200: rankAnswer.meta({
          description: "A list for one request, results for several",
          headers: HEADERS[200],
          "x-examples": { one: { value: LIST }, several: { value: { results: [LIST, PROBLEM] } } },
        }),
        ...errors([...anywhere, 422, 503]),
      },
    },
    feedback: {
      summary: "Tell what became of lists that were served",
      description:
        "One object, or an array of them. Only where the server keeps a log (`serve.impressions.folder`). The same feedback, " +
        "by its `id` or else by all that it says, is kept once; what was not served is refused.",
      body: z.union([feedbackSchema, z.array(feedbackSchema)]),
      response: { 200: feedbackAnswer, ...errors([...anywhere, 503]) },
    },
    health: {
      summary: "Whether the process lives",
      security: [],
      response: { 200: health.meta({ description: "It does", examples: [{ status: "ok" }] }), ...errors(ANYWHERE) },
    },
    ready: {
      summary: "Whether a ranker is loaded and the server is not shutting down",
      response: { 200: ready.meta({ description: "It is" }), ...errors([...anywhere, 503]) },
    },
    metrics: other("Counters and histograms in the form that Prometheus reads", "text/plain", z.string()),
    description: other("This description", "application/json", z.looseObject({})),
    welcome: other("What there is to ask for", "text/plain", z.string()),
  };
}

function describeLimits({ bodyBytes, requests, candidates, history, depth }: RequestLimits): string {
  return [
    "Of several requests, those that are wrong have an error in the place of their list.",
    `A body has at most ${bodyBytes} bytes, ${requests} requests and ${depth} arrays and objects inside of each other;`,
    `a request at most ${candidates} candidates and ${history} history entries.`,
  ].join(" ");
}
