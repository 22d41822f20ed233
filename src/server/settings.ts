/** What the server can be told: the section `serve` of a configuration, with its defaults and what each setting means. */
import { availableParallelism } from "node:os";
import * as z from "zod";
import { DEVICE_NAMES } from "../kernels/index.ts";
import { UNKNOWN_CANDIDATES } from "../ranker/requests.ts";
import { count, countOrNone, name } from "../settings/setting-kinds.ts";

const milliseconds = countOrNone;

const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;

const batch = z.strictObject({
  requests: count.default(16).describe("Most requests that a worker ranks together"),
  milliseconds: milliseconds.default(0).describe("How long a request waits for company while a worker is idle"),
});

const queue = z.strictObject({
  milliseconds: milliseconds
    .default(80)
    .describe("A request is refused when those ahead of it would take longer than this"),
  requests: count.default(1024).describe("Most requests that wait, however fast they are"),
});

const limits = z.strictObject({
  bodyBytes: count.default(1024 * 1024).describe("Of a request's body, also once it is unpacked"),
  headerBytes: count.default(16 * 1024).describe("Of a request's headers"),
  depth: count.default(16).describe("Arrays and objects inside of each other"),
  requests: count.default(64).describe("Requests of one body"),
  candidates: count.default(1000).describe("Candidates of one request"),
  history: count.default(1000).describe("Entries of one request's history"),
});

const connections = z.strictObject({
  count: count.default(1024).describe("Most connections at the same time"),
  headersMilliseconds: count.default(5000).describe("How long a sender may take over the headers"),
  requestMilliseconds: count.default(10_000).describe("How long a sender may take over the whole request"),
  keepAliveMilliseconds: milliseconds.default(72_000).describe("How long an idle connection stays open"),
});

const shutdown = z.strictObject({
  delayMilliseconds: milliseconds.default(0).describe("How long the server goes on after a signal, no longer ready"),
  graceMilliseconds: milliseconds.default(10_000).describe("How long requests in flight may take after that"),
});

export const serveSchema = z.strictObject({
  host: name.default("127.0.0.1").describe("Address to listen on; the default is reached from this machine alone"),
  port: z.int().min(0).max(65535).default(8080).describe("Port; 0 takes any free one"),
  tokenFile: name
    .exactOptional()
    .describe("File that holds the bearer token; without one, the variable GOALRANK_TOKEN is looked at"),
  cors: z
    .array(name)
    .default([])
    .describe("Origins of pages that may ask, such as `https://shop.example`; `*` is every page"),
  unknown: z
    .enum(UNKNOWN_CANDIDATES)
    .default("last")
    .describe("What becomes of candidates that the ranker does not know, unless a request says: last, skip or error"),
  workers: z
    .int()
    .min(0)
    .default(0)
    .describe("Processes that rank; 0 is one less than there are cores, and at least one"),
  threads: count.default(1).describe("Threads of each worker on the CPU"),
  device: z.enum(DEVICE_NAMES).default("cpu").describe("What the workers compute on"),
  batch: batch.prefault({}).describe("Micro-batches"),
  queue: queue.prefault({}).describe("Back-pressure"),
  timeoutMilliseconds: count.default(2000).describe("A request that is not ranked in this time is answered 503"),
  stuckMilliseconds: count.default(10_000).describe("A worker that takes longer over a batch is ended and replaced"),
  limits: limits.prefault({}).describe("What a request may be at most"),
  connections: connections.prefault({}).describe("Connections"),
  watchMilliseconds: milliseconds
    .default(1000)
    .describe("How often the ranker's file is looked at; 0 reloads on SIGHUP alone"),
  shutdown: shutdown.prefault({}).describe("The end"),
  logLevel: z.enum(LOG_LEVELS).default("info").describe("What is logged"),
});

export type ServeSettings = z.infer<typeof serveSchema>;
export type RequestLimits = ServeSettings["limits"];

export const DEFAULT_SERVE: ServeSettings = serveSchema.parse({});

/** How many processes rank: as many as asked for, or one less than there are cores, which the server itself uses. */
export function countWorkers({ workers }: Pick<ServeSettings, "workers">): number {
  return workers > 0 ? workers : Math.max(1, availableParallelism() - 1);
}
