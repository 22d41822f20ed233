/** The description of the server in OpenAPI 3.1, made of the schemas that it reads requests with. */
import { z } from "zod";
import { rankRequestSchema } from "../ranker/request-schema.ts";
import { PROBLEMS } from "./problems.ts";
import {
  codesOf,
  EXAMPLES,
  errorSchema,
  healthSchema,
  rankedListSchema,
  rankResultsSchema,
  readySchema,
} from "./schemas.ts";
import type { RequestLimits } from "./settings.ts";

type Json = Readonly<Record<string, unknown>>;

export interface OpenApiOptions {
  /** Of the package. */
  readonly version: string;
  readonly limits: RequestLimits;
  /** Whether a bearer token is asked for. */
  readonly token: boolean;
}

/** Statuses of errors that any path may answer, before the request has reached it. */
const ANYWHERE = [400, 404, 405, 408, 413, 415, 417, 431, 500];

export function describeApi({ version, limits, token }: OpenApiOptions): Json {
  const guard = token ? [401] : [];
  return {
    openapi: "3.1.0",
    info: {
      title: "GoalRank",
      version,
      description: "Ranks lists: candidates and a user's history in, a list with probabilities out.",
    },
    ...(token ? { security: [{ token: [] }] } : {}),
    paths: {
      "/rank": {
        post: {
          summary: "Rank one request, or several",
          description: describeLimits(limits),
          requestBody: { required: true, content: { "application/json": rankBody(limits) } },
          responses: responses(rankAnswer(), [...ANYWHERE, ...guard, 422, 503]),
        },
      },
      "/health": {
        get: {
          summary: "Whether the process lives",
          security: [],
          responses: responses(json("It does", schema(healthSchema), { status: "ok" }), ANYWHERE),
        },
      },
      "/ready": {
        get: {
          summary: "Whether a ranker is loaded and the server is not shutting down",
          responses: responses(json("It is", schema(readySchema)), [...ANYWHERE, ...guard, 503]),
        },
      },
      "/metrics": text("Counters and histograms in the form that Prometheus reads", "text/plain", guard),
      "/openapi.json": text("This description", "application/json", guard),
      "/": text("What there is to ask for", "text/plain", guard),
    },
    components: {
      schemas: {
        RankRequest: schema(rankRequestSchema),
        RankedList: schema(rankedListSchema),
        RankResults: schema(rankResultsSchema),
      },
      responses: Object.fromEntries(
        [...ANYWHERE, 401, 422, 503].map((status) => [name(status), error(status)]),
      ),
      ...(token ? { securitySchemes: { token: { type: "http", scheme: "bearer" } } } : {}),
    },
  };
}

function describeLimits({ bodyBytes, requests, candidates, history, depth }: RequestLimits): string {
  return [
    "Of several requests, those that are wrong have an error in the place of their list.",
    `A body has at most ${bodyBytes} bytes, ${requests} requests and ${depth} arrays and objects inside of each other;`,
    `a request at most ${candidates} candidates and ${history} history entries.`,
  ].join(" ");
}

function rankBody(limits: RequestLimits): Json {
  const one = { $ref: "#/components/schemas/RankRequest" };
  const several = {
    type: "object",
    properties: { requests: { type: "array", items: one, minItems: 1, maxItems: limits.requests } },
    required: ["requests"],
    additionalProperties: false,
  };
  return {
    schema: { anyOf: [one, several] },
    examples: {
      one: { value: EXAMPLES.request },
      several: { value: { requests: [EXAMPLES.request, { candidates: ["movie-1", "movie-2"] }] } },
    },
  };
}

function rankAnswer(): Json {
  return {
    description: "A list for one request, results for several",
    content: {
      "application/json": {
        schema: {
          anyOf: [{ $ref: "#/components/schemas/RankedList" }, { $ref: "#/components/schemas/RankResults" }],
        },
        examples: {
          one: { value: EXAMPLES.list },
          several: { value: { results: [EXAMPLES.list, { error: EXAMPLES.error }] } },
        },
      },
    },
  };
}

function responses(good: Json, errors: readonly number[]): Json {
  const named = errors.map((status) => [status, { $ref: `#/components/responses/${name(status)}` }]);
  return { 200: good, ...Object.fromEntries(named) };
}

function text(summary: string, type: string, guard: readonly number[]): Json {
  const good = { description: summary, content: { [type]: {} } };
  return { get: { summary, responses: responses(good, [...ANYWHERE, ...guard]) } };
}

function json(description: string, form: Json, example?: unknown): Json {
  const content = { schema: form, ...(example === undefined ? {} : { example }) };
  return { description, content: { "application/json": content } };
}

function name(status: number): string {
  return `Error${status}`;
}

/** What the errors of a status look like. */
function error(status: number): Json {
  const codes = codesOf(status);
  const description = codes.map((code) => `\`${code}\`: ${PROBLEMS[code].description}`).join(" ");
  const headers = {
    ...(status === 503
      ? { "Retry-After": { description: "Seconds", schema: { type: "integer", minimum: 1 } } }
      : {}),
    ...(status === 405 ? { Allow: { schema: { type: "string" } } } : {}),
  };
  const [code] = codes;
  const example = { error: status === 422 ? EXAMPLES.error : { code, message: PROBLEMS[code].description } };
  return { ...json(description, schema(errorSchema(codes)), example), headers };
}

/** As a client writes it; the dialect is OpenAPI's own. */
function schema(type: z.ZodType): Json {
  const { $schema: _, ...form } = z.toJSONSchema(type, { io: "input" });
  return form;
}
