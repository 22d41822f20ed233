/** The HTTP side of the server: routes, who may call them, and how requests are answered, counted and logged. */
import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from "fastify";
import {
  answerConnection,
  closeAfterAnswer,
  describeConnectionError,
  refuseExpectations,
} from "./connections.ts";
import { parseJsonBody } from "./json-body.ts";
import type { ServerMetrics } from "./metrics.ts";
import { describeApi } from "./openapi.ts";
import { ServeProblem, toProblem } from "./problems.ts";
import { answerRankBody, readRankBody } from "./rank-body.ts";
import type { RankingService } from "./ranking/ranking-service.ts";
import { type LogDestination, loggerOptions } from "./request-log.ts";
import type { ServeSettings } from "./settings.ts";
import { tokenChecker } from "./token.ts";

export interface AppOptions {
  readonly settings: ServeSettings;
  /** Asked of clients, where given. */
  readonly token: string | undefined;
  /** Of the package. */
  readonly version: string;
  readonly log: LogDestination;
  readonly service: RankingService;
  readonly metrics: ServerMetrics;
  /** Whether the server is about to end. */
  isShuttingDown(): boolean;
}

declare module "fastify" {
  interface FastifyRequest {
    /** Requests and candidates in the body, for the log. */
    asked: { readonly requests: number; readonly candidates: number } | undefined;
  }
}

/** The methods of each path. */
const ROUTES: Readonly<Record<string, string>> = {
  "/rank": "POST",
  "/health": "GET, HEAD",
  "/ready": "GET, HEAD",
  "/metrics": "GET, HEAD",
  "/openapi.json": "GET, HEAD",
  "/": "GET, HEAD",
};

/** Paths that programs ask for all the time: their requests are logged only when all is. */
const QUIET = ["/health", "/ready", "/metrics"];

/** Stands in metrics and log for what is not a path of ours. */
const UNKNOWN_ROUTE = "unknown";

const WELCOME = `GoalRank ranks lists.

POST /rank          a request, or {"requests": [...]}
GET  /ready         whether a ranker is loaded
GET  /health        whether the process lives
GET  /metrics       for Prometheus
GET  /openapi.json  all of this in detail
`;

export function createApp(options: AppOptions): FastifyInstance {
  const { settings } = options;
  const { connections, limits } = settings;
  const app = fastify({
    logger: loggerOptions(settings.logLevel, options.log),
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "requestId" }),
    genReqId: requestId,
    bodyLimit: limits.bodyBytes,
    requestTimeout: connections.requestMilliseconds,
    keepAliveTimeout: connections.keepAliveMilliseconds,
    http: {
      headersTimeout: Math.min(connections.headersMilliseconds, connections.requestMilliseconds),
      connectionsCheckingInterval: Math.min(1000, connections.headersMilliseconds),
      maxHeaderSize: limits.headerBytes,
      // Checked below, where it can be answered as every other mistake is.
      requireHostHeader: false,
    },
    // Requests that arrive on open connections while the server shuts down are answered.
    return503OnClosing: false,
    clientErrorHandler: (error, socket) => answerClientError(app, options, error, socket),
    frameworkErrors: (error, request, reply) => {
      observe(app, options, request, reply);
      sendProblem(reply, toProblem(error));
    },
  });
  app.server.maxConnections = connections.count;
  refuseExpectations(app.server, limits.bodyBytes, (response, problem) => {
    response.statusCode = problem.status;
    response.setHeader("Content-Type", "application/json; charset=utf-8");
    response.setHeader("Connection", "close");
    response.end(JSON.stringify({ error: problem.body }));
    options.metrics.requests.inc({ route: UNKNOWN_ROUTE, status: problem.status });
  });
  app.decorateRequest("asked", undefined);
  acceptOnlyJson(app, limits.depth);
  addHooks(app, options);
  addRoutes(app, options);
  return app;
}

/** The sender's own, where it is of a form that can be logged. */
function requestId({ headers }: Pick<IncomingMessage, "headers">): string {
  const given = headers["x-request-id"];
  return typeof given === "string" && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
}

function acceptOnlyJson(app: FastifyInstance, depth: number): void {
  app.removeAllContentTypeParsers();
  const parse = async ({ headers }: FastifyRequest, body: Buffer) => {
    if (headers["content-encoding"] !== undefined) {
      throw new ServeProblem(
        "media-type",
        "compressed bodies are not read; send it without `Content-Encoding`",
      );
    }
    return parseJsonBody(body, depth);
  };
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, parse);
}

