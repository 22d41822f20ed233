/** The section `serve` of a configuration: see `ServeSettings`. */
import { z } from "zod";
import { DEVICE_NAMES } from "../../kernels/index.ts";
import { DEFAULT_SERVE, LOG_LEVELS } from "../../server/settings.ts";
import { count, name } from "../../settings/setting-kinds.ts";

const milliseconds = z.int().min(0);
const { batch, queue, limits, connections, shutdown } = DEFAULT_SERVE;

export const serveSchema = z.strictObject({
  host: name
    .default(DEFAULT_SERVE.host)
    .describe("Address to listen on; the default is reached from this machine alone"),
  port: z.int().min(0).max(65535).default(DEFAULT_SERVE.port).describe("Port; 0 takes any free one"),
  tokenFile: name
    .exactOptional()
    .describe("File that holds the bearer token; without one, the variable GOALRANK_TOKEN is looked at"),
  workers: z
    .int()
    .min(0)
    .default(DEFAULT_SERVE.workers)
    .describe("Processes that rank; 0 is one less than there are cores, and at least one"),
  threads: count.default(DEFAULT_SERVE.threads).describe("Threads of each worker on the CPU"),
  device: z.enum(DEVICE_NAMES).default(DEFAULT_SERVE.device).describe("What the workers compute on"),
  batch: z
    .strictObject({
      requests: count.default(batch.requests).describe("Most requests that a worker ranks together"),
      milliseconds: milliseconds
        .default(batch.milliseconds)
        .describe("How long a request waits for company while a worker is idle"),
    })
    .prefault({})
    .describe("Micro-batches"),
  queue: z
    .strictObject({
      milliseconds: milliseconds
        .default(queue.milliseconds)
        .describe("A request is refused when those ahead of it would take longer than this"),
      requests: count.default(queue.requests).describe("Most requests that wait, however fast they are"),
    })
    .prefault({})
    .describe("Back-pressure"),
  timeoutMilliseconds: count
    .default(DEFAULT_SERVE.timeoutMilliseconds)
    .describe("A request that is not ranked in this time is answered 503"),
  stuckMilliseconds: count
    .default(DEFAULT_SERVE.stuckMilliseconds)
    .describe("A worker that takes longer over a batch is ended and replaced"),
  limits: z
    .strictObject({
      bodyBytes: count.default(limits.bodyBytes).describe("Of a request's body"),
      headerBytes: count.default(limits.headerBytes).describe("Of a request's headers"),
      depth: count.default(limits.depth).describe("Arrays and objects inside of each other"),
      requests: count.default(limits.requests).describe("Requests of one body"),
      candidates: count.default(limits.candidates).describe("Candidates of one request"),
      history: count.default(limits.history).describe("Entries of one request's history"),
    })
    .prefault({})
    .describe("What a request may be at most"),
  connections: z
    .strictObject({
      count: count.default(connections.count).describe("Most connections at the same time"),
      headersMilliseconds: count
        .default(connections.headersMilliseconds)
        .describe("How long a sender may take over the headers"),
      requestMilliseconds: count
        .default(connections.requestMilliseconds)
        .describe("How long a sender may take over the whole request"),
      keepAliveMilliseconds: milliseconds
        .default(connections.keepAliveMilliseconds)
        .describe("How long an idle connection stays open"),
    })
    .prefault({})
    .describe("Connections"),
  watchMilliseconds: milliseconds
    .default(DEFAULT_SERVE.watchMilliseconds)
    .describe("How often the ranker's file is looked at; 0 reloads on SIGHUP alone"),
  shutdown: z
    .strictObject({
      delayMilliseconds: milliseconds
        .default(shutdown.delayMilliseconds)
        .describe("How long the server goes on after a signal, no longer ready"),
      graceMilliseconds: milliseconds
        .default(shutdown.graceMilliseconds)
        .describe("How long requests in flight may take after that"),
    })
    .prefault({})
    .describe("The end"),
  logLevel: z.enum(LOG_LEVELS).default(DEFAULT_SERVE.logLevel).describe("What is logged"),
});
