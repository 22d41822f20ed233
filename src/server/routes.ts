/** What the server does at each of its paths. */
import { randomUUID } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { forClient, nameRequest, type ServedImpressions } from "./impressions.ts";
import type { ServerMetrics } from "./metrics.ts";
import { describeApi, describeRoutes, type RankAnswer } from "./openapi.ts";
import { ServeProblem } from "./problems.ts";
import { answerRankBody, readRankBody, WrongRequest } from "./rank-body.ts";
import type { RankingService } from "./ranking/ranking-service.ts";
import type { ServeSettings } from "./settings.ts";

export interface RoutesOptions {
  readonly settings: ServeSettings;
  /** Asked of clients, where given. */
  readonly token: string | undefined;
  /** Of the package. */
  readonly version: string;
  readonly service: RankingService;
  readonly metrics: ServerMetrics;
  /** What is kept of lists that are served; undefined where nothing is. */
  impressions(): ServedImpressions | undefined;
  /** Whether the server is about to end. */
  isShuttingDown(): boolean;
}

declare module "fastify" {
  interface FastifyRequest {
    /** Requests and candidates in the body, for the log. */
    asked: { readonly requests: number; readonly candidates: number } | undefined;
  }
}

const WELCOME = `GoalRank ranks lists.

POST /rank          a request, or {"requests": [...]}
POST /feedback      what became of a list that was served
GET  /ready         whether a ranker is loaded
GET  /health        whether the process lives
GET  /metrics       for Prometheus
GET  /openapi.json  all of this in detail
`;

export function addRoutes(untyped: FastifyInstance, options: RoutesOptions): void {
  const app = untyped.withTypeProvider<ZodTypeProvider>();
  const { service, metrics, settings, version } = options;
  const api = { version, limits: settings.limits, token: options.token !== undefined };
  const routes = describeRoutes(api);
  app.decorateRequest("asked", undefined);
  describeApi(untyped, api);
  // After what describes them has been loaded.
  app.after(() => {
    app.post("/rank", { schema: routes.rank }, (request, reply) => rank(options, request, reply));
    app.post("/feedback", { schema: routes.feedback }, async (request) => {
      const log = options.impressions();
      if (log === undefined) {
        throw new ServeProblem(
          "not-found",
          "this server keeps no log of lists; start it with serve.impressions.folder",
        );
      }
      return { results: await log.takeFeedback(request.body) };
    });
    app.get("/health", { schema: routes.health }, async () => ({ status: "ok" as const }));
    app.get("/ready", { schema: routes.ready }, async () => {
      const { ranker } = service;
      if (options.isShuttingDown()) throw notReady("the server is shutting down");
      if (ranker === undefined) throw notReady("no ranker is loaded");
      return { status: "ready" as const, ranker };
    });
    app.get("/metrics", { schema: routes.metrics }, async (_request, reply) => {
      const text = await metrics.registry.metrics();
      return reply.type(metrics.registry.contentType).send(text);
    });
    app.get("/openapi.json", { schema: routes.description }, async () => app.swagger());
    app.get("/", { schema: routes.welcome }, async (_request, reply) =>
      reply.type("text/plain; charset=utf-8").send(WELCOME),
    );
  });
}

function notReady(message: string): ServeProblem {
  return new ServeProblem("not-ready", message, { retryAfter: 1 });
}

async function rank(
  { service, settings, impressions }: RoutesOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<RankAnswer> {
  const body = readRankBody(request.body, settings.limits);
  const requests = body.requests.flatMap((read) => {
    return read instanceof WrongRequest ? [] : { unknown: settings.unknown, ...read };
  });
  const named = requests.map((own) => nameRequest(own, randomUUID(), settings));
  const candidates = requests.reduce((sum, { candidates = [] }) => sum + candidates.length, 0);
  request.asked = { requests: body.requests.length, candidates };
  const abandoned = new AbortController();
  reply.raw.once("close", () => abandoned.abort());
  const asked = named.map(({ request }) => request);
  const outcomes = requests.length === 0 ? [] : await service.rank(asked, abandoned.signal);
  const log = impressions();
  await log?.keep(named, outcomes, String(service.ranker?.method));
  const served = outcomes.map((outcome, n) =>
    log === undefined ? outcome : { ...outcome, ...forClient(named[n], outcome) },
  );
  const answer = answerRankBody(body, served);
  const rankers = new Set(outcomes.flatMap((outcome) => ("list" in outcome ? outcome.fingerprint : [])));
  if (rankers.size > 0) void reply.header("X-Ranker-Fingerprint", [...rankers].join(", "));
  return answer;
}
