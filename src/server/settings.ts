/** What the server can be told: the section `serve` of a configuration file, with its defaults. */
import { availableParallelism } from "node:os";

export interface ServeSettings {
  /** Address to listen on. The default is reached from this machine alone. */
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** A file that holds the bearer token. Without one, GOALRANK_TOKEN is looked at; without that, no token is asked for. */
  readonly tokenFile?: string | undefined;
  /** Processes that rank. 0: one less than there are cores, and at least one. */
  readonly workers: number;
  /** Threads of each worker on the CPU. */
  readonly threads: number;
  /** What the workers compute on. */
  readonly device: "auto" | "cpu" | "webgpu";
  readonly batch: {
    /** Most requests that a worker ranks together. */
    readonly requests: number;
    /** How long a request waits for company while a worker is idle. */
    readonly milliseconds: number;
  };
  readonly queue: {
    /** A request is refused when those ahead of it would take longer than this. */
    readonly milliseconds: number;
    /** Most requests that wait, however fast they are. */
    readonly requests: number;
  };
  /** A request that is not ranked in this time is answered 503. */
  readonly timeoutMilliseconds: number;
  /** A worker that takes longer over a batch is ended and replaced. */
  readonly stuckMilliseconds: number;
  readonly limits: RequestLimits;
  readonly connections: {
    /** Most connections at the same time; further ones are closed at once. */
    readonly count: number;
    /** How long a sender may take over the headers, and over the whole request. */
    readonly headersMilliseconds: number;
    readonly requestMilliseconds: number;
    /** How long an idle connection stays open. */
    readonly keepAliveMilliseconds: number;
  };
  /** How often the ranker's file is looked at; 0 reloads on SIGHUP alone. */
  readonly watchMilliseconds: number;
  readonly shutdown: {
    /** How long the server goes on after a signal, no longer ready, so that a load balancer notices. */
    readonly delayMilliseconds: number;
    /** How long requests in flight may take after that. */
    readonly graceMilliseconds: number;
  };
  readonly logLevel: LogLevel;
}

export interface RequestLimits {
  readonly bodyBytes: number;
  readonly headerBytes: number;
  /** Arrays and objects inside of each other. */
  readonly depth: number;
  /** Requests of one body. */
  readonly requests: number;
  /** Of one request. */
  readonly candidates: number;
  readonly history: number;
}

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const DEFAULT_SERVE: ServeSettings = {
  host: "127.0.0.1",
  port: 8080,
  workers: 0,
  threads: 1,
  device: "cpu",
  batch: { requests: 16, milliseconds: 0 },
  queue: { milliseconds: 80, requests: 1024 },
  timeoutMilliseconds: 2000,
  stuckMilliseconds: 10_000,
  limits: {
    bodyBytes: 1024 * 1024,
    headerBytes: 16 * 1024,
    depth: 16,
    requests: 64,
    candidates: 1000,
    history: 1000,
  },
  connections: {
    count: 1024,
    headersMilliseconds: 5000,
    requestMilliseconds: 10_000,
    keepAliveMilliseconds: 72_000,
  },
  watchMilliseconds: 1000,
  shutdown: { delayMilliseconds: 0, graceMilliseconds: 10_000 },
  logLevel: "info",
};

/** How many processes rank: as many as asked for, or one less than there are cores, which the server itself uses. */
export function countWorkers({ workers }: Pick<ServeSettings, "workers">): number {
  return workers > 0 ? workers : Math.max(1, availableParallelism() - 1);
}
