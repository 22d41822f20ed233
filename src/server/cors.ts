/** Lets pages of other origins ask (https://fetch.spec.whatwg.org/#http-cors-protocol), where the settings name them. */
import type { FastifyInstance } from "fastify";

/** What a page may read of an answer besides its body. */
const EXPOSED = "X-Request-Id, X-Ranker-Fingerprint, Retry-After";
/** Seconds for which a browser need not ask again. */
const MOST_SECONDS = 86_400;

/** @param origins such as `https://shop.example`; `*` is every one, none is no other than the server's own */
export function allowOrigins(app: FastifyInstance, origins: readonly string[]): void {
  if (origins.length === 0) return;
  const allowsAll = origins.includes("*");
  app.addHook("onRequest", async ({ headers, method }, reply) => {
    const { origin } = headers;
    if (!allowsAll) void reply.header("Vary", "Origin");
    if (origin === undefined || !(allowsAll || origins.includes(origin))) return;
    void reply.header("Access-Control-Allow-Origin", allowsAll ? "*" : origin);
    void reply.header("Access-Control-Expose-Headers", EXPOSED);
    // Browsers ask this first, and without a token.
    if (method !== "OPTIONS" || headers["access-control-request-method"] === undefined) return;
    void reply.header("Access-Control-Allow-Methods", "GET, HEAD, POST");
    void reply.header("Access-Control-Allow-Headers", "Authorization, Content-Type, Content-Encoding, X-Request-Id");
    void reply.header("Access-Control-Max-Age", MOST_SECONDS);
    return reply.code(204).send();
  });
}