function addHooks(app: FastifyInstance, options: AppOptions): void {
  const { token } = options;
  const isToken = token === undefined ? () => true : tokenChecker(token);
  app.addHook("onRequest", async (request, reply) => {
    observe(app, options, request, reply);
    const path = request.url.split("?", 1)[0];
    if (request.raw.httpVersion === "1.1" && request.headers.host === undefined) {
      throw new ServeProblem("http", "a request of HTTP/1.1 needs the header `Host`");
    }
    if (path !== "/health" && !isToken(request.headers.authorization)) {
      throw new ServeProblem("unauthorized", "send the server's token: `Authorization: Bearer TOKEN`");
    }
    if (request.is404) throw nothingHere(path, request.method);
  });
  app.addHook("onSend", async (request, reply, payload) => {
    // The framework closes after a body that it could not read; here only those that are still being sent matter.
    reply.removeHeader("Connection");
    if (options.isShuttingDown()) void reply.header("Connection", "close");
    if (!request.raw.complete) closeAfterAnswer(request.raw, reply.raw);
    return payload;
  });
  app.setErrorHandler((error, request, reply) => {
    const problem = toProblem(error);
    if (problem.code === "internal") request.log.error({ err: error }, "a request failed");
    sendProblem(reply, problem);
  });
  // Reached by nothing: the hook above has thrown already.
  app.setNotFoundHandler((request) => {
    throw nothingHere(request.url, request.method);
  });
}

function nothingHere(path: string, method: string): ServeProblem {
  const allow = Object.hasOwn(ROUTES, path) ? ROUTES[path] : undefined;
  return allow === undefined
    ? new ServeProblem("not-found", `there is nothing at this path; GET / lists what there is`)
    : new ServeProblem("method-not-allowed", `${path} takes ${allow}, not ${method}`, { allow });
}

function sendProblem(reply: FastifyReply, problem: ServeProblem): void {
  const { retryAfter, allow } = problem.details;
  if (retryAfter !== undefined) void reply.header("Retry-After", retryAfter);
  if (allow !== undefined) void reply.header("Allow", allow);
  if (problem.code === "unauthorized") void reply.header("WWW-Authenticate", "Bearer");
  void reply.code(problem.status).type("application/json; charset=utf-8").send({ error: problem.body });
}

/** Counts and logs the request when its connection is done with it, answered or not. */
function observe(
  app: FastifyInstance,
  { metrics }: AppOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const started = performance.now();
  void reply.header("X-Request-Id", request.id);
  reply.raw.once("close", () => {
    const milliseconds = performance.now() - started;
    const route = request.routeOptions.url ?? UNKNOWN_ROUTE;
    const status = reply.raw.writableFinished ? reply.raw.statusCode : 499;
    metrics.requests.inc({ route, status });
    metrics.latency.observe({ route }, milliseconds / 1000);
    const line = {
      requestId: request.id,
      status,
      milliseconds: Number(milliseconds.toFixed(1)),
      ...request.asked,
    };
    app.log[QUIET.includes(route) ? "debug" : "info"](line, `${request.method} ${route}`);
  });
}

function addRoutes(app: FastifyInstance, options: AppOptions): void {
  const { service, metrics, settings } = options;
  app.post("/rank", (request, reply) => rank(options, request, reply));
  app.get("/health", async () => ({ status: "ok" }));
  app.get("/ready", async () => {
    const { ranker } = service;
    if (options.isShuttingDown()) throw notReady("the server is shutting down");
    if (ranker === undefined) throw notReady("no ranker is loaded");
    return { status: "ready", ranker };
  });
  app.get("/metrics", async (_request, reply) => {
    const text = await metrics.registry.metrics();
    return reply.type(metrics.registry.contentType).send(text);
  });
  const description = describeApi({
    version: options.version,
    limits: settings.limits,
    token: options.token !== undefined,
  });
  app.get("/openapi.json", async () => description);
  app.get("/", async (_request, reply) => reply.type("text/plain; charset=utf-8").send(WELCOME));
}

function notReady(message: string): ServeProblem {
  return new ServeProblem("not-ready", message, { retryAfter: 1 });
}

async function rank(
  { service, settings }: AppOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const body = readRankBody(request.body, settings.limits);
  const requests = body.requests.flatMap((read) => ("request" in read ? read.request : []));
  const candidates = requests.reduce((sum, { candidates = [] }) => sum + candidates.length, 0);
  request.asked = { requests: body.requests.length, candidates };
  const abandoned = new AbortController();
  reply.raw.once("close", () => abandoned.abort());
  const outcomes = requests.length === 0 ? [] : await service.rank(requests, abandoned.signal);
  return answerRankBody(body, outcomes);
}

/** Answers what is not a request, and counts it. */
function answerClientError(
  app: FastifyInstance,
  { metrics }: AppOptions,
  error: NodeJS.ErrnoException,
  socket: Socket,
): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = describeConnectionError(error);
  metrics.requests.inc({ route: UNKNOWN_ROUTE, status: problem.status });
  app.log.info({ status: problem.status, reason: error.code }, "a connection was refused");
  answerConnection(socket, problem);
}
