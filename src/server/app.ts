/** The HTTP side of the server: what is let in, and how requests are answered, counted and logged. */
import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import bearerAuth from "@fastify/bearer-auth";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from "fastify";
import { answerConnection, closeAfterAnswer, describeConnectionError, refuseExpectations } from "./connections.ts";
import { allowOrigins } from "./cors.ts";
import { parseJsonBody } from "./json-body.ts";
import { ServeProblem, toProblem } from "./problems.ts";
import { type LogDestination, loggerOptions } from "./request-log.ts";
import { addRoutes, type RoutesOptions } from "./routes.ts";
import type { RequestLimits } from "./settings.ts";
import { unpackBody } from "./unpack-body.ts";

export interface AppOptions extends RoutesOptions {
  readonly log: LogDestination;
}

/** Paths that programs ask for all the time: their requests are logged only when all is. */
const QUIET = ["/health", "/ready", "/metrics"];

/** Stands in metrics and log for what is not a path of ours. */
const UNKNOWN_ROUTE = "unknown";

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
    response.end(JSON.stringify(problem.answer));
    options.metrics.requests.inc({ route: UNKNOWN_ROUTE, status: problem.status });
  });
  acceptOnlyJson(app, limits);
  addHooks(app, options);
  addRoutes(app, options);
  return app;
}

/** The sender's own, where it is of a form that can be logged. */
function requestId({ headers }: Pick<IncomingMessage, "headers">): string {
  const given = headers["x-request-id"];
  return typeof given === "string" && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
}

function acceptOnlyJson(app: FastifyInstance, { depth, bodyBytes }: RequestLimits): void {
  app.removeAllContentTypeParsers();
  const parse = async ({ headers }: FastifyRequest, body: Buffer) => {
    return parseJsonBody(await unpackBody(body, headers["content-encoding"], bodyBytes), depth);
  };
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, parse);
}

function addHooks(app: FastifyInstance, options: AppOptions): void {
  app.addHook("onRequest", async (request, reply) => {
    observe(app, options, request, reply);
    if (request.raw.httpVersion === "1.1" && request.headers.host === undefined) {
      throw new ServeProblem("http", "a request of HTTP/1.1 needs the header `Host`");
    }
  });
  allowOrigins(app, options.settings.cors);
  if (options.token !== undefined) askForToken(app, options.token);
  app.addHook("onRequest", async (request) => {
    if (request.is404) throw nothingHere(app, request);
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
    throw nothingHere(app, request);
  });
}

/** For all but /health, whether there is something at the path or not. */
function askForToken(app: FastifyInstance, token: string): void {
  app.register(bearerAuth, {
    keys: [token],
    addHook: false,
    // It alone takes `bearer` in any case.
    specCompliance: "rfc6749",
    verifyErrorLogLevel: "debug",
  });
  app.addHook("onRequest", (request, reply, done) => {
    if (pathOf(request) === "/health") done();
    else app.verifyBearerAuth?.(request, reply, done);
  });
}

function pathOf({ url }: FastifyRequest): string {
  return url.split("?", 1)[0];
}

const METHODS = ["GET", "HEAD", "POST"] as const;

function nothingHere(app: FastifyInstance, request: FastifyRequest): ServeProblem {
  const url = pathOf(request);
  const allow = METHODS.filter((method) => app.hasRoute({ method, url })).join(", ");
  return allow === ""
    ? new ServeProblem("not-found", `there is nothing at this path; GET / lists what there is`)
    : new ServeProblem("method-not-allowed", `${url} takes ${allow}, not ${request.method}`, { allow });
}

function sendProblem(reply: FastifyReply, problem: ServeProblem): void {
  const { retryAfter, allow } = problem.details;
  if (retryAfter !== undefined) void reply.header("Retry-After", retryAfter);
  if (allow !== undefined) void reply.header("Allow", allow);
  if (problem.code === "unauthorized") void reply.header("WWW-Authenticate", "Bearer");
  void reply.code(problem.status).type("application/json; charset=utf-8").send(problem.answer);
}

/** Counts and logs the request when its connection is done with it, answered or not. */
function observe(app: FastifyInstance, { metrics }: AppOptions, request: FastifyRequest, reply: FastifyReply): void {
  const started = performance.now();
  void reply.header("X-Request-Id", request.id);
  reply.raw.once("close", () => {
    const milliseconds = performance.now() - started;
    const route = request.routeOptions.url ?? UNKNOWN_ROUTE;
    const status = reply.raw.writableFinished ? reply.raw.statusCode : 499;
    metrics.requests.inc({ route, status });
    metrics.latency.observe({ route }, milliseconds / 1000);
    const line = { requestId: request.id, status, milliseconds: Number(milliseconds.toFixed(1)), ...request.asked };
    app.log[QUIET.includes(route) ? "debug" : "info"](line, `${request.method} ${route}`);
  });
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
