/** What the server can be told: the section `serve` of a configuration, with its defaults and what each setting means. */
import { availableParallelism } from "node:os";
import * as z from "zod";
import { DEVICE_NAMES } from "../kernels/index.ts";
import { UNKNOWN_CANDIDATES } from "../ranker/requests.ts";
import { count, countOrNone, name, nonNegative, share } from "../settings/setting-kinds.ts";

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

const explore = z.strictObject({
  temperature: nonNegative
    .exactOptional()
    .describe("Draws lists: 1 by the method's own probabilities, less nearer to its best list, which 0 is"),
  topP: share.default(1).describe("Draws from the likeliest candidates whose probabilities sum to at least this"),
  epsilon: nonNegative
    .max(1)
    .default(0)
    .describe("Probability that an item is any that may stand there; above 0 it makes lists be drawn"),
});

const impressions = z.strictObject({
  folder: name
    .exactOptional()
    .describe("Folder in which every list that was served is kept, with its probability, and what became of it"),
  context: z
    .enum(["full", "hash", "none"])
    .default("full")
    .describe("What is kept of a request: its user, history and candidates, a hash of them, or nothing"),
  onFailure: z
    .enum(["serve", "refuse"])
    .default("serve")
    .describe("What becomes of lists that cannot be kept: they are served and counted, or refused"),
  fileBytes: count.default(64 * 1024 * 1024).describe("A file that has grown to this is ended, and another begun"),
  syncMilliseconds: milliseconds.default(100).describe("The longest that what was written waits to be safe on disk"),
  window: count.default(100_000).describe("Lists that are remembered, to tell which feedback on them is possible"),
  lateMilliseconds: count
    .default(7 * 24 * 3600 * 1000)
    .describe("Feedback that comes more than this after its list is counted as late"),
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
  explore: explore.prefault({}).describe("Whether lists are drawn, to learn what others than the best are worth"),
  impressions: impressions.prefault({}).describe("The log of what was served and what became of it"),
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
