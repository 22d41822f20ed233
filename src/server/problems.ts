/** Everything that can be wrong with a request to the server, each with its status. */
import { type Name, RankRequestError, REQUEST_PROBLEMS } from "../ranker/requests.ts";

/** By the code that stands in the answer. */
export const PROBLEMS = {
  http: { status: 400, description: "The request is not valid HTTP." },
  json: { status: 400, description: "The body is not JSON in UTF-8." },
  type: { status: 400, description: "The body is JSON, but not of the form of a request." },
  unauthorized: { status: 401, description: "The bearer token is missing or wrong." },
  "not-found": { status: 404, description: "There is nothing at this path." },
  "method-not-allowed": { status: 405, description: "The path takes other methods; `Allow` lists them." },
  "slow-request": { status: 408, description: "The request was not sent within the time allowed." },
  "too-large": { status: 413, description: "The body has too many bytes." },
  count: { status: 413, description: "Too many requests in a body, candidates or history entries." },
  "media-type": {
    status: 415,
    description: "The body is not declared as application/json, or is compressed in another way than gzip.",
  },
  expectation: { status: 417, description: "`Expect` asks for something else than 100-continue." },
  "unknown-item": { status: 422, description: "The ranker does not know an item, and the request asks for an error." },
  duplicate: { status: 422, description: "An item or a position stands there twice." },
  length: { status: 422, description: "The ranker cannot make a list of this length of these candidates." },
  "impossible-feedback": { status: 422, description: "The feedback is on something that was not served." },
  constraints: { status: 422, description: "The constraints cannot be met." },
  "headers-too-large": { status: 431, description: "The headers have too many bytes." },
  internal: { status: 500, description: "A defect of the server; its log says more." },
  overloaded: { status: 503, description: "Too many requests wait already." },
  timeout: { status: 503, description: "The request was not ranked within the time allowed." },
  "not-logged": { status: 503, description: "The list or the feedback could not be logged." },
  "not-ready": { status: 503, description: "No ranker is loaded, or the server is shutting down." },
} as const satisfies Record<string, { status: number; description: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

/** Codes that one request of several can have; all others are about the whole body. */
export const CODES_OF_ONE_REQUEST = REQUEST_PROBLEMS satisfies readonly ProblemCode[];

/** As it stands in the place of an answer. */
export interface ProblemAnswer {
  /** Of the request among several, where it has one. */
  readonly id?: Name | undefined;
  readonly error: { readonly code: ProblemCode; readonly message: string; readonly path?: string | undefined };
}

/** A request that is answered with an error. */
export class ServeProblem extends Error {
  override readonly name = "ServeProblem";

  constructor(
    readonly code: ProblemCode,
    message: string,
    readonly details: {
      /** The part of the body that is wrong. */
      readonly path?: string | undefined;
      /** Seconds after which it is worth another try. */
      readonly retryAfter?: number;
      /** Methods that the path takes. */
      readonly allow?: string;
    } = {},
  ) {
    super(message);
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }

  /** What the client is told. */
  get answer(): ProblemAnswer {
    const { path } = this.details;
    return { error: { code: this.code, message: this.message, ...(path === undefined ? {} : { path }) } };
  }
}

const TOKEN_WANTED = "send the server's token: `Authorization: Bearer TOKEN`";

/** What the framework calls by names of its own. */
const FRAMEWORK_CODES: Readonly<Record<string, readonly [code: ProblemCode, message: string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ["too-large", "the body has too many bytes; send fewer requests or candidates in one"],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ["media-type", "send the body with the header `Content-Type: application/json`"],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ["http", "the body does not have the length that `Content-Length` says"],
  FST_ERR_BAD_URL: ["http", "the path is not validly encoded"],
  FST_ERR_MAX_PARAM_LENGTH: ["not-found", "there is nothing at this path"],
  FST_BEARER_AUTH_MISSING_AUTHORIZATION_HEADER: ["unauthorized", TOKEN_WANTED],
  FST_BEARER_AUTH_INVALID_AUTHORIZATION_HEADER: ["unauthorized", TOKEN_WANTED],
  ECONNRESET: ["http", "the connection was closed before the body was complete"],
};

/** The problem that any thrown value is; what nobody expected is `internal`, and tells the client nothing. */
export function toProblem(error: unknown): ServeProblem {
  if (error instanceof ServeProblem) return error;
  if (error instanceof RankRequestError) return new ServeProblem(error.code, error.message, { path: error.path });
  const name = (error as { code?: unknown } | null)?.code;
  const known = typeof name === "string" ? FRAMEWORK_CODES[name] : undefined;
  if (known !== undefined) return new ServeProblem(...known);
  return new ServeProblem("internal", "the server failed; its log says why");
}
